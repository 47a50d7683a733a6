"""A replay with an agent's orders in plain dicts and lists: slow, and every rule in one place."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tradewind.core.dtypes import EventFlag, EventKind


@dataclass
class Order:
    order_id: int
    owner: int
    size: int


@dataclass
class Side:
    """Queues of one side by price, first come first."""

    sign: int
    levels: dict[int, list[Order]] = field(default_factory=dict)

    def best(self) -> int | None:
        return (max if self.sign > 0 else min)(self.levels) if self.levels else None

    def find(self, order_id: int, owner: int) -> tuple[int, Order] | None:
        for price, queue in self.levels.items():
            for order in queue:
                if order.order_id == order_id and order.owner == owner:
                    return price, order
        return None

    def remove(self, price: int, order: Order) -> None:
        self.levels[price] = [o for o in self.levels[price] if o is not order]
        if not self.levels[price]:
            del self.levels[price]

    def take(self, price: int, order: Order, lots: int) -> None:
        order.size -= lots
        if order.size == 0:
            self.remove(price, order)


@dataclass
class Book:
    sides: dict[int, Side] = field(default_factory=lambda: {1: Side(1), -1: Side(-1)})

    def dump(self) -> list[tuple[int, int, int, int, int]]:
        """(side, price, id, owner, size) in the order of priority."""
        out = []
        for sign, side in self.sides.items():
            for price in sorted(side.levels, reverse=sign > 0):
                out += [(sign, price, o.order_id, o.owner, o.size) for o in side.levels[price]]
        return out

    def first(self, sign: int) -> tuple[int, Order] | None:
        price = self.sides[sign].best()
        return None if price is None else (price, self.sides[sign].levels[price][0])

    def can_trade(self, sign: int, limit: int) -> bool:
        """Whether a taker of a side may trade with the first order of the other."""
        best = self.sides[-sign].best()
        return best is not None and (limit - best) * sign >= 0


class NaiveReplay:
    """The market with you in it, and beside it the one without you."""

    def __init__(self) -> None:
        self.now, self.past = Book(), Book()
        self.counts: Counter[str] = Counter()
        self.fills: list[tuple[int, int, int, int, int]] = []

    # The engine
    def match(
        self, sign: int, limit: int, lots: int, taker: Order, yours_only: bool = False
    ) -> list[tuple[Order, int]]:
        """Trade in price-time priority; returns makers and lots."""
        made = []
        while lots > 0 and self.now.can_trade(sign, limit):
            found = self.now.first(-sign)
            assert found is not None
            price, maker = found
            if yours_only and maker.owner == 0:
                break
            part = min(lots, maker.size)
            lots -= part
            made.append((Order(maker.order_id, maker.owner, part), part))
            if maker.owner or taker.owner:
                self.fills.append((maker.order_id, taker.order_id, price, part, sign))
            self.now.sides[-sign].take(price, maker, part)
        return made

    # What you send
    def limit(self, order_id: int, sign: int, price: int, lots: int) -> None:
        me = Order(order_id, 1, lots)
        lots -= sum(part for _, part in self.match(sign, price, lots, me))
        if lots:
            me.size = lots
            self.now.sides[sign].levels.setdefault(price, []).append(me)

    def market(self, order_id: int, sign: int, lots: int) -> None:
        self.match(sign, sign * 10**9, lots, Order(order_id, 1, lots))

    def cancel(self, order_id: int) -> None:
        for side in self.now.sides.values():
            found = side.find(order_id, 1)
            if found:
                side.remove(*found)

    # What the tape says
    def apply(self, row: Any) -> None:
        kind, sign = EventKind(int(row["kind"])), int(row["side"])
        args = (sign, int(row["order_id"]), int(row["price_ticks"]), int(row["size_lots"]))
        if kind is EventKind.ADD:
            self.add(*args)
        elif kind is EventKind.EXECUTE:
            self.execute(*args)
        elif kind is EventKind.TRADE and not int(row["flags"]) & EventFlag.AUCTION:
            self.hidden(sign, args[2], args[3])
        elif kind in (EventKind.DELETE, EventKind.REDUCE):
            self.shrink(kind, *args)
        elif kind is EventKind.REPLACE:
            self.replace(*args)

    def add(self, sign: int, order_id: int, price: int, lots: int) -> None:
        self.past.sides[sign].levels.setdefault(price, []).append(Order(order_id, 0, lots))
        self.enter(sign, order_id, price, lots)

    def enter(self, sign: int, order_id: int, price: int, lots: int) -> None:
        if self.now.can_trade(sign, price):
            self.counts["crossing_adds"] += 1
            for maker, part in self.match(sign, price, lots, Order(0, 0, lots)):
                lots -= part
                self.counts["crossing_yours_lots" if maker.owner else "crossing_others_lots"] += part
        if lots:
            self.now.sides[sign].levels.setdefault(price, []).append(Order(order_id, 0, lots))

    def shrink(self, kind: EventKind, sign: int, order_id: int, _price: int, lots: int) -> None:
        was = self.past.sides[sign].find(order_id, 0)
        assert was is not None
        if kind is EventKind.DELETE:
            lots = was[1].size
        gone = kind is EventKind.DELETE or lots == was[1].size
        self.past.sides[sign].take(*was, lots)
        now = self.now.sides[sign].find(order_id, 0)
        if now is None:
            self.counts["dropped_cancels"] += 1
        elif gone:
            self.counts["smaller_cancels"] += now[1].size < lots
            self.counts["larger_cancels"] += now[1].size > lots
            self.now.sides[sign].remove(*now)
        else:
            self.counts["smaller_cancels"] += now[1].size <= lots
            self.now.sides[sign].take(*now, min(lots, now[1].size))

    def replace(self, sign: int, order_id: int, price: int, lots: int) -> None:
        was = self.past.sides[sign].find(order_id, 0)
        assert was is not None
        if price == was[0] and lots <= was[1].size:
            if lots < was[1].size:
                self.shrink(EventKind.REDUCE, sign, order_id, price, was[1].size - lots)
            return
        self.past.sides[sign].remove(*was)
        self.past.sides[sign].levels.setdefault(price, []).append(Order(order_id, 0, lots))
        now = self.now.sides[sign].find(order_id, 0)
        if now is None:
            self.counts["dropped_cancels"] += 1
        else:
            self.now.sides[sign].remove(*now)
            self.enter(sign, order_id, price, lots)

    def execute(self, sign: int, order_id: int, _price: int, lots: int) -> None:
        was = self.past.sides[sign].find(order_id, 0)
        assert was is not None
        limit = was[0]
        first = self.past.first(sign)
        in_turn = first is not None and first[1] is was[1]
        self.past.sides[sign].take(*was, lots)
        if not in_turn:
            taken = sum(part for _, part in self.match(-sign, limit, lots, Order(0, 0, lots), yours_only=True))
            self.counts["yours_lots"] += taken
            lots -= taken
            now = self.now.sides[sign].find(order_id, 0)
            if now is not None and lots:
                part = min(lots, now[1].size)
                self.now.sides[sign].take(*now, part)
                lots -= part
        others = 0
        for maker, part in self.match(-sign, limit, lots, Order(0, 0, lots)):
            lots -= part
            self.counts["yours_lots"] += part if maker.owner else 0
            others += part if not maker.owner and maker.order_id != order_id else 0
        self.counts["redirected_executions"] += others > 0
        self.counts["redirected_lots"] += others
        self.counts["short_executions"] += lots > 0
        self.counts["dropped_lots"] += lots

    def hidden(self, sign: int, price: int, lots: int) -> None:
        if sign:
            made = self.match(sign, price, lots, Order(0, 0, lots), yours_only=True)
            self.counts["hidden_yours_lots"] += sum(part for _, part in made)
