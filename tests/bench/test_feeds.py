"""What the feed benchmark replays is what the engine did: the books agree with it, and with each other."""

import pytest

from tradewind.bench.feeds import feed_book_rows, level_rows, order_rows, quote_rows
from tradewind.bench.public_engines import l3_feed
from tradewind.bench.streams import mixed_stream
from tradewind.book.engine import MatchingEngine
from tradewind.book.feeds import L1Book, L2Book, L3Book
from tradewind.book.issues import Policy
from tradewind.book.view import BookView


@pytest.fixture(scope="module")
def flow():
    messages, engine = mixed_stream(20_000, 1_000), MatchingEngine()
    outcome = engine.run(messages)
    return l3_feed(messages, outcome.reasons, outcome.fills), engine


def test_the_feed_leads_to_the_engines_book(flow):
    feed, engine = flow
    book = L3Book(Policy(strict=True))
    book.apply(order_rows(feed))
    view = BookView(engine.books, engine.tables)
    for side, ladder in ((1, 0), (-1, 1)):
        assert book.depth(side, 10_000).tolist() == view.depth(side, 10_000).tolist()
        resting = engine.dump()
        resting = resting[resting["ladder"] == ladder]
        assert book.orders(side).tolist() == resting[["order_id", "price_ticks", "size_lots"]].tolist()
    assert book.live_orders > 500


def test_levels_and_quotes_tell_the_same(flow):
    orders = order_rows(flow[0])[:3_000]
    book, quotes, levels = L3Book(), L1Book(Policy(strict=True)), L2Book(Policy(strict=True))
    book.apply(orders)
    quotes.apply(quote_rows(orders))
    levels.apply(level_rows(orders))
    assert (quotes.best_bid, quotes.best_ask) == (book.best_bid, book.best_ask)
    named = level_rows(orders)[-1]
    assert levels.level(int(named["side"]), int(named["price_ticks"]))[0] == named["size_lots"]


def test_rows_of_the_report(flow, monkeypatch):
    monkeypatch.setattr(
        "tradewind.bench.result.gc.collect", lambda: 0
    )  # a full collection per timed call takes longest
    rows = feed_book_rows(flow[0][:3_000], 1e6)
    assert [row.name for row in rows] == ["feed_l3", "feed_l3_best_quotes", "feed_l2", "feed_l1"]
    assert all(row.value > 0 for row in rows)
    assert rows[0].ratio == rows[0].value / 1e6
    assert [row.met is None for row in rows] == [False, False, True, True]
