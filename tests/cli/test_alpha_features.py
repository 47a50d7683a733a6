"""``tradewind alpha features`` lists the catalogue, and writes features as Parquet and as a page."""

import json
from pathlib import Path

import polars as pl
from tests.alpha.test_daily_tasks import prices
from typer.testing import CliRunner

from tradewind.cli.main import app

RUN = CliRunner()


def test_the_catalogue_is_listed() -> None:
    done = RUN.invoke(app, ["alpha", "features", "--json"])
    rows = json.loads(done.stdout)
    assert {row["group"] for row in rows} == {"touch", "depth", "market", "daily", "hourly"}
    assert all(row["formula"] for row in rows)
    assert "imbalance" in RUN.invoke(app, ["alpha", "features", "--group", "touch"]).stdout
    assert RUN.invoke(app, ["alpha", "features", "--group", "magic"]).exit_code != 0


def test_features_are_written_with_a_page(tmp_path: Path) -> None:
    prices().with_columns(volume=pl.col("volume") * 20).write_parquet(tmp_path / "prices.parquet")
    words = ["alpha", "features", "--task", "daily", "--horizon", "3", "--data", str(tmp_path / "prices.parquet")]
    words += ["--out", str(tmp_path / "out" / "daily.parquet"), "--html", str(tmp_path / "page.html"), "--json"]
    done = RUN.invoke(app, words)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    frame = pl.read_parquet(tmp_path / "out" / "daily.parquet")
    assert told["rows"] == len(frame) > 100
    assert {"symbol", "day", "t0_ns", "t1_ns", "label", "value", "return_5d"} < set(frame.columns)
    assert frame.select(pl.col("label").abs().max()).item() <= 0.5
    assert "What each feature says" in (tmp_path / "page.html").read_text()


def test_wrong_words_are_refused(tmp_path: Path) -> None:
    assert RUN.invoke(app, ["alpha", "features", "--data", str(tmp_path), "--task", "magic"]).exit_code != 0
    assert RUN.invoke(app, ["alpha", "features", "--data", str(tmp_path)]).exit_code != 0
    assert RUN.invoke(app, ["alpha", "features", "--catalog", str(tmp_path), "--task", "daily"]).exit_code != 0
