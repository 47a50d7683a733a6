"""Hypothesis drives the kernel and its plain twin side by side: decisions, sums and latches agree after every row."""

from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.risk.limits.made_up import limits

from tradewind.bench.naive_gate import NaiveGate
from tradewind.risk.limits.install import install
from tradewind.risk.limits.kernel import apply
from tradewind.risk.limits.layout import DECISION, INPUT, INSTRUMENTS, InputKind, new_state

FILES = [
    limits(),
    limits(file__reducing_passes=[], AA__order_lots=300, a__position_lots=60, firm__net="50", a__repeats=4),
    limits(
        a__daily_loss="0.4",
        one__drawdown="0.5",
        firm__daily_loss="0.8",
        firm__window_messages=9,
        b__burst=3,
        a__cumulative_lots=90,
        BB__cumulative_notional="150",
        file__reducing_passes=["HALTED_STRATEGY", "HALTED_DESK", "HALTED_FIRM", "POSTURE", "CUMULATIVE_LOTS_STRATEGY"],
    ),
]
START = 1_700_000_000_000_000_000
prices = st.one_of(st.integers(94, 106), st.integers(98, 102), st.sampled_from([0, -5, 9, 2000, 1 << 51]))
lots = st.one_of(st.integers(1, 60), st.integers(1, 12), st.sampled_from([0, -3, 1 << 51, 400]))
strategies = st.one_of(st.integers(0, 2), st.integers(0, 2), st.sampled_from([-1, 3, 99]))
instruments = st.one_of(st.integers(0, 1), st.integers(0, 2), st.sampled_from([-1, 3, 300]))
sides = st.sampled_from([1, -1, 1, -1, 1, -1, 0])


