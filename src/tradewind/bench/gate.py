"""Speed of the gate: one pre-trade check through all limits on one core, beside its plain Python twin.

Latencies of single checks are taken inside compiled code with the processor's cycle counter, calibrated in the same
run against the clock; what reading the counter costs is measured and taken off.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from tradewind.bench.naive_gate import NaiveGate
from tradewind.bench.result import Report, machine, noted, row
from tradewind.core.clock import SimulatedClock, SystemClock
from tradewind.core.config import parse_config
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry
from tradewind.core.random import stream
from tradewind.risk.limits.gate import Gate
from tradewind.risk.limits.kernel import apply
from tradewind.risk.limits.layout import DECISION, INPUT, InputKind
from tradewind.risk.limits.limits_file import LimitsFile, SignedLimits
from tradewind.risk.limits.signing import Signature

__all__ = ["bench_gate"]

CHECKS = 200_000
START = 1_700_000_000_000_000_000
LEVEL: dict[str, Any] = {
    "cumulative_lots": 10**15,
    "cumulative_notional": 10**11,
    "gross": 10**11,
    "net": 10**11,
    "daily_loss": 10**10,
    "drawdown": 10**10,
    "open_orders": 2000,
    "messages_per_s": 1_000_000,
    "burst": 500,
    "window_ms": 1,
    "window_messages": 512,
}
STRATEGY: dict[str, Any] = LEVEL | {
    "desk": "desk0",
    "instruments": ["*"],
    "directions": ["buy", "sell"],
    "order_types": ["limit", "ioc"],
    "position_lots": 10**12,
    "repeats": 10**12,
    "repeat_period_s": 60,
    "identical_orders": 16,
    "identical_window_ms": 1,
    "rejects": 60,
    "reject_window_s": 1,
}
INSTRUMENT: dict[str, Any] = {
    "venue": "X",
    "restricted": False,
    "tick_size": Decimal("0.01"),
    "lot_size": 1,
    "multiplier": 1,
    "tick_step": 1,
    "lot_step": 1,
    "min_price_ticks": 1,
    "max_price_ticks": 10**6,
    "collar_bps": 1000,
    "period_collar_bps": 2000,
    "collar_period_s": 60,
    "stale_after_ms": 86_400_000,
    "order_lots": 10**6,
    "order_notional": 10**9,
    "long_lots": 10**12,
    "short_lots": 10**12,
    "cumulative_lots": 10**15,
    "cumulative_notional": 10**11,
    "open_orders": 2000,
}


def _limits(instruments: int = 64, strategies: int = 8) -> LimitsFile:
    """A roomy file: every check is made and passes."""
    values: dict[str, Any] = {"gate": "bench", "version": 1, "currency": "USD", "clock_tolerance_ms": 1}
    values |= {"day_starts_utc": "00:00", "reducing_passes": [], "people": [], "firm": LEVEL}
    values |= {"desks": [LEVEL | {"name": "desk0"}], "venues": [{"name": "X", "report_window": 1024}]}
    values["strategies"] = [STRATEGY | {"name": f"s{k}"} for k in range(strategies)]
    values["instruments"] = [INSTRUMENT | {"symbol": f"I{k}"} for k in range(instruments)]
    return parse_config(LimitsFile, values)


@intrinsic  # type: ignore[untyped-decorator]
def cycles(_typing: Any) -> Any:
    """The processor's cycle counter, as int64."""

    def emit(_context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(64), [])
        return builder.call(builder.module.declare_intrinsic("llvm.readcyclecounter", fnty=kind), [])

    return types.int64(), emit


@entry
def time_rows(states: Array, rows: Array, answers: Array, spent: Array, empty: Array) -> None:
    """Take rows one by one, each timed.

    Args:
        states: Shape (1,), dtype ``STATE``.
        rows: Shape (n,), dtype ``INPUT``.
        answers: Shape (n,), dtype ``DECISION``.
        spent: Shape (n,), int64: cycles of each row.
        empty: Shape (n,), int64: cycles of reading the counter alone.
    """
    for k in range(len(rows)):
        first = cycles()
        empty[k] = cycles() - first
        start = cycles()
        apply(states, rows[k : k + 1], answers[k : k + 1], 1)
        spent[k] = cycles() - start


def _rows(count: int, instruments: int, strategies: int, live: int = 64) -> Array:
    """New orders, each followed by the report that ends the order sent ``live`` before; ids and times grow."""
    random, rows = stream(3, "bench/gate"), np.zeros(2 * count, INPUT)
    rows["ts_ns"] = START + 2000 * np.arange(2 * count)
    orders, ends = rows[0::2], rows[1::2]
    orders["kind"], ends["kind"] = InputKind.NEW, InputKind.CANCELLED
    orders["order_id"] = 1 + np.arange(count)
    orders["strategy"] = ends["strategy"] = random.integers(0, strategies, count)
    orders["instrument"] = ends["instrument"] = random.integers(0, instruments, count)
    orders["side"] = random.choice([1, -1], count)
    orders["lots"] = random.integers(1, 1000, count)
    orders["price_ticks"] = 10_000 - orders["side"] * random.integers(1, 500, count)
    ends["exec_id"], ends["extra"] = 1 + np.arange(count), -1
    ends["order_id"] = np.maximum(orders["order_id"] - live, 0)
    return rows


