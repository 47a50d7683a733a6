"""The gate once more in plain Python: lists, sums from scratch; tests hold the kernel against it."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any

from tradewind.bench.naive_checks import broken_limits
from tradewind.bench.naive_reports import take_report
from tradewind.risk.limits.layout import CAP, FIRST_DESK, FIRST_STRATEGY, ORDERS, InputKind, OrderType, Scope
from tradewind.risk.limits.limits_file import LimitsFile
from tradewind.risk.limits.reasons import BOUNDS_BOTH_WAYS, Cause, Reason

__all__ = ["NaiveGate", "NaiveOrder"]

DAY = 86_400 * 10**9
LARGEST = 1 << 50
MESSAGE = 10**9
LEVELS = ("STRATEGY", "DESK", "FIRM")


class NaiveOrder:
    """An open order."""

    def __init__(self, row: dict[str, int], high: int, low: int, epoch: int) -> None:
        self.s, self.i, self.side, self.epoch = row["strategy"], row["instrument"], row["side"], epoch
        self.total = self.worst = self.least = row["lots"]
        self.price = high if self.side > 0 or row["type"] == OrderType.MARKET else low
        self.high, self.low = high, low
        self.filled = self.pending = self.answered = 0

    @property
    def open(self) -> int:
        """Lots that may still fill."""
        return max(0, self.worst - self.filled)


class NaiveScope:
    """Latches, rates and losses of one scope."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self.kill: Any = None
        self.halt: Any = None
        self.sent: list[int] = []
        self.tokens, self.looked = file.burst * MESSAGE, 0
        self.day_pnl = self.peak = 0


