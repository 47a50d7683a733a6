import json
from pathlib import Path

import pytest
from tests.execution.test_orders_file import bundle
from tests.rl.evaluate.paper_batch import PaperBatch
from typer.testing import CliRunner

from tradewind.cli.main import app
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.execution.orders_file import write_orders
from tradewind.rl.env import ground

RUN = CliRunner()


def output_of(*words: str) -> str:
    result = RUN.invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.parquet"
    write_orders(path, [bundle(), bundle("vwap", twin=False)])
    return path


def test_tca_sums_in_currency(orders: Path) -> None:
    found = json.loads(output_of("execute", "tca", str(orders), "--json"))["strategies"]
    assert [item["strategy"] for item in found] == ["twap", "vwap"]
    assert [item["has_twin"] for item in found] == [True, False]
    for item in found:
        parts = ("delay", "spread", "temporary", "permanent", "drift", "opportunity", "fees")
        for order in [*item["each"], item["total"]]:
            assert sum(float(order[part]) for part in parts) == pytest.approx(float(order["shortfall"]), abs=1e-12)


def test_tca_shows_tables_and_one_strategy(orders: Path) -> None:
    text = output_of("execute", "tca", str(orders), "--strategy", "vwap", "--limit", "1")
    assert "vwap" in text
    assert "twap" not in text
    assert "Shortfall" in text
    with pytest.raises(NotFoundError, match="no orders of strategy 'pov'"):
        output_of("execute", "tca", str(orders), "--strategy", "pov")


def test_backtest_of_baselines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "ExecutionBatch", PaperBatch)
    html, record = tmp_path / "report.html", tmp_path / "orders.parquet"
    words = ["execute", "backtest", "--market", "aig", "--episodes", "30", "--horizon-s", "10", "--seed", "5"]
    found = json.loads(output_of(*words, "--html", str(html), "--record", str(record), "--json"))
    assert found["episodes"] == 30
    assert {row["name"] for row in found["strategies"]} >= {"twap", "vwap", "random", "q_learning"}
    assert "cheapest baseline" in html.read_text(encoding="utf-8")
    told = json.loads(output_of("execute", "tca", str(record), "--json"))["strategies"]
    twap = next(item for item in told if item["strategy"] == "twap")
    mean = next(row for row in found["strategies"] if row["name"] == "twap")["shortfall"]["mean"]
    assert twap["mean"]["shortfall_bps"] == pytest.approx(mean, abs=1e-9)


def test_what_cannot_be_traded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such preset"):
        output_of("execute", "backtest", "--market", "nowhere", "--episodes", "30")
    with pytest.raises(NotFoundError, match="neither a policy file nor a shipped policy"):
        output_of("execute", "backtest", "--policy", str(tmp_path / "none.policy"))
    task = tmp_path / "task.toml"
    task.write_text("[market]\nprofile = true\n[order]\nhorizon_s = [86400, 86400]\n")
    with pytest.raises(InvalidValueError, match="session"):
        output_of("execute", "backtest", "--task", str(task), "--episodes", "30")
