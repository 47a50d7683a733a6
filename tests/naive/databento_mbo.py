"""Databento MBO records to rows, the slow obvious way: event by event, with lists and searches."""

from decimal import Decimal
from typing import NamedTuple

from tradewind.core.dtypes import Array, EventFlag, EventKind

__all__ = ["Row", "books_by_the_rule", "books_of_rows", "rows_of"]

LAST, SNAPSHOT, AGGREGATED, BAD_TS_RECV = 128, 32, 16, 8
NO_PRICE, NO_TIME = 2**63 - 1, 2**64 - 1


class Row(NamedTuple):
    """The fields of an ``EVENT`` row, in its order."""

    ts_event_ns: int
    ts_recv_ns: int
    sequence: int
    order_id: int
    price_ticks: int
    size_lots: int
    instrument_id: int
    flags: int
    kind: int
    side: int


def rows_of(records: Array, tick: Decimal, *, is_itch: bool = False) -> list[Row]:
    """Rows of the records of one instrument."""
    messages = [dict(zip(records.dtype.names or (), record, strict=True)) for record in records.tolist()]
    for message in messages:
        message["action"], message["side"] = chr(message["action"]), {"B": 1, "A": -1}.get(chr(message["side"]), 0)
    rows: list[Row] = []
    for place, message in enumerate(messages):
        if message["action"] != "M" or not message.get("filled"):
            rows += _rows(messages, place, tick, is_itch=is_itch)
        if message["flags"] & LAST and rows:
            rows[-1] = rows[-1]._replace(flags=rows[-1].flags | EventFlag.LAST)
    return rows


def _rows(messages: list[dict], place: int, tick: Decimal, *, is_itch: bool) -> list[Row]:
    message = messages[place]
    event = _rest_of_event(messages, place)
    if message["action"] == "A":
        replaced = is_itch and place > 0 and _is_replace(messages[place - 1], message)
        return [_row(message, EventKind.ADD, message["size"], tick, EventFlag.REPLACED if replaced else 0)]
    if message["action"] == "C":
        left = message["size"] - message.get("filled", 0)
        if is_itch and event and _is_replace(message, messages[place + 1]):
            return [_row(message, EventKind.DELETE, left, tick, EventFlag.REPLACED)]
        return [_row(message, EventKind.REDUCE, left, tick)] if left > 0 or "filled" not in message else []
    if message["action"] == "M":
        return [_row(message, EventKind.REPLACE, message["size"], tick)]
    if message["action"] == "R":
        return [_row(message, EventKind.CLEAR, 0, tick)]
    if message["action"] == "T":
        fills = event[: next((i for i, other in enumerate(event) if other["action"] == "T"), len(event))]
        left = message["size"] - sum(other["size"] for other in fills if other["action"] == "F")
        return [_row(message, EventKind.TRADE, left, tick)] if left > 0 else []
    return _fill(message, event, tick) if message["action"] == "F" else []


def _fill(fill: dict, event: list[dict], tick: Decimal) -> list[Row]:
    mine = [other for other in event if other["order_id"] == fill["order_id"] and other["action"] != "T"]
    after = next((other for other in mine if other["action"] != "F"), None)
    print_ = _row(fill, EventKind.TRADE, fill["size"], tick)
    print_ = print_._replace(side=-print_.side)
    if after is None or after["action"] not in "CM":
        return [print_]
    rows = []
    if after["action"] == "M":
        if after["price"] != fill["price"]:
            return [print_]
        if "filled" not in after:
            more = sum(other["size"] for other in mine[: mine.index(after)])
            row = _row(after, EventKind.REPLACE, after["size"] + fill["size"] + more, tick)
            rows.append(row._replace(sequence=fill["sequence"]))
    elif after.get("filled", 0) + fill["size"] > after["size"]:
        return [print_]
    after["filled"] = after.get("filled", 0) + fill["size"]
    return [*rows, _row(fill, EventKind.EXECUTE, fill["size"], tick)]


def _rest_of_event(messages: list[dict], place: int) -> list[dict]:
    rest = messages[place + 1 :]
    return rest[: next((i for i, m in enumerate(rest) if m["ts_event"] != messages[place]["ts_event"]), len(rest))]


def _is_replace(old: dict, new: dict) -> bool:
    same = all(old[name] == new[name] for name in ("sequence", "ts_event", "side"))
    actions = (old["action"], new["action"]) == ("C", "A")
    return same and actions and old["order_id"] != new["order_id"] and "filled" not in old


def _row(message: dict, kind: EventKind, size: int, tick: Decimal, flags: int = 0) -> Row:
    price = Decimal(0) if message["price"] == NO_PRICE else message["price"] * Decimal("1e-9") / tick
    ticks = int(price.to_integral_value())
    bits = message["flags"]
    if ticks != price:
        flags |= EventFlag.OFF_TICK
    if bits & AGGREGATED:
        flags |= EventFlag.ANONYMOUS
    if bits & SNAPSHOT:
        flags |= EventFlag.SNAPSHOT
    event, recv = message["ts_event"], message["ts_recv"]
    if (bits & SNAPSHOT or event == NO_TIME) and recv != NO_TIME:
        flags |= EventFlag.RECV_ONLY
        event = recv
    return Row(
        ts_event_ns=event,
        ts_recv_ns=0 if bits & BAD_TS_RECV or recv == NO_TIME else recv,
        sequence=message["sequence"],
        order_id=message["order_id"] % 2**63,
        price_ticks=ticks,
        size_lots=size,
        instrument_id=message["instrument_id"],
        flags=int(flags),
        kind=int(kind),
        side=message["side"],
    )


def books_by_the_rule(messages: list[tuple[int, str, str, int, int, int]]) -> dict[int, int]:
    """Digest of the book after each event time, from ``(ts_event, action, side, order, price, size)``.

    Built as Databento says: A adds, C takes its size away, M sets price and size, R clears; T, F and N change nothing.
    """
    live: dict[int, tuple[int, int, int]] = {}
    found = {}
    for place, (time, action, letter, order, price, size) in enumerate(messages):
        side = {"B": 1, "A": -1}.get(letter, 0)
        if action in "AM":
            live[order] = side, price, size
        elif action == "C":
            live[order] = side, price, live[order][2] - size
            if live[order][2] == 0:
                del live[order]
        elif action == "R":
            live.clear()
        if place + 1 == len(messages) or messages[place + 1][0] != time:
            found[time] = hash(frozenset(live.items()))
    return found


def books_of_rows(rows: Array) -> dict[int, int]:
    """Digest of the book after each event time, from rows; every row must make sense."""
    live: dict[int, tuple[int, int, int]] = {}
    found = {}
    times = [*rows["ts_event_ns"].tolist(), -1]
    for place, (time, _, _, order, price, size, _, _, kind, side) in enumerate(rows.tolist()):
        if kind == EventKind.CLEAR:
            live.clear()
        elif kind in (EventKind.ADD, EventKind.REPLACE):
            assert (order in live) == (kind == EventKind.REPLACE)
            live[order] = side, price, size
        elif kind in (EventKind.REDUCE, EventKind.EXECUTE, EventKind.DELETE):
            assert live[order][:2] == (side, price)
            live[order] = side, price, live[order][2] - size
            assert live[order][2] >= 0
            if live[order][2] == 0:
                del live[order]
        if times[place + 1] != time:
            found[time] = hash(frozenset(live.items()))
    return found