class NaiveGate:
    """Plain twin of the kernel: ``take`` one row as a dict of ``INPUT`` fields, get the decision as a tuple."""

    def __init__(self, file: LimitsFile) -> None:
        self.file = file
        desks = {d.name: k for k, d in enumerate(file.desks)}
        self.desk_of = [desks[s.desk] for s in file.strategies]
        self.scopes = {0: NaiveScope(file.firm)} | {FIRST_DESK + k: NaiveScope(d) for k, d in enumerate(file.desks)}
        self.scopes |= {FIRST_STRATEGY + k: NaiveScope(s) for k, s in enumerate(file.strategies)}
        venues = {v.name: k for k, v in enumerate(file.venues)}
        self.venue_of = [venues[i.venue] for i in file.instruments]
        count = len(file.instruments)
        self.instrument_kill: list[Any] = [None] * count
        self.venue_kill: list[Any] = [None] * len(file.venues)
        self.venue_halt: list[Any] = [None] * len(file.venues)
        self.seen: list[set[int]] = [set() for _ in file.venues]
        self.highest, self.missing = [0] * len(file.venues), [0] * len(file.venues)
        self.bid, self.ask, self.mark, self.quoted = [0] * count, [0] * count, [0] * count, [0] * count
        self.anchor, self.anchored = [0] * count, [0] * count
        self.orders: dict[int, NaiveOrder] = {}
        self.owed: dict[int, int] = defaultdict(int)
        self.position: dict[tuple[int, int], int] = defaultdict(int)
        self.cash: dict[tuple[int, int], int] = defaultdict(int)
        self.traded: list[tuple[int, int, int, int]] = []
        self.recent: list[deque[Any]] = [deque(maxlen=16) for _ in file.strategies]
        self.repeat: dict[tuple[int, int, int], int] = defaultdict(int)
        self.epoch: dict[tuple[int, int], int] = defaultdict(int)
        self.rejects: list[list[int]] = [[] for _ in file.strategies]
        self.clock = self.day = self.latches = self.last_id = 0
        self.size, self.open_orders, self.types = 1000, 1000, -1

    def take(self, row: dict[str, int]) -> tuple[int, int, int, int, int]:
        """One row; the answer as (reason, cause, limit, value, headroom)."""
        late = self.clock - row["ts_ns"]
        if row["ts_ns"] > self.clock:
            self.clock = row["ts_ns"]
            self._new_day()
        kind, s = row["kind"], row["strategy"]
        if kind in (InputKind.NEW, InputKind.REPLACE):
            return self._request(row, late)
        if kind == InputKind.CANCEL:
            if 0 <= s < len(self.file.strategies):
                self._count_message(s)
            return (0, 0, 0, 0, 0)
        return (0 if self._other(row) else int(Reason.MALFORMED), 0, 0, 0, 0)

    def levels(self, s: int) -> list[NaiveScope]:
        """Scopes of a strategy: itself, its desk, the firm."""
        return [self.scopes[FIRST_STRATEGY + s], self.scopes[FIRST_DESK + self.desk_of[s]], self.scopes[0]]

    def members(self, level: int, s: int) -> list[int]:
        """Strategies in a level of a strategy's scopes."""
        everybody = range(len(self.file.strategies))
        return [t for t in everybody if level == 2 or t == s or (level == 1 and self.desk_of[t] == self.desk_of[s])]

    def value(self, i: int) -> int:
        """What a lot gains by a tick [micro-currency]."""
        return int(self.file.instruments[i].tick_value())

    def cell(self, s: int, i: int) -> tuple[int, int, int]:
        """Position, open buys, open sells."""
        mine = [o for o in self.orders.values() if o.s == s and o.i == i]
        buys, sells = (sum(o.open for o in mine if o.side == side) for side in (1, -1))
        return self.position[s, i], buys, sells

    def exposures(self, members: list[int], more: tuple[int, int, int, int] | None = None) -> tuple[int, int, int]:
        """Gross, highest and lowest net exposure of some strategies; ``more`` is (s, i, side, lots) on top."""
        gross = high = low = 0
        for s in members:
            for i in range(len(self.file.instruments)):
                position, buys, sells = self.cell(s, i)
                if more and more[:2] == (s, i):
                    buys, sells = (buys + more[3], sells) if more[2] > 0 else (buys, sells + more[3])
                unit = self.mark[i] * self.value(i)
                gross += max(abs(position + buys), abs(position - sells)) * unit
                high, low = high + (position + buys) * unit, low + (position - sells) * unit
        return gross, high, low

    def pnl(self, members: list[int]) -> int:
        """Realised and unrealised profit and loss."""
        cells = [(s, i) for s in members for i in range(len(self.file.instruments))]
        return sum(self.cash[c] + self.position[c] * self.mark[c[1]] * self.value(c[1]) for c in cells)

    def closed(self, cause: Cause, limit: int, value: int) -> tuple[int, int, int, int]:
        """A closed latch: cause, limit, value, number."""
        self.latches += 1
        return (int(cause), limit, value, self.latches)

    def _halt(self, scope: NaiveScope, cause: Cause, limit: int, value: int) -> None:
        if scope.halt is None:
            scope.halt = self.closed(cause, limit, value)

    def _new_day(self) -> None:
        hours, minutes = self.file.day_starts_utc.split(":")
        day = (self.clock - (int(hours) * 60 + int(minutes)) * 60 * 10**9) // DAY
        if day > self.day:
            self.day, self.traded = day, []
            for at, scope in self.scopes.items():
                scope.day_pnl = self.pnl(self._strategies_of(at))

    def _strategies_of(self, at: int) -> list[int]:
        everybody = range(len(self.file.strategies))
        if at >= FIRST_STRATEGY:
            return [at - FIRST_STRATEGY]
        return list(everybody) if at == 0 else [s for s in everybody if self.desk_of[s] == at - FIRST_DESK]

    def _judge(self, at: int) -> None:
        scope, pnl = self.scopes[at], self.pnl(self._strategies_of(at))
        scope.peak = max(scope.peak, pnl)
        for cause, limit, lost in (
            (Cause.DAILY_LOSS, scope.file.daily_loss, scope.day_pnl - pnl),
            (Cause.DRAWDOWN, scope.file.drawdown, scope.peak - pnl),
        ):
            if lost >= int(limit * 10**6):
                self._halt(scope, cause, int(limit * 10**6), lost)

    def _judge_levels(self, s: int) -> None:
        for at in (FIRST_STRATEGY + s, FIRST_DESK + self.desk_of[s], 0):
            self._judge(at)

    def _count_message(self, s: int) -> None:
        for scope in self.levels(s):
            self._refill(scope)
            scope.tokens = max(0, scope.tokens - MESSAGE)
            scope.sent.append(self.clock)

    def _refill(self, scope: NaiveScope) -> None:
        full = scope.file.burst * MESSAGE
        scope.tokens = min(full, scope.tokens + (self.clock - scope.looked) * scope.file.messages_per_s)
        scope.looked = self.clock

    # ---- requests

    def _request(self, row: dict[str, int], late: int) -> tuple[int, int, int, int, int]:
        broken = self._unaddressed(row, late)
        if broken is None:
            order = self.orders[row["order_id"]] if row["kind"] == InputKind.REPLACE else None
            row = row | ({"instrument": order.i, "side": order.side} if order else {})
            reducing = self._reduces(row, order)
            passes = {Reason[name] for name in self.file.reducing_passes if reducing}
            for reason, limit, value, cause in broken_limits(self, row, order, reducing):
                if reason not in passes:
                    broken = (reason, limit, value, cause)
                    break
        if broken is None:
            self._commit(row)
            return (0, 0, 0, 0, 0)
        reason, limit, value, cause = broken
        if reason is Reason.REPEATED_EXECUTION:
            self._halt(self.levels(row["strategy"])[0], Cause.REPEATED_EXECUTION, limit, value)
        headroom = -abs(limit - value) if reason in BOUNDS_BOTH_WAYS else limit - value
        return (int(reason), int(cause), limit, value, headroom)

    def _unaddressed(self, row: dict[str, int], late: int) -> tuple[Reason, int, int, int] | None:
        new, order = row["kind"] == InputKind.NEW, self.orders.get(row["order_id"])
        types = range(4) if new else (0, 2, 3)
        if (new and row["side"] not in (1, -1)) or row["type"] not in types or not 0 < row["order_id"] < 1 << 62:
            return (Reason.MALFORMED, 0, 0, 0)
        if not 0 <= row["strategy"] < len(self.file.strategies):
            return (Reason.UNKNOWN_STRATEGY, 0, row["strategy"], 0)
        i = order.i if order and not new else row["instrument"]
        if not 0 <= i < len(self.file.instruments):
            return (Reason.UNKNOWN_INSTRUMENT, 0, row["instrument"], 0)
        if late > self.file.clock_tolerance_ms * 10**6:
            return (Reason.CLOCK_WENT_BACK, self.file.clock_tolerance_ms * 10**6, late, 0)
        if new and row["order_id"] <= self.last_id:
            return (Reason.DUPLICATE_ID, self.last_id + 1, row["order_id"], 0)
        if not new and (order is None or order.s != row["strategy"]):
            return (Reason.UNKNOWN_ORDER, 0, row["order_id"], 0)
        return None

    def _reduces(self, row: dict[str, int], order: NaiveOrder | None) -> bool:
        if order or not 0 < row["lots"] <= LARGEST:
            return False
        position, buys, sells = self.cell(row["strategy"], row["instrument"])
        return buys + row["lots"] <= -position if row["side"] > 0 else sells + row["lots"] <= position

    def envelope(self, row: dict[str, int], order: NaiveOrder | None) -> tuple[int, int, int, int]:
        """Highest, lowest and most aggressive price and the largest total that may be live."""
        high = low = match = row["price_ticks"]
        if row["type"] == OrderType.MARKET:
            item, i = self.file.instruments[row["instrument"]], row["instrument"]
            high, low = max(self.mark[i] + self.mark[i] * item.collar_bps // 10_000, self.ask[i]), 1
            match = CAP if row["side"] > 0 else 0
        if order:
            high, low = max(high, order.high), min(low, order.low)
        return high, low, match, max(row["lots"], order.worst) if order else row["lots"]

    def repeats(self, s: int, i: int, side: int) -> int:
        """Orders of the cell and side in the running period; a new period begins at its first look."""
        epoch = self.clock // (self.file.strategies[s].repeat_period_s * 10**9) * 1000
        if self.epoch[s, i] < epoch:
            self.epoch[s, i] = epoch
            self.repeat[s, i, 1] = self.repeat[s, i, -1] = 0
        return self.repeat[s, i, side]

    def _commit(self, row: dict[str, int]) -> None:
        order = self.orders.get(row["order_id"]) if row["kind"] == InputKind.REPLACE else None
        high, low, _, worst = self.envelope(row, order)
        s, i, side = row["strategy"], row["instrument"], row["side"]
        if order:
            order.least = min(order.least if order.pending else order.total, row["lots"])
            order.high, order.low, order.worst, order.pending = high, low, worst, order.pending + 1
        else:
            self.orders[row["order_id"]] = NaiveOrder(row, high, low, self.epoch[s, i])
            self.last_id = row["order_id"]
            self.recent[s].append((self.clock, i, side, row["type"], row["price_ticks"], row["lots"]))
            self.repeat[s, i, side] += 1
        self._count_message(s)

    # ---- everything else

    def _other(self, row: dict[str, int]) -> bool:
        kind, i, s = row["kind"], row["instrument"], row["strategy"]
        known = 0 <= i < len(self.file.instruments)
        both = known and 0 <= s < len(self.file.strategies)
        if kind == InputKind.QUOTE and known:
            self._quote(row)
        elif InputKind.ACK <= kind <= InputKind.CANCEL_REJECTED and both and 0 < row["exec_id"] < 1 << 62:
            take_report(self, row)
        elif kind == InputKind.KILL:
            return self._kill(row)
        elif kind == InputKind.REARM:
            return self._rearm(row["lots"])
        elif kind == InputKind.TIGHTEN:
            self.size, self.open_orders = (min(max(row[n], 0), 1000) for n in ("lots", "price_ticks"))
            self.types = row["extra"]
        elif kind == InputKind.ADJUST and both and abs(row["lots"]) < CAP and row["price_ticks"] > 0:
            self.position[s, i] = row["lots"]
            self.cash[s, i] = -row["lots"] * row["price_ticks"] * self.value(i)
            self.valued(s, i, row["price_ticks"])
        elif kind == InputKind.CLOCK:
            for at in sorted(self.scopes, key=lambda a: (a < FIRST_STRATEGY, a == 0, a)):
                self._judge(at)
        else:
            return False
        return True

    def valued(self, s: int, i: int, price: int) -> None:
        """After a trade: a mark if there is none, and a look at the losses."""
        self.mark[i] = self.mark[i] or price
        self._judge_levels(s)

    def halt(self, s: int, cause: Cause, limit: int, value: int) -> None:
        """Halt a strategy."""
        self._halt(self.levels(s)[0], cause, limit, value)

    def _quote(self, row: dict[str, int]) -> None:
        i = row["instrument"]
        self.bid[i], self.ask[i] = (price if 0 < price < LARGEST else 0 for price in (row["price_ticks"], row["extra"]))
        self.quoted[i] = row["ts_ns"]
        if not (self.bid[i] and self.ask[i]) or self.bid[i] > self.ask[i]:
            return
        mark = (self.bid[i] + self.ask[i]) // 2
        if not self.anchor[i] or self.clock - self.anchored[i] >= self.file.instruments[i].collar_period_s * 10**9:
            self.anchor[i], self.anchored[i] = mark, self.clock
        if mark != self.mark[i]:
            self.mark[i] = mark
            touched = [s for s in range(len(self.file.strategies)) if any(self.cell(s, i)) or self.cash[s, i]]
            for s in touched:
                self._judge(FIRST_STRATEGY + s)
                self._judge(FIRST_DESK + self.desk_of[s])
            if touched:
                self._judge(0)

    def _kill(self, row: dict[str, int]) -> bool:
        kind, at = row["extra"], row["lots"]
        if kind in (Scope.INSTRUMENT, Scope.VENUE):
            rows = self.instrument_kill if kind == Scope.INSTRUMENT else self.venue_kill
            if 0 <= at < len(rows):
                rows[at] = rows[at] or self.closed(Cause.PERSON, 0, 0)
                return True
        named = {Scope.DESK: FIRST_DESK + at, Scope.STRATEGY: FIRST_STRATEGY + at}.get(kind, 0)  # type: ignore[call-overload]
        known = at >= 0 and named in self.scopes
        scope = self.scopes[named if known else 0]
        scope.kill = scope.kill or self.closed(Cause.PERSON, 0, 0)
        return bool(kind == Scope.ALL or (known and named > 0))

    def _rearm(self, number: int) -> bool:
        for at, scope in sorted(self.scopes.items()):
            if scope.kill and scope.kill[3] == number:
                scope.kill = None
                return True
            if scope.halt and scope.halt[3] == number:
                if scope.halt[0] == Cause.DRAWDOWN:
                    scope.peak = self.pnl(self._strategies_of(at))
                scope.halt = None
                if at >= FIRST_STRATEGY:
                    self._restart(at - FIRST_STRATEGY)
                return True
        for rows in (self.instrument_kill, self.venue_kill, self.venue_halt):
            for k, latch in enumerate(rows):
                if latch and latch[3] == number:
                    rows[k] = None
                    return True
        return False

    def _restart(self, s: int) -> None:
        self.rejects[s] = []
        for i in range(len(self.file.instruments)):
            self.epoch[s, i] += 1
            self.repeat[s, i, 1] = self.repeat[s, i, -1] = 0

    @property
    def full(self) -> bool:
        """Whether no more orders fit."""
        return len(self.orders) >= ORDERS - 1
