"""Tardis CSV: packets, snapshots, changes between books."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from tests.data.samples import TARDIS_BOOKS, TARDIS_L2, TARDIS_QUOTES, TARDIS_TRADES

from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.errors import DataError
from tradewind.core.types import Batch
from tradewind.data import source
from tradewind.data.reader import ReadOptions
from tradewind.data.readers import tardis
from tradewind.data.readers.tardis import TardisReader

LAST, SNAPSHOT = int(EventFlag.LAST), int(EventFlag.SNAPSHOT)
FIELDS = ["kind", "side", "price_ticks", "size_lots", "flags", "sequence"]


def read(folder: Path, text: str, **options: object) -> list[Batch]:
    path = folder / "a.csv"
    path.write_text(text)
    return list(TardisReader().open(path, ReadOptions(**options)))


def rows_of(found: list[Batch], symbol: str) -> Array:
    return np.concatenate([batch.rows for batch in found if batch.instrument.symbol == symbol])


INCREMENTS = [
    (EventKind.CLEAR, 0, 0, 0, SNAPSHOT, 0),
    (EventKind.LEVEL, -1, 64215, 18640, SNAPSHOT, 0),
    (EventKind.LEVEL, 1, 64210, 1190, SNAPSHOT | LAST, 1),
    (EventKind.LEVEL, -1, 64215, 0, 0, 3),
    (EventKind.LEVEL, -1, 64220, 70, LAST, 4),
    (EventKind.CLEAR, 0, 0, 0, SNAPSHOT, 5),
    (EventKind.LEVEL, 1, 64205, 1000, SNAPSHOT | LAST, 5),
]


def test_increments(tmp_path: Path) -> None:
    found = read(tmp_path, TARDIS_L2, tick_size=Decimal("0.1"))
    rows = rows_of(found, "BTC-PERPETUAL")
    assert rows[FIELDS].tolist() == INCREMENTS
    assert rows["ts_event_ns"][0] == 1585699200245000_000
    assert rows["ts_recv_ns"][0] == 1585699200355684_000
    assert rows_of(found, "ETH-PERPETUAL")["kind"].tolist() == [EventKind.CLEAR, EventKind.LEVEL]
    assert {batch.instrument.venue for batch in found} == {"deribit"}


@pytest.mark.parametrize("size", [60, 150, 400])
def test_a_packet_may_lie_across_blocks(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = source.blocks
    monkeypatch.setattr("tradewind.data.columns.blocks", lambda path, *_: blocks(path, size))
    found = read(tmp_path, TARDIS_L2, tick_size=Decimal("0.1"))
    assert rows_of(found, "BTC-PERPETUAL")[FIELDS].tolist() == INCREMENTS


def test_trades(tmp_path: Path) -> None:
    (batch,) = read(tmp_path, TARDIS_TRADES)
    assert batch.rows[FIELDS].tolist() == [
        (EventKind.TRADE, -1, 85315, 2152, LAST, 0),
        (EventKind.TRADE, 1, 85320, 1, LAST, 1),
        (EventKind.TRADE, 0, 85320, 1, LAST, 2),
    ]


def test_quotes_with_an_empty_side(tmp_path: Path) -> None:
    (batch,) = read(tmp_path, TARDIS_QUOTES)
    assert batch.rows[FIELDS].tolist() == [
        (EventKind.QUOTE, 1, 86292, 806, 0, 0),
        (EventKind.QUOTE, -1, 86293, 5494, LAST, 0),
        (EventKind.QUOTE, 1, 86292, 806, 0, 1),
        (EventKind.QUOTE, -1, 0, 0, LAST, 1),
    ]


def test_books_become_changes(tmp_path: Path) -> None:
    (batch,) = read(tmp_path, TARDIS_BOOKS)
    rows = batch.rows[FIELDS].tolist()
    assert rows[:5] == [
        (EventKind.CLEAR, 0, 0, 0, SNAPSHOT, 0),
        (EventKind.LEVEL, 1, 1165707, 10896, SNAPSHOT, 0),
        (EventKind.LEVEL, 1, 1165697, 200, SNAPSHOT, 0),
        (EventKind.LEVEL, -1, 1165708, 1714, SNAPSHOT, 0),
        (EventKind.LEVEL, -1, 1165754, 5400, SNAPSHOT | LAST, 0),
    ]
    assert rows[5:] == [
        (EventKind.LEVEL, -1, 1165708, 1700, LAST, 1),
        (EventKind.LEVEL, 1, 1165697, 0, 0, 2),
        (EventKind.LEVEL, 1, 1165708, 2000, 0, 2),
        (EventKind.LEVEL, -1, 1165708, 0, 0, 2),
        (EventKind.LEVEL, -1, 1165710, 1000, LAST, 2),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TARDIS_L2.replace("false,ask,6422", "false,offer,6422"), "row 5, field 'side': expected bid or ask, got"),
        (TARDIS_L2.replace("false,ask,6422", "maybe,ask,6422"), "row 5, field 'is_snapshot'.*'maybe'"),
        (TARDIS_L2.replace("1585699200345000", "1585699200345000.5", 1), "row 4, field 'timestamp'"),
        (TARDIS_TRADES.replace("8532,1", "8532,-1", 1), "row 2, field 'amount'.*-1"),
        (TARDIS_TRADES.replace("8532,1", ",1", 1), "row 2, field 'price'"),
        (TARDIS_QUOTES.replace("ask_amount", "amount"), "row 1: expected columns exchange, symbol"),
        (TARDIS_BOOKS.replace(",10.896,11657.54", ",10.896", 1), "row 1: expected 12 fields, got '11"),
    ],
)  # fmt: skip
def test_damage_is_named(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, text)


def test_every_kind_has_its_table() -> None:
    assert set(tardis.TABLES) == set(tardis.KINDS)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "symbol", "counts", "tick"),
    [
        ("binance-futures_book_snapshot_25_BTCUSDT.csv", "BTCUSDT", {"CLEAR": 1, "LEVEL": 63}, "0.01"),
        ("binance-futures_book_snapshot_5_BTCUSDT.csv", "BTCUSDT", {"CLEAR": 1, "LEVEL": 25}, "0.01"),
        ("bitmex_trades_XBTUSD.csv", "XBTUSD", {"TRADE": 10}, "0.1"),
        ("deribit_incremental_book_L2_BTC-PERPETUAL.csv", "BTC-PERPETUAL", {"CLEAR": 1, "LEVEL": 15}, "0.1"),
        ("huobi-dm-swap_quotes_BTC-USD.csv", "BTC-USD", {"QUOTE": 20}, "0.1"),
    ],
)
def test_real_files(name: str, symbol: str, counts: dict[str, int], tick: str, real_data: Path) -> None:
    (batch,) = TardisReader().open(real_data / "tardis_csv" / name, ReadOptions())
    kinds, found = np.unique(batch.rows["kind"], return_counts=True)
    assert batch.instrument.symbol == symbol
    assert batch.instrument.tick_size == Decimal(tick)
    assert dict(zip([EventKind(kind).name for kind in kinds], found.tolist(), strict=True)) == counts
    assert (batch.rows["ts_recv_ns"] > batch.rows["ts_event_ns"]).all()
