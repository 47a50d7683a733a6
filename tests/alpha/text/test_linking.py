"""Links: sure ones are found, ambiguous ones need context, nothing is guessed."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.alpha.text.linking import Alias, AliasTable, aliases_of, read_table
from tradewind.core.errors import DataError, InvalidValueError, NotFoundError

NAMES = [
    ("AAPL", "Apple Inc."),
    ("TGT", "Target Corporation"),
    ("T", "AT&T Inc."),
    ("ENTG", "Entegris, Inc."),
    ("GOOG", "Alphabet Inc."),
    ("GOOGL", "Alphabet Inc."),
    ("AMZN", "Amazon.com, Inc."),
    ("BK", "The Bank of New York Mellon Corporation"),
]
TABLE = AliasTable(aliases_of(NAMES))


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("$AAPL up, $ tgt down", ["AAPL", "TGT"]),
        ("an apple a day on target", []),
        ("Apple shares fell", ["AAPL"]),
        ("Apple Inc. opens a store", ["AAPL"]),
        ("apple shares its recipe", []),
        ("Entegris's new plant", ["ENTG"]),
        ("Target raises guidance as analysts cheer", ["TGT"]),
        ("(NYSE: TGT) and NASDAQ:ENTG", ["TGT", "ENTG"]),
        ("we $ t $ ide", []),
        ("$ T earnings beat", ["T"]),
        ("AT&T calls a strike; $T", ["T"]),
        ("Alphabet shares rise", []),
        ("Alphabet shares rise $GOOGL", ["GOOGL"]),
        ("Amazon shares rise", ["AMZN"]),
        ("Bank of New York Mellon fined", ["BK"]),
        ("$ZZZZ and US$5 and $5", []),
        ("", []),
    ],
)
def test_which_symbols_a_text_speaks_of(text: str, symbols: list[str]) -> None:
    assert sorted(TABLE.symbols_of(text)) == sorted(symbols)


def test_links_say_where() -> None:
    text = "Today Entegris rose, $ENTG"
    links = TABLE.links(text)
    assert [text[link.start : link.end] for link in links] == ["Entegris", "$ENTG"]
    assert [link.how for link in links] == ["name", "cashtag"]


@given(st.text(max_size=120))
@settings(deadline=None)
def test_any_text_gives_known_symbols_at_places_inside_it(text: str) -> None:
    for link in TABLE.links(text):
        assert link.symbol in TABLE.symbols
        assert 0 <= link.start < link.end <= len(text)


def test_a_name_without_letters_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="alias"):
        AliasTable([Alias("X", "---")])


def test_a_table_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text('symbol,name\nENTG,"Entegris, Inc."\n', encoding="utf-8")
    assert read_table(path).symbols_of("Entegris rose") == ["ENTG"]
    path.write_text("ticker,name\nENTG,Entegris\n", encoding="utf-8")
    with pytest.raises(DataError, match="symbol"):
        read_table(path)
    with pytest.raises(NotFoundError):
        read_table(tmp_path / "none.csv")
