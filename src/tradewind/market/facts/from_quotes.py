"""Tapes from best quotes and trades: what an L1 source, or any source reduced to L1, shows."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.book.feeds import L2Book
from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.errors import InvalidValueError
from tradewind.core.types import Instrument
from tradewind.market.facts.sampling import sampled_depth
from tradewind.market.facts.tape import Floats, Tape, infer_signs

__all__ = ["best_quotes", "merge_fills", "tape_from_quotes"]

IRREGULAR = int(EventFlag.OUT_OF_SEQUENCE | EventFlag.AUCTION | EventFlag.CORRECTED)


def best_quotes(rows: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Best bid and ask after each packet of QUOTE rows.

    Args:
        rows: Shape (n,), dtype ``EVENT``.

    Returns:
        ``(ts_ns, bid_ticks, ask_ticks, bid_lots, ask_lots)``, each shape (n_packets,), from the first packet after
        which both sides were seen. A packet ends with a row flagged LAST.
    """
    quotes = rows[rows["kind"] == EventKind.QUOTE]
    columns = []
    for side in (1, -1):
        mine = quotes["side"] == side
        last = np.maximum.accumulate(np.where(mine, np.arange(len(quotes)), -1))
        columns.append(last)
    bid, ask = columns
    ends = np.flatnonzero((quotes["flags"] & EventFlag.LAST) != 0)
    ends = ends[(bid[ends] >= 0) & (ask[ends] >= 0)]
    return (
        quotes["ts_event_ns"][ends],
        quotes["price_ticks"][bid[ends]],
        quotes["price_ticks"][ask[ends]],
        quotes["size_lots"][bid[ends]],
        quotes["size_lots"][ask[ends]],
    )


def merge_fills(
    ts_ns: Array, ticks: Array, lots: Array, sign: Array, again: Array | None = None
) -> tuple[Array, Array, Array, Array]:
    """Prints of one market order as one trade: neighbours with the same time and sign.

    Args:
        ts_ns: Shape (n,), times.
        ticks: Shape (n,), prices.
        lots: Shape (n,), sizes.
        sign: Shape (n,), aggressors.
        again: Shape (n,), whether each belongs to the order of the one before, where the source says so.

    Returns:
        ``(ts_ns, average ticks, lots, sign)`` of the merged trades.
    """
    if len(ts_ns) == 0:
        return ts_ns, ticks, lots, sign
    new = np.append(True, (np.diff(ts_ns) != 0) | (np.diff(sign) != 0))
    first = np.flatnonzero(new if again is None else new | ~again)
    total = np.add.reduceat(lots, first)
    value = np.add.reduceat(ticks * lots.astype(np.float64), first)
    return ts_ns[first], value / total, total, sign[first]


def tape_from_quotes(instrument: Instrument, rows: Array, start_ns: int, end_ns: int) -> Tape:
    """Build a tape from QUOTE and TRADE rows.

    Locked and crossed quotes are left out (they are artefacts of consolidation); irregular prints too. Trades whose
    aggressor is unknown are signed against the quote in force just before them.

    Args:
        instrument: What was traded.
        rows: Shape (n,), dtype ``EVENT``, in time order.
        start_ns: Beginning of the stretch.
        end_ns: Its end.

    Returns:
        The tape, without order columns; with the depth profile where there are LEVEL rows.

    Raises:
        InvalidValueError: When the stretch holds no quotes.
    """
    ts_ns, bid, ask, bid_lots, ask_lots = best_quotes(rows)
    inside = (ts_ns >= start_ns) & (ts_ns < end_ns) & (ask > bid) & (bid_lots > 0) & (ask_lots > 0)
    if not inside.any():
        raise InvalidValueError("rows", "best quotes within the stretch", "none")
    changed = np.append(True, np.any([np.diff(c[inside]) != 0 for c in (bid, ask, bid_lots, ask_lots)], axis=0))
    keep = np.flatnonzero(inside)[changed]
    kind = rows["kind"] == EventKind.TRADE
    regular = kind & (rows["flags"] & IRREGULAR == 0) & (rows["size_lots"] > 0)
    prints = rows[regular & (rows["ts_event_ns"] >= start_ns) & (rows["ts_event_ns"] < end_ns)]
    tape = Tape(
        instrument, start_ns, end_ns, ts_ns[keep], bid[keep], ask[keep], bid_lots[keep], ask_lots[keep], *_no_trades()
    )
    side = prints["side"].astype(np.int64)
    guessed = infer_signs(prints["price_ticks"], tape.mid_at(prints["ts_event_ns"] - 1))
    sign = np.where(side != 0, side, guessed)
    trades = merge_fills(prints["ts_event_ns"], prints["price_ticks"], prints["size_lots"], sign)
    if (rows["kind"] == EventKind.LEVEL).any():
        tape = msgspec.structs.replace(tape, depth_lots=_depth(rows, start_ns, end_ns))
    names = ("trade_ts_ns", "trade_ticks", "trade_lots", "trade_sign")
    return msgspec.structs.replace(tape, **dict(zip(names, trades, strict=True)))


def _depth(rows: Array, start_ns: int, end_ns: int) -> Floats:
    """Mean size by level of an L2 book, sampled evenly over the rows of the stretch."""
    kept = rows[np.isin(rows["kind"], (EventKind.LEVEL, EventKind.CLEAR)) & (rows["ts_event_ns"] < end_ns)]
    return sampled_depth(L2Book(), kept, start_ns)[1]


def _no_trades() -> tuple[Array, Array, Array, Array]:
    none = np.zeros(0, np.int64)
    return none, none, none, none