def _quotes(instruments: int) -> Array:
    rows = np.zeros(instruments, INPUT)
    rows["ts_ns"], rows["kind"], rows["instrument"] = START - 1, InputKind.QUOTE, np.arange(instruments)
    rows["price_ticks"], rows["extra"] = 9_999, 10_001
    return rows


def _cycle_ns() -> float:
    """Nanoseconds of one cycle of the counter, over a twentieth of a second."""
    clock, rows = SystemClock(), np.zeros(1, INPUT)
    gate = _gate()
    one, two = np.zeros(1, np.int64), np.zeros(1, np.int64)
    stamp: Any = read_cycles
    stamp(one)
    start = clock.monotonic_ns()
    stamp(one)
    while clock.monotonic_ns() - start < 50_000_000:
        gate.apply(rows)
    passed = clock.monotonic_ns() - start
    stamp(two)
    return float(passed / max(1, two[0] - one[0]))


@entry
def read_cycles(into: Array) -> None:
    """Write the counter into shape (1,)."""
    into[0] = cycles()


def _gate(clock: SimulatedClock | None = None) -> Gate:
    signed = SignedLimits(_limits(), b"", Signature("bench", ""), "bench")
    return Gate(signed, clock or SimulatedClock(START))


def _compiled(count: int) -> tuple[Array, float]:
    """Latency of each accepted new order [ns], sorted, and the share accepted."""
    gate = _gate()
    gate.apply(_quotes(64))
    rows = _rows(count, 64, 8)
    answers, spent, empty = np.zeros(len(rows), DECISION), np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    warm = len(rows) // 10
    scale = _cycle_ns()
    gc.collect()
    time_rows(gate.state, rows, answers, spent, empty)
    taken = np.maximum(spent - int(np.median(empty)), 0)[warm:] * scale
    new = rows["kind"][warm:] == InputKind.NEW
    accepted = float((answers["reason"][warm:][new] == 0).mean())
    return np.sort(taken[new]), accepted


def _python(count: int) -> Array:
    """Latency of a call from Python, names and all [ns], sorted; every order is cancelled again outside the time."""
    ticking, clock, spent = SimulatedClock(START), SystemClock(), np.zeros(count, np.int64)
    gate = _gate(ticking)
    gate.apply(_quotes(64))
    gc.collect()
    gc.disable()
    try:
        for k in range(1, count + 1):
            ticking.advance(2_000_000)
            start = clock.monotonic_ns()
            gate.order(k, "s3", "I5", 1, 100, 9_990)
            spent[k - 1] = clock.monotonic_ns() - start
            gate.report(InputKind.CANCELLED, k, k, strategy="s3", symbol="I5")
    finally:
        gc.enable()
    return np.sort(spent[count // 10 :])


def _twin(count: int) -> Array:
    """Latency of the plain twin, in a firm small enough for sums from scratch [ns], sorted."""
    twin, clock, spent = NaiveGate(_limits(2, 1)), SystemClock(), list[int]()
    for given in (*_quotes(2), *_rows(count, 2, 1, 4)):
        fields = {name: int(given[name]) for name in INPUT.names or ()}
        start = clock.monotonic_ns()
        twin.take(fields)
        if fields["kind"] == InputKind.NEW:
            spent.append(clock.monotonic_ns() - start)
    return np.sort(np.array(spent[len(spent) // 10 :]))


def _at(sorted_ns: Array, share: float) -> float:
    return float(sorted_ns[min(len(sorted_ns) - 1, int(share * len(sorted_ns)))])


def bench_gate(scale: float, told: Callable[[str], None]) -> Report:
    """Measure one pre-trade check: 64 instruments, 8 strategies, 64 open orders, every check made and passed.

    Args:
        scale: Fraction of the full number of checks.
        told: Called with what is being measured.

    Returns:
        Rows from compiled code, from Python, and of the plain twin.
    """
    count = max(2000, int(CHECKS * scale))
    told("compiled checks")
    compiled, accepted = _compiled(count)
    told("calls from Python")
    python = _python(max(2000, count // 10))
    told("the plain twin")
    twin = _twin(max(300, count // 200))
    against = ("plain Python twin, small firm", _at(twin, 0.5))
    rows = [
        noted(
            row("check_p50_ns", _at(compiled, 0.5), "ns", against, "value <= 1000"),
            f"called from compiled code, through all checks; {accepted:.1%} of the orders accepted",
        ),
        row(
            "check_p99_ns",
            _at(compiled, 0.99),
            "ns",
            ("plain Python twin, small firm", _at(twin, 0.99)),
            "value <= 3000",
        ),
        row("check_p999_ns", _at(compiled, 0.999), "ns"),
        noted(
            row("python_call_p50_ns", _at(python, 0.5), "ns", against, "value <= 5000"),
            "Gate.order(...) with names, decision read back",
        ),
        noted(
            row("naive_twin", _at(twin, 0.5), "ns"),
            "an oracle, not a rival: it sums from scratch, here over 2 instruments, 1 strategy, 4 open orders",
        ),
    ]
    return Report("gate", machine(), 1, rows)
