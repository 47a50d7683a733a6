"""A slow, obvious twin of one simulated market: Python numbers, a dict of queues, one rule after another.

It takes over a market's record (book, clocks, streams) and goes on alone; its rows must be the kernel's, byte by byte.
"""

import math
from typing import Any

import numpy as np

MASK = (1 << 64) - 1
ARRIVALS, CHOICE, SIZES, CANCELS, METAORDERS, REFILL, MOOD = range(7)
ADD, REDUCE, DELETE, EXECUTE, TRADE = 1, 2, 3, 4, 6
LAST, SNAPSHOT, HIDDEN = 1, 2, 4
VALUE, TINY, MOOD_STEP_S = 8, 1e-30, 1.0
f4 = np.float32


def rotl(x: int, k: int) -> int:
    return ((x << k) | (x >> (64 - k))) & MASK


def uniform(bits: int) -> float:
    return (bits >> 11) * 1.1102230246251565e-16


class SlowMarket:
    """Continues a market record (shape (1,)) with its tables, without an agent and without a scenario."""

    def __init__(self, market: Any, tables: Any) -> None:
        m = market[0]
        self.t = tables[0]
        self.streams = [[int(w) for w in row] for row in m["streams"]]
        for name in (
            "t_s",
            "next_s",
            "bound",
            "last_event_s",
            "mood",
            "mood_level",
            "mood_until_s",
            "start_s",
            "value_ticks",
        ):
            setattr(self, name, float(m[name]))
        self.value_level, self.belief = float(m["value_level"]), float(m["belief_ticks"])
        for name in ("last_move", "before_group", "before_side", "meta_buys", "next_order_id", "base_ns"):
            setattr(self, name, int(m[name]))
        self.state, self.flow = [float(v) for v in m["state"][:7]], [float(v) for v in m["flow"][[3, 5, 6]]]
        self.seen = [int(v) for v in m["seen_ticks"]]
        self.meta_left, self.meta_sign = m["meta_left"].tolist(), m["meta_sign"].tolist()
        self.rows: list[tuple[int, ...]] = []
        self._take_over(m["book"])
        self.listed = [self._listed(m, side) for side in range(2)]
        self.read_state()

    def _take_over(self, book: Any) -> None:
        """Queues by side and price (lists of slots, first come first), orders by slot, the pool's free list."""
        self.orders: dict[int, list[int]] = {}
        self.queues: list[dict[int, list[int]]] = [{}, {}]
        nodes, self.top, free = book["orders"], int(book["top"]), int(book["free"])
        self.pool, self.free = len(nodes), []
        while free:
            self.free.append(free)
            free = int(nodes[free]["next"])
        self.free.reverse()
        for side in range(2):
            for level in book["ladders"][side]["levels"]:
                slot = int(level["head"])
                while slot:
                    node = nodes[slot]
                    price = int(node["price_ticks"])
                    self.orders[slot] = [int(node["order_id"]), side, price, int(node["size_lots"])]
                    self.queues[side].setdefault(price, []).append(slot)
                    slot = int(node["next"])

    def _listed(self, m: Any, side: int) -> list[int]:
        """Order ids in a side's list, 0 where the order has traded since."""
        nodes, out = m["book"]["orders"], []
        for place in range(int(m["listed_count"][side])):
            node = nodes[int(m["listed"][side, place])]
            here = node["size_lots"] > 0 and int(node["limit_ticks"]) == 2 * place + side
            out.append(int(node["order_id"]) if here else 0)
        return out

    def draw(self, i: int) -> int:
        s = self.streams[i]
        out = (rotl((s[0] + s[3]) & MASK, 23) + s[0]) & MASK
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 45)
        return out

    def exponential(self) -> float:
        z = self.t["ziggurat"][0]
        while True:
            bits = self.draw(ARRIVALS)
            layer, j = bits & 255, bits >> 11
            x = float(j) * float(z["width"][layer])
            if j < int(z["keep"][layer]):
                return x
            if layer == 0:
                return 7.69711747013104972 - math.log(1.0 - uniform(self.draw(ARRIVALS)))
            step = float(z["height"][layer - 1] - z["height"][layer])
            if step * uniform(self.draw(ARRIVALS)) + float(z["height"][layer]) < math.exp(-x):
                return x

    def best(self, side: int) -> int | None:
        prices = self.queues[side]
        return (min(prices) if side else max(prices)) if prices else None

    def queue_size(self, side: int) -> int:
        best = self.best(side)
        return sum(self.orders[s][3] for s in self.queues[side][best]) if best is not None else 0

    def at(self, side: int, distance: int) -> list[int]:
        """Slots at a distance behind a side's best price."""
        return self.queues[side].get((self.best(side) or 0) - (1 - 2 * side) * distance, [])

    def near_weight(self, side: int) -> int:
        return sum(int(self.t["hazard_near"][k]) * len(self.at(side, k)) for k in range(16))

    def far_count(self, side: int) -> int:
        count = sum(1 for order in self.orders.values() if order[1] == side)
        return max(count - sum(len(self.at(side, distance)) for distance in range(16)), 0)

    def bucket(self, edges: str, value: int) -> int:
        return sum(value >= int(edge) for edge in self.t[edges])

    def profile(self, t_s: float) -> float:
        parts = int(self.t["profile_parts"])
        part = 0 if parts <= 1 else min(max(int((self.start_s + t_s) / float(self.t["part_s"])), 0), parts - 1)
        return float(self.t["profile"][part]) * self.mood

    def activity(self) -> float:
        total = float(self.t["baseline"])
        for value in self.state:
            total += value
        return total

    def read_state(self) -> None:
        bid, ask = self.best(0), self.best(1)
        assert bid is not None
        assert ask is not None
        spread = self.bucket("spread_edges", ask - bid)
        b, a = (self.bucket("queue_edges", self.queue_size(side)) for side in range(2))
        up = int(self.last_move > 0)
        self.cell = [((spread * 6 + b) * 6 + a) * 2 + up, ((spread * 6 + a) * 6 + b) * 2 + 1 - up]
        one, two = (self.t["rates"][cell] for cell in self.cell)
        touch = float(one[7]) + float(two[7])
        self.near = [self.near_weight(side) for side in range(2)]
        units = [self.near[s] + int(self.t["hazard_far"]) * self.far_count(s) for s in range(2)]
        self.deep = [value * 2.0**-40 for value in units]
        self.rate_all = (touch + (float(one[5]) + float(two[5]))) + sum(units) * 2.0**-40
        self.rate_clock = self.rate_all if self.t["deep_excites"] else touch

    def decay(self, t_s: float) -> None:
        factors = [math.exp(-float(rate) * (t_s - self.t_s)) for rate in self.t["decay"][:7]]
        self.t_s = t_s
        self.state = [value * factor + TINY for value, factor in zip(self.state, factors, strict=True)]
        self.flow = [value * factors[scale] for value, scale in zip(self.flow, (3, 5, 6), strict=True)]

    def weights(self, side: int, quick: int) -> list[Any]:
        sign = 1.0 - 2 * side
        echo = self.t["echo"][(quick * 7 + self.before_group) * 2 + (side ^ self.before_side)]
        flows = []
        for k in range(3):
            x = self.flow[k] * sign
            flows.append(self.t["flow"][k, round(min(max(x, -3.0), 3.0)) + 3])
        active = int(self.t["metaorders"])
        share = f4(float(self.meta_buys if side == 0 else active - self.meta_buys) * (2.0 / active))
        own = np.array([share, share, 1, 1, 1, 1, f4(self.deep[side]), 1], f4)
        away = float(self.t["lean"]) * (
            self.value_ticks + self.belief - ((self.best(0) or 0) + (self.best(1) or 0)) * 0.5
        )
        lean = (away / math.sqrt(1.0 + away * away)) * self.t["lean_lanes"]
        leant = (1.0 + sign * lean).astype(f4)
        return (self.t["rates"][self.cell[side]] * echo) * own * (((flows[0] * flows[1]) * flows[2]) * leant)

    def choose(self, t_s: float) -> tuple[int, int]:
        since = t_s - self.last_event_s
        quick = int(since >= float(self.t["echo_s"][0])) + int(since >= float(self.t["echo_s"][1]))
        sums = np.concatenate([self.weights(side, quick) for side in range(2)])
        sums = np.array([v + (sums[k - 1] if k % 4 else f4(0)) for k, v in enumerate(sums)])
        sums = np.array([v + (sums[k - 2] if k % 4 > 1 else f4(0)) for k, v in enumerate(sums)])
        sums = np.array([v + (sums[k // 4 * 4 - 1] if k % 8 > 3 else f4(0)) for k, v in enumerate(sums)])
        sums = np.array([v + (sums[7] if k > 7 else f4(0)) for k, v in enumerate(sums)])
        left = sums[15] * (f4(self.draw(CHOICE) >> 40) * f4(2.0**-24))
        event = min(sum(bool(value <= left) for value in sums), 14)
        return event >> 3, event & 7

    def tell(self, kind: int, side: int, order_id: int, price: int, size: int, flags: int) -> None:  # noqa: PLR0917
        self.rows.append((self.clock_ns, order_id, price, size, flags, kind, 1 - 2 * side))

    def place(self, side: int, price: int, size: int, flags: int) -> None:
        if self.free:
            slot = self.free.pop()
        elif self.top + 1 < self.pool:
            self.top += 1
            slot = self.top
        else:
            return
        self.orders[slot] = [self.next_order_id, side, price, size]
        resting = sum(1 for order in self.orders.values() if order[1] == side) - 1
        if len(self.listed[side]) >= min(2 * resting + 64, self.pool):
            here = {order[0] for order in self.orders.values()}
            self.listed[side] = [key for key in self.listed[side] if key in here]
        self.listed[side].append(self.next_order_id)
        self.queues[side].setdefault(price, []).append(slot)
        self.tell(ADD, side, self.next_order_id, price, size, flags)
        self.next_order_id += 1

    def remove(self, slot: int) -> None:
        _, side, price, _ = self.orders.pop(slot)
        self.queues[side][price].remove(slot)
        if not self.queues[side][price]:
            del self.queues[side][price]
        self.free.append(slot)

    def drop(self, slot: int, flags: int) -> None:
        order_id, side, price, size = self.orders[slot]
        self.tell(DELETE, side, order_id, price, size, flags)
        self.strike(side, self.listed[side].index(order_id))
        self.remove(slot)

    def strike(self, side: int, place: int) -> None:
        self.listed[side][place] = self.listed[side][-1]
        self.listed[side].pop()

    def cancel_best(self, side: int) -> None:
        price = self.best(side)
        assert price is not None
        entry = self.draw(SIZES) & 255
        left = int(self.t["cancel"][self.bucket("queue_edges", self.queue_size(side)), entry])
        whole = left == 0
        for _ in range(len(self.queues[side][price])):
            queue = self.queues[side][price]
            slot = queue[int(uniform(self.draw(CANCELS)) * len(queue))]
            order = self.orders[slot]
            size = order[3]
            if whole or size <= left:
                left -= size
                self.drop(slot, LAST)
            else:
                self.tell(REDUCE, side, order[0], price, left, LAST)
                order[3] -= left
                left = 0
            if left <= 0 or price not in self.queues[side]:
                break

    def cancel_deep(self, side: int) -> None:
        units = int(uniform(self.draw(CANCELS)) * self.deep[side] * 2.0**40)
        if units >= self.near[side]:
            self.cancel_far(side)
            return
        for distance in range(1, 16):
            queue = self.at(side, distance)
            units -= int(self.t["hazard_near"][distance]) * len(queue)
            if units < 0:
                self.drop(queue[int(uniform(self.draw(CANCELS)) * len(queue))], LAST)
                return

    def cancel_far(self, side: int) -> None:
        best, slots = self.best(side), {order[0]: slot for slot, order in self.orders.items()}
        assert best is not None
        for _ in range(64):
            bits = self.draw(CANCELS)
            place = ((bits >> 32) * len(self.listed[side])) >> 32
            slot = slots.get(self.listed[side][place])
            if slot is None:
                self.strike(side, place)
                continue
            distance = int(best - self.orders[slot][2]) * (1 - 2 * side)
            power = min(max(distance.bit_length() - 1, 4), 8)
            chance = (bits & 0xFFFFFFFF) * 2.3283064365386963e-10
            if distance >= 16 and chance < float(self.t["hazard_accept"][power]):
                self.drop(slot, LAST)
                return

    def react(self, side: int, size: int) -> None:
        relative = min(size / float(self.t["trade_mean_lots"]), float(self.t["flow_cap"]))
        weight = math.sqrt(relative) * (1 - 2 * side)
        self.flow = [v + weight * float(p) for v, p in zip(self.flow, self.t["flow_per_std"], strict=True)]
        self.belief += weight * float(self.t["reveal"])

    def metaorder(self, side: int) -> None:
        mine = [k for k in range(int(self.t["metaorders"])) if self.meta_sign[k] == side]
        bits, renewal = self.draw(METAORDERS), self.draw(METAORDERS)
        if mine:
            k = mine[int(uniform(bits) * len(mine))]
            self.meta_left[k] -= 1
            if self.meta_left[k] <= 0:
                sign = renewal & 1
                self.meta_buys += self.meta_sign[k] - sign
                self.meta_sign[k] = sign
                length = float(self.t["meta_shortest"]) * (1.0 - uniform(renewal)) ** float(self.t["meta_power"])
                self.meta_left[k] = int(min(length, 1e6))

    def trade(self, side: int) -> None:
        bits, queue, price = self.draw(SIZES), self.queue_size(1 - side), self.best(1 - side)
        assert price is not None
        bucket, u = self.bucket("queue_edges", queue), uniform(bits)
        size = min(int(self.t["market"][bucket, bits & 255]), queue)
        if u < float(self.t["exact"][bucket]) + float(self.t["beyond"][bucket]):
            size = queue
            if u >= float(self.t["exact"][bucket]):
                size += int(self.t["past"][bits & 255])
        left, fills = size, []
        while left > 0 and self.queues[1 - side]:
            best = self.best(1 - side)
            assert best is not None
            slot = self.queues[1 - side][best][0]
            part = min(self.orders[slot][3], left)
            left -= part
            fills.append((self.orders[slot][0], best, part))
            if part == self.orders[slot][3]:
                self.remove(slot)
            else:
                self.orders[slot][3] -= part
        for k, (order_id, at, part) in enumerate(fills):
            self.tell(EXECUTE, 1 - side, order_id, at, part, LAST if k == len(fills) - 1 else 0)
        traded = size - left
        extra = int(self.t["extra"][int(traded >= queue), self.draw(SIZES) & 255])
        if extra > 0:
            self.tell(TRADE, side, 0, price, extra, LAST | HIDDEN)
        self.react(side, traded + max(extra, 0))
        self.metaorder(side)

    def limit(self, side: int, group: int) -> None:
        bits, price = self.draw(SIZES), self.best(side)
        assert price is not None
        first, second, name = bits & 255, (bits >> 8) & 255, ("improve", "join", "", "deep")[group - 2]
        if group == 5:
            price -= (1 - 2 * side) * int(self.t["offsets"][first])
        elif group == 2:
            spread = (self.best(1) or 0) - (self.best(0) or 0)
            ticks = int(self.t["improve_ticks"][self.bucket("spread_edges", spread), first])
            price += (1 - 2 * side) * min(ticks, spread - 1)
        self.place(side, price, int(self.t[name][second]), LAST)

    def refill(self, side: int, start: int, first: int) -> None:
        for distance in range(first, int(self.t["reach_ticks"]) + 1):
            mean = float(self.t["deep_orders"][distance])
            while mean > 0.0:
                bits = self.draw(REFILL)
                if uniform(bits) < min(mean, 0.95):
                    self.place(side, start - distance * (1 - 2 * side), int(self.t["deep"][bits & 255]), SNAPSHOT)
                mean -= 0.95

    def settle_reach(self, side: int) -> None:
        sign, best, reach = 1 - 2 * side, self.best(side), int(self.t["reach_ticks"])
        assert best is not None, "this twin does not know how to fill an empty side"
        fell = (self.seen[side] - best) * sign
        if fell > 0:
            self.refill(side, best, max(reach + 1 - fell, 1))
        else:
            far = sorted((p for p in self.queues[side] if (best - p) * sign > reach), reverse=side == 0)
            for price in far:
                for slot in list(self.queues[side][price]):
                    self.drop(slot, SNAPSHOT)
        self.seen[side] = best

    def settle(self) -> None:
        bests = [self.best(side) for side in range(2)]
        if bests != self.seen:
            move = (bests[0] or 0) + (bests[1] or 0) - sum(self.seen)
            if move:
                self.last_move = 1 if move > 0 else -1
            for side in range(2):
                if self.best(side) != self.seen[side]:
                    self.settle_reach(side)
        self.read_state()

    def turn_mood(self) -> None:
        waited = (self.next_s - self.mood_until_s) * self.bound
        self.decay(self.mood_until_s)
        keep, spread = float(self.t["mood_keep"]), float(self.t["mood_std"])
        if spread > 0:
            self.mood_level = keep * self.mood_level + math.sqrt(1.0 - keep * keep) * self.shock(MOOD)
            self.mood = math.exp(spread * self.mood_level - 0.5 * spread * spread)
        self.mood_until_s += MOOD_STEP_S
        keep, spread = float(self.t["value_keep"]), float(self.t["value_std"])
        if self.t["lean"] > 0:
            self.value_level = keep * self.value_level + math.sqrt(1.0 - keep * keep) * self.shock(VALUE)
            pace = math.sqrt(self.profile(self.t_s))
            size = float(self.t["value_step"]) * pace * math.exp(spread * (self.value_level - spread))
            news = size * self.shock(VALUE)
            if uniform(self.draw(VALUE)) < float(self.t["jump_chance"]) * self.profile(self.t_s):
                news *= float(self.t["jump_size"])
                share = 8.0 / (self.profile(self.t_s) * self.rate_clock)
                self.state = [v + float(kick) * share for v, kick in zip(self.state, self.t["kick"][:7], strict=True)]
            else:
                news *= float(self.t["calm_size"])
            self.value_ticks += news
            self.belief *= float(self.t["forget"])
        self.bound = self.profile(self.t_s) * 1.0 * self.rate_all * self.activity()
        self.next_s = self.t_s + max(waited, 0.0) / self.bound

    def shock(self, i: int) -> float:
        return sum((uniform(self.draw(i)) for _ in range(12)), start=-6.0)

    def step(self) -> None:
        while self.mood_until_s <= self.next_s:
            self.turn_mood()
        t_s = self.next_s
        self.decay(t_s)
        profile = self.profile(t_s)
        rate = profile * 1.0 * self.rate_all * self.activity()
        if rate >= self.bound or uniform(self.draw(ARRIVALS)) * self.bound < rate:
            resolution = int(self.t["resolution_ns"])
            self.clock_ns = (self.base_ns + int(t_s * 1e9)) // resolution * resolution
            side, group = self.choose(t_s)
            if group < 5 or self.t["deep_excites"]:
                share = 1.0 / (profile * self.rate_clock)
                self.state = [v + float(kick) * share for v, kick in zip(self.state, self.t["kick"][:7], strict=True)]
                self.last_event_s, self.before_group, self.before_side = t_s, group, side
            self.happen(side, group)
            self.settle()
        self.bound = profile * 1.0 * self.rate_all * self.activity()
        self.next_s = self.t_s + self.exponential() / self.bound

    def happen(self, side: int, group: int) -> None:
        if group == 0:
            self.trade(side)
        elif group == 1:
            size, price = int(self.t["hidden"][self.draw(SIZES) & 255]), self.best(1 - side)
            self.tell(TRADE, side, 0, price or 0, size, LAST | HIDDEN)
            self.react(side, size)
            self.metaorder(side)
        elif group == 4:
            self.cancel_best(side)
        elif group <= 5:
            self.limit(side, group)
        else:
            self.cancel_deep(side)
