"""A replay of levels or quotes and its naive twin, driven by the same steps."""

import numpy as np
from tests.naive.replay_depth import NaiveDepth, Rules

from tradewind.book.audit import list_orders
from tradewind.core.dtypes import Array, EventFlag, EventKind, MessageKind
from tradewind.market.flow.layout import BUFFER
from tradewind.market.replay.layout import LEVEL_SHAPE, QUOTE_SHAPE, TAPE, new_replay
from tradewind.market.replay.queues import QUEUE_COUNTS, QueueModel
from tradewind.market.replay.run import open_records, replay_through

MS = 1_000_000
OPENED = 10 * MS
BUFFERS = np.zeros(1, BUFFER)


def rules_of(model: QueueModel) -> Rules:
    power = model.power if model.model.startswith("power") else 1.0
    return Rules(
        model.model, power, 0.5, model.crossing, round(model.pair_ms * MS), model.whole_through, model.ignore_late,
        model.surfacing, model.borrow_multiple, model.borrow_gap_ticks, model.borrow_levels,
    )  # fmt: skip


class Pair:
    """A replay and its twin, driven by the same steps; ``tape`` grows by what each step says."""

    def __init__(self, model: QueueModel, *, quotes: bool) -> None:
        self.quotes = quotes
        self.twin = NaiveDepth(rules_of(model), quotes)
        depth, shape = (1, QUOTE_SHAPE) if quotes else (2, LEVEL_SHAPE)
        self.markets, self.replays = new_replay(shape, depth)
        model.write(self.replays["queues"], 0.5)
        self.now, self.next_id, self.ids = OPENED, 1 << 40, []
        open_records(self.markets, self.replays, np.zeros(0, TAPE), BUFFERS[:1], OPENED)
        self.told: list[tuple[int, int, int]] = []

    def feed(self, rows: list[tuple[int, ...]]) -> None:
        tape = np.zeros(len(rows), TAPE)
        tape["ts_ns"] = self.now
        for k, row in enumerate(rows):
            for name, value in zip(("kind", "side", "price_ticks", "size_lots", "flags"), row, strict=True):
                tape[name][k] = value
        self.replays["cursor"] = 0
        self.run(tape)

    def run(self, tape: Array) -> None:
        replay_through(self.markets[0], self.replays[0], tape, BUFFERS[0], (self.now - OPENED) * 1e-9)
        count = int(self.markets["own_fills_count"][0])
        self.markets["own_fills_count"] = 0
        taken: dict[int, int] = {}
        for f in self.markets["own_fills"][0][:count]:
            price, lots, side = int(f["price_ticks"]), int(f["size_lots"]), int(f["side"])
            at = taken.get(price)
            if f["maker_owner"] == 0 and at is not None:
                self.told[at] = (price, self.told[at][1] + lots, side)  # the engine tells a fill per background order
                continue
            if f["maker_owner"] == 0:
                taken[price] = len(self.told)
            self.told.append((price, lots, side))

    def send(self, **fields: int) -> None:
        message = self.markets["pending"][0][:1]
        message[:] = np.zeros(1, message.dtype)
        for name, value in fields.items():
            message[name] = value
        message["ts_ns"], message["owner"] = self.now, 1
        self.markets["pending_count"] = 1
        self.run(np.zeros(0, TAPE))

    def meets_own(self, side: int, price: int | None) -> bool:
        mine = [p for p, lvl in self.twin.levels[-side].items() if lvl.own]
        return bool(mine) and (price is None or any((p - price) * side <= 0 for p in mine))

    def step(self, word: str, a: int, b: int, c: int, d: int) -> None:
        self.now += (0, 0, 1, 3, 8)[d % 5] * MS
        self.twin.now = self.now
        side, price, lots = 1 - 2 * (a & 1), 95 + b % 11, c % 10
        last = int(EventFlag.LAST)
        if word == "L" and self.quotes:
            bid, ask = 95 + b % 9, 95 + b % 9 + (a >> 1) % 4
            sizes = c % 10, (c >> 4) % 10
            self.feed([(EventKind.QUOTE, 1, bid, sizes[0], 0), (EventKind.QUOTE, -1, ask, sizes[1], last)])
            self.twin.apply_quote(1, bid, sizes[0], last=False)
            self.twin.apply_quote(-1, ask, sizes[1])
        elif word == "L":
            price = price if d % 7 else 100_000 + b % 3
            self.feed([(EventKind.LEVEL, side, price, lots, last)])
            self.twin.apply_level(side, price, lots)
        elif word == "T":
            aggressor = (1, -1, 0)[a % 3]
            self.feed([(EventKind.TRADE, aggressor, price, 1 + lots, last)])
            self.twin.trade(aggressor, price, 1 + lots)
        elif word == "C" and self.ids:
            order_id = self.ids.pop(b % len(self.ids))
            self.send(kind=MessageKind.CANCEL, order_id=order_id)
            self.twin.cancel(order_id)
        elif word in "AM":
            at = price if word == "A" else None
            resting = sum(len(lvl.own) for s in (1, -1) for lvl in self.twin.levels[s].values())
            if self.meets_own(side, at) or resting > 8:
                return
            self.next_id += 1
            kind = MessageKind.LIMIT if word == "A" else MessageKind.MARKET
            self.send(kind=kind, order_id=self.next_id, side=side, price_ticks=at or 0, size_lots=1 + lots)
            self.ids.append(self.next_id)
            self.twin.order(self.next_id, side, at, 1 + lots)

    def dump(self) -> list[tuple[int, int, int, int]]:
        """The kernel's book as the twin tells its own: neighbouring background orders are one."""
        out: list[tuple[int, int, int, int]] = []
        rows = list_orders(self.markets["book"])
        told = [(1 - 2 * int(r["ladder"]), int(r["price_ticks"]), int(r["owner"]), r) for r in rows]
        for side, price, owner, row in sorted(told, key=lambda t: (-t[0], -t[0] * t[1])):
            name, size = int(row["order_id"]) if owner else 0, int(row["size_lots"])
            if out and out[-1][:3] == (side, price, 0) and name == 0:
                out[-1] = (side, price, 0, out[-1][3] + size)
            else:
                out.append((side, price, name, size))
        return out

    def check(self) -> None:
        assert self.dump() == self.twin.dump()
        assert self.told == self.twin.fills
        counts = {name: int(self.replays["queues"]["counts"][name][0]) for name in QUEUE_COUNTS.names or ()}
        assert {n: v for n, v in counts.items() if v} == {n: v for n, v in self.twin.counts.items() if v}
