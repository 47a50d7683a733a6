"""The audit finds what it promises to find: each fault is made by hand."""

from collections.abc import Callable

import pytest

from tradewind.book.audit import Fault, audit
from tradewind.book.engine import MatchingEngine
from tradewind.core.dtypes import Array
from tradewind.core.errors import TradewindError


def level_of(book: Array, ladder: int, price: int) -> Array:
    return book["ladders"][ladder]["levels"][price & 63]


def move_best(book: Array) -> None:
    book["ladders"][0]["best_ticks"] -= 1


def cross(book: Array) -> None:
    """A bid at the best ask's price, consistent in itself."""
    engine_book = book["ladders"]
    for at, price in ((0, 105), (1, 95)):
        shift = price - int(engine_book[at]["best_ticks"])
        level, ladder = level_of(book, at, int(engine_book[at]["best_ticks"])).copy(), engine_book[at]
        old = int(ladder["best_ticks"])
        ladder["levels"][old & 63] = 0
        ladder["bits"][0] &= ~(1 << (old & 63)) & ((1 << 64) - 1)
        ladder["levels"][price & 63] = level
        ladder["bits"][0] |= 1 << (price & 63)
        ladder["best_ticks"] = price
        ladder["base_ticks"] += shift
        slot = int(level["head"])
        while slot:
            book["orders"][slot]["price_ticks"] = price
            slot = int(book["orders"][slot]["next"])


def set_field(*path: object, value: int) -> Callable[[Array], None]:
    def change(book: Array) -> None:
        target = book
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


FAULTS: dict[Fault, Callable[[Array], None]] = {
    Fault.LEVEL_BIT: set_field("ladders", 0, "bits", 0, value=0),
    Fault.LINKS: set_field("orders", 2, "prev", value=0),
    Fault.PRICE: set_field("orders", 1, "price_ticks", value=99),
    Fault.LEVEL_SUM: set_field("orders", 1, "size_lots", value=3),
    Fault.PAGE: set_field("ladders", 1, "cold", value=0),
    Fault.BEST: move_best,
    Fault.CROSSED: cross,
    Fault.LIVE_COUNT: set_field("live", value=3),
    Fault.POOL: set_field("free", value=0),
    Fault.LOTS: set_field("entered_lots", value=1),
    Fault.IDS: set_field("orders", 1, "order_id", value=77),
}


def built() -> MatchingEngine:
    engine = MatchingEngine(levels=64)
    engine.limit(1, 1, 100, 5)
    engine.limit(2, 1, 100, 5)
    engine.limit(3, -1, 101, 5)
    engine.limit(4, -1, 9000, 5)
    engine.limit(5, 1, 100, 5)
    engine.cancel(5)
    engine.check()
    return engine


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault])
def test_a_fault_made_by_hand_is_found(fault: Fault) -> None:
    engine = built()
    FAULTS[fault](engine.books[0])
    assert audit(engine.books, engine.tables) == fault
    with pytest.raises(TradewindError, match=fault.name):
        engine.check()
