"""Tapes from order-by-order rows, real or simulated: best quotes through an L3 book, and what orders show besides."""

from __future__ import annotations

import numpy as np

from tradewind.book.feeds import L3Book
from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.errors import InvalidValueError
from tradewind.core.types import Instrument
from tradewind.market.facts.from_quotes import merge_fills
from tradewind.market.facts.sampling import sampled_depth
from tradewind.market.facts.tape import Floats, Tape

__all__ = ["tape_from_orders"]


def tape_from_orders(
    instrument: Instrument, rows: Array, start_ns: int, end_ns: int, *, by_order: bool = False
) -> Tape:
    """Build a tape from L3 rows.

    Args:
        instrument: What was traded.
        rows: Shape (n,), dtype ``EVENT``, from an empty book or a snapshot on.
        start_ns: Beginning of the stretch; rows before it only build the book.
        end_ns: Its end.
        by_order: The rows are this package's own simulated feed, which tells where one market order ends and the next
            begins; in a recorded feed fills of one stamp and side are taken for one order.

    Returns:
        The tape, with sizes and lifetimes of orders and the depth profile.

    Raises:
        InvalidValueError: When the stretch holds no two-sided book.
    """
    rows = rows[rows["ts_event_ns"] < end_ns]
    bests, depth = sampled_depth(L3Book(), rows, start_ns)
    last = ((rows["flags"] & EventFlag.LAST) != 0) & (rows["ts_event_ns"] >= start_ns)
    valid = last & (bests["bid_lots"] > 0) & (bests["ask_lots"] > 0) & (bests["ask_ticks"] > bests["bid_ticks"])
    kept = np.flatnonzero(valid)
    if not len(kept):
        raise InvalidValueError("rows", "a two-sided book within the stretch", "none")
    names = ("bid_ticks", "ask_ticks", "bid_lots", "ask_lots")
    changed = np.append(True, np.any([np.diff(bests[name][kept]) != 0 for name in names], axis=0))
    kept = kept[changed]
    inside = rows[rows["ts_event_ns"] >= start_ns]
    visible = inside["kind"] == EventKind.EXECUTE
    hidden = (inside["kind"] == EventKind.TRADE) & (inside["side"] != 0)
    prints = inside[visible | hidden]
    sign = np.where(prints["kind"] == EventKind.EXECUTE, -prints["side"].astype(np.int64), prints["side"])
    again = _same_order(inside, visible | hidden) if by_order else None
    trades = merge_fills(prints["ts_event_ns"], prints["price_ticks"], prints["size_lots"], sign, again)
    lifetimes, cancelled = _lives(inside)
    added = (inside["kind"] == EventKind.ADD) & ((inside["flags"] & EventFlag.SNAPSHOT) == 0)
    quotes = {name: bests[name][kept] for name in names}
    columns = dict(zip(("trade_ts_ns", "trade_ticks", "trade_lots", "trade_sign"), trades, strict=True))
    return Tape(
        instrument=instrument,
        start_ns=start_ns,
        end_ns=end_ns,
        quote_ts_ns=rows["ts_event_ns"][kept],
        **quotes,
        **columns,
        limit_lots=inside["size_lots"][added],
        lifetime_s=lifetimes,
        cancelled_share=cancelled,
        depth_lots=depth,
    )


def _same_order(rows: Array, fills: Array) -> Array:
    """Whether each fill belongs to the market order of the fill before it, in a simulated feed.

    The fills of an order are neighbours and only the last is flagged LAST; what it trades against hidden size follows.
    """
    goes_on = (rows["flags"] & EventFlag.LAST) == 0
    goes_on |= (rows["kind"] == EventKind.EXECUTE) & (np.roll(rows["kind"], -1) == EventKind.TRADE)
    before = np.append(False, (fills & goes_on)[:-1])
    return np.asarray(before[fills])


def _lives(rows: Array) -> tuple[Floats, float]:
    """Seconds from arrival to full cancel of the orders that came in the stretch, and their share of all that ended."""
    born = rows[(rows["kind"] == EventKind.ADD) & ((rows["flags"] & EventFlag.SNAPSHOT) == 0)]
    gone = rows[(rows["kind"] == EventKind.DELETE) & ((rows["flags"] & EventFlag.SNAPSHOT) == 0)]
    filled = np.unique(rows["order_id"][rows["kind"] == EventKind.EXECUTE])
    born = born[np.argsort(born["order_id"], kind="stable")]
    at = np.minimum(np.searchsorted(born["order_id"], gone["order_id"]), max(len(born) - 1, 0))
    known = born["order_id"][at] == gone["order_id"] if len(born) else np.zeros(len(gone), bool)
    lives = (gone["ts_event_ns"][known] - born["ts_event_ns"][at[known]]) / 1e9
    executed = int(np.isin(born["order_id"], filled).sum())
    ended = int(known.sum()) + executed
    return np.asarray(lives, dtype=np.float64), known.sum() / ended if ended else float("nan")
