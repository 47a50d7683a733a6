"""The matching engine against its naive twin on wild streams: every reason, fill, queue and counter."""

import numpy as np
import pytest

from tradewind.bench.naive_book import NaiveBook
from tradewind.bench.streams import mixed_stream, wild_stream
from tradewind.book.engine import MatchingEngine
from tradewind.book.ids import ids_dtype
from tradewind.book.layout import aligned_zeros, book_dtype, fills_dtype
from tradewind.book.messages import apply
from tradewind.book.reasons import Reason
from tradewind.book.replay import open_book
from tradewind.core.dtypes import MESSAGE
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import entry
from tradewind.core.types import SelfTradePrevention


def same_state(engine: MatchingEngine, twin: NaiveBook) -> None:
    assert engine.dump().tolist() == twin.dump()
    record = engine.books[0]
    counters = [int(record[name]) for name in ("entered_lots", "cancelled_lots", "traded_lots", "live")]
    assert counters == [twin.entered_lots, twin.cancelled_lots, twin.traded_lots, len(twin.orders)]
    assert engine.last_trade_ticks == twin.last_ticks
    engine.check()


def compare(
    messages: int, seed: int, *, self_trade: SelfTradePrevention, parts: int = 10, spread: int = 40
) -> dict[Reason, int]:
    """Both on one stream, states compared at the end of each part; returns how often each reason came."""
    rows = wild_stream(messages, seed, spread=spread)
    engine = MatchingEngine(self_trade=self_trade, levels=64, orders=511, fill_rows=7)
    twin = NaiveBook(self_trade=self_trade, capacity=511)
    for part in np.array_split(rows, parts):
        before = len(twin.fills)
        outcome = engine.run(part)
        expected = twin.run(part.tolist())
        assert outcome.reasons.tolist() == expected
        assert outcome.fills.tolist() == twin.fills[before:]
        same_state(engine, twin)
    return engine.rejects


@pytest.mark.parametrize("self_trade", SelfTradePrevention)
def test_engine_equals_twin(self_trade: SelfTradePrevention) -> None:
    rejects = compare(8_000, seed=int(self_trade), self_trade=self_trade)
    impossible = {Reason.ACCEPTED, Reason.MARKET_CLOSED, Reason.MARKET_HALTED, Reason.OFF_LOT, Reason.OFF_TICK}
    assert set(Reason) - set(rejects) <= impossible | {Reason.BOOK_FULL}


def test_engine_equals_twin_in_a_narrow_market() -> None:
    """Long queues of few prices: icebergs, fill-or-kill and own orders meet (this stream has caught a wrong count)."""
    rejects = compare(8_000, seed=32, self_trade=SelfTradePrevention.CANCEL_NEWEST, spread=8)
    assert rejects[Reason.FOK_UNFILLABLE] > 0


def test_engine_equals_twin_far_from_the_touch() -> None:
    rejects = compare(4_000, seed=9, self_trade=SelfTradePrevention.CANCEL_BOTH, spread=900)
    assert rejects[Reason.BOOK_FULL] > 0


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "spread"), [(11, 15), (12, 40), (13, 300), (14, 3000)])
def test_engine_equals_twin_on_a_million_messages(seed: int, spread: int) -> None:
    """Four streams of 250,000 messages, one for each kind of self-trade prevention."""
    mode = SelfTradePrevention(seed % 4)
    rejects = compare(250_000, seed, self_trade=mode, parts=250, spread=spread)
    assert set(rejects) >= {Reason.UNKNOWN_ORDER_ID, Reason.FOK_UNFILLABLE, Reason.TRIGGER_REACHED}


