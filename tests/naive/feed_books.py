"""Feed books the slow, obvious way: lists of orders in the order in which they came, dicts of levels, no windows."""

from collections import Counter, deque

from tradewind.core.dtypes import EventFlag, EventKind, TradingState

LIMIT = 1 << 60
SIZE_LIMIT = 1 << 52


class Stopped(Exception):
    """A strict book met its first violation."""


class NaiveFeed:
    """Clock, sequence, trading state and counts: what all three have in common."""

    def __init__(self, strict=False, contiguous=False, patience_rows=1000):
        self.strict, self.contiguous, self.patience_rows = strict, contiguous, patience_rows
        self.state = TradingState.OPEN
        self.time = self.sequence = None
        self.rows = 0
        self.issues = Counter()

    def violation(self, name):
        self.issues[name] += 1
        if self.strict:
            raise Stopped(name)

    def in_order(self, row):
        if self.time is not None and not row["flags"] & EventFlag.SNAPSHOT:
            if row["ts_event_ns"] < self.time:
                self.violation("time_backwards")
            if row["sequence"] < self.sequence:
                self.violation("sequence_backwards")
            if self.contiguous and row["sequence"] > self.sequence + 1:
                self.violation("sequence_gap")
        self.time = row["ts_event_ns"] if self.time is None else max(self.time, row["ts_event_ns"])
        self.sequence = row["sequence"]

    def apply(self, row):
        """One row, a dict by field name; raises Stopped when strict."""
        kind = row["kind"]
        if kind == EventKind.CLEAR:
            if row["side"] not in (-1, 0, 1):
                self.violation("bad_side")
            else:
                self.in_order(row)
                self.clear(row)
        elif kind == EventKind.STATUS and row["size_lots"] in set(TradingState):
            before, self.state = self.state, row["size_lots"]
            if before != TradingState.OPEN and self.state == TradingState.OPEN:
                self.opened()
        elif kind == EventKind.STATUS or kind not in set(EventKind):
            self.violation("bad_kind")
        elif kind in self.reads:
            self.in_order(row)
            self.change(row)
        self.after()
        self.rows += 1

    def opened(self):
        pass

    def after(self):
        pass


class NaiveL1(NaiveFeed):
    reads = (EventKind.QUOTE,)

    def __init__(self, **policy):
        super().__init__(**policy)
        self.quotes = {1: None, -1: None}

    def clear(self, row):
        if not row["flags"] & EventFlag.SNAPSHOT:
            for side in (1, -1):
                if row["side"] in (0, side):
                    self.quotes[side] = None

    def change(self, row):
        if row["side"] not in (1, -1):
            return self.violation("bad_side")
        if not 0 <= row["size_lots"] < SIZE_LIMIT:
            return self.violation("bad_size")
        if abs(row["price_ticks"]) >= LIMIT:
            return self.violation("bad_price")
        self.quotes[row["side"]] = (row["price_ticks"], row["size_lots"]) if row["size_lots"] else None
        bid, ask = self.quotes[1], self.quotes[-1]
        if row["flags"] & EventFlag.LAST and self.state == TradingState.OPEN and bid and ask:
            if bid[0] > ask[0]:
                self.violation("crossed")
            elif bid[0] == ask[0]:
                self.issues["locked"] += 1
        return None

    def best(self, side):
        return self.quotes[side]

    def depth(self, side):
        return [(*self.quotes[side], 0)] if self.quotes[side] else []


