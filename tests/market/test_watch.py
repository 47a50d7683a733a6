"""Watching a market: frames say what the market says, the quoter stays at the best prices."""

import numpy as np
import pytest

from tradewind.core.dtypes import EventKind
from tradewind.core.errors import InvalidValueError
from tradewind.market.reactive import Market
from tradewind.market.watch import Watcher

PRESET = "aig"


def test_a_frame_is_the_market() -> None:
    market, same = Market(PRESET, 5, record=True), Market(PRESET, 5, record=True)
    watcher = Watcher(market)
    same.rows()
    for _ in range(20):
        watcher.step(1.0)
    same.advance(20.0)
    frame = watcher.frame(levels=7)
    assert [(x.price_ticks, x.size_lots, x.orders) for x in frame.bids] == [tuple(r) for r in same.view.depth(1, 7)]
    assert [(x.price_ticks, x.size_lots, x.orders) for x in frame.asks] == [tuple(r) for r in same.view.depth(-1, 7)]
    assert (frame.ts_ns, frame.state) == (same.now_ns, "open")
    assert frame.spread_ticks == same.view.spread_ticks
    assert frame.imbalance == same.view.imbalance(5)
    rows = same.rows()
    trades = rows[np.isin(rows["kind"], (EventKind.EXECUTE, EventKind.TRADE))]
    assert len(trades) > 0
    assert [p.size_lots for p in frame.prints] == trades["size_lots"][::-1][:64].tolist()
    assert all(p.side in (1, -1) and not p.yours for p in frame.prints)


def test_the_quoter_keeps_one_order_at_each_best_price() -> None:
    watcher = Watcher(Market(PRESET, 5, record=True), quote_lots=100)
    seen = 0
    for _ in range(400):
        watcher.step(0.5)
        frame = watcher.frame()
        assert len([o for o in frame.orders if o.side > 0]) <= 1
        assert len([o for o in frame.orders if o.side < 0]) <= 1
        seen += len(frame.orders)
    assert seen > 400
    assert any(p.yours for p in watcher.frame().prints) or watcher.frame().cash == "0.00"
    assert watcher.market.account().position_lots % 1 == 0


def test_a_negative_quote_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="quote_lots"):
        Watcher(Market("zero_intelligence", 1, record=True), quote_lots=-1)
