"""What a limits file would have blocked: an orders file told to a gate, row by row, and how much room was left."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from tradewind.core.clock import SimulatedClock
from tradewind.core.errors import DataError, NotFoundError
from tradewind.risk.limits.gate import Decision, Gate
from tradewind.risk.limits.layout import PRICE_NOT_WHOLE, SIZE_NOT_WHOLE, InputKind, OrderType, Scope
from tradewind.risk.limits.limits_file import SignedLimits
from tradewind.risk.limits.reasons import Reason
from tradewind.risk.limits.status import uses

__all__ = ["COLUMNS", "Blocked", "Simulation", "read_orders", "simulate"]

COLUMNS = {
    "ts": "time: ISO 8601 (UTC where no zone is said) or whole nanoseconds since 1970",
    "strategy": "name in the limits file",
    "symbol": "name in the limits file",
    "side": "buy or sell, +1 or -1",
    "size": "in units; or lots, in lots",
    "price": "in currency; or price_ticks, in ticks; empty for a market order",
    "order_type": "limit (if absent), market, ioc, post_only",
    "order_id": "grows from order to order (if absent, numbered by row)",
    "kind": "new (if absent), replace, cancel, quote, fill, cancelled, rejected, replaced, replace_rejected, kill",
    "bid": "best bid at that time; with ask, tells the gate a quote before the row",
    "ask": "best ask at that time",
}
"""Columns of an orders file; ``strategy, symbol, side, size, price`` and ``ts`` are needed, the rest is optional."""

SAMPLES = 400
SIDES = {"buy": 1, "sell": -1, "1": 1, "+1": 1, "-1": -1, "b": 1, "s": -1}
REPORTS = {k.name.lower(): k for k in InputKind if InputKind.ACK <= k <= InputKind.CANCEL_REJECTED}


class Blocked(msgspec.Struct, frozen=True):
    """One request that was refused.

    Attributes:
        row: Row of the orders file, from 1.
        ts_ns: When [ns].
        strategy: Whose.
        symbol: What.
        side: +1 buy, -1 sell.
        reason: The first check that refused.
        limit: Its limit, in its unit.
        value: What the request would have made of it.
        headroom: ``limit - value``.
        cause: What closed the latch, where one refused.
    """

    row: int
    ts_ns: int
    strategy: str
    symbol: str
    side: int
    reason: str
    limit: int
    value: int
    headroom: int
    cause: str


class Simulation(msgspec.Struct, frozen=True):
    """What became of an orders file.

    Attributes:
        requests: New orders and replaces.
        accepted: Those that passed.
        reasons: How many were refused, by reason, in the order of the checks.
        blocked: Each refusal.
        latches: Kill switches and breakers that are closed at the end.
        fills: ``file`` where the file holds reports, ``all`` where every accepted order filled at its price at once.
        times_ns: When the room was looked at, shape (n,).
        use: Used share of each limit then, by ``scope: control``; only limits used to 1 % or more.
    """

    requests: int
    accepted: int
    reasons: dict[str, int]
    blocked: list[Blocked]
    latches: list[dict[str, Any]]
    fills: str
    times_ns: list[int]
    use: dict[str, list[float]]


def read_orders(path: Path) -> pl.DataFrame:
    """Read a CSV or Parquet file of orders.

    Raises:
        NotFoundError: When there is no such file.
        DataError: When it is neither, or a needed column is missing.
    """
    if not path.is_file():
        raise NotFoundError(f"{path}: no such orders file")
    try:
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(path, "a CSV or Parquet file of orders", str(error).splitlines()[0]) from None
    have = set(frame.columns)
    missing = [name for name in ("ts", "strategy", "symbol", "side") if name not in have]
    missing += [] if have & {"size", "lots"} else ["size or lots"]
    missing += [] if have & {"price", "price_ticks"} else ["price or price_ticks"]
    if missing:
        known = "; ".join(f"{name}: {meaning}" for name, meaning in COLUMNS.items())
        raise DataError(path, f"columns {', '.join(missing)}", ", ".join(frame.columns), hint=f"Columns: {known}")
    return frame


def simulate(frame: pl.DataFrame, signed: SignedLimits, source: Path) -> Simulation:
    """Tell a gate every row of an orders file.

    Args:
        frame: Rows as :func:`read_orders` gives them.
        signed: The limits.
        source: The file, for messages.

    Raises:
        DataError: For a value that cannot be read: row and column.
    """
    desk = _Desk(signed, frame, source)
    step = max(1, len(frame) // SAMPLES)
    times, samples = list[int](), list[dict[str, float]]()
    for number, row in enumerate(frame.iter_rows(named=True), start=1):
        desk.take(number, row)
        if number % step == 0 or number == len(frame):
            times.append(desk.clock.now_ns())
            samples.append({f"{u.scope}: {u.control}": u.share for u in uses(desk.gate.state, signed.limits)})
    names = [n for n in (samples[0] if samples else {}) if max(sample[n] for sample in samples) >= 0.01]
    order = Counter(item.reason for item in desk.blocked)
    return Simulation(
        desk.requests,
        desk.requests - len(desk.blocked),
        {reason.name: order[reason.name] for reason in Reason if order[reason.name]},
        desk.blocked,
        desk.gate.latches(),
        "all" if desk.fill_all else "file",
        times,
        {name: [round(sample[name], 6) for sample in samples] for name in names},
    )


class _Desk:
    """Reads rows and tells them to the gate."""

    def __init__(self, signed: SignedLimits, frame: pl.DataFrame, source: Path) -> None:
        self.clock, self.source = SimulatedClock(), source
        self.gate = Gate(signed, self.clock)
        self.items = {item.symbol: item for item in signed.limits.instruments}
        kinds = set(frame["kind"].drop_nulls().unique().to_list()) if "kind" in frame.columns else set()
        self.fill_all = not kinds & set(REPORTS)
        self.blocked: list[Blocked] = []
        self.requests = self.number = 0
        self.reports: dict[str, int] = {}

    def take(self, number: int, row: dict[str, Any]) -> None:
        """One row of the file."""
        self.number = number
        ts = self._time(row)
        self.clock.advance(max(0, ts - self.clock.now_ns()))
        kind, symbol = str(row.get("kind") or "new").lower(), str(row["symbol"])
        if row.get("bid") is not None and row.get("ask") is not None and symbol in self.items:
            self.gate.quote(symbol, *(self._scaled(row, side, symbol)[0] for side in ("bid", "ask")))
        if kind in ("new", "replace"):
            self._request(kind, symbol, row, ts)
        elif kind == "cancel":
            self.gate.cancel(self._whole(row, "order_id"), str(row["strategy"]))
        elif kind in REPORTS:
            self._report(REPORTS[kind], symbol, row)
        elif kind == "kill":
            self.gate.kill(Scope.STRATEGY if row["strategy"] else Scope.ALL, str(row["strategy"] or ""))
        elif kind != "quote":
            raise self._wrong("kind", f"one of new, replace, cancel, quote, kill, {', '.join(REPORTS)}", kind)

    def _request(self, kind: str, symbol: str, row: dict[str, Any], ts: int) -> None:
        strategy, side = str(row["strategy"]), self._side(row)
        given = str(row.get("order_type") or "limit").upper()
        if given not in OrderType.__members__:
            raise self._wrong("order_type", "limit, market, ioc or post_only", given)
        order_type = OrderType[given]
        price, flags = self._scaled(row, "price", symbol) if order_type is not OrderType.MARKET else (0, 0)
        lots, odd = self._scaled(row, "size", symbol)
        order_id = self._whole(row, "order_id") if row.get("order_id") is not None else self.number
        self.requests += 1
        fields = (price, lots, 0, flags | odd)
        if kind == "new":
            answer = self.gate.ask(InputKind.NEW, order_id, strategy, symbol, (side, int(order_type), *fields))
        else:
            answer = self.gate.ask(InputKind.REPLACE, order_id, strategy, symbol, (0, int(order_type), *fields))
        if not answer.accepted:
            self._note(answer, strategy, symbol, side, ts)
        elif self.fill_all and kind == "new":
            self._filled(order_id, symbol, lots, price)

    def _filled(self, order_id: int, symbol: str, lots: int, price: int) -> None:
        paid = price or int(self.gate.state["instruments"]["mark"][0][self.gate.names.instruments[symbol]])
        self.gate.report(InputKind.FILL, self._report_number(symbol), order_id, lots, paid)

    def _report_number(self, symbol: str) -> int:
        venue = self.items[symbol].venue if symbol in self.items else ""
        self.reports[venue] = self.reports.get(venue, 0) + 1
        return self.reports[venue]

    def _report(self, kind: InputKind, symbol: str, row: dict[str, Any]) -> None:
        lots, price = (self._scaled(row, name, symbol)[0] for name in ("size", "price"))
        side = self._side(row) if row.get("side") is not None else 0
        owner = {"strategy": str(row["strategy"]), "symbol": symbol, "side": side}
        self.gate.report(kind, self._report_number(symbol), self._whole(row, "order_id"), lots, price, **owner)

    def _note(self, answer: Decision, strategy: str, symbol: str, side: int, ts: int) -> None:
        cause = answer.cause.name if answer.cause else ""
        found = (answer.reason.name, answer.limit, answer.value, answer.headroom, cause)
        self.blocked.append(Blocked(self.number, ts, strategy, symbol, side, *found))

    def _scaled(self, row: dict[str, Any], name: str, symbol: str) -> tuple[int, int]:
        """A price in ticks or a size in lots, and the flag that it was not a whole number of them."""
        whole, flag = {"size": ("lots", SIZE_NOT_WHOLE)}.get(name, (f"{name}_ticks", PRICE_NOT_WHOLE))
        if row.get(whole) is not None:
            return self._whole(row, whole), 0
        value = row.get(name)
        if value is None and name in ("size", "price") and row.get("kind") in REPORTS:
            return 0, 0
        try:
            exact = Decimal(str(value))
        except InvalidOperation:
            raise self._wrong(name, "a number", value) from None
        if not exact.is_finite() or symbol not in self.items:
            return 0, 0
        item = self.items[symbol]
        ticks = exact / (item.lot_size if name == "size" else item.tick_size)
        return int(ticks), 0 if ticks == int(ticks) else flag

    def _whole(self, row: dict[str, Any], name: str) -> int:
        try:
            return int(row[name])
        except (KeyError, TypeError, ValueError):
            raise self._wrong(name, "a whole number", row.get(name)) from None

    def _side(self, row: dict[str, Any]) -> int:
        side = SIDES.get(str(row["side"]).strip().lower())
        if side is None:
            raise self._wrong("side", "buy or sell, +1 or -1", row["side"])
        return side

    def _time(self, row: dict[str, Any]) -> int:
        value = row["ts"]
        if isinstance(value, str) and value.strip().isdigit():
            return int(value)
        if isinstance(value, int):
            return value
        try:
            stamp = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            raise self._wrong("ts", "ISO 8601 or whole nanoseconds", value) from None
        stamp = stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
        passed = stamp - datetime(1970, 1, 1, tzinfo=UTC)
        return ((passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds) * 1000

    def _wrong(self, field: str, expected: str, got: object) -> DataError:
        return DataError(self.source, expected, got, row=self.number, field=field)
