"""The synthetic day: every message valid after those before it, no book crossed, trades in time priority."""

import pytest
from tests.naive.itch import messages, number

from tradewind.core.errors import InvalidValueError
from tradewind.data.itch.dtypes import MESSAGES
from tradewind.data.itch.synthetic import SYMBOLS, session


class Book:
    """Queues by price of one symbol, kept with none of the generator's code."""

    def __init__(self) -> None:
        self.queues: dict[bytes, dict[int, list[int]]] = {b"B": {}, b"S": {}}
        self.orders: dict[int, tuple[bytes, int]] = {}
        self.shares: dict[int, int] = {}
        self.state = b"T"

    def join(self, reference: int, side: bytes, price: int, shares: int) -> None:
        assert reference not in self.orders
        assert shares > 0
        assert price > 0
        self.orders[reference] = side, price
        self.shares[reference] = shares
        self.queues[side].setdefault(price, []).append(reference)
        assert not self.crossed()

    def shrink(self, reference: int, shares: int) -> None:
        assert 0 < shares <= self.shares[reference]
        self.shares[reference] -= shares
        if self.shares[reference] == 0:
            self.leave(reference)

    def leave(self, reference: int) -> None:
        side, price = self.orders.pop(reference)
        del self.shares[reference]
        self.queues[side][price].remove(reference)
        if not self.queues[side][price]:
            del self.queues[side][price]

    def crossed(self) -> bool:
        bids, asks = self.queues[b"B"], self.queues[b"S"]
        return bool(bids and asks) and max(bids) >= min(asks)

    def first(self, reference: int) -> bool:
        """Whether an order is the oldest at the best price of its side."""
        side, price = self.orders[reference]
        best = max(self.queues[side]) if side == b"B" else min(self.queues[side])
        return price == best and self.queues[side][price][0] == reference


def follow(books: dict[int, Book], m: bytes) -> None:
    """Apply one message, and check that it may come now."""
    code, book, reference = chr(m[0]), books.setdefault(number(m, 1, 2), Book()), number(m, 11, 8)
    if code in "AF":
        assert number(m, 20, 4) > 0
        book.join(reference, m[19:20], number(m, 32, 4), number(m, 20, 4))
    elif code == "D":
        book.leave(reference)
    elif code == "U":
        side = book.orders[reference][0]
        book.leave(reference)
        book.join(number(m, 19, 8), side, number(m, 31, 4), number(m, 27, 4))
    elif code == "X":
        assert number(m, 19, 4) < book.shares[reference]
        book.shrink(reference, number(m, 19, 4))
    elif code in "EC":
        assert book.first(reference)
        in_cross = code == "C" and m[31:32] == b"N"
        assert book.state == b"T" or in_cross
        book.shrink(reference, number(m, 19, 4))
    elif code == "P":
        assert book.state == b"T"
    elif code == "H":
        book.state = m[19:20]
    elif code == "h" and m[19:20] == b"Q":
        book.state = m[20:21]


@pytest.mark.parametrize(("seed", "count", "live"), [(0, 20_000, 600), (1, 5_000, 40), (2, 5_000, 20_000), (3, 0, 600)])
def test_every_message_is_valid_and_no_book_is_crossed(seed: int, count: int, live: int) -> None:
    books: dict[int, Book] = {}
    times = []
    raws = messages(session(seed, count, live_orders=live))
    assert len(raws) >= count
    for m in raws:
        assert len(m) == MESSAGES[chr(m[0])].length
        times.append(number(m, 5, 6))
        follow(books, m)
    assert times == sorted(times)
    assert times[-1] < 24 * 3_600 * 10**9
    assert all(not book.orders for book in books.values())
    assert [raw[11:12] for raw in raws if raw[0] == ord("S")] == [b"O", b"S", b"Q", b"M", b"E", b"C"]


def test_all_types_but_the_circuit_breaker_appear() -> None:
    assert {chr(m[0]) for m in messages(session(0, 2_000))} == set(MESSAGES) - {"W"}


def test_bytes_depend_on_the_seed_alone() -> None:
    assert session(7, 500) == session(7, 500)
    assert session(7, 500) != session(8, 500)


def test_the_touch_moves_and_has_depth() -> None:
    books: dict[int, Book] = {}
    touches, depths = set(), []
    for m in messages(session(0, 30_000)):
        follow(books, m)
        queues = books[1].queues if 1 in books else {}
        if m[0] == ord("E") and number(m, 1, 2) == 1 and all(queues.values()):
            touches.add(max(queues[b"B"]))
            depths.append(min(len(queues[b"B"]), len(queues[b"S"])))
    assert len(touches) > 10
    assert sorted(depths)[len(depths) // 2] >= 3


@pytest.mark.parametrize("symbols", [("ONE",), ("ONE", "TWO")])
def test_few_symbols(symbols: tuple[str, ...]) -> None:
    directory = [m[11:19].decode().rstrip() for m in messages(session(0, 300, symbols)) if m[0] == ord("R")]
    assert tuple(directory) == symbols


def test_arguments_out_of_range() -> None:
    with pytest.raises(InvalidValueError, match="symbols must be 1 to 65,535 names"):
        session(0, 10, ("TOOLONGNAME",))
    with pytest.raises(InvalidValueError, match="symbols"):
        session(0, 10, ())
    with pytest.raises(InvalidValueError, match="messages"):
        session(0, -1)
    assert len(SYMBOLS) >= 3
