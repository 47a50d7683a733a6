"""One side of a book: queues by price in a window of ticks, pages of orders outside it, and the best price.

Parts of kernels, generic over what uses them: the matching engine, its stops and the feed books. ``ladders[index]``
with an even index is best at its highest price, with an odd index at its lowest. Two facts always hold between calls:
a ladder that is not empty has its best price in the window, and all orders of one price stand in one list, in the
order in which they came.

Cost: joining and leaving is O(1) anywhere. When the best price leaves the window, or the window runs empty, the
window moves (:func:`slide`): O(levels that leave it + orders of the at most two pages it newly covers), whatever
waits elsewhere. It is placed with three quarters of it behind the best price, so the best price must move a quarter
of a window before it moves again.
"""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import NONE, Int, Record, in_window, page_of, width
from tradewind.core.kernels import clz, ctz, inner, rare

__all__ = [
    "best_cold",
    "cut_best",
    "is_better",
    "join",
    "leave",
    "next_down",
    "next_occupied",
    "next_up",
    "send_back",
    "shrink",
    "slide",
    "worst_price",
]

ONE = np.uint64(1)


@inner
def worst_price(index: Int) -> Int:
    """Best price of an empty ladder."""
    return NONE * (2 * (index & 1) - 1)


@inner
def is_better(index: Int, price: Int, than: Int) -> Int:
    """Whether a price stands before another in a ladder."""
    return (price - than) * (1 - 2 * (index & 1)) > 0


@inner
def next_up(ladder: Record, price: Int) -> Int:
    """Lowest occupied price in the window at or above one that is in it, or ``NONE``."""
    last = width(ladder) - 1
    level = price & last
    word = level >> 6
    bits = ladder.bits[word] >> np.uint64(level & 63)
    found = NONE
    if bits:
        found = price + ctz(bits)
    else:
        for _ in range(len(ladder.bits)):
            word = (word + 1) & (len(ladder.bits) - 1)
            bits = ladder.bits[word]
            if bits:
                found = price + (((word << 6) + ctz(bits) - level) & last)
                break
    return found if found <= ladder.base_ticks + last else NONE


@inner
def next_down(ladder: Record, price: Int) -> Int:
    """Highest occupied price in the window at or below one that is in it, or ``-NONE``."""
    last = width(ladder) - 1
    level = price & last
    word = level >> 6
    bits = ladder.bits[word] << np.uint64(63 - (level & 63))
    found = -NONE
    if bits:
        found = price - clz(bits)
    else:
        for _ in range(len(ladder.bits)):
            word = (word - 1) & (len(ladder.bits) - 1)
            bits = ladder.bits[word]
            if bits:
                found = price - ((level - ((word << 6) + 63 - clz(bits))) & last)
                break
    return found if found >= ladder.base_ticks else -NONE


@inner
def next_occupied(ladder: Record, index: Int, price: Int) -> Int:
    """Next occupied price in the window behind one that is in it; the empty ladder's best where there is none."""
    if index & 1:
        return next_up(ladder, price + 1) if price < ladder.base_ticks + width(ladder) - 1 else NONE
    return next_down(ladder, price - 1) if price > ladder.base_ticks else -NONE


@inner
def append(book: Record, ladder: Record, slot: Int, price: Int) -> None:
    """A slot goes to the tail of the queue at its price, which is in the window."""
    at = price & (width(ladder) - 1)
    level, order = ladder.levels[at], book.orders[slot]
    tail = np.int64(level.tail)
    order.prev = tail
    order.next = 0
    if tail == 0:
        level.head = slot
        ladder.bits[at >> 6] |= ONE << np.uint64(at & 63)
    else:
        book.orders[tail].next = slot
    level.tail = slot
    level.size_lots += order.size_lots
    level.count += 1


@inner
def append_cold(book: Record, ladder: Record, first: Int, last: Int, at: Int) -> None:
    """A chain of slots goes to the tail of a page."""
    page = ladder.pages[at]
    tail = np.int64(page.tail)
    book.orders[first].prev = tail
    book.orders[last].next = 0
    if tail == 0:
        page.head = first
        ladder.cold |= ONE << np.uint64(at)
    else:
        book.orders[tail].next = first
    page.tail = last


@inner
def remove_cold(book: Record, ladder: Record, slot: Int, at: Int) -> None:
    """A slot leaves its page."""
    page, order = ladder.pages[at], book.orders[slot]
    before, after = np.int64(order.prev), np.int64(order.next)
    if before == 0:
        page.head = after
    else:
        book.orders[before].next = after
    if after == 0:
        page.tail = before
    else:
        book.orders[after].prev = before
    if page.head == 0:
        ladder.cold &= ~(ONE << np.uint64(at))