class NaiveL2(NaiveFeed):
    reads = (EventKind.LEVEL,)

    def __init__(self, **policy):
        super().__init__(**policy)
        self.levels = {1: {}, -1: {}}
        self.best_row = {1: -1, -1: -1}

    def clear(self, row):
        for side in (1, -1):
            if row["side"] in (0, side):
                self.levels[side] = {}
                self.best_row[side] = -1

    def best(self, side):
        levels = self.levels[side]
        price = max(levels, key=lambda p: p * side, default=None)
        return None if price is None else (price, levels[price])

    def crossing(self):
        bid, ask = self.best(1), self.best(-1)
        return bid is not None and ask is not None and bid[0] >= ask[0]

    def remove(self, side, price):
        was_best = self.best(side)[0] == price
        del self.levels[side][price]
        if was_best:
            self.best_row[side] = -1

    def change(self, row):
        side, price, size = row["side"], row["price_ticks"], row["size_lots"]
        if side not in (1, -1):
            return self.violation("bad_side")
        if not 0 <= size < SIZE_LIMIT:
            return self.violation("bad_size")
        if abs(price) >= LIMIT:
            return self.violation("bad_price")
        if size:
            self.levels[side][price] = size
            if self.best(side)[0] == price:
                self.best_row[side] = self.rows
        elif price in self.levels[side]:
            self.remove(side, price)
        else:
            self.issues["absent_level"] += 1
        if row["flags"] & EventFlag.LAST and self.state == TradingState.OPEN and self.crossing():
            self.violation("locked" if self.best(1)[0] == self.best(-1)[0] else "crossed")
            stale = -1 if self.best_row[1] >= self.best_row[-1] else 1
            while self.crossing():
                self.issues["stale_removed"] += 1
                self.remove(stale, self.best(stale)[0])
        return None

    def depth(self, side):
        return [(p, s, 0) for p, s in sorted(self.levels[side].items(), key=lambda item: -item[0] * side)]


