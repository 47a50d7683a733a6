"""The order formats, written: rows to text or bytes, so that what a reader gives back can be compared."""

import json
from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace

import numpy as np

from tradewind.core.dtypes import EVENT, Array, EventFlag, TradingState
from tradewind.data.readers.databento_records import MBO_RECORD, UNDEFINED_PRICE, book_record

__all__ = [
    "LEVEL3",
    "bitstamp_text",
    "book_records",
    "coinbase_text",
    "databento_csv",
    "dbn_bytes",
    "events",
    "lobster_text",
    "mbo_records",
]

ADD, REDUCE, DELETE, EXECUTE, REPLACE, TRADE, _, _, CLEAR, STATUS = range(1, 11)


def events(rows: list[tuple[int, int, int, int, int, int]], *, flags: int = 1, start_ns: int = 10**18) -> Array:
    """Rows from ``(ns after the start, kind, side, order_id, price_ticks, size_lots)``, numbered from 0."""
    made = np.zeros(len(rows), dtype=EVENT)
    for row, (after_ns, kind, side, order_id, price, size) in zip(made, rows, strict=True):
        row["ts_event_ns"], row["kind"], row["side"] = start_ns + after_ns, kind, side
        row["order_id"], row["price_ticks"], row["size_lots"] = order_id, price, size
    made["sequence"] = np.arange(len(rows))
    made["flags"] = flags
    return made


def lobster_text(rows: Array, midnight_ns: int) -> str:
    """LOBSTER messages of rows with a tick of 0.01."""
    lines = []
    for row in rows:
        kind, side, flags = int(row["kind"]), int(row["side"]), int(row["flags"])
        number, price, direction = kind, int(row["price_ticks"]) * 100, side
        size, order_id = int(row["size_lots"]), int(row["order_id"])
        if kind == TRADE:
            number, direction = (5, -side) if flags & EventFlag.HIDDEN else (6, -1)
        if kind == STATUS:
            price = {TradingState.HALTED: -1, TradingState.QUOTE_ONLY: 0, TradingState.OPEN: 1}[TradingState(size)]
            number, direction, size = 7, -1, 0
        seconds, fraction = divmod(int(row["ts_event_ns"]) - midnight_ns, 10**9)
        lines.append(f"{seconds}.{fraction:09},{number},{order_id},{size},{price},{direction}\n")
    return "".join(lines)


def coinbase_text(rows: Array, names: Mapping[int, str], *, as_array: bool = True, product: str = "BTC-USD") -> str:
    """Full-channel messages of rows with a tick of 0.01 and lots of 1e-8; ``names`` gives the UUID of each order."""
    messages: list[dict[str, object]] = []
    live: dict[int, int] = {}
    for row in rows:
        kind, order_id, lots = int(row["kind"]), int(row["order_id"]), int(row["size_lots"])
        stamp = np.datetime64(int(row["ts_event_ns"]), "ns")
        message: dict[str, object] = {
            "type": {ADD: "open", DELETE: "done", EXECUTE: "match"}.get(kind, "change"),
            "product_id": product,
            "sequence": int(row["sequence"]),
            "time": f"{stamp}Z",
            "side": "buy" if row["side"] == 1 else "sell",
            "price": f"{int(row['price_ticks']) / 100:.8f}",
            "maker_order_id" if kind == EXECUTE else "order_id": names[order_id],
        }
        before = live.get(order_id, 0)
        if kind == ADD:
            message["remaining_size"], live[order_id] = _coins(lots), lots
        elif kind == DELETE:
            message |= {"remaining_size": _coins(lots), "reason": "canceled"}
        elif kind == EXECUTE:
            message["size"], live[order_id] = _coins(lots), before - lots
        else:
            live[order_id] = before - lots if kind == REDUCE else lots
            message |= {"old_size": _coins(before), "new_size": _coins(live[order_id])}
        messages.append(message)
    if as_array:
        return json.dumps(messages)
    return "".join(json.dumps(message) + "\n" for message in messages)


def _coins(lots: int) -> str:
    return f"{lots // 10**8}.{lots % 10**8:08}"


LEVEL3 = json.dumps({
    "asks": [["6190.85", "0.00463734", "72723e79-b06d-49bc-903d-611079911544"]],
    "bids": [["6190.84", "1.5", "922bc4cd-4496-436d-8a3e-a693c7c8f9bf"], ["0.01", "70", "a6-0"]],
    "sequence": 100,
})  # fmt: skip
"""A level-3 book of Coinbase."""


def bitstamp_text(rows: Array) -> str:
    """Order events of rows with a tick of 0.01 and lots of 1e-8."""
    lines = ["id,timestamp,exchange.timestamp,price,volume,action,direction\n"]
    live: dict[int, int] = {}
    for row in rows:
        kind, order_id, lots = int(row["kind"]), int(row["order_id"]), int(row["size_lots"])
        volume = live[order_id] - lots if kind == REDUCE else lots
        live[order_id] = volume
        action = {ADD: "created", DELETE: "deleted"}.get(kind, "changed")
        millis, price = int(row["ts_event_ns"]) // 10**6, int(row["price_ticks"])
        side = "bid" if row["side"] == 1 else "ask"
        lines.append(f"{order_id},{millis},{millis - 500},{price // 100}.{price % 100:02},{volume},{action},{side}\n")
    return "".join(lines)


