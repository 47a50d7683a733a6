"""``tradewind alpha text`` and ``filings``: what they print, write and refuse."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tests.alpha.filings.test_companyfacts import document
from tests.alpha.text.news_server import RSS
from typer.testing import CliRunner

from tradewind.cli.main import app
from tradewind.core.errors import NotFoundError

RUNNER = CliRunner()


def called(*words: object):
    done = RUNNER.invoke(app, [*map(str, words), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_texts_are_scored_and_remembered(tmp_path: Path) -> None:
    pl.DataFrame({"text": ["Costs fell", None]}).write_csv(tmp_path / "a.csv")
    words = ("alpha", "text", "score", "Sales fell", "--data", tmp_path / "a.csv", "--scorer", "lexicon")
    for _ in range(2):
        found = called(*words, "--cache", tmp_path / "cache", "--out", tmp_path / "out.parquet")
        assert [row["tone"] > 0 for row in found["texts"]] == [False, True]
    assert len(list((tmp_path / "cache").rglob("*.part"))) == 1
    assert pl.read_parquet(tmp_path / "out.parquet").columns == ["text", "bad", "neutral", "good", "tone"]


def test_the_shipped_head_reads_a_sentence() -> None:
    rows = called("alpha", "text", "score", "Operating profit rose to EUR 13.1 mn from EUR 8.7 mn .")["texts"]
    assert rows[0]["good"] > 0.5


def test_a_head_is_trained_and_used(tmp_path: Path) -> None:
    made = called("alpha", "text", "train", "--sentences", 60, "--out", tmp_path / "a.head")
    assert made["trained_on"] == "60 synthetic sentences, seed 0"
    found = called("alpha", "text", "score", "Sales fell", "--scorer", tmp_path / "a.head")
    assert found["fingerprint"] == made["fingerprint"]


def test_scorers_are_measured(tmp_path: Path) -> None:
    pytest.importorskip("plotly")
    path = tmp_path / "a.csv"
    pl.DataFrame(
        {"text": [f"Sales {w} in {k}" for k in range(9) for w in ("rose", "fell")], "label": [1, -1] * 9}
    ).write_csv(path)
    words = ("alpha", "text", "evaluate", "--data", path, "--scorer", "lexicon", "--no-heads")
    found = called(*words, "--html", tmp_path / "page.html")
    assert found["rows"][0]["accuracy"] == 1.0
    assert "Tone of news" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_feed_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(RSS)
    (tmp_path / "names.csv").write_text("symbol,name\nALP,Alphaland\nAL,Alpha Corp\n", encoding="utf-8")
    found = called("alpha", "text", "feed", tmp_path / "a.xml", "--names", tmp_path / "names.csv")
    assert [row["item"]["text"] for row in found["items"]] == ["Profit rose at Alpha", "Sales fell"]
    assert found["items"][0]["linked"] == ["AL"]


def test_filings_are_read_and_asked(tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(json.dumps(document()), encoding="utf-8")
    found = called(
        "alpha", "filings", "read", tmp_path / "facts.json", "--symbol", "A", "--out", tmp_path / "v.parquet"
    )
    assert len(found["reports"]) == 3
    assert pl.read_parquet(tmp_path / "v.parquet")["key"].unique().to_list() == ["A"]
    table = {
        "symbol": ["A"], "end_date": [date(2015, 3, 31)], "period_focus": ["Q1"], "fiscal_year": [2015],
        "assets": [10.0], "equity": [4.0], "collected": [date(2015, 5, 1)],
    }  # fmt: skip
    pl.DataFrame(table).write_parquet(tmp_path / "t.parquet")
    for day, leverage in (("2015-05-01", None), ("2015-05-02", 0.6)):
        (row,) = called("alpha", "filings", "asof", "A", "--data", tmp_path / "t.parquet", "--date", day)
        assert row["filing_leverage"] == (None if leverage is None else pytest.approx(leverage))


def test_a_scorer_that_is_not_there_is_named() -> None:
    with pytest.raises(NotFoundError, match="no scorer 'oracle'"):
        RUNNER.invoke(app, ["alpha", "text", "score", "a", "--scorer", "oracle"], catch_exceptions=False)
