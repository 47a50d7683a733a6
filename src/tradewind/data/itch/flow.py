"""Random order flow of one symbol that is always valid: it keeps its own orders, so the book never crosses."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple

__all__ = ["Draw", "Emit", "Flow", "Numbers"]

Emit = Callable[..., None]
"""``emit(code, stock_locate, *values)``: writes one message, stamped with the session's time."""

TICK_E4 = 100
ADD_SHARE = 0.46
OTHERS = (("D", 0.63), ("U", 0.80), ("E", 0.935), ("X", 0.965), ("C", 0.975), ("P", 1.0))
"""What the messages that are not new orders do, cumulative."""
MPIDS = (b"GALE", b"BREZ", b"SQLL")


class Draw(NamedTuple):
    """Uniform numbers in [0, 1) that decide one step."""

    action: float
    choice: float
    depth: float
    size: float
    drift: float


class Numbers:
    """Order references and match numbers, shared by all symbols of a session as on the exchange."""

    def __init__(self) -> None:
        self.references: Iterator[int] = count(1_000, 4)
        self.matches: Iterator[int] = count(10_000)


class Flow:
    """Orders of one symbol, and the messages that change them.

    Args:
        emit: Writes a message.
        numbers: Shared counters.
        locate: Stock locate code.
        stock: Symbol padded to eight bytes.
        mid_ticks: Where the price starts [cents].

    Attributes:
        target: Live orders that the flow tends to.
        trading: Whether orders may trade; while they may not, orders only come and go.
        prints: Match numbers of the trades so far against hidden orders.
    """

    def __init__(self, emit: Emit, numbers: Numbers, locate: int, stock: bytes, mid_ticks: int) -> None:
        self.emit = emit
        self.numbers = numbers
        self.locate = locate
        self.stock = stock
        self.mid_ticks = mid_ticks
        self.target = 100
        self.trading = True
        self.prints: list[int] = []
        self.queues: dict[int, dict[int, dict[int, None]]] = {1: {}, -1: {}}
        self.orders: dict[int, list[int]] = {}
        self.live: list[int] = []
        self.place: dict[int, int] = {}

    def best(self, side: int) -> int | None:
        """Best price of a side [ticks], None when it is empty."""
        queue = self.queues[side]
        if not queue:
            return None
        return max(queue) if side > 0 else min(queue)

    def step(self, draw: Draw) -> None:
        """Write one message, chosen by the draw and the state of the book."""
        self.mid_ticks = max(100, self.mid_ticks + (draw.drift > 0.99) - (draw.drift < 0.01))
        if self.trading and draw.drift < 0.5 and (side := self._run_into()):
            self._give_way(side, draw)
            return
        share = ADD_SHARE * min(max(2.0 - len(self.live) / self.target, 0.2), 1.8)
        if draw.action < share or len(self.live) < 4:
            self.add(draw)
            return
        what = (draw.action - share) / (1.0 - share)
        code = next(code for code, below in OTHERS if what < below)
        if code == "D" or (not self.trading and code != "X"):
            self._delete(self._any(draw))
        elif code == "U":
            self._replace(self._any(draw), draw)
        elif code == "X":
            self._cancel(self._any(draw), draw)
        elif code == "P":
            self._hidden_trade(draw)
        else:
            self._execute(code, self._run_into() or (1 if draw.choice < 0.5 else -1), draw)

    def add(self, draw: Draw) -> None:
        """A new order near the mid-price, on its own side of the other's best."""
        side = 1 if draw.choice < 0.5 else -1
        reference = next(self.numbers.references)
        price, shares = self._price(side, draw), _shares(draw)
        attributed = draw.action < 0.01
        text = (b"B" if side > 0 else b"S", shares, self.stock, price * TICK_E4)
        mpid = (MPIDS[int(draw.size * len(MPIDS))],) if attributed else ()
        self.emit("F" if attributed else "A", self.locate, reference, *text, *mpid)
        self._remember(reference, side, price, shares)

    def cross(self, cross_type: bytes) -> None:
        """Trade up to three orders of the best bid with on-cross orders, and print the cross.

        The displayed orders' executions are not printable: their shares are in the cross print.
        """
        price = self.best(1) or 0
        total = 0
        for reference in list(self.queues[1].get(price, ()))[:3]:
            shares = self.orders[reference][2]
            match = next(self.numbers.matches)
            self.emit("C", self.locate, reference, shares, match, b"N", price * TICK_E4)
            self._forget(reference)
            total += shares
        match = next(self.numbers.matches)
        self.emit("Q", self.locate, total, self.stock, price * TICK_E4, match, cross_type)

    def clear(self) -> None:
        """Delete every live order."""
        for reference in list(self.live):
            self._delete(reference)

    def _price(self, side: int, draw: Draw) -> int:
        distance = int(-math.log(1.0 - draw.depth) * 3.0)
        other = self.best(-side)
        if side > 0:
            price = self.mid_ticks - distance
            return max(price if other is None else min(price, other - 1), 1)
        price = self.mid_ticks + 1 + distance
        return price if other is None else max(price, other + 1)

    def _delete(self, reference: int) -> None:
        self.emit("D", self.locate, reference)
        self._forget(reference)

    def _replace(self, reference: int, draw: Draw) -> None:
        side = self.orders[reference][0]
        self._forget(reference)
        new, price, shares = next(self.numbers.references), self._price(side, draw), _shares(draw)
        self.emit("U", self.locate, reference, new, shares, price * TICK_E4)
        self._remember(new, side, price, shares)

    def _cancel(self, reference: int, draw: Draw) -> None:
        shares = self.orders[reference][2]
        if shares == 1:
            self._delete(reference)
            return
        gone = min(max(1, int(shares * draw.size)), shares - 1)
        self.emit("X", self.locate, reference, gone)
        self.orders[reference][2] -= gone

    def _run_into(self) -> int:
        """Side whose best price the mid-price has reached, so that its orders are good to trade with; 0 for neither."""
        bid, ask = self.best(1), self.best(-1)
        if ask is not None and ask <= self.mid_ticks:
            return -1
        return 1 if bid is not None and bid > self.mid_ticks else 0

    def _give_way(self, side: int, draw: Draw) -> None:
        """An order that the mid-price has run into trades or, more often, is pulled by its owner."""
        price = self.best(side)
        if draw.depth < 0.25 or price is None:
            self._execute("E", side, draw)
        else:
            self._delete(next(reversed(self.queues[side][price])))

    def _execute(self, code: str, side: int, draw: Draw) -> None:
        """Trade the oldest order at the best price of a side."""
        price = self.best(side)
        if price is None:
            return
        reference = next(iter(self.queues[side][price]))
        shares = self.orders[reference][2]
        traded = shares if draw.depth < 0.6 else min(shares, _shares(draw))
        match = next(self.numbers.matches)
        if code == "E":
            self.emit("E", self.locate, reference, traded, match)
        else:
            half_cent_better = price * TICK_E4 + side * TICK_E4 // 2
            self.emit("C", self.locate, reference, traded, match, b"Y", half_cent_better)
        self.orders[reference][2] -= traded
        if traded == shares:
            self._forget(reference)

    def _hidden_trade(self, draw: Draw) -> None:
        bid, ask = self.best(1), self.best(-1)
        if bid is None or ask is None:
            return
        match = next(self.numbers.matches)
        self.prints.append(match)
        price_e4 = (bid + ask) * TICK_E4 // 2
        self.emit("P", self.locate, 0, b"B", _shares(draw), self.stock, price_e4, match)

    def _any(self, draw: Draw) -> int:
        return self.live[int(draw.choice * len(self.live))]

    def _remember(self, reference: int, side: int, price: int, shares: int) -> None:
        self.orders[reference] = [side, price, shares]
        self.queues[side].setdefault(price, {})[reference] = None
        self.place[reference] = len(self.live)
        self.live.append(reference)

    def _forget(self, reference: int) -> None:
        side, price, _ = self.orders.pop(reference)
        queue = self.queues[side][price]
        del queue[reference]
        if not queue:
            del self.queues[side][price]
        hole, last = self.place.pop(reference), self.live.pop()
        if last != reference:
            self.live[hole] = last
            self.place[last] = hole


def _shares(draw: Draw) -> int:
    """A tenth odd lots, the rest one to ten round lots, small ones more often."""
    if draw.size < 0.1:
        return 1 + int(draw.size * 990)
    return 100 * (1 + int(9.9 * draw.size**4))
