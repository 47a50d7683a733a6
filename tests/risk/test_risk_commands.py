"""The commands and examples run on simulated prices, say numbers in JSON, and name what is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tradewind.cli.main import app
from tradewind.core.errors import InvalidValueError, NotFoundError

RUN = CliRunner()


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tradewind.risk.simulated import simulate_bars

    file = tmp_path_factory.mktemp("bars") / "bars.parquet"
    parts = []
    for name, b in simulate_bars(("A", "B"), 1000, seed=3).items():
        columns = {n: getattr(b, n) for n in ("open", "high", "low", "close", "volume")}
        parts.append(pl.DataFrame({"symbol": name, "start_et": b.ts_ns, **columns}))
    pl.concat(parts).write_parquet(file)
    return file


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["forecast", "--fast", "--start", "2013-09-02"], "table"),
        (["tails", "--symbol", "A"], "reports"),
        (["correlations", "--warm-up", "900"], "scores"),
        (["regimes", "--symbol", "A", "--simulations", "2"], "stays"),
    ],
)
def test_a_command_reports_numbers_and_a_page(words: list[str], key: str, short: Path, tmp_path: Path) -> None:
    html = tmp_path / "page.html"
    done = RUN.invoke(app, ["risk", *words, "--data", str(short), "--json", "--html", str(html)])
    assert done.exit_code == 0, done.output + repr(done.exception)
    assert json.loads(done.stdout)[key]
    assert html.stat().st_size > 4_000_000  # plotly is inside


def test_faults_are_named(short: Path) -> None:
    for words, kind in (
        (["tails", "--data", str(short), "--level", "0.5"], InvalidValueError),
        (["tails", "--data", str(short), "--start", "2010-02-01"], InvalidValueError),
        (["forecast", "--data", str(short), "--start", "soon"], InvalidValueError),
        (["regimes", "--data", str(short), "--symbol", "Z"], NotFoundError),
        (["correlations", "--data", str(short / "none")], NotFoundError),
        (["correlations", "--symbol", "SIM9"], NotFoundError),
    ):
        assert isinstance(RUN.invoke(app, ["risk", *words]).exception, kind), words


@pytest.mark.parametrize("name", ["risk_forecast", "risk_tails", "risk_correlations", "risk_regimes"])
def test_an_example_runs(name: str, repository: Path) -> None:
    file = repository / "examples" / f"{name}.py"
    code = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(code) < 15
    environment = os.environ | {"PYTHONPATH": str(repository / "src")}
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout
