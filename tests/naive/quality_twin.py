"""The quality scan, slow and obvious: plain Python over lists of dicts. Counts and first rows by check name."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from tradewind.core.dtypes import EventFlag, EventKind

ORDER = {EventKind.ADD, EventKind.REDUCE, EventKind.DELETE, EventKind.EXECUTE, EventKind.REPLACE}
FIELDS = ("ts_event_ns", "ts_recv_ns", "order_id", "price_ticks", "size_lots", "instrument_id", "flags", "kind", "side")


class Found:
    def __init__(self):
        self.rows = defaultdict(list)
        self.worst = defaultdict(int)

    def flag(self, check, row, worst=0):
        self.rows[check].append(row)
        self.worst[check] = max(self.worst[check], worst)

    def counts(self):
        return {check: len(rows) for check, rows in self.rows.items()}


def median_scales(window, value, share, least):
    """|value - median| in scales of max(1.4826 MAD, share of the median, least); 0 with fewer than 25 values."""
    window = window[-51:]
    if len(window) < 25:
        return 0.0
    median = sorted(window)[len(window) // 2]
    mad = sorted(abs(other - median) for other in window)[len(window) // 2]
    return abs(value - median) / max(1.4826 * mad, share * abs(median), least)


def malformed(row):
    sideless = {EventKind.TRADE, EventKind.CLEAR, EventKind.STATUS}
    return (
        not 1 <= row["kind"] <= 10
        or row["side"] not in (-1, 0, 1)
        or (row["side"] == 0 and row["kind"] not in sideless)
    )


def check_events(rows):
    """All checks of the events kernels and of the live orders, for the rows of one instrument."""
    rows = [{name: row[name].item() for name in row.dtype.names} | {"row": k} for k, row in enumerate(rows, start=1)]
    for row in rows:
        row["has"] = {flag for flag in EventFlag if row["flags"] & flag}
    found = Found()
    check_times(rows, found)
    check_packets(rows, found)
    steps = check_steps([row for row in rows if EventFlag.SNAPSHOT not in row["has"]], found)
    good = []
    for row in rows:
        if malformed(row):
            found.flag("malformed_rows", row["row"])
        else:
            good.append(row)
    check_values(good, found)
    check_copies([row for row in good if row["kind"] != EventKind.QUOTE], found)
    check_trades([row for row in good if row["kind"] in (EventKind.TRADE, EventKind.EXECUTE)], found)
    check_quotes(rows, found)
    check_orders(good, found)
    return found, steps


def check_times(rows, found):
    event_ns = recv_ns = None
    for row in rows:
        at = row["ts_event_ns"]
        if at <= 0:
            found.flag("time_missing", row["row"])
        if EventFlag.SNAPSHOT in row["has"]:
            continue
        if EventFlag.RECV_ONLY in row["has"]:
            found.flag("no_event_time", row["row"])
        elif at > 0:
            if event_ns is not None and at < event_ns:
                found.flag("time_backwards", row["row"], event_ns - at)
            event_ns = at
        received = row["ts_recv_ns"]
        if received > 0:
            if recv_ns is not None and received < recv_ns:
                found.flag("recv_backwards", row["row"], recv_ns - received)
            recv_ns = received
            if EventFlag.RECV_ONLY not in row["has"] and at > received:
                found.flag("negative_latency", row["row"], at - received)


def check_packets(rows, found):
    for row, following in pairwise([*rows, None]):
        if EventFlag.LAST in row["has"]:
            continue
        if following is None or all(following[name] != row[name] for name in ("ts_event_ns", "sequence")):
            found.flag("last_missing", row["row"])


def check_steps(rows, found):
    """Returns (steps, steps of one)."""
    steps = [(row["row"], row["sequence"] - before["sequence"]) for before, row in pairwise(rows)]
    for row, step in steps:
        if step > 1:
            found.flag("sequence_gaps", row, step - 1)
        if step < 0:
            found.flag("sequence_backwards", row, -step)
    return sum(step != 0 for _, step in steps), sum(step == 1 for _, step in steps)


def check_values(rows, found):
    needs_size = {EventKind.ADD, EventKind.REDUCE, EventKind.EXECUTE, EventKind.REPLACE, EventKind.TRADE}
    needs_price = {EventKind.ADD, EventKind.EXECUTE, EventKind.REPLACE}
    for row in rows:
        kind, size, price = row["kind"], row["size_lots"], row["price_ticks"]
        if kind in ORDER and row["order_id"] <= 0:
            found.flag("order_id_missing", row["row"])
        if size < 0 and kind != EventKind.STATUS:
            found.flag("negative_sizes", row["row"], -size)
        if size == 0 and kind in needs_size and EventFlag.AUCTION not in row["has"]:
            found.flag("zero_sizes", row["row"])
        if price <= 0 and (
            kind in needs_price or (kind in (EventKind.TRADE, EventKind.LEVEL, EventKind.QUOTE) and size > 0)
        ):
            found.flag("prices_not_positive", row["row"], -price)
        if EventFlag.OFF_TICK in row["has"]:
            trade = kind in (EventKind.TRADE, EventKind.EXECUTE)
            found.flag("off_tick_trades" if trade else "off_tick", row["row"])


def check_copies(rows, found):
    for k, row in enumerate(rows):
        same_time = []
        for other in reversed(rows[max(0, k - 32) : k]):
            if other["ts_event_ns"] != row["ts_event_ns"]:
                break
            same_time.append(other)
        if any(all(other[name] == row[name] for name in FIELDS) for other in same_time):
            found.flag("repeated_trades" if row["kind"] == EventKind.TRADE else "duplicate_rows", row["row"])


def check_trades(rows, found):
    prices, sizes = [], []
    for row in rows:
        irregular = row["has"] & {EventFlag.OUT_OF_SEQUENCE, EventFlag.CORRECTED}
        if EventFlag.HIDDEN in row["has"]:
            found.flag("hidden_trades", row["row"])
        if irregular:
            found.flag("irregular_trades", row["row"])
        if irregular or EventFlag.AUCTION in row["has"] or row["size_lots"] <= 0:
            continue
        if row["price_ticks"] > 0:
            far = median_scales(prices, row["price_ticks"], 0.0005, 1)
            if far > 10:
                found.flag("trade_price_outliers", row["row"], int(far))
            prices.append(row["price_ticks"])
        window = sorted(sizes[-51:])
        if len(window) >= 25 and row["size_lots"] > 1000 * window[len(window) // 2]:
            found.flag("trade_size_outliers", row["row"], row["size_lots"])
        sizes.append(row["size_lots"])


def check_quotes(rows, found):
    quote, before, mids, touched = {1: (0, 0), -1: (0, 0)}, {1: (0, 0), -1: (0, 0)}, [], False
    for row in rows:
        if not malformed(row):
            if row["kind"] == EventKind.QUOTE:
                quote[row["side"]] = (row["price_ticks"], row["size_lots"])
                touched = True
            elif row["kind"] == EventKind.CLEAR:
                for side in (1, -1):
                    if row["side"] in (0, side):
                        quote[side] = (0, 0)
        if not (touched and EventFlag.LAST in row["has"]):
            continue
        touched = False
        if quote == before:
            found.flag("repeated_quotes", row["row"])
        before = dict(quote)
        (bid, bid_size), (ask, ask_size) = quote[1], quote[-1]
        if bid_size > 0 and ask_size > 0:
            if bid > ask:
                found.flag("crossed", row["row"], bid - ask)
            if bid == ask:
                found.flag("locked", row["row"])
            far = median_scales(mids, bid + ask, 0.0005, 2)
            if far > 10:
                found.flag("quote_price_outliers", row["row"], int(far))
            mids.append(bid + ask)


def check_orders(rows, found):
    live = {}
    for row in rows:
        kind, order_id, size = row["kind"], row["order_id"], row["size_lots"]
        if kind == EventKind.CLEAR:
            live = {key: value for key, value in live.items() if row["side"] == -value[0]}
        if kind not in ORDER or order_id <= 0:
            continue
        known = order_id in live
        if kind == EventKind.ADD:
            if known:
                found.flag("duplicate_adds", row["row"])
            live[order_id] = (row["side"], size)
            continue
        if not known:
            found.flag("unknown_order_ids", row["row"])
        if kind == EventKind.REPLACE:
            live[order_id] = (row["side"], size)
        elif kind == EventKind.DELETE:
            live.pop(order_id, None)
        elif known:
            left = live[order_id][1] - size
            if left < 0:
                found.flag("oversize_changes", row["row"], -left)
            if left > 0:
                live[order_id] = (row["side"], left)
            else:
                del live[order_id]


def check_bars(rows):
    """All checks of the bars kernel, for the rows of one instrument."""
    found, returns, ranges = Found(), [], []
    start, close = 0, 0
    for k, row in enumerate(rows, start=1):
        bar = {name.removesuffix("_ticks"): row[name].item() for name in row.dtype.names}
        at = bar["ts_start_ns"]
        if at <= 0:
            found.flag("time_missing", k)
        else:
            if at < start:
                found.flag("time_backwards", k, start - at)
            if at == start:
                found.flag("duplicate_bars", k)
            start = at
        check_bar(bar, k, found)
        if min(bar["open"], bar["low"], bar["close"]) <= 0:
            continue
        if close:
            ratio = bar["open"] / close
            if any(abs(max(ratio, 1 / ratio) / known - 1) <= 0.04 for known in (2, 3, 4, 5, 7, 10, 20)):
                found.flag("split_like_jumps", k)
            change = bar["close"] / close - 1
            far = median_scales(returns, change, 0.0, 0.001)
            if far > 10:
                found.flag("return_outliers", k, int(far))
            returns.append(change)
        close = bar["close"]
        wick = max(bar["high"] - max(bar["open"], close), min(bar["open"], close) - bar["low"]) / close
        window = sorted(ranges[-51:])
        if len(window) >= 25 and wick > 0.01 and wick > 10 * window[len(window) // 2]:
            found.flag("spikes", k, int(wick / max(window[len(window) // 2], 1e-9)))
        ranges.append((bar["high"] - bar["low"]) / close)
    return found


def check_bar(bar, row, found):
    top, bottom = max(bar["open"], bar["close"], bar["low"]), min(bar["open"], bar["close"])
    if bar["high"] < top:
        found.flag("high_too_low", row, top - bar["high"])
    if bar["low"] > bottom:
        found.flag("low_too_high", row, bar["low"] - bottom)
    if min(bottom, bar["low"]) <= 0:
        found.flag("prices_not_positive", row, -min(bottom, bar["low"]))
    if bar["volume_lots"] == 0:
        found.flag("zero_volume", row)
    if bar["volume_lots"] < 0:
        found.flag("negative_volume", row, -bar["volume_lots"])


def inside(at, sessions):
    return any(opens <= at < closes for opens, closes in sessions)


def check_event_sessions(times, sessions, silence_ns):
    """Rows outside sessions and silences, for times above zero of one instrument."""
    found, latest = Found(), None
    for k, at in enumerate(times, start=1):
        if not inside(at, sessions):
            found.flag("outside_session", k)
        if latest is not None and at >= latest:
            silent = sum(max(0, min(at, closes) - max(latest, opens)) for opens, closes in sessions)
            if silent > silence_ns:
                found.flag("silences", k, silent)
        latest = at if latest is None else max(latest, at)
    return found


def check_bar_sessions(starts, interval_ns, sessions):
    """Bars that overlap no session, and bars missing between two (with repetition), and how many were due."""
    found, latest, due = Found(), None, 0
    for k, at in enumerate(starts, start=1):
        if any(at < closes and at + interval_ns > opens for opens, closes in sessions):
            due += 1
        else:
            found.flag("outside_session", k)
        if latest is not None:
            grid = range(latest + interval_ns, at - interval_ns + 1, interval_ns)
            missing = [t for t in grid if any(t < closes and t + interval_ns > opens for opens, closes in sessions)]
            for _ in missing:
                found.flag("missing_bars", k, len(missing))
            due += len(missing)
        latest = at if latest is None else max(latest, at)
    return found, due
