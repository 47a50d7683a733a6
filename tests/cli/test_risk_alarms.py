"""Alarms, portfolio and hedges from the command line."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from tradewind.cli.main import app
from tradewind.core.random import stream

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def minutes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = stream(7, "tests/alarms")
    steps = chance.standard_t(4, 6 * 1440) * 3e-4
    steps[5000:5015] -= 2.5e-3
    start = np.datetime64("2024-01-01T00:00", "ns")
    frame = pl.DataFrame(
        {
            "start_utc": start + np.arange(len(steps)) * np.timedelta64(60, "s"),
            "close": 100 * np.exp(np.cumsum(steps)),
            "volume": np.exp(chance.normal(10, 1, len(steps))),
        }
    )
    path = tmp_path_factory.mktemp("bars") / "MADE_minutes.parquet"
    frame.write_parquet(path)
    return path


def told(*words: str) -> dict[str, object]:
    done = RUNNER.invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_alarms_of_a_made_up_price(minutes: Path, tmp_path: Path) -> None:
    page = tmp_path / "alarms.html"
    words = ("risk", "anomalies", "--data", str(minutes), "--scorers", "fall,random", "--html", str(page))
    found = told(*words)
    fall, chance = found["scorers"]  # type: ignore[misc]
    assert (fall["scorer"], chance["scorer"]) == ("fall", "random")
    assert fall["recall"] == 1.0
    assert fall["recall"] > chance["recall"]
    assert page.read_text(encoding="utf-8").startswith("<!")
    shown = RUNNER.invoke(app, [*words])
    assert shown.exit_code == 0
    assert "Before half" in shown.stdout


def test_nothing_to_watch_is_an_error() -> None:
    done = RUNNER.invoke(app, ["risk", "anomalies"])
    assert done.exit_code != 0
    assert "--data" in str(done.exception)


def test_an_unknown_scorer_is_named(minutes: Path) -> None:
    done = RUNNER.invoke(app, ["risk", "anomalies", "--data", str(minutes), "--scorers", "tea"])
    assert "scorer must be one of fall" in str(done.exception)


def test_hedgers_side_by_side(tmp_path: Path) -> None:
    page = tmp_path / "hedge.html"
    words = ("risk", "hedge", "--costs", "50", "--days", "8", "--steps", "3", "--paths", "2000", "--html", str(page))
    found = told(*words)
    assert [row["hedger"] for row in found["hedgers"]] == ["delta", "whalley_wilmott", "band_net"]  # type: ignore[attr-defined]
    assert page.is_file()
    assert "legs must be kind:strike:quantity" in str(RUNNER.invoke(app, ["risk", "hedge", "--legs", "x"]).exception)


def test_parts_of_a_portfolio_sum(tmp_path: Path) -> None:
    chance = stream(7, "tests/portfolio command")
    market = chance.normal(0, 0.01, 200)
    rows = []
    for symbol, beta in (("AAA", 1.2), ("BBB", 0.7)):
        close = 50 * np.exp(np.cumsum(beta * market + chance.normal(0, 0.01, 200)))
        days = np.datetime64("2024-01-01", "D") + np.arange(200)
        rows.append(pl.DataFrame({"symbol": symbol, "date": days, "close": close, "volume": np.full(200, 1e6)}))
    pl.concat(rows).write_parquet(tmp_path / "daily.parquet")
    (tmp_path / "held.csv").write_text("symbol,quantity,shock\nAAA,1000,-0.2\nBBB,-500,0.1\n", encoding="utf-8")
    words = (
        "risk",
        "portfolio",
        str(tmp_path / "held.csv"),
        "--data",
        str(tmp_path / "daily.parquet"),
        "--days",
        "150",
    )
    found = told(*words, "--html", str(tmp_path / "portfolio.html"))
    risk = found["risk"]["historical"]  # type: ignore[index]
    assert sum(risk["component"]) == pytest.approx(risk["value_at_risk"])
    assert [one["name"] for one in found["stress"]] == ["2008", "2010-05-06", "2020-03", "shock"]  # type: ignore[attr-defined]
    assert (tmp_path / "portfolio.html").is_file()
    (tmp_path / "held.csv").write_text("symbol,quantity\nZZZ,1\n", encoding="utf-8")
    assert "no bars of ZZZ" in str(RUNNER.invoke(app, list(words)).exception)