class NaiveL3(NaiveFeed):
    reads = (EventKind.ADD, EventKind.REDUCE, EventKind.DELETE, EventKind.EXECUTE, EventKind.REPLACE)

    def __init__(self, **policy):
        super().__init__(**policy)
        self.deleted = deque(maxlen=64)  # (id, whether it was known) of the last deletes
        self.lost_row = None
        self.queue = []  # every order, held ones too, in the order in which they joined where they stand

    def clear(self, row):
        self.queue = [order for order in self.queue if row["side"] not in (0, order["side"])]

    def opened(self):
        for order in self.queue:
            if order["held"] is not None:
                order["held"] = self.rows

    def resting(self, side):
        return [order for order in self.queue if order["side"] == side and order["held"] is None]

    def best(self, side):
        prices = [order["price"] for order in self.resting(side)]
        if not prices:
            return None
        price = max(prices, key=lambda p: p * side)
        return price, sum(order["size"] for order in self.resting(side) if order["price"] == price)

    def depth(self, side):
        orders = self.resting(side)
        prices = sorted({order["price"] for order in orders}, key=lambda p: -p * side)
        sizes = [[order["size"] for order in orders if order["price"] == price] for price in prices]
        return [(price, sum(size), len(size)) for price, size in zip(prices, sizes, strict=True)]

    def orders(self, side, held=False):
        found = [o for o in self.queue if o["side"] == side and (o["held"] is not None) == held]
        found = sorted(found, key=lambda order: -order["price"] * side)
        return [(order["id"], order["price"], order["size"]) for order in found]

    def find(self, key):
        return next((order for order in self.queue if order["id"] == key), None)

    def blocked(self, side, price):
        best = self.best(-side)
        if best is None or (best[0] - price) * side > 0:
            return None
        return "locked" if best[0] == price else "crossed"

    def stand(self, order):
        """To the back of its queue, or held where it crosses."""
        issue = self.blocked(order["side"], order["price"])
        order["held"] = None if issue is None else self.rows
        self.queue.append(order)

    def crosses(self, side, price):
        issue = self.blocked(side, price)
        if issue and self.state == TradingState.OPEN:
            self.violation(issue)

    def key(self, row):
        if row["flags"] & EventFlag.ANONYMOUS and row["kind"] == EventKind.ADD:
            return ("anonymous", row["side"], row["price_ticks"])
        return row["order_id"]

    def change(self, row):
        if row["order_id"] <= 0:
            return self.violation("bad_id")
        if row["kind"] == EventKind.ADD:
            return self.add(row)
        if row["kind"] == EventKind.REPLACE:
            return self.replace(row)
        return self.take(row)

    def add(self, row):
        side, price, size = row["side"], row["price_ticks"], row["size_lots"]
        if side not in (1, -1):
            return self.violation("bad_side")
        if abs(price) >= LIMIT:
            return self.violation("bad_price")
        if not 0 < size < SIZE_LIMIT:
            return self.violation("bad_size")
        there = self.find(self.key(row))
        if there:
            self.violation("duplicate_order")
            if there["side"] == side:
                return self.replace(row)
            self.queue.remove(there)
        if self.lost_row is not None and self.rows - self.lost_row <= 64 and (row["order_id"], False) in self.deleted:
            return self.violation("revived_order")
        self.crosses(side, price)
        return self.stand({"id": self.key(row), "side": side, "price": price, "size": size})

    def replace(self, row):
        order, price, size = self.find(self.key(row)), row["price_ticks"], row["size_lots"]
        if order is None:
            if (row["order_id"], True) in self.deleted or (row["order_id"], False) in self.deleted:
                return self.violation("revived_order")
            self.violation("unknown_order")
            return self.add(row)
        if not 0 < size < SIZE_LIMIT:
            self.violation("bad_size")
            return self.queue.remove(order)
        if abs(price) >= LIMIT:
            return self.violation("bad_price")
        if row["side"] not in (0, order["side"]):
            self.violation("wrong_place")
        if price == order["price"] and size <= order["size"]:
            order["size"] = size
            return None
        self.crosses(order["side"], price)
        self.queue.remove(order)
        order.update(price=price, size=size)
        return self.stand(order)

    def take(self, row):
        kind, side, price, size = row["kind"], row["side"], row["price_ticks"], row["size_lots"]
        if size < 0 or (size == 0 and kind != EventKind.DELETE):
            return self.violation("bad_size")
        order = self.find(row["order_id"])
        if order is None:
            order = self.find(("anonymous", side, price)) if size and abs(price) < LIMIT else None
            if order is None:
                self.violation("unknown_order")
                if kind == EventKind.DELETE:
                    self.deleted.append((row["order_id"], False))
                    self.lost_row = self.rows
                return None
            if size <= order["size"]:
                self.issues["anonymous_reduced"] += 1
        else:
            if side not in (0, order["side"]) or (kind != EventKind.EXECUTE and price not in (0, order["price"])):
                self.violation("wrong_place")
            if kind == EventKind.DELETE:
                if size not in (0, order["size"]):
                    self.violation("wrong_size")
                self.deleted.append((row["order_id"], True))
                return self.queue.remove(order)
        if size > order["size"]:
            self.violation("oversize_execute" if kind == EventKind.EXECUTE else "oversize_reduce")
        order["size"] -= size
        if order["size"] <= 0:
            self.queue.remove(order)
        return None

    def after(self):
        self.release()
        while self.state == TradingState.OPEN:
            waiting = [o for o in self.queue if o["held"] is not None and self.rows - o["held"] > self.patience_rows]
            if not waiting:
                return
            order = min(waiting, key=lambda o: o["held"])
            if self.strict:
                self.violation("crossed")
            while self.blocked(order["side"], order["price"]):
                side = -order["side"]
                self.queue.remove(next(o for o in self.resting(side) if o["price"] == self.best(side)[0]))
                self.issues["stale_removed"] += 1
            self.release()

    def release(self):
        for side in (1, -1):
            held = [o for o in self.queue if o["side"] == side and o["held"] is not None]
            for order in sorted(held, key=lambda o: o["price"] * side):
                if not self.blocked(side, order["price"]):
                    self.queue.remove(order)
                    order["held"] = None
                    self.queue.append(order)
                    self.issues["released"] += 1