def test_mixed_stream_is_accepted_and_equals_the_twin() -> None:
    rows = mixed_stream(20_000, live_orders=1000)
    engine, twin = MatchingEngine(), NaiveBook()
    outcome = engine.run(rows)
    assert not outcome.reasons.any()
    assert not any(twin.run(rows.tolist()))
    assert outcome.fills.tolist() == twin.fills
    same_state(engine, twin)
    shares = np.bincount(rows["kind"][2000:], minlength=8) / len(rows[2000:])
    assert shares.round(2).tolist() == pytest.approx([0, 0.49, 0.04, 0.42, 0.03, 0.015, 0, 0], abs=0.015)
    assert 800 < int(engine.books["live"][0]) < 1200
    assert np.array_equal(rows, mixed_stream(20_000, live_orders=1000))


def test_many_live_orders_equal_the_twin() -> None:
    """Enough to double the id table many times and to reach the prefetching path."""
    rows = mixed_stream(60_000, live_orders=40_000, seed=3)
    engine, twin = MatchingEngine(), NaiveBook()
    assert not engine.run(rows).reasons.any()
    twin.run(rows.tolist())
    same_state(engine, twin)
    assert int(engine.tables["mask"][0]) > 1 << 16


def test_equal_histories_end_in_equal_bytes_however_they_are_cut() -> None:
    rows = wild_stream(5_000, seed=21)
    whole = MatchingEngine(levels=64, orders=511)
    whole.run(rows)
    parts = MatchingEngine(levels=64, orders=511, fill_rows=3)
    for part in np.array_split(rows, 17):
        parts.run(part)
        restored = MatchingEngine.restore(parts.snapshot())
        assert restored.snapshot() == parts.snapshot()
        parts = restored
    assert parts.digest() == whole.digest()
    other = MatchingEngine(levels=64, orders=511)
    other.run(rows[:-1])
    assert other.digest() != whole.digest()


def test_read_only_and_strided_rows_run_as_they_are() -> None:
    rows = wild_stream(600, seed=5)
    expected = MatchingEngine(levels=64).run(rows[::3].copy())
    frozen = rows.copy()
    frozen.flags.writeable = False
    outcome = MatchingEngine(levels=64).run(frozen[::3])
    assert np.array_equal(outcome.reasons, expected.reasons)
    assert np.array_equal(outcome.fills, expected.fills)


def test_rows_of_another_dtype_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="MESSAGE"):
        MatchingEngine(levels=64).run(np.zeros(3))
    assert len(MatchingEngine(levels=64).run(np.zeros(0, MESSAGE)).fills) == 0


@entry
def _run_without_ids(books, fills, messages, slots, reasons):
    """The same kernels with ids that are slots: LIMIT rows get the slot they were given, CANCEL rows name a row."""
    book = books[0]
    for k in range(len(messages)):
        message = messages[k]
        if message.kind == 3:
            message.order_id = slots[message.order_id]
        reasons[k] = apply(book, None, fills[0], message)
        slots[k] = book.newest


def test_slots_may_serve_as_ids() -> None:
    messages = np.zeros(6, MESSAGE)
    messages["kind"] = [1, 1, 1, 3, 2, 3]
    messages["side"] = [1, 1, 1, 0, -1, 0]
    messages["price_ticks"] = 100
    messages["size_lots"] = [1, 2, 3, 0, 4, 0]
    messages["order_id"] = [50, 50, 50, 1, 50, 1]
    books, tables = aligned_zeros(1, book_dtype(64, 512, stops=False)), aligned_zeros(1, ids_dtype(512))
    open_book(books, tables)
    for name, value in {"state": 1, "max_ticks": 1000, "max_lots": 100, "tick_step": 1, "lot_step": 1}.items():
        books[name] = value
    fills = aligned_zeros(1, fills_dtype(8))
    reasons = np.zeros(6, np.uint8)
    _run_without_ids(books, fills, messages, np.zeros(6, np.int64), reasons)
    assert reasons.tolist() == [0, 0, 0, 0, 0, Reason.UNKNOWN_ORDER_ID]
    assert fills["rows"][0]["size_lots"][:2].tolist() == [1, 3]
    assert books["live"][0] == 0
