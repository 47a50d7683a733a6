"""The plain twin's execution reports: a set of numbers seen, a dict of open orders, a list of trades."""

from __future__ import annotations

from typing import Any

from tradewind.risk.limits.layout import CAP, InputKind
from tradewind.risk.limits.reasons import Cause

__all__ = ["take_report"]


def take_report(gate: Any, row: dict[str, int]) -> None:
    """One execution report.

    Args:
        gate: A :class:`~tradewind.bench.naive_gate.NaiveGate`.
        row: Fields of ``INPUT``.
    """
    order = gate.orders.get(row["order_id"])
    if not _is_first(gate, gate.venue_of[order.i if order else row["instrument"]], row["exec_id"]):
        return
    if order is None:
        _unknown(gate, row)
        return
    kind, told = row["kind"], row["extra"] if 0 <= row["extra"] < CAP else -1
    if kind == InputKind.FILL:
        if not (0 < row["lots"] < CAP and 0 < row["price_ticks"] < CAP):
            gate.halt(order.s, Cause.UNEXPLAINED_REPORT, 0, row["lots"])
            return
        lots = _not_booked(gate, row)
        _catch_up(gate, row["order_id"], order, told - lots)
        if lots > 0:
            _fill(gate, order, lots, row["price_ticks"])
        _finish(gate, row["order_id"], order)
    elif kind in (InputKind.CANCELLED, InputKind.REJECTED):
        _catch_up(gate, row["order_id"], order, told)
        if kind == InputKind.REJECTED:
            _reject(gate, order.s)
        if order.filled == 0 and gate.epoch[order.s, order.i] == order.epoch:
            gate.repeat[order.s, order.i, order.side] -= 1
        del gate.orders[row["order_id"]]
    elif kind in (InputKind.REPLACED, InputKind.REPLACE_REJECTED):
        _replaced(gate, row, order)


def _is_first(gate: Any, v: int, number: int) -> bool:
    size, seen, highest = gate.file.venues[v].report_window, gate.seen[v], gate.highest[v]
    if number <= highest - size or number in seen:
        return False
    seen.add(number)
    if number > highest:
        gate.highest[v] = number
        lost = max(0, number - highest - size)
        lost += sum(k > 0 and k not in seen for k in range(highest + 1 - size, min(number, highest + size) - size + 1))
        if lost:
            gate.missing[v] += lost
            if gate.venue_halt[v] is None:
                gate.venue_halt[v] = gate.closed(Cause.REPORTS_MISSING, 0, gate.missing[v])
    return True


def _fill(gate: Any, order: Any, lots: int, price: int) -> None:
    key = (order.s, order.i)
    notional = lots * price * gate.value(order.i)
    gate.position[key] += order.side * lots
    gate.cash[key] -= order.side * notional
    gate.traded.append((*key, lots, notional))
    order.filled += lots
    if order.filled > order.worst:
        gate.halt(order.s, Cause.UNEXPLAINED_REPORT, order.worst, order.filled)
        order.worst = order.filled
    gate.valued(*key, price)


def _not_booked(gate: Any, row: dict[str, int]) -> int:
    paid: int = min(gate.owed[row["order_id"]], row["lots"])
    gate.owed[row["order_id"]] -= paid
    return row["lots"] - paid


def _catch_up(gate: Any, order_id: int, order: Any, told: int) -> None:
    if told > order.filled:
        gate.owed[order_id] += told - order.filled
        gate.halt(order.s, Cause.REPORTS_MISSING, order.filled, told)
        _fill(gate, order, told - order.filled, order.high if order.side > 0 else order.low)


def _finish(gate: Any, order_id: int, order: Any) -> None:
    if order.filled >= order.worst:
        del gate.orders[order_id]


def _reject(gate: Any, s: int) -> None:
    rejects, strategy = gate.rejects[s], gate.file.strategies[s]
    rejects.append(gate.clock)
    since = gate.clock - strategy.reject_window_s * 10**9
    if len(rejects) > strategy.rejects and rejects[-1 - strategy.rejects] > since:
        gate.halt(s, Cause.REJECT_RATE, strategy.rejects, strategy.rejects + 1)


def _replaced(gate: Any, row: dict[str, int], order: Any) -> None:
    if row["kind"] == InputKind.REPLACED:
        sane = 0 < row["price_ticks"] < CAP and 0 < row["lots"] < CAP
        asked = row["lots"] <= order.worst and order.low <= row["price_ticks"] <= order.high and order.pending > 0
        if not (sane and asked):
            gate.halt(order.s, Cause.UNEXPLAINED_REPORT, order.worst, row["lots"])
        if not sane:
            return
        if row["exec_id"] > order.answered:
            order.answered, order.total, order.price = row["exec_id"], row["lots"], row["price_ticks"]
        order.least = min(order.least, row["lots"])
        order.high, order.low = max(order.high, row["price_ticks"]), min(order.low, row["price_ticks"])
    else:
        _reject(gate, order.s)
    order.pending = max(0, order.pending - 1)
    order.worst = max(order.worst, order.total)
    if order.pending == 0:
        order.high = order.low = order.price
        order.worst = max(order.total, order.filled)
    _finish(gate, row["order_id"], order)


def _unknown(gate: Any, row: dict[str, int]) -> None:
    if row["kind"] != InputKind.FILL:
        return
    s, i, lots, price = (row[name] for name in ("strategy", "instrument", "lots", "price_ticks"))
    if not (row["side"] in (1, -1) and 0 < lots < CAP and 0 < price < CAP):
        gate.halt(s, Cause.UNEXPLAINED_REPORT, 0, lots)
        return
    lots = _not_booked(gate, row)
    if lots > 0:
        gate.halt(s, Cause.UNEXPLAINED_REPORT, 0, lots)
        notional = lots * price * gate.value(i)
        gate.position[s, i] += row["side"] * lots
        gate.cash[s, i] -= row["side"] * notional
        gate.traded.append((s, i, lots, notional))
        gate.valued(s, i, price)
