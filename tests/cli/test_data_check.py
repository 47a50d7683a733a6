"""``tradewind data check`` from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tradewind.cli.main import app
from tradewind.core.errors import DataError, NotFoundError, UsageError

runner = CliRunner()


def quotes(folder: Path, name: str = "ABC_20131007_quotes.parquet", crossed: int = 2) -> Path:
    count = 400
    bid = pl.Series([49.0 + 0.01 * (k % 3) for k in range(count)])
    frame = pl.DataFrame(
        {
            "ts_event": pl.Series([1_381_152_700_000_000_000 + k * 10**9 for k in range(count)]).cast(
                pl.Datetime("ns", "UTC")
            ),
            "bid_price": bid,
            "bid_size": [100 + k for k in range(count)],
            "ask_price": [b + (0.02 if k >= crossed else -0.01) for k, b in enumerate(bid)],
            "ask_size": [200] * count,
        }
    )
    frame.write_parquet(folder / name)
    return folder / name


def run(*words: object) -> str:
    result = runner.invoke(app, ["data", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_file_as_a_table(tmp_path: Path) -> None:
    text = run("check", quotes(tmp_path))
    assert "usable" in text
    assert "Crossed quotes" in text


def test_a_file_as_json_and_html(tmp_path: Path) -> None:
    page = tmp_path / "out" / "check.html"
    document = json.loads(run("check", quotes(tmp_path), "--json", "--html", page))
    report = document["reports"][0]
    found = {finding["check"]: finding["count"] for finding in report["findings"]}
    assert (report["rows"], found["crossed"], document["failed"]) == (800, 2, [])
    assert "ABC through time" in page.read_text(encoding="utf-8")


def test_what_cannot_be_read_does_not_stop_the_rest(tmp_path: Path) -> None:
    quotes(tmp_path)
    (tmp_path / "noise.bin").write_bytes(b"\x00\x01 no market data at all")
    result = runner.invoke(app, ["data", "check", str(tmp_path), "--json"])
    document = json.loads(result.stdout)
    assert result.exit_code == 7
    assert len(document["reports"]) == 1
    assert document["failed"][0]["exit_code"] == 4
    assert "noise.bin" in document["failed"][0]["error"]


def test_nothing_that_can_be_read_is_its_own_error(tmp_path: Path) -> None:
    (tmp_path / "noise.bin").write_bytes(b"\x00\x01 no market data at all")
    with pytest.raises(DataError, match=r"noise\.bin"):
        run("check", tmp_path / "noise.bin")
    with pytest.raises(NotFoundError, match="no such file"):
        run("check", tmp_path / "gone.csv")


def test_a_catalog(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    quotes(folder)
    quotes(folder, "XYZ_20131008_quotes.parquet", crossed=0)
    catalog = tmp_path / "catalog"
    run("import", folder, "--catalog", catalog, "--calendar", "XNYS")
    stored = json.loads(run("check", "--catalog", catalog, "--json"))["reports"]
    assert [report["source"] for report in stored] == ["ABC_20131007_quotes.parquet", "XYZ_20131008_quotes.parquet"]
    again = json.loads(run("check", "--catalog", catalog, "--symbol", "ABC", "--json"))["reports"]
    assert len(again) == 1
    assert again[0]["findings"] == stored[0]["findings"]
    day = json.loads(run("check", "--catalog", catalog, "--symbol", "ABC", "--dates", "2013-10-07", "--json"))
    assert day["reports"][0]["rows"] == 800
    page = tmp_path / "catalog.html"
    text = run("check", "--catalog", catalog, "--html", page)
    assert "All sources" in text
    assert "XYZ through time" in page.read_text(encoding="utf-8")
    with pytest.raises(NotFoundError, match="NOPE"):
        run("check", "--catalog", catalog, "--symbol", "NOPE")


def test_options_that_do_not_go_together(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--dates"):
        run("check", quotes(tmp_path), "--dates", "2013-10-07")
    with pytest.raises(UsageError, match="--calendar"):
        run("check", "--calendar", "XNYS", "--catalog", tmp_path)


def test_the_example_writes_a_page(tmp_path: Path, repository: Path) -> None:
    page = tmp_path / "demo.html"
    script = repository / "examples" / "data_check_page.py"
    subprocess.run([sys.executable, script, page], check=True, capture_output=True)
    html = page.read_text(encoding="utf-8")
    for title in ("Time goes back", "Clocks drift apart", "Crossed quotes", "Trade prices far off", "Silences"):
        assert title in html
