"""Features of the touch, from their definitions: every value computed anew from the whole history."""

import itertools
import math

HORIZONS, WINDOWS = (1.0, 10.0, 60.0), (10, 100, 1000)


class NaiveTouch:
    """Keeps everything; ``values`` goes through all of it."""

    def __init__(self, tick, open_ns, close_ns):
        self.tick, self.open_ns, self.close_ns = tick, open_ns, close_ns
        self.quotes = []  # (ts, bid, bid size, ask, ask size)
        self.trades = []  # (ts, price, size, sign)
        self.log = []  # (ts, what happened): everything accepted, in order
        self.now = None

    def update(self, ts, bid, bid_size, ask, ask_size, price, size, kind, side):  # noqa: PLR0917
        if kind == 1:
            if price > 0 and size > 0:
                self.trades.append((ts, price, size, self.sign(price, side)))
                self.log.append((ts, "trade", len(self.trades) - 1))
                self.now = ts
        elif bid > 0 and bid < ask < math.inf and bid_size > 0 and ask_size > 0:
            quote = (bid, bid_size, ask, ask_size)
            if not self.quotes or self.quotes[-1][1:] != quote:
                self.quotes.append((ts, *quote))
                self.log.append((ts, "quote", len(self.quotes) - 1))
                self.now = ts

    def sign(self, price, side):
        if side:
            return side
        if self.quotes:
            mid = 0.5 * (self.quotes[-1][1] + self.quotes[-1][3])
            if price != mid:
                return 1 if price > mid else -1
        if self.trades and price != self.trades[-1][1]:
            return 1 if price > self.trades[-1][1] else -1
        return self.trades[-1][3] if self.trades else 0

    def mids(self):
        return [0.5 * (q[1] + q[3]) for q in self.quotes]

    def events(self):
        """Added and gone at bid and ask at each change after the first."""
        out = []
        for (_, b0, qb0, a0, qa0), (ts, b, qb, a, qa) in zip(self.quotes, self.quotes[1:], strict=False):
            added_b = qb if b > b0 else max(qb - qb0, 0) if b == b0 else 0
            gone_b = qb0 if b < b0 else max(qb0 - qb, 0) if b == b0 else 0
            added_a = qa if a < a0 else max(qa - qa0, 0) if a == a0 else 0
            gone_a = qa0 if a > a0 else max(qa0 - qa, 0) if a == a0 else 0
            out.append((ts, added_b, gone_b, added_a, gone_a))
        return out

    def cks(self):
        """Order-flow imbalance as Cont, Kukanov and Stoikov write it."""
        out = []
        for (_, b0, qb0, a0, qa0), (ts, b, qb, a, qa) in zip(self.quotes, self.quotes[1:], strict=False):
            out.append((ts, (b >= b0) * qb - (b <= b0) * qb0 - (a <= a0) * qa + (a >= a0) * qa0))
        return out

    def mean(self, series, span):
        """Mean that forgets: plain until ``span`` values, then exponential."""
        value = 0.0
        for n, x in enumerate(series, 1):
            value += (x - value) / min(n, span)
        return value

    def decayed(self, pairs, h):
        return math.fsum(x * math.exp(-(self.now - ts) * 1e-9 / h) for ts, x in pairs)

    def moves(self):
        mids = self.mids()
        pairs = zip(self.quotes[1:], mids, mids[1:], strict=False)
        return [(q[0], math.log(m) - math.log(m0)) for q, m0, m in pairs if m != m0]

    def mean_log(self, h):
        """Decayed mean of ln m over time, from the first quote on."""
        stamps = [q[0] for q in self.quotes] + [self.now]
        value = math.log(self.mids()[0])
        for k, mid in enumerate(self.mids()):
            keep = math.exp(-(stamps[k + 1] - stamps[k]) * 1e-9 / h)
            value = math.log(mid) + (value - math.log(mid)) * keep
        return value

    def kyle(self):
        """Slope over closed buckets of five seconds that traded, by weighted sums."""
        buckets = sorted({ts // 5_000_000_000 for ts, *_ in self.log})
        current, points = self.now // 5_000_000_000, []
        for bucket in buckets:
            flow = sum(size * sign for ts, _, size, sign in self.trades if ts // 5_000_000_000 == bucket)
            before = [m for q, m in zip(self.quotes, self.mids(), strict=True) if q[0] // 5_000_000_000 < bucket]
            until = [m for q, m in zip(self.quotes, self.mids(), strict=True) if q[0] // 5_000_000_000 <= bucket]
            start = before[-1] if before else self.mids()[0] if until else None
            if bucket < current and flow != 0 and start:
                points.append((flow, math.log(until[-1]) - math.log(start)))
        weights = [0.99 ** (len(points) - 1 - k) for k in range(len(points))]
        below = sum(w * x * x for w, (x, _) in zip(weights, points, strict=True))
        above = sum(w * x * y for w, (x, y) in zip(weights, points, strict=True))
        return above / below if below else math.nan

    def roll(self):
        steps = [b[1] - a[1] for a, b in zip(self.trades, self.trades[1:], strict=False)]
        if len(steps) < 2:
            return math.nan
        cov = self.mean([a * b for a, b in itertools.pairwise(steps)], 100)
        return 2e4 * math.sqrt(max(0.0, -cov)) / self.mids()[-1]

    def values(self):
        _, b, qb, a, qa = self.quotes[-1]
        m, t = 0.5 * (a + b), self.now
        q0 = self.mean([0.5 * (q[2] + q[4]) for q in self.quotes], 1000)
        tilts = [(q[2] - q[4]) / (q[2] + q[4]) for q in self.quotes]
        moves = self.moves()
        first = self.quotes[0]
        out = {
            "spread_bps": 1e4 * (a - b) / m,
            "spread_ticks": (a - b) / self.tick,
            "spread_ratio": (a - b) / self.mean([q[3] - q[1] for q in self.quotes], 1000),
            "imbalance": tilts[-1],
            "microprice_bps": 1e4 * ((b * qa + a * qb) / (qa + qb) / m - 1),
            "imbalance_mean_10": self.mean(tilts, 10),
            "imbalance_mean_100": self.mean(tilts, 100),
            "bid_size_log": math.log2(qb / q0),
            "ask_size_log": math.log2(qa / q0),
            "last_move": (moves[-1][1] > 0) * 2 - 1 if moves else 0,
            "last_side": self.trades[-1][3] if self.trades else 0,
            "kyle_lambda": 1e4 * q0 * self.kyle(),
            "roll_bps": self.roll(),
            "session_elapsed": (t - self.open_ns) / (self.close_ns - self.open_ns),
            "session_left": math.log1p((self.close_ns - t) * 1e-9),
        }
        for name, part in (
            ("bid_age", lambda q: q[1]),
            ("ask_age", lambda q: q[3]),
            ("mid_age", lambda q: q[1] + q[3]),
        ):
            since = [q[0] for p, q in zip(self.quotes, self.quotes[1:], strict=False) if part(q) != part(p)]
            out[name] = math.log1p((t - (since[-1] if since else first[0])) * 1e-9)
        cks = self.cks()
        for w in WINDOWS:
            then = self.quotes[max(len(self.quotes) - 1 - w, 0)]
            out[f"ofi_{w}"] = sum(x for _, x in cks[-w:]) / q0
            out[f"return_{w}"] = 1e4 * math.log(m / (0.5 * (then[1] + then[3])))
            out[f"duration_{w}"] = math.log1p((t - then[0]) * 1e-9)
        for h in HORIZONS:
            out |= self.horizon(h, q0, m)
        return out

    def horizon(self, h, q0, m):
        moves, events = self.moves(), self.events()
        flow = self.decayed([(ts, size * sign) for ts, _, size, sign in self.trades], h)
        volume = self.decayed([(ts, size) for ts, _, size, _ in self.trades], h)
        square = self.decayed([(ts, x * x) for ts, x in moves], h)
        pairs = itertools.pairwise(moves)
        bipower = math.pi / 2 * self.decayed([(ts, abs(x) * abs(y)) for (_, y), (ts, x) in pairs], h)
        return {
            f"flow_{h:g}s": flow / q0,
            f"flow_share_{h:g}s": flow / volume if volume > 0 else 0.0,
            f"volume_{h:g}s": math.log1p(volume / q0),
            f"trade_rate_{h:g}s": self.decayed([(ts, 1) for ts, *_ in self.trades], h) / h,
            f"quote_rate_{h:g}s": self.decayed([(q[0], 1) for q in self.quotes[1:]], h) / h,
            f"ofi_{h:g}s": self.decayed(self.cks(), h) / q0,
            f"deviation_{h:g}s": 1e4 * (math.log(m) - self.mean_log(h)),
            f"volatility_{h:g}s": 1e4 * math.sqrt(square),
            f"jumps_{h:g}s": max(0.0, 1 - bipower / square) if square > 0 else 0.0,
            f"bid_queue_{h:g}s": self.decayed([(ts, add - gone) for ts, add, gone, *_ in events], h) / q0,
            f"ask_queue_{h:g}s": self.decayed([(ts, add - gone) for ts, _, _, add, gone in events], h) / q0,
        }
