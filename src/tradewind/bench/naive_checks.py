"""The plain twin's checks, in their order: every broken limit of a request, as (reason, limit, value, cause)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from tradewind.risk.limits.layout import CAP, ORDERS, OrderType
from tradewind.risk.limits.reasons import Reason

__all__ = ["broken_limits"]

Broken: TypeAlias = tuple[Reason, int, int, int]
Row: TypeAlias = dict[str, int]
LARGEST = 1 << 50
MICRO = 10**6
LEVELS = ("STRATEGY", "DESK", "FIRM")


def broken_limits(gate: Any, row: Row, order: Any, reducing: bool) -> Iterator[Broken]:
    """Every limit that a request breaks, first check first.

    Args:
        gate: A :class:`~tradewind.bench.naive_gate.NaiveGate`.
        row: The request; for a replace with its order's instrument and side.
        order: The order that is replaced, or None.
        reducing: Whether the request only reduces its strategy's position.
    """
    yield from _latches(gate, row)
    yield from _permissions(gate, row)
    yield from _shape(gate, row)
    yield from _market(gate, row)
    yield from _size(gate, row, order, reducing)
    yield from _repetition(gate, row, order)
    high, _, _, worst = gate.envelope(row, order)
    before, filled = (order.open, order.filled) if order else (0, 0)
    lots = max(0, worst - filled) - before
    slack = before - max(0, order.least - filled) if order and order.pending and row["lots"] > order.least else 0
    value = gate.value(row["instrument"])
    notional = min(max(0, worst - filled) * high * value, CAP) - (before * order.high * value if order else 0)
    if order is None:
        yield from _open_orders(gate, row, reducing)
    if lots + slack > 0:
        yield from _positions(gate, row, lots, reducing)
    yield from _cumulative(gate, row, lots, notional, slack)
    if lots + slack > 0:
        yield from _exposures(gate, row, lots, slack)
    yield from _rates(gate, row)
    if order is None and gate.full:
        yield (Reason.TABLE_FULL, ORDERS - 1, ORDERS, 0)


def _latches(gate: Any, row: Row) -> Iterator[Broken]:
    venue = gate.venue_of[row["instrument"]]
    scopes = gate.levels(row["strategy"])
    latches = [(Reason[f"KILLED_{level}"], scope.kill) for level, scope in zip(LEVELS, scopes, strict=True)]
    latches += [(Reason.KILLED_INSTRUMENT, gate.instrument_kill[row["instrument"]])]
    latches += [(Reason.KILLED_VENUE, gate.venue_kill[venue])]
    latches += [(Reason[f"HALTED_{level}"], scope.halt) for level, scope in zip(LEVELS, scopes, strict=True)]
    latches += [(Reason.HALTED_VENUE, gate.venue_halt[venue])]
    for reason, latch in latches:
        if latch:
            yield (reason, latch[1], latch[2], latch[0])


def _permissions(gate: Any, row: Row) -> Iterator[Broken]:
    item, strategy = gate.file.instruments[row["instrument"]], gate.file.strategies[row["strategy"]]
    if item.restricted:
        yield (Reason.RESTRICTED, 0, 1, 0)
    permitted = 0
    if "*" in strategy.instruments or item.symbol in strategy.instruments:
        permitted = ("buy" in strategy.directions) + 2 * ("sell" in strategy.directions)
    bit = 1 if row["side"] > 0 else 2
    if not permitted & bit:
        yield (Reason.NOT_PERMITTED, permitted, bit, 0)
    types = sum(1 << OrderType[name.upper()] for name in set(strategy.order_types))
    if not types >> row["type"] & 1:
        yield (Reason.TYPE_NOT_PERMITTED, types, row["type"], 0)
    if not gate.types >> row["type"] & 1 or gate.size == 0:
        yield (Reason.POSTURE, gate.size, row["type"], 0)


def _shape(gate: Any, row: Row) -> Iterator[Broken]:
    item, price, lots = gate.file.instruments[row["instrument"]], row["price_ticks"], row["lots"]
    if not 0 < lots <= LARGEST:
        yield (Reason.INVALID_LOTS, 1 if lots <= 0 else LARGEST, lots, 0)
    if lots % item.lot_step or row["flags"] & 2:
        yield (Reason.OFF_LOT, item.lot_step, lots, 0)
    if row["type"] == OrderType.MARKET:
        return
    if not item.min_price_ticks <= price <= item.max_price_ticks:
        edge = item.max_price_ticks if price > item.max_price_ticks else item.min_price_ticks
        yield (Reason.INVALID_PRICE, edge, price, 0)
    if price % item.tick_step or row["flags"] & 1:
        yield (Reason.OFF_TICK, item.tick_step, price, 0)


def _market(gate: Any, row: Row) -> Iterator[Broken]:
    i, side = row["instrument"], row["side"]
    item, bid, ask = gate.file.instruments[i], gate.bid[i], gate.ask[i]
    if not (bid and ask):
        yield (Reason.NO_MARKET_DATA, 1, min(bid, ask), 0)
    age = gate.clock - gate.quoted[i]
    if age > item.stale_after_ms * MICRO:
        yield (Reason.STALE_MARKET_DATA, item.stale_after_ms * MICRO, age, 0)
    if bid > ask:
        yield (Reason.CROSSED_MARKET_DATA, ask, bid, 0)
    for reason, middle, bps in (
        (Reason.PRICE_COLLAR, gate.mark[i], item.collar_bps),
        (Reason.PERIOD_COLLAR, gate.anchor[i], item.period_collar_bps),
    ):
        edge = middle + side * (middle * bps // 10_000)
        if row["type"] != OrderType.MARKET and side * (row["price_ticks"] - edge) > 0:
            yield (reason, edge, row["price_ticks"], 0)


def _size(gate: Any, row: Row, order: Any, reducing: bool) -> Iterator[Broken]:
    item, share = gate.file.instruments[row["instrument"]], 1000 if reducing else gate.size
    limit = item.order_lots * share // 1000
    if row["lots"] > limit:
        yield (Reason.ORDER_LOTS, limit, row["lots"], 0)
    price = gate.envelope(row, order)[0] if row["type"] == OrderType.MARKET else row["price_ticks"]
    worth, limit = row["lots"] * price * gate.value(row["instrument"]), int(item.order_notional * MICRO) * share // 1000
    if worth > limit:
        yield (Reason.ORDER_NOTIONAL, limit, worth, 0)


def _repetition(gate: Any, row: Row, order: Any) -> Iterator[Broken]:
    i, s, side = row["instrument"], row["strategy"], row["side"]
    strategy, match = gate.file.strategies[s], gate.envelope(row, order)[2]
    if order is None:
        same = (i, side, row["type"], row["price_ticks"], row["lots"])
        since = gate.clock - strategy.identical_window_ms * MICRO
        count = 1 + sum(old[1:] == same and old[0] > since for old in gate.recent[s])
        if count > strategy.identical_orders:
            yield (Reason.DUPLICATE_ORDER, strategy.identical_orders, count, 0)
    others = [o for o in gate.orders.values() if o.i == i and o.side == -side]
    best = (min if side > 0 else max)((o.low if side > 0 else o.high for o in others), default=None)
    if best is not None and side * (match - best) >= 0:
        yield (Reason.SELF_MATCH, best, match, 0)
    if order is None:
        count = gate.repeats(s, i, side) + 1
        if count > strategy.repeats:
            yield (Reason.REPEATED_EXECUTION, strategy.repeats, count, 0)


def _open_orders(gate: Any, row: Row, reducing: bool) -> Iterator[Broken]:
    limit = gate.file.instruments[row["instrument"]].open_orders
    count = 1 + sum(o.i == row["instrument"] for o in gate.orders.values())
    if count > limit:
        yield (Reason.OPEN_ORDERS_INSTRUMENT, limit, count, 0)
    for level, scope in enumerate(gate.levels(row["strategy"])):
        members = gate.members(level, row["strategy"])
        limit = scope.file.open_orders
        if level == 0 and not reducing:
            limit = limit * gate.open_orders // 1000
        count = 1 + sum(o.s in members for o in gate.orders.values())
        if count > limit:
            yield (Reason[f"OPEN_ORDERS_{LEVELS[level]}"], limit, count, 0)


def _positions(gate: Any, row: Row, lots: int, reducing: bool) -> Iterator[Broken]:
    i, s, side, share = row["instrument"], row["strategy"], row["side"], 1000 if reducing else gate.size
    cells = [gate.cell(t, i) for t in range(len(gate.file.strategies))]
    item = gate.file.instruments[i]
    limit = (item.long_lots if side > 0 else item.short_lots) * share // 1000
    worst = sum(side * position + (buys if side > 0 else sells) for position, buys, sells in cells) + lots
    if worst > limit:
        yield (Reason.POSITION_LONG if side > 0 else Reason.POSITION_SHORT, limit, worst, 0)
    position, buys, sells = cells[s]
    worst = side * position + (buys if side > 0 else sells) + lots
    if worst > gate.file.strategies[s].position_lots:
        yield (Reason.POSITION_STRATEGY, gate.file.strategies[s].position_lots, worst, 0)


def _cumulative(gate: Any, row: Row, lots: int, notional: int, slack: int) -> Iterator[Broken]:
    i, s = row["instrument"], row["strategy"]
    item = gate.file.instruments[i]
    sums = [(item, "INSTRUMENT", [t for t in gate.traded if t[1] == i], [o for o in gate.orders.values() if o.i == i])]
    for level, scope in enumerate(gate.levels(s)):
        members = gate.members(level, s)
        mine = [t for t in gate.traded if t[0] in members]
        sums.append((scope.file, LEVELS[level], mine, [o for o in gate.orders.values() if o.s in members]))
    for file, name, traded, orders in sums:
        total = sum(t[2] for t in traded) + sum(o.open for o in orders) + lots
        if lots + slack > 0 and total > file.cumulative_lots:
            yield (Reason[f"CUMULATIVE_LOTS_{name}"], file.cumulative_lots, total, 0)
    for file, name, traded, orders in sums:
        limit = int(file.cumulative_notional * MICRO)
        total = sum(t[3] for t in traded) + sum(o.open * o.high * gate.value(o.i) for o in orders) + notional
        if (notional > 0 or slack > 0) and total > limit:
            yield (Reason[f"CUMULATIVE_NOTIONAL_{name}"], limit, total, 0)


def _exposures(gate: Any, row: Row, lots: int, slack: int) -> Iterator[Broken]:
    s, side, found = row["strategy"], row["side"], []
    for level, scope in enumerate(gate.levels(s)):
        members = gate.members(level, s)
        before = gate.exposures(members, (s, row["instrument"], side, -slack))
        after = gate.exposures(members, (s, row["instrument"], side, lots))
        net_before, net_after = (before[1], after[1]) if side > 0 else (-before[2], -after[2])
        limit = int(scope.file.gross * MICRO)
        if after[0] > before[0] and after[0] > limit:
            yield (Reason[f"GROSS_{LEVELS[level]}"], limit, after[0], 0)
        limit = int(scope.file.net * MICRO)
        if net_after > net_before and net_after > limit:
            found.append((Reason[f"NET_{LEVELS[level]}"], limit, net_after, 0))
    yield from found


def _rates(gate: Any, row: Row) -> Iterator[Broken]:
    scopes = list(enumerate(gate.levels(row["strategy"])))
    for level, scope in scopes:
        since, limit = gate.clock - scope.file.window_ms * MICRO, scope.file.window_messages
        if sum(t > since for t in scope.sent[-limit:]) >= limit:
            yield (Reason[f"RATE_WINDOW_{LEVELS[level]}"], limit, limit + 1, 0)
    for level, scope in scopes:
        full = scope.file.burst * 10**9
        scope.tokens = min(full, scope.tokens + (gate.clock - scope.looked) * scope.file.messages_per_s)
        scope.looked = gate.clock
        if scope.tokens < 10**9:
            yield (Reason[f"RATE_BUCKET_{LEVELS[level]}"], 0, 10**9 - scope.tokens, 0)
