"""The matching engine against its naive twin on wild streams: every reason, fill, queue and counter."""

import numpy as np
import pytest

from tradewind.bench.naive_book import NaiveBook
from tradewind.bench.streams import mixed_stream, wild_stream
from tradewind.book.engine import MatchingEngine
from tradewind.book.reasons import Reason
from tradewind.core.types import SelfTradePrevention


def same_state(engine: MatchingEngine, twin: NaiveBook) -> None:
    assert engine.dump().tolist() == twin.dump()
    record = engine.books[0]
    counters = [int(record[name]) for name in ("entered_lots", "cancelled_lots", "traded_lots", "live")]
    assert counters == [twin.entered_lots, twin.cancelled_lots, twin.traded_lots, len(twin.orders)]
    assert engine.last_trade_ticks == twin.last_ticks
    engine.check()


def compare(messages: int, seed: int, *, self_trade: SelfTradePrevention, parts: int = 10, spread: int = 40) -> dict:
    """Both on one stream, states compared at the end of each part; returns how often each reason came."""
    rows = wild_stream(messages, seed, spread=spread)
    engine = MatchingEngine(self_trade=self_trade, levels=64, orders=512, fill_rows=7, steps=(1, 1))
    twin = NaiveBook(self_trade=self_trade, capacity=511, max_lots=(1 << 62) // 512)
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