def mbo_records(rows: Array, *, tick: int = 10_000_000, publisher_id: int = 1) -> Array:
    """Databento MBO records of rows; an EXECUTE becomes trade, fill and cancel. ``tick`` in units of 1e-9."""
    made = []
    for row in rows:
        kind, side, last = int(row["kind"]), int(row["side"]), 128 * bool(row["flags"] & EventFlag.LAST)
        flags = last | 32 * bool(row["flags"] & EventFlag.SNAPSHOT)
        price = UNDEFINED_PRICE if kind == CLEAR else int(row["price_ticks"]) * tick
        parts = {ADD: "A", REDUCE: "C", DELETE: "C", REPLACE: "M", TRADE: "T", CLEAR: "R", EXECUTE: "TFC"}[kind]
        for part in parts:
            record = np.zeros(1, dtype=MBO_RECORD)[0]
            record["length"], record["rtype"], record["publisher_id"] = MBO_RECORD.itemsize // 4, 160, publisher_id
            record["instrument_id"], record["sequence"] = row["instrument_id"], row["sequence"]
            record["ts_event"], record["ts_recv"] = row["ts_event_ns"], row["ts_recv_ns"]
            record["order_id"] = 0 if parts == "TFC" and part == "T" else row["order_id"]
            record["price"], record["size"] = price, row["size_lots"]
            record["flags"] = flags if part == parts[-1] else 0
            record["action"] = ord(part)
            turned = -side if parts == "TFC" and part == "T" else side
            record["side"] = ord({1: "B", -1: "A", 0: "N"}[turned])
            made.append(record)
    return np.array(made, dtype=MBO_RECORD)


def book_records(levels: int, rows: list[tuple[str, str, int, int, list[tuple[int, int, int, int]]]]) -> Array:
    """MBP records from ``(action, side, price, size, [(bid_px, bid_sz, ask_px, ask_sz), ...])``, one a second."""
    layout = book_record(levels)
    made = np.zeros(len(rows), dtype=layout)
    made["length"], made["rtype"], made["publisher_id"] = layout.itemsize // 4, {1: 1, 10: 10}[levels], 2
    made["instrument_id"], made["flags"], made["sequence"] = 7, 128, np.arange(len(rows)) + 1
    made["ts_event"] = 10**18 + np.arange(len(rows)) * 10**9
    made["ts_recv"] = made["ts_event"] + 1000
    made["levels"]["bid_px"] = made["levels"]["ask_px"] = UNDEFINED_PRICE
    for record, (action, side, price, size, book) in zip(made, rows, strict=True):
        record["action"], record["side"], record["price"], record["size"] = ord(action), ord(side), price, size
        for place, level in enumerate(book):
            for name, value in zip(("bid_px", "bid_sz", "ask_px", "ask_sz"), level, strict=True):
                record["levels"][place][name] = value
    return made


def databento_csv(records: Array, *, pretty: bool = True, symbol: str | None = "X", index: bool = False) -> str:
    """Records as Databento writes them in CSV; ``pretty``: decimal prices and ISO times; ``index``: as pandas does."""
    plain = [name for name in records.dtype.names or () if name not in ("length", "levels")]
    depth = range(records.dtype["levels"].shape[0]) if "levels" in (records.dtype.names or ()) else range(0)
    parts = [(f"{side}_{what}_{level:02}", level, f"{side}_{what}")
             for level in depth for side in ("bid", "ask") for what in ("px", "sz", "ct")]  # fmt: skip
    header = [*([""] if index else []), *plain, *(name for name, _, _ in parts), *(["symbol"] if symbol else [])]
    lines = [",".join(header)]
    for number, record in enumerate(records):
        values = [_field(name, int(record[name]), pretty) for name in plain]
        values += [_field(field[4:], int(record["levels"][level][field]), pretty) for _, level, field in parts]
        lines.append(",".join([*([str(number)] if index else []), *values, *([symbol] if symbol else [])]))
    return "\n".join(lines) + "\n"


def _field(name: str, value: int, pretty: bool) -> str:
    if name in ("action", "side"):
        return chr(value)
    if name in ("ts_event", "ts_recv") and pretty:
        return f"{np.datetime64(value, 'ns')}Z"
    if name in ("price", "px", "open", "high", "low", "close") and pretty:
        sign, units = "-" if value < 0 else "", abs(value)
        return "" if value == UNDEFINED_PRICE else f"{sign}{units // 10**9}.{units % 10**9:09}"
    return str(value)


def dbn_bytes(parts: list[Array], symbols: Mapping[str, list[tuple[date, date, int]]]) -> bytes:
    """A DBN file of records; ``symbols`` maps each symbol to days (from, to) and its instrument number then."""
    from databento_dbn import Metadata, SType

    metadata = Metadata(
        dataset="GLBX.MDP3",
        start=10**18,
        stype_in=SType.RAW_SYMBOL,
        stype_out=SType.INSTRUMENT_ID,
        schema=None,
        symbols=list(symbols),
        partial=[],
        not_found=[],
        mappings=[
            SimpleNamespace(
                raw_symbol=name,
                intervals=[SimpleNamespace(start_date=a, end_date=b, symbol=str(number)) for a, b, number in spans],
            )
            for name, spans in symbols.items()
        ],
        ts_out=False,
    )
    return metadata.encode() + b"".join(part.tobytes() for part in parts)
