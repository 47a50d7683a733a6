"""Speed of replays with an order of yours in the book: every order (L3), and quotes and trades (L1)."""

from __future__ import annotations

import numpy as np

from tradewind.bench.result import Row, noted, row, time_calls
from tradewind.book.feeds import L3Book
from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.types import Instrument
from tradewind.market.replay.market import Replay
from tradewind.market.replay.tape import make_tape

__all__ = ["quote_rows", "replay_rates"]

TURNS = 6


def replay_rates(instrument: Instrument, rows: Array, reference: tuple[str, float | None]) -> list[Row]:
    """Rows a second of one core.

    Args:
        instrument: What is traded.
        rows: Shape (n,), dtype ``EVENT``: a feed of single orders.
        reference: What the replay of single orders is held against.
    """
    l3 = _rate(instrument, rows)
    l1 = _rate(instrument, quote_rows(rows))
    note = "one resting order of yours, far behind the touch; the tape is made before"
    return [
        noted(row("replay_l3_with_agent", l3[0], "messages/s", reference, "value >= 20e6"), f"{l3[1]:,} rows; {note}"),
        noted(row("replay_l1_with_agent", l1[0], "messages/s"), f"{l1[1]:,} rows of the same hours; {note}"),
    ]


def _rate(instrument: Instrument, rows: Array) -> tuple[float, int]:
    """Rows a second, and how many there are."""
    replay = Replay(make_tape(rows), instrument)
    seconds = (replay.end_ns - replay.start_ns) * 1e-9

    def turn() -> None:
        replay.reset()
        bid = replay.view.best_bid
        replay.buy(1, bid[0] - 10 if bid else 1)
        replay.advance(seconds)

    turn()
    return replay.counters["rows"] / time_calls(turn, TURNS), replay.counters["rows"]


def quote_rows(rows: Array) -> Array:
    """What a feed of quotes and trades would have told of a feed of single orders.

    Args:
        rows: Shape (n,), dtype ``EVENT``.

    Returns:
        Shape (m,), dtype ``EVENT``: two QUOTE rows whenever a best quote changed, a TRADE row for each execution.
    """
    best = L3Book().best_quotes(rows)
    told = (rows["flags"] & EventFlag.LAST) != 0
    changed = np.flatnonzero(told & (np.concatenate([[True], best[told][1:] != best[told][:-1]])[np.cumsum(told) - 1]))
    quotes = np.repeat(rows[changed], 2)
    quotes["kind"], quotes["order_id"], quotes["flags"] = EventKind.QUOTE, 0, 0
    quotes["side"] = np.tile([1, -1], len(changed))
    for field, unit in (("price_ticks", "ticks"), ("size_lots", "lots")):
        quotes[field][0::2], quotes[field][1::2] = best[f"bid_{unit}"][changed], best[f"ask_{unit}"][changed]
    quotes["flags"][1::2] = EventFlag.LAST
    trades = rows[rows["kind"] == EventKind.EXECUTE].copy()
    trades["kind"], trades["order_id"], trades["side"] = EventKind.TRADE, 0, -trades["side"]
    out: Array = np.concatenate([trades, quotes]).astype(EVENT)
    return out[np.argsort(out["ts_event_ns"], kind="stable")]
