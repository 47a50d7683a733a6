"""A synthetic ITCH day, deterministic by seed: for tests, benchmarks and the demo.

From the start of messages to their end: directory, trading states, an opening cross, continuous trading around a
moving mid-price, a halt, a new listing, an operational halt, a closing cross, every order gone. All message types but
the market-wide circuit breaker's ``W`` appear when there are three symbols or more. Each message is valid after those
before it, and no book is ever crossed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.data.itch.dtypes import MESSAGES
from tradewind.data.itch.flow import MPIDS, Draw, Flow, Numbers

__all__ = ["SYMBOLS", "session"]

SYMBOLS = ("TRADE", "WIND", "GUST", "LULL", "GALE")
"""Made-up symbols of the synthetic day."""
SECOND_NS = 10**9
HOUR_NS = 3600 * SECOND_NS
OPEN_NS = 9 * HOUR_NS + HOUR_NS // 2
CLOSE_NS = 16 * HOUR_NS


def session(
    seed: int = 0, messages: int = 100_000, symbols: Sequence[str] = SYMBOLS, *, live_orders: int = 600
) -> bytes:
    """Bytes of a whole trading day, each message behind its two-byte length, as in NASDAQ's daily files.

    Args:
        seed: Same seed, same bytes.
        messages: Messages of continuous trading; opening, closing and administration come on top.
        symbols: Up to 65,535 names of at most eight ASCII characters; the first ones trade most.
        live_orders: Orders alive at a time, over all symbols.

    Raises:
        InvalidValueError: For an argument out of its range.

    Examples:
        >>> day = session(seed=1, messages=1000)
        >>> day[:14].hex(" ")
        '00 0c 53 00 00 00 00 09 d5 21 d0 8e 00 4f'
        >>> day == session(seed=1, messages=1000)
        True
    """
    if not 0 < len(symbols) < 65_536 or not all(0 < len(s) <= 8 and s.isascii() for s in symbols):
        raise InvalidValueError("symbols", "1 to 65,535 names of 1 to 8 ASCII characters", str(tuple(symbols))[:80])
    if messages < 0 or live_orders < 1:
        raise InvalidValueError("messages and live_orders", "0 or more and 1 or more", (messages, live_orders))
    day = _Day(seed, symbols, live_orders)
    day.before_the_open()
    day.continuous(messages)
    day.after_the_close()
    return bytes(day.out)


class _Day:
    """Writes the day in order; holds the clock and the bytes so far."""

    def __init__(self, seed: int, symbols: Sequence[str], live_orders: int) -> None:
        self.out = bytearray()
        self.now_ns = 0
        self.random = stream(seed, "data/itch/session")
        numbers = Numbers()
        mids = self.random.integers(500, 30_000, len(symbols)).tolist()
        self.flows = [
            Flow(self.emit, numbers, locate, name.encode().ljust(8), mid)
            for locate, (name, mid) in enumerate(zip(symbols, mids, strict=True), start=1)
        ]
        self.weights = 1.0 / np.arange(1, len(symbols) + 1)
        self.weights /= self.weights.sum()
        for flow, weight in zip(self.flows, self.weights, strict=True):
            flow.target = max(8, int(live_orders * weight))

    def emit(self, code: str, locate: int, *values: int | bytes) -> None:
        message = MESSAGES[code].pack(locate, 0, self.now_ns, *values)
        self.out += len(message).to_bytes(2, "big")
        self.out += message

    def system(self, hour_ns: int, event: bytes) -> None:
        self.now_ns = hour_ns
        self.emit("S", 0, event)

    def state(self, flow: Flow, state: bytes, reason: bytes) -> None:
        flow.trading = state == b"T"
        self.emit("H", flow.locate, flow.stock, state, b" ", reason.ljust(4))

    def imbalance(self, flow: Flow, cross_type: bytes) -> None:
        price = (flow.best(1) or 0) * 100
        self.emit("I", flow.locate, 2_000, 300, b"B", flow.stock, price, price, price, cross_type, b"L")

    def draws(self, n: int) -> list[Draw]:
        return [Draw(*row) for row in self.random.random((n, len(Draw._fields))).tolist()]

    def before_the_open(self) -> None:
        """Directory, states, the first orders, the opening cross."""
        self.system(3 * HOUR_NS + 11 * SECOND_NS, b"O")
        for flow in self.flows:
            self.now_ns += 1_000
            listing = (b"Q", b"N", 100, b"N", b"C", b"Z ", b"P", b"N", b"N", b"1", b"N", 0, b"N")
            self.emit("R", flow.locate, flow.stock, *listing)
            self.state(flow, b"T", b"")
            self.emit("Y", flow.locate, flow.stock, b"0")
            self.emit("L", flow.locate, MPIDS[0], flow.stock, b"Y", b"N", b"A")
        self.emit("V", 0, 2_500 * 10**8, 2_300 * 10**8, 2_100 * 10**8)
        self.system(4 * HOUR_NS, b"S")
        for flow in self.flows:
            for draw in self.draws(flow.target // 2):
                self.now_ns += 1_000
                flow.add(draw)
        for flow in self.flows:
            self.now_ns = max(self.now_ns, OPEN_NS - 5 * SECOND_NS) + 1_000
            self.imbalance(flow, b"O")
        self.system(max(self.now_ns, OPEN_NS), b"Q")
        for flow in self.flows:
            flow.cross(b"O")

    def continuous(self, n: int) -> None:
        """Order flow, busier at both ends of the day, with what is planned in between."""
        uniform = np.sort(self.random.random(n))
        shape = (uniform + (1.0 - np.cos(np.pi * uniform)) / 2.0) / 2.0
        times = (self.now_ns + 1_000 + shape * (CLOSE_NS - self.now_ns - 10**6)).astype(np.int64).tolist()
        plan = self.plan(n)
        chosen = self.random.choice(len(self.flows), size=n, p=self.weights).tolist()
        for start in range(0, n, 65_536):
            draws = self.draws(min(65_536, n - start))
            for step, draw in enumerate(draws, start=start):
                self.now_ns = times[step]
                if step in plan:
                    plan[step]()
                self.flows[chosen[step]].step(draw)

    def plan(self, n: int) -> dict[int, Callable[[], None]]:
        """What happens at which step: a halt, a new listing, an operational halt, each to a symbol of its own."""
        if len(self.flows) < 3 or n < 100:
            return {}
        halted, operational, listed = self.flows[1], self.flows[2], self.flows[-1]

        def at(share: float) -> int:
            return int(share * n)

        return {
            at(0.02): lambda: self.state(listed, b"H", b"IPO1"),
            at(0.10): lambda: self.quote_listing(listed),
            at(0.20): lambda: self.release(listed, b"IPOQ"),
            at(0.40): lambda: self.state(halted, b"P", b"LUDP"),
            at(0.44): lambda: self.quote_halted(halted),
            at(0.48): lambda: self.release(halted, b"LUDP"),
            at(0.60): lambda: self.operational(operational, halt=True),
            at(0.64): lambda: self.operational(operational, halt=False),
            at(0.70): self.break_trade,
        }

    def quote_listing(self, flow: Flow) -> None:
        self.emit("K", flow.locate, flow.stock, 10 * 3600, b"A", flow.mid_ticks * 100)
        self.state(flow, b"Q", b"IPOQ")
        mid = flow.mid_ticks * 100
        self.emit("O", flow.locate, flow.stock, b"Y", mid // 2, 2 * mid, mid, self.now_ns, mid - 100, mid + 100)

    def quote_halted(self, flow: Flow) -> None:
        mid = flow.mid_ticks * 100
        self.state(flow, b"Q", b"LUDP")
        self.emit("J", flow.locate, flow.stock, mid, mid + 1_000, mid - 1_000, 0)

    def release(self, flow: Flow, reason: bytes) -> None:
        self.imbalance(flow, b"H")
        flow.cross(b"H")
        self.state(flow, b"T", reason)

    def operational(self, flow: Flow, *, halt: bool) -> None:
        flow.trading = not halt
        for market in (b"Q", b"B"):
            self.emit("h", flow.locate, flow.stock, market, b"H" if halt else b"T")
        self.emit("N", flow.locate, flow.stock, b"A")

    def break_trade(self) -> None:
        for flow in self.flows:
            if flow.prints:
                self.emit("B", flow.locate, flow.prints[-1])
                return

    def after_the_close(self) -> None:
        """The closing cross, then every order is deleted."""
        self.system(max(self.now_ns, CLOSE_NS), b"M")
        for flow in self.flows:
            self.imbalance(flow, b"C")
            flow.cross(b"C")
        for flow in self.flows:
            self.now_ns += SECOND_NS
            flow.clear()
        self.system(max(self.now_ns, 20 * HOUR_NS), b"E")
        self.system(self.now_ns + 300 * SECOND_NS, b"C")
