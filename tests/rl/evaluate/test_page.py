import json
import re

import msgspec
import numpy as np
from tests.rl.evaluate.made_up import ACTIONS, made_up_backtest

from tradewind.report.page import render_page
from tradewind.rl.evaluate.page import backtest_page, headline
from tradewind.rl.evaluate.result import REGIMES
from tradewind.rl.evaluate.scenes import map_policy
from tradewind.rl.evaluate.tables import main_table, parts_table, verdict_table


def test_the_first_table_is_the_one_a_trader_looks_for() -> None:
    result, scenes = made_up_backtest()
    page = backtest_page(result, scenes)
    table = page.sections[0].parts[1]
    assert table == main_table(result)
    titles = [column.title for column in table.columns]
    for word in ("shortfall", "impact", "Timing risk", "Adaptability"):
        assert any(word in title for title in titles)
    assert len(table.rows) == 4
    assert table.rows[0][6] == f"5 of {len(REGIMES)}"


def test_the_page_holds_everything_and_needs_nothing() -> None:
    result, scenes = made_up_backtest()
    html = render_page(backtest_page(result, scenes, "made by a test"))
    for word in (
        "Verdicts",
        "Where the cost comes from",
        "How orders were worked",
        "What the policy does",
        "made by a test",
    ):
        assert word in html
    assert "&lt;with&gt;" in html
    assert not re.search(r"<(script|link|img)[^>]+https?:", html)
    plots = json.loads(re.search(r'id="plots">(.*?)</script>', html, re.DOTALL)[1])
    assert len(plots) == 7


def test_the_headline_counts_the_verdicts() -> None:
    result, _ = made_up_backtest()
    beaten = sum(v.outcome.value == "beat" for v in result.verdicts)
    assert f"Beat {beaten} of 3 baselines" in headline(result)
    alone = msgspec.structs.replace(result, policy="", verdicts=())
    assert "cheapest baseline" in headline(alone)


def test_tables_say_what_there_is() -> None:
    result, _ = made_up_backtest()
    assert len(verdict_table(result).rows) == 3
    assert "(best baseline)" in verdict_table(result).rows[0][0]
    sums = [float(row[-1]) for row in parts_table(result).rows]
    assert np.allclose(sums, [row.shortfall.mean for row in result.strategies], atol=1e-3)
    assert msgspec.json.decode(msgspec.json.encode(result))["strategies"][0]["name"] == "mine"


def test_the_policy_map_counts_every_decision_once() -> None:
    states = np.array([[-1.0, 0.0, 0.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 0.99, 0.9]])
    found = map_policy(states, np.array([0, 1, 2, 2]), ACTIONS)
    assert found.counts.sum() == 4
    assert found.chosen[2, 4, 4] == 2
    assert found.share[2, 4, 4] == 2 / 3
    assert (found.chosen == -1).sum() == found.chosen.size - 2