@rare
def slide(book: Record, index: Int, price: Int) -> None:
    """Move a ladder's window to a price; orders leave to pages and come from pages in the order they had."""
    ladder = book.ladders[index]
    span = width(ladder)
    base = price - (span // 4 if index & 1 else span - span // 4)
    for word in range(len(ladder.bits)):
        bits = ladder.bits[word]
        while bits:
            at = (word << 6) + ctz(bits)
            bits &= bits - ONE
            old = ladder.base_ticks + ((at - ladder.base_ticks) & (span - 1))
            if not 0 <= old - base < span:
                level = ladder.levels[at]
                append_cold(book, ladder, np.int64(level.head), np.int64(level.tail), page_of(ladder, old))
                level.head, level.tail, level.size_lots, level.count = 0, 0, 0, 0
                ladder.bits[word] &= ~(ONE << np.uint64(at & 63))
    ladder.base_ticks = base
    low, high = page_of(ladder, base), page_of(ladder, base + span - 1)
    warm_page(book, ladder, low)
    if high != low:
        warm_page(book, ladder, high)


@inner
def warm_page(book: Record, ladder: Record, at: Int) -> None:
    """Orders of a page whose price is now in the window join their queues."""
    slot = np.int64(ladder.pages[at].head)
    while slot != 0:
        after = np.int64(book.orders[slot].next)
        price = book.orders[slot].price_ticks
        if in_window(ladder, price):
            remove_cold(book, ladder, slot, at)
            append(book, ladder, slot, price)
        slot = after


@inner
def best_of_page(book: Record, index: Int, at: Int, behind: Int, best: Int) -> Int:
    """The better of ``best`` and the best price behind another in one page list."""
    slot = np.int64(book.ladders[index].pages[at].head)
    while slot != 0:
        price = book.orders[slot].price_ticks
        if is_better(index, behind, price) and is_better(index, price, best):
            best = price
        slot = np.int64(book.orders[slot].next)
    return best


@rare
def best_cold(book: Record, index: Int, behind: Int) -> Int:
    """Best price outside the window behind a price; the empty ladder's best where there is none.

    The nearest pages are looked at first: O(orders of the first page list that holds one); all lists are looked at
    only when the next order is further away than all pages together (64 windows).
    """
    ladder = book.ladders[index]
    best = worst_price(index)
    step = 2 * (index & 1) - 1
    edge = ladder.base_ticks + width(ladder) - 1 if index & 1 else ladder.base_ticks
    for k in range(len(ladder.pages)):
        page = edge // width(ladder) + k * step
        at = page & (len(ladder.pages) - 1)
        if ladder.cold >> np.uint64(at) & ONE:
            best = best_of_page(book, index, at, behind, worst_price(index))
            if best // width(ladder) == page:
                return best
    best = worst_price(index)
    for at in range(len(ladder.pages)):
        best = best_of_page(book, index, at, behind, best)
    return best


@inner
def join(book: Record, index: Int, slot: Int, price: Int) -> None:
    """A slot, its size set, joins a ladder behind every order at its price."""
    ladder = book.ladders[index]
    order = book.orders[slot]
    order.price_ticks = price
    if is_better(index, price, ladder.best_ticks):
        ladder.best_ticks = price
        if not in_window(ladder, price):
            slide(book, index, price)
        append(book, ladder, slot, price)
    elif in_window(ladder, price):
        append(book, ladder, slot, price)
    else:
        append_cold(book, ladder, slot, slot, page_of(ladder, price))


@inner
def leave(book: Record, index: Int, slot: Int) -> None:
    """A slot leaves the ladder it stands in."""
    ladder = book.ladders[index]
    order = book.orders[slot]
    price = order.price_ticks
    if not in_window(ladder, price):
        remove_cold(book, ladder, slot, page_of(ladder, price))
        return
    at = price & (width(ladder) - 1)
    level = ladder.levels[at]
    before, after = np.int64(order.prev), np.int64(order.next)
    if before == 0:
        level.head = after
    else:
        book.orders[before].next = after
    if after == 0:
        level.tail = before
    else:
        book.orders[after].prev = before
    level.size_lots -= order.size_lots
    level.count -= 1
    if level.head == 0:
        ladder.bits[at >> 6] &= ~(ONE << np.uint64(at & 63))
        if price == ladder.best_ticks:
            settle_best(book, index, price)


@inner
def settle_best(book: Record, index: Int, price: Int) -> None:
    """The queue at the best price has just become empty: find the next."""
    ladder = book.ladders[index]
    best = next_occupied(ladder, index, price)
    if best == worst_price(index) and ladder.cold != 0:
        best = best_cold(book, index, price)
        slide(book, index, best)
    ladder.best_ticks = best


@inner
def shrink(book: Record, index: Int, slot: Int, lots: Int) -> None:
    """The visible size of an order changes by ``-lots`` where it stands."""
    ladder = book.ladders[index]
    order = book.orders[slot]
    order.size_lots -= lots
    if in_window(ladder, order.price_ticks):
        ladder.levels[order.price_ticks & (width(ladder) - 1)].size_lots -= lots


@inner
def send_back(book: Record, index: Int, slot: Int, lots: Int) -> None:
    """The first order of the best queue goes to its end with a new visible size."""
    ladder = book.ladders[index]
    order = book.orders[slot]
    level = ladder.levels[order.price_ticks & (width(ladder) - 1)]
    level.size_lots += lots - order.size_lots
    order.size_lots = lots
    after, tail = np.int64(order.next), np.int64(level.tail)
    if after != 0:
        book.orders[after].prev = 0
        book.orders[tail].next = slot
        level.head = after
        level.tail = slot
        order.prev = tail
        order.next = 0


@inner
def cut_best(book: Record, index: Int) -> Int:
    """The whole queue at the best price leaves the ladder; returns its first slot (the chain keeps its order)."""
    ladder = book.ladders[index]
    price = ladder.best_ticks
    at = price & (width(ladder) - 1)
    level = ladder.levels[at]
    head = np.int64(level.head)
    level.head, level.tail, level.size_lots, level.count = 0, 0, 0, 0
    ladder.bits[at >> 6] &= ~(ONE << np.uint64(at & 63))
    settle_best(book, index, price)
    return head
