from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.rl.evaluate.paper_batch import PaperBatch, paper_policy

from tradewind.core.errors import InvalidValueError
from tradewind.execution.baselines.catalogue import BASELINES
from tradewind.execution.orders_file import read_orders
from tradewind.execution.tca import PARTS, cost_parts, order_metrics
from tradewind.report.page import render_page
from tradewind.rl.env import ground
from tradewind.rl.env.ground import Ground
from tradewind.rl.env.task import parse_task
from tradewind.rl.evaluate.backtest import Bout, Rules, run_bout, to_backtest
from tradewind.rl.evaluate.ground import elsewhere_rows, spread_row, with_options
from tradewind.rl.evaluate.page import backtest_page
from tradewind.rl.evaluate.record import record_bout
from tradewind.rl.evaluate.staging import left_curve, scenes_of

TASK = parse_task({"order": {"horizon_s": [20, 20]}, "market": {"presets": ["aig"]}})
RULES = Rules(episodes=48, seed=3, fit_episodes=16)


@pytest.fixture(scope="module")
def paper() -> pytest.MonkeyPatch:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ground, "ExecutionBatch", PaperBatch)
        yield patch


@pytest.fixture(scope="module")
def bout(paper: pytest.MonkeyPatch) -> Bout:
    return run_bout(Ground(task=TASK), RULES, [paper_policy()])


def test_everyone_trades_the_same_orders(bout: Bout) -> None:
    assert set(bout.played) == {"mine", *BASELINES}
    for played in bout.played.values():
        for name in ("side", "quantity_lots", "decision_half", "episode"):
            np.testing.assert_array_equal(played.episodes[name], bout.played["twap"].episodes[name])
        lots = np.add.reduceat(played.fills["size_lots"], played.first[:-1])
        np.testing.assert_array_equal(lots, played.episodes["quantity_lots"])


def test_costs_are_what_the_environment_paid(bout: Bout) -> None:
    for name, played in bout.played.items():
        paid = played.episodes["money"][:, 0] / (played.episodes["quantity_lots"] * played.episodes["decision_half"])
        np.testing.assert_allclose(bout.metrics[name]["shortfall_bps"], 1e4 * paid, atol=1e-9)
        total = sum(bout.metrics[name][f"{part}_bps"] for part in PARTS)
        np.testing.assert_allclose(total, bout.metrics[name]["shortfall_bps"], atol=1e-9)


def test_the_twin_finds_the_planted_impact(bout: Bout) -> None:
    """Crossing everything at once moves none of its own fills; slices move those that follow."""
    assert np.abs(bout.metrics["immediate"]["permanent_bps"]).max() == 0
    twap = bout.metrics["twap"]["permanent_bps"].mean()
    left = 600 * (1 - (np.arange(20) + 0.0) / 20)
    expected = 1e4 * np.mean(np.round(0.01 * (600 - left))) / 20_000
    assert twap == pytest.approx(expected, rel=0.02)


def test_curves_begin_whole_and_end_done(bout: Bout) -> None:
    for name in ("twap", "immediate", "mine"):
        curve = left_curve(bout.played[name])
        assert curve[-1] == pytest.approx(0, abs=1e-12)
        assert (np.diff(curve) <= 1e-12).all()
    assert left_curve(bout.played["immediate"])[0] == 0
    np.testing.assert_allclose(left_curve(bout.played["twap"])[[0, 20]], [0.95, 0.45], atol=1e-12)


def test_result_page_and_record(bout: Bout, tmp_path: Path) -> None:
    result = to_backtest(bout, "mine", "paper")
    assert len(result.verdicts) == len(BASELINES)
    assert result.best_baseline in BASELINES
    assert result.strategies[0].name == "mine"
    html = render_page(backtest_page(result, scenes_of(bout, paper_policy())))
    assert "What the policy does" in html
    path = tmp_path / "orders.parquet"
    assert record_bout(bout, path) == 48 * len(bout.played)
    for bundle in read_orders(path):
        costs = cost_parts(bundle.marks, bundle.fills, bundle.first, bundle.twin_half_ticks)
        again = order_metrics(bundle.marks, costs, bundle.instrument, bundle.fees)
        np.testing.assert_allclose(again["shortfall_bps"], bout.metrics[bundle.strategy]["shortfall_bps"], atol=1e-9)


def test_the_same_seed_is_the_same_result(bout: Bout, paper: pytest.MonkeyPatch) -> None:
    again = run_bout(Ground(task=TASK), RULES, [paper_policy()], ("twap", "random"))
    for name in again.played:
        assert again.metrics[name].tobytes() == bout.metrics[name].tobytes()


def test_other_ground(bout: Bout, paper: pytest.MonkeyPatch) -> None:
    rows = elsewhere_rows(bout, [paper_policy()], ["ibm"], lambda _what, _done: None)
    assert [row.where for row in rows] == ["training orders", "validation orders", "test orders", "ibm"]
    assert rows[2].policy_bps.mean == pytest.approx(bout.metrics["mine"]["shortfall_bps"].mean())
    result = to_backtest(bout, "mine", "paper", rows)
    assert "Other ground" in render_page(backtest_page(result, scenes_of(bout, paper_policy())))


def test_all_training_seeds_in_one_row(bout: Bout) -> None:
    row = spread_row(bout, ["mine", "twap"])
    means = [float(bout.metrics[name]["shortfall_bps"].mean()) for name in ("mine", "twap")]
    assert row.policy_bps.mean == pytest.approx(np.mean(means))
    assert f"{min(means):.2f} to {max(means):.2f} bps" in row.where


def test_options_on_top_of_a_task() -> None:
    found = with_options(TASK, market="ibm", share=0.05, horizon_s=300.0, scenarios=["thin"])
    assert (found.market.presets, found.order.share, found.market.scenarios) == (["ibm"], (0.05, 0.05), ["thin"])
    assert found.order.horizon_s == (300.0, 300.0)
    assert msgspec.to_builtins(with_options(TASK).model_dump()) == msgspec.to_builtins(TASK.model_dump())


def test_too_few_orders_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="episodes must be 30 or more"):
        Rules(episodes=3)
