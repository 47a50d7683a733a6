"""The benchmark of replays measures what it says."""

import numpy as np

from tradewind.bench.replay import quote_rows, replay_rates
from tradewind.book.feeds import L3Book
from tradewind.core.dtypes import EventKind
from tradewind.market.reactive import simulate
from tradewind.market.rebuild import rebuild


def test_quotes_of_a_feed_make_the_same_touch_and_rates_are_told():
    instrument, rows = simulate("zero_intelligence", 30.0, 3)
    quotes = quote_rows(rows)
    book, touch = L3Book(), rebuild(quotes, 1)
    book.apply(rows)
    assert (touch.best_bid, touch.best_ask) == (book.best_bid, book.best_ask)
    traded = rows["size_lots"][rows["kind"] == EventKind.EXECUTE].sum()
    assert quotes["size_lots"][quotes["kind"] == EventKind.TRADE].sum() == traded
    l3, l1 = replay_rates(instrument, rows, ("twice as fast", 2e9))
    assert (l3.name, l1.name) == ("replay_l3_with_agent", "replay_l1_with_agent")
    assert l3.ratio is not None
    assert np.isclose(l3.ratio, l3.value / 2e9)
