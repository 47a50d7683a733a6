"""Telling formats apart."""

from pathlib import Path

import polars as pl
import pytest
from tests.data.samples import SAMPLES

from tradewind.core.errors import DataError, NotFoundError, UsageError
from tradewind.data import registry
from tradewind.data.reader import FileHead, Match
from tradewind.data.registry import READERS, detect, open_feed, reader_named
from tradewind.data.source import read_head


class Eager:
    """A reader that is as sure as the Tardis reader of everything."""

    name = "eager"
    description = "anything"

    def match(self, head: FileHead) -> Match | None:
        return Match(100, "it is a file")


def tardis_trades(folder: Path) -> Path:
    return next(s for s in SAMPLES if (s.format, s.kind) == ("tardis", "trades")).write(folder)


def test_a_tie_names_both_and_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "READERS", (Eager(), *READERS))
    path = tardis_trades(tmp_path)
    with pytest.raises(DataError, match=r"one format.*eager: it is a file; tardis: .*--format"):
        detect(path)
    assert detect(path, "tardis").name == "tardis"


def test_unknown_text_shows_its_start_and_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("dear diary,\ntoday I sold.\n")
    with pytest.raises(DataError) as caught:
        detect(path)
    message = str(caught.value)
    assert "dear diary," in message
    assert "--format" in message
    assert all(reader.name in message for reader in READERS)


def test_unknown_bytes_are_shown_in_hexadecimal(tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"\xff\xfe\x00\x99" * 10)
    with pytest.raises(DataError, match="ff fe 00 99"):
        detect(path)


def test_unknown_tables_show_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "targets.parquet"
    pl.DataFrame({"stock_id": [1], "revealed_target": [0.5]}).write_parquet(path)
    with pytest.raises(DataError, match="Parquet columns stock_id, revealed_target"):
        detect(path)


def test_a_name_that_is_no_format_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'binnance'; there are: bars, binance"):
        detect(tardis_trades(tmp_path), "binnance")
    assert reader_named("tardis").name == "tardis"


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"a\.csv: no such file"):
        open_feed(tmp_path / "a.csv")


def test_a_wrong_override_ends_in_the_readers_own_error(tmp_path: Path) -> None:
    feed = open_feed(tardis_trades(tmp_path), format="sgx")
    with pytest.raises(DataError, match="Bid,Bid_Quantity"):
        list(feed)


REAL = {
    "binance_l2": {"binance": 8},
    "closing_auction": {"closing_auction": 1, "": 1},
    "crypto_minute": {"bars": 1},
    "equities_nbbo": {"nbbo": 15},
    "sgx_l2": {"sgx": 2},
    "sp500_daily": {"bars": 1},
    "tardis_csv": {"tardis": 5},
    "text": {"": 4},
    "us_daily": {"bars": 1, "": 1},
    "us_hourly": {"bars": 1},
}


@pytest.mark.real_data
@pytest.mark.parametrize("folder", sorted(REAL))
def test_real_files_are_told_apart(folder: str, real_data: Path) -> None:
    found: dict[str, int] = {}
    for path in sorted((real_data / folder).iterdir()):
        head = read_head(path)
        known = [reader.name for reader in READERS if reader.match(head)]
        if known:
            name = detect(path).name
        else:
            with pytest.raises(DataError, match="a known format"):
                detect(path)
            name = ""
        found[name] = found.get(name, 0) + 1
    assert found == REAL[folder]
