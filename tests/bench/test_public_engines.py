from tradewind.bench.naive_book import NaiveBook
from tradewind.bench.public_engines import ADD, CANCEL, MODIFY, hftbacktest_rate, l3_feed, lightmatchingengine_rate
from tradewind.bench.streams import mixed_stream
from tradewind.book.engine import MatchingEngine


def test_the_feed_given_to_others_leads_to_the_book_we_have() -> None:
    messages = mixed_stream(20_000)
    engine = MatchingEngine()
    outcome = engine.run(messages)
    live: dict[int, tuple[int, int]] = {}
    for event in l3_feed(messages, outcome.reasons, outcome.fills):
        kind, key = int(event["ev"]) & 0xFF, int(event["order_id"])
        ticks, lots = round(event["px"] / 0.01), int(event["qty"])
        if kind == CANCEL:
            del live[key]
        else:
            assert (kind == ADD) == (key not in live)
            assert kind in (ADD, MODIFY)
            live[key] = (ticks, lots)
    twin = NaiveBook()
    twin.run(messages.tolist())
    dumped = engine.dump()
    assert live == {int(o["order_id"]): (int(o["price_ticks"]), int(o["size_lots"])) for o in dumped}


def test_public_engines_run_the_same_flow() -> None:
    messages = mixed_stream(5_000)
    outcome = MatchingEngine().run(messages)
    feed = l3_feed(messages, outcome.reasons, outcome.fills)
    assert hftbacktest_rate(feed, exchange=True, repeats=1) > 0
    assert hftbacktest_rate(feed, exchange=False, repeats=1) > 0
    assert lightmatchingengine_rate(messages[:2_000]) > 0