class GateMachine(RuleBasedStateMachine):
    """Small limits, three strategies: every reason comes up."""

    @initialize(file=st.sampled_from(FILES))
    def open(self, file: Any) -> None:
        self.state = new_state()
        install(self.state, file)
        self.twin = NaiveGate(file)
        self.now, self.id, self.numbers = START, 0, [0, 0]
        self.rows, self.answers = np.zeros(1, INPUT), np.zeros(1, DECISION)
        for i in range(3):
            self.tell(InputKind.QUOTE, instrument=i, price_ticks=99, extra=101)

    def tell(self, kind: int, **fields: int) -> tuple[int, ...]:
        self.rows[0] = tuple(
            {**dict.fromkeys(INPUT.names or (), 0), "ts_ns": self.now, "kind": kind, **fields}.values()
        )
        given: dict[str, int] = {name: int(self.rows[name][0]) for name in INPUT.names or ()}
        expected = self.twin.take(given)
        apply(self.state, self.rows, self.answers, 1)
        answer: tuple[int, ...] = self.answers[0].item()
        assert answer == expected, (given, answer, expected)
        self.compare()
        return answer

    def compare(self) -> None:
        state, twin = self.state[0], self.twin
        assert int(state["live"]) == len(twin.orders)
        assert int(state["latches"]) == twin.latches
        assert int(state["last_order_id"]) == twin.last_id
        for at, scope in twin.scopes.items():
            row, members = state["scopes"][at], twin._strategies_of(at)
            assert (row["gross"], row["high"], row["low"]) == twin.exposures(members)
            assert row["pnl"] == twin.pnl(members)
            assert row["kill"]["number"] == (scope.kill[3] if scope.kill else 0)
            assert row["halt"]["number"] == (scope.halt[3] if scope.halt else 0)
            assert row["open_orders"] == sum(o.s in members for o in twin.orders.values())
        for v in range(2):
            assert state["venues"]["halt"][v]["number"] == (twin.venue_halt[v][3] if twin.venue_halt[v] else 0)
        for s in range(3):
            for i in range(3):
                cell = state["cells"][s * INSTRUMENTS + i]
                assert (cell["position"], cell["open_buy"], cell["open_sell"]) == twin.cell(s, i)

    @rule(
        s=strategies, i=instruments, side=sides, price=prices, size=lots, kind=st.sampled_from([0, 0, 0, 0, 1, 2, 3, 7])
    )
    def order(self, s: int, i: int, side: int, price: int, size: int, kind: int) -> None:  # noqa: PLR0917
        self.id += 1
        self.tell(
            InputKind.NEW,
            order_id=self.id,
            strategy=s,
            instrument=i,
            side=side,
            type=kind,
            price_ticks=price,
            lots=size,
        )

    @rule(
        s=st.integers(0, 2),
        i=st.integers(0, 1),
        side=st.sampled_from([1, -1]),
        size=st.integers(1, 8),
        many=st.integers(2, 5),
    )
    def slices(self, s: int, i: int, side: int, size: int, many: int) -> None:
        for k in range(many):
            self.id += 1
            fields = {"strategy": s, "instrument": i, "side": side, "price_ticks": 100 - 2 * side, "lots": 3 * size}
            self.tell(InputKind.NEW, order_id=self.id, flags=0, **fields | {"lots": 3 * size + 3 * (k % 2)})

    @rule(s=strategies, number=st.integers(-1, 5), flags=st.integers(0, 3))
    def odd(self, s: int, number: int, flags: int) -> None:
        self.tell(InputKind.NEW, order_id=number, strategy=s, side=1, price_ticks=100, lots=3, flags=flags)

    def pick(self, which: int) -> int:
        ids = sorted(self.twin.orders)
        return ids[which % len(ids)] if ids else which

    @rule(which=st.integers(0, 40), s=strategies, price=prices, size=lots, mine=st.booleans())
    def replace(self, which: int, s: int, price: int, size: int, mine: bool) -> None:
        order_id = self.pick(which)
        order = self.twin.orders.get(order_id)
        s = order.s if order and mine else s
        self.tell(InputKind.REPLACE, order_id=order_id, strategy=s, price_ticks=price, lots=size)

    @rule(s=strategies, which=st.integers(0, 40))
    def cancel(self, s: int, which: int) -> None:
        assert self.tell(InputKind.CANCEL, order_id=self.pick(which), strategy=s)[0] == 0

    def report(self, kind: int, which: int, skip: int, **fields: int) -> None:
        order = self.twin.orders.get(self.pick(which))
        s, i = (order.s, order.i) if order else (which % 3, which % 2)
        v = self.twin.venue_of[i]
        self.numbers[v] += 1
        number = self.numbers[v] + skip
        self.numbers[v] = max(self.numbers[v], number)
        side = order.side if order else 1 - 2 * (which % 2)
        self.tell(
            kind,
            order_id=self.pick(which),
            exec_id=number,
            strategy=s,
            instrument=i,
            side=side,
            **{"extra": -1} | fields,
        )

    @rule(
        which=st.integers(0, 40),
        size=st.integers(1, 30),
        price=st.integers(96, 104),
        skip=st.sampled_from([0, 0, 0, 0, -1, -3, 2]),
    )
    def fill(self, which: int, size: int, price: int, skip: int) -> None:
        self.report(InputKind.FILL, which, skip, lots=size, price_ticks=price)

    @precondition(lambda self: len(self.twin.orders))
    @rule(which=st.integers(0, 40), part=st.integers(1, 4), lost=st.sampled_from([0, 0, 0, 0, 2]))
    def fill_in_order(self, which: int, part: int, lost: int) -> None:
        order = self.twin.orders[self.pick(which)]
        size = max(1, order.open // part)
        self.report(InputKind.FILL, which, 0, lots=size, price_ticks=order.price, extra=order.filled + size + lost)

    @rule(
        which=st.integers(0, 40),
        kind=st.integers(InputKind.ACK, InputKind.CANCEL_REJECTED),
        skip=st.sampled_from([0, 0, 0, -1, 1, 12]),
    )
    def answer(self, which: int, kind: int, skip: int) -> None:
        order = self.twin.orders.get(self.pick(which))
        fields = {"lots": order.total, "price_ticks": order.price} if order else {}
        self.report(kind, which, skip, **fields)

    @rule(which=st.integers(0, 40), size=lots, price=prices, told=st.integers(-1, 30))
    def chaos(self, which: int, size: int, price: int, told: int) -> None:
        size, price = (value if abs(value) < 1 << 20 else 7 for value in (size, price))
        for kind in (InputKind.REPLACED, InputKind.CANCELLED):
            self.report(kind, which, 0, lots=size, price_ticks=price, extra=told)

    @rule(i=instruments, bid=prices, spread=st.integers(-1, 4))
    def quote(self, i: int, bid: int, spread: int) -> None:
        self.tell(InputKind.QUOTE, instrument=i, price_ticks=bid, extra=bid + spread)

    @rule(middle=st.integers(97, 103))
    def quotes(self, middle: int) -> None:
        for i in range(3):
            self.tell(InputKind.QUOTE, instrument=i, price_ticks=middle - 1, extra=middle + 1)

    @rule(passed=st.sampled_from([1, 1000, 10**6, 10**7, 10**8, 10**9, 3 * 10**9, 86_400 * 10**9]), back=st.booleans())
    def time(self, passed: int, back: bool) -> None:
        self.now += -passed if back and passed < 10**9 else passed
        self.tell(InputKind.CLOCK)

    @rule(kind=st.integers(0, 5), at=st.integers(-1, 3))
    def kill(self, kind: int, at: int) -> None:
        self.tell(InputKind.KILL, extra=kind, lots=at)

    @rule(all_of_them=st.booleans(), number=st.integers(0, 30))
    def rearm(self, all_of_them: bool, number: int) -> None:
        for k in range(self.twin.latches + 1) if all_of_them else [number]:
            self.tell(InputKind.REARM, lots=k)

    @rule(size=st.integers(-10, 1200), open_=st.integers(-10, 1200), types=st.sampled_from([-1, -1, 0, 1, 13]))
    def tighten(self, size: int, open_: int, types: int) -> None:
        self.tell(InputKind.TIGHTEN, lots=size, price_ticks=open_, extra=types)

    @rule(s=strategies, i=instruments, size=st.integers(-60, 60), price=st.integers(0, 105))
    def adjust(self, s: int, i: int, size: int, price: int) -> None:
        self.tell(InputKind.ADJUST, strategy=s, instrument=i, lots=size, price_ticks=price)

    @rule(kind=st.sampled_from([0, -1, 17, 99]))
    def nonsense(self, kind: int) -> None:
        assert self.tell(kind)[0] == 1


GateMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
TestGate = GateMachine.TestCase
