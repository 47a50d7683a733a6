"""A synthetic ITCH day through the parser and the level-3 book: nothing odd, never crossed, empty at the end."""

import numpy as np

from tradewind.book.feeds import L3Book
from tradewind.core.dtypes import TradingState
from tradewind.data.itch.projection import parse_events
from tradewind.data.itch.synthetic import SYMBOLS, session


def test_a_day_fits_the_book_without_an_issue() -> None:
    rows = parse_events(session(seed=2, messages=6_000))
    for locate, symbol in enumerate(SYMBOLS, start=1):
        mine = rows[rows["instrument_id"] == locate]
        book = L3Book(source=symbol)
        half = int(np.searchsorted(mine["ts_event_ns"], mine["ts_event_ns"].mean()))
        book.apply(mine[:half])
        assert book.live_orders > 0
        book.apply(mine[half:])
        assert book.issues == {}
        assert book.live_orders == 0
        assert book.trading_state == TradingState.CLOSED
