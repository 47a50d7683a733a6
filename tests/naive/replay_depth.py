"""Replay of levels (L2) and best quotes (L1) with an agent's orders, in dicts and lists: slow, every rule in words.

A level is a background size and the agent's orders, each with the background size ahead of it. Nothing here is shared
with the kernels: not the queues, not the models' formulas.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

PRICES_AT_ONCE = 4
KEPT_AT_ONCE = 8


@dataclass
class Own:
    order_id: int
    size: int
    ahead: int
    carry: float = 0.0
    traded: int = 0
    early: int = 0
    early_ahead: int = 0
    unseen: bool = False


@dataclass
class Level:
    size: int = 0
    own: list[Own] = field(default_factory=list)


@dataclass
class Pair:
    price: int = 0
    lots: int = 0
    ts: int = 0
    number: int = 0


@dataclass
class Rules:
    model: str = "back-of-queue"
    power: float = 1.0
    units: float = 1.0
    crossing: int = 2
    pair_ns: int = 5_000_000
    whole_through: bool = False
    ignore_late: bool = False
    surfacing: float = 1.0
    multiple: float = 1.0
    gap: int = 1
    levels: int = 10


def chance_behind(rules, front, back):
    """Probability that a lot that leaves stood behind."""
    f, b, n = front * rules.units, back * rules.units, rules.power
    if rules.model == "proportional":
        return b / (f + b)
    if rules.model == "power":
        return b**n / (b**n + f**n)
    if rules.model == "power-2":
        return b**n / (b + f) ** n
    if rules.model == "power-3":
        return 1 - (f / (f + b)) ** n
    if rules.model == "log-probability":
        return math.log(1 + b) / (math.log(1 + b) + math.log(1 + f))
    return math.log(1 + b) / math.log(1 + b + f)


def front_after(rules, front, back, gone, left):
    """Size ahead after lots left that nothing explains."""
    if rules.model == "back-of-queue" or front + back <= 0:
        return min(front, left)
    p = chance_behind(rules, max(front, 0.0), max(back, 0.0))
    return max(min(front - (1 - p) * gone + min(back - p * gone, 0), left), 0.0)


class NaiveDepth:
    """Both kinds of feed; ``touch`` is what an L1 feed shows."""

    def __init__(self, rules, quotes):
        self.rules, self.quotes = rules, quotes
        self.levels = {1: {}, -1: {}}
        self.touch = {1: None, -1: None}
        self.last_price = {1: 0, -1: 0}
        self.pairs = {s: [Pair() for _ in range(PRICES_AT_ONCE)] for s in (1, -1)}
        self.turn = {1: 0, -1: 0}
        self.number = 0
        self.debts = {1: {}, -1: {}}
        self.kept = {1: [], -1: []}
        self.borrowed = {1: False, -1: False}
        self.fills = []
        self.counts = Counter()
        self.now = 0

    # the book
    def level(self, side, price):
        return self.levels[side].setdefault(price, Level())

    def size(self, side, price):
        found = self.levels[side].get(price)
        return found.size if found else 0

    def has_own(self, side, price):
        found = self.levels[side].get(price)
        return bool(found and found.own)

    def prices(self, side, shown=False):
        """Best first."""
        live = [p for p, lvl in self.levels[side].items() if lvl.size > 0 or (lvl.own and not shown)]
        return sorted(live, reverse=side > 0)

    def best(self, side, shown=False):
        prices = self.prices(side, shown)
        return prices[0] if prices else None

    def any_own(self):
        return any(lvl.own for side in (1, -1) for lvl in self.levels[side].values())

    def dump(self):
        out = []
        for side in (1, -1):
            for price in self.prices(side):
                lvl, done = self.levels[side][price], 0
                for own in lvl.own:
                    if own.ahead > done:
                        out.append((side, price, 0, own.ahead - done))
                    out.append((side, price, own.order_id, own.size))
                    done = own.ahead
                if lvl.size > done:
                    out.append((side, price, 0, lvl.size - done))
        return out

    # pairing
    def pair_of(self, side, price):
        for pair in self.pairs[side]:
            if pair.price == price and pair.lots != 0:
                if self.now - pair.ts <= self.rules.pair_ns:
                    return pair
                pair.lots = 0
                return None
        return None

    def new_pair(self, side, price, lots):
        pair = self.pairs[side][self.turn[side]]
        self.turn[side] = (self.turn[side] + 1) % PRICES_AT_ONCE
        pair.price, pair.lots, pair.ts = price, lots, self.now
        return pair

    def note_fall(self, side, price, lots):
        pair = self.pair_of(side, price)
        before = pair.lots if pair else 0
        if pair is None:
            pair = self.new_pair(side, price, -lots)
        else:
            pair.lots -= lots
        if pair.lots >= 0:
            return 0
        pair.ts = self.now
        if before >= 0:
            self.number += 1
            pair.number = self.number
        return pair.number

    def note_print(self, side, price, lots):
        pair = self.pair_of(side, price)
        if pair is None:
            self.new_pair(side, price, lots)
            return 0, 0
        told = min(max(-pair.lots, 0), lots)
        pair.lots += lots
        if pair.lots > 0:
            pair.ts = self.now
        self.counts["paired_lots"] += told
        return told, pair.number

    # fills
    def fill(self, side, price, own, lots, passive=True):
        own.size -= lots
        self.fills.append((price, lots, -side if passive else side))
        if own.size == 0:
            self.level(side, price).own.remove(own)

    def fill_through(self, side, price, lots):
        while True:
            better = [p for p, lvl in self.levels[side].items() if lvl.own and (p - price) * side > 0]
            if not better or not (lots > 0 or self.rules.whole_through):
                return lots
            at = (max if side > 0 else min)(better)
            own = self.levels[side][at].own[0]
            part = own.size if self.rules.whole_through else min(own.size, lots)
            lots = max(lots - part, 0)
            self.counts["through_lots"] += part
            self.fill(side, at, own, part)

    def fill_queue(self, side, price, told, number, lots):
        lvl, trades = self.level(side, price), []
        for own in lvl.own:
            ahead, part = own.ahead, 0
            if told and number and own.early == number:
                rest = own.early_ahead - told
                own.early_ahead = max(rest, 0)
                part = min(max(-rest, 0), own.size)
                told -= part
                ahead = min(ahead, own.early_ahead)
            more = min(max(lots - ahead, 0), own.size - part)
            own.traded += lots
            if lots > ahead:
                own.carry = 0.0
            wanted = max(ahead - lots, 0)
            lots -= more
            trades.append((own, part + more, wanted))
        moved, before = 0, 0
        for own, _, wanted in trades:
            now = min(max(own.ahead - wanted, moved), moved + own.ahead - before)
            before, moved = own.ahead, now
            own.ahead -= now
        for own, part, _ in trades:
            if part:
                self.counts["turn_lots"] += part
                self.fill(side, price, own, part)

    # the feed
    def set_level(self, side, price, size):
        lvl = self.level(side, price)
        owed = self.debts[side].get(price, 0)
        fall = lvl.size + owed - size
        if owed:
            paid = min(max(fall, 0), owed)
            owed -= paid
            self.counts["repaid_lots"] += paid
            self.debts[side][price] = owed
            if not owed:
                del self.debts[side][price]
        number = 0
        if fall > 0 and (lvl.own or price == self.best(side)):
            number = self.note_fall(side, price, fall)
        size -= owed
        if not lvl.own:
            lvl.size = size
            return
        fall = lvl.size - size
        if self.rules.crossing == 3 and size == 0 and number and fall > 0:
            self.fill_queue(side, price, 0, 0, fall)
        elif fall > 0 and number:
            for own in lvl.own:
                if own.early != number:
                    own.early, own.early_ahead = number, own.ahead
        self.set_shared(side, price, size)

    def set_shared(self, side, price, size):
        lvl = self.level(side, price)
        total, fall = lvl.size, max(lvl.size - size, 0)
        removed, before = 0, 0
        for own in lvl.own:
            front = own.ahead + own.carry
            change = total - size - own.traded
            own.traded = 0
            after = min(front, size) if change < 0 else front_after(self.rules, front, total - front, change, size)
            wanted = own.ahead - math.ceil(after - 0.5)
            low, high = max(removed, fall - (total - own.ahead)), min(removed + own.ahead - before, fall)
            cut = min(max(wanted, low), high)
            own.carry = min(max(after - (own.ahead - cut), -0.5), 0.5)
            before, removed = own.ahead, cut
            own.ahead -= cut
        lvl.size = size

    def settle_crossing(self):
        rule = self.rules.crossing
        bid, ask = self.best(1, True), self.best(-1, True)
        if rule == 0 or (bid is not None and ask is not None and bid >= ask):
            return
        for side in (1, -1):
            while True:
                facing = self.best(-side, True)
                owned = [p for p, lvl in self.levels[side].items() if lvl.own]
                if facing is None or not owned:
                    break
                own_at = (max if side > 0 else min)(owned)
                if (own_at - facing) * side < (1 if rule == 1 else 0):
                    break
                own = self.levels[side][own_at].own[0]
                part = min(own.size, self.size(-side, facing))
                self.counts["crossing_lots"] += part
                self.take(-side, facing, part)
                self.owe(-side, facing, part)
                self.fill(side, own_at, own, part)

    def take(self, side, price, lots):
        """From the head of the queue, past the agent's orders."""
        lvl = self.level(side, price)
        lvl.size -= lots
        for own in lvl.own:
            own.ahead = max(own.ahead - lots, 0)

    def owe(self, side, price, lots):
        self.counts["owed_lots"] += lots
        self.debts[side][price] = self.debts[side].get(price, 0) + lots

    def forget(self, side):
        self.counts["forgiven_lots"] += sum(self.debts[side].values())
        self.debts[side] = {}

    def trade(self, aggressor, price, lots):
        if lots <= 0:
            self.counts["prints_ignored"] += 1
            return
        if aggressor == 0:
            fell = [s for s in (1, -1) if (pair := self.pair_of(s, price)) and pair.lots < 0]
            bid, ask = self.best(1, True), self.best(-1, True)
            if len(fell) == 1:
                aggressor = -fell[0]
            elif bid is not None and ask is not None and 2 * price != bid + ask:
                aggressor = 1 if 2 * price > bid + ask else -1
            else:
                self.counts["prints_unsided"] += 1
                return
        side = -aggressor
        if self.rules.ignore_late and self.is_late(side, price):
            self.counts["prints_late"] += 1
            return
        told, number = self.note_print(side, price, lots)
        if self.any_own():
            left = self.fill_through(side, price, lots)
            told = min(told, left)
            if self.has_own(side, price):
                self.fill_queue(side, price, told, number, left - told)

    def is_late(self, side, price):
        best = self.best(side, True)
        if best is None or (best - price) * side <= 0:
            return False
        return not any(p.price == best and p.lots >= self.size(side, best) for p in self.pairs[side])

    def apply_level(self, side, price, size, last=True):
        self.set_level(side, price, size)
        if last and self.any_own():
            self.settle_crossing()

    # best quotes
    def apply_quote(self, side, price, size, last=True):
        shown = self.touch[side]
        if size > 0 and shown and shown[0] == price:
            if shown[1] != size:
                self.touch[side] = (price, size)
                self.set_level(side, price, size)
        elif size > 0 or shown:
            self.move_touch(side, price, size)
        if last and (self.any_own() or any(self.borrowed.values()) or any(self.kept.values())):
            self.settle_crossing()
            for s in (1, -1):
                self.tend(s)
                self.sweep(s)

    def move_touch(self, side, price, size):
        shown = self.touch[side]
        if self.borrowed[side]:
            self.give_back(side)
        if size > 0 and (not shown or (price - shown[0]) * side > 0):
            self.forget(side)
            self.touch[side] = (price, size)
            self.set_level(side, price, size)
            if shown and self.has_own(side, shown[0]):
                if len(self.kept[side]) < KEPT_AT_ONCE:
                    self.kept[side].append(shown[0])
                else:
                    self.set_shared(side, shown[0], 0)
            elif shown:
                self.level(side, shown[0]).size = 0
        else:
            if shown:
                self.set_level(side, shown[0], 0)
            for better in list(self.kept[side]):
                if (size == 0 or (better - price) * side > 0) and self.has_own(side, better):
                    self.set_level(side, better, 0)
            self.forget(side)
            self.touch[side] = (price, size) if size > 0 else None
            if size > 0 and not self.surface(side, price, size):
                self.set_level(side, price, size)
        self.last_price[side] = price if size > 0 else self.last_price[side]
        self.sweep(side)

    def surface(self, side, price, size):
        lvl = self.level(side, price)
        if not lvl.own or lvl.size or not lvl.own[0].unseen:
            return False
        ahead = math.ceil(self.rules.surfacing * size)
        lvl.size = size
        for own in lvl.own:
            own.ahead, own.unseen = ahead, False
        return True

    def sweep(self, side):
        touch = self.touch[side][0] if self.touch[side] else self.last_price[side]
        stay = []
        for price in self.kept[side]:
            if price == touch:
                continue
            if self.has_own(side, price):
                stay.append(price)
            else:
                self.level(side, price).size = 0
        self.kept[side] = stay

    def behind(self, side):
        touch = self.touch[side][0] if self.touch[side] else self.last_price[side]
        return [touch - side * k * self.rules.gap for k in range(1, self.rules.levels + 1)]

    def lend(self, side):
        lots = math.ceil(self.rules.multiple * self.touch[side][1])
        self.borrowed[side] = True
        for price in self.behind(side):
            left = lots - self.debts[side].get(price, 0)
            if left > 0 and self.size(side, price) == 0:
                self.level(side, price).size = left

    def give_back(self, side):
        self.borrowed[side] = False
        for price in self.behind(side):
            if price not in self.kept[side]:
                self.set_shared(side, price, 0)

    def tend(self, side):
        shown = self.touch[side]
        eaten = shown is not None and self.size(side, shown[0]) == 0
        if eaten and not self.borrowed[side] and self.rules.levels:
            self.lend(side)
        elif not eaten and self.borrowed[side]:
            self.give_back(side)

    # the agent
    def market(self, order_id, side, lots):
        self.order(order_id, side, None, lots)

    def order(self, order_id, side, price, lots):
        """A limit order, or a market order (price None); the caller sees that it does not meet the agent's own."""
        facing = self.touch[-side]
        walks = facing and (price is None or (price - facing[0]) * side > 0)
        if self.quotes and walks and not self.borrowed[-side] and lots > self.size(-side, facing[0]):
            self.lend(-side)
        for at in self.prices(-side):
            if lots == 0 or (price is not None and (at - price) * side > 0):
                break
            part = min(lots, self.size(-side, at))
            if part:
                lots -= part
                self.take(-side, at, part)
                self.owe(-side, at, part)
                self.fills.append((at, part, side))
                if self.quotes and facing and (facing[0] - at) * -side > 0:
                    self.counts["borrowed_lots"] += part
        own = None
        if lots and price is not None:
            lvl = self.level(side, price)
            own = Own(order_id, lots, lvl.size)
            lvl.own.append(own)
        self.after_message()
        if own and self.quotes and self.touch[side] and (self.touch[side][0] - price) * side > 0:
            lvl = self.level(side, price)
            if len(lvl.own) == 1 and lvl.size == 0:
                own.unseen = True
                self.counts["unseen_orders"] += 1

    def after_message(self):
        if self.quotes:
            for s in (1, -1):
                self.tend(s)
                self.sweep(s)

    def cancel(self, order_id):
        for side in (1, -1):
            for lvl in self.levels[side].values():
                lvl.own = [own for own in lvl.own if own.order_id != order_id]
        self.after_message()
