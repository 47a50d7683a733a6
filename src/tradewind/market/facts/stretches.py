"""Stretches to compare: tapes of real sessions, and simulated ones that show no more than the real source does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np

from tradewind.core.dtypes import Array, EventKind
from tradewind.core.types import Instrument
from tradewind.market.facts.from_orders import tape_from_orders
from tradewind.market.facts.from_quotes import tape_from_quotes
from tradewind.market.facts.tape import Tape
from tradewind.market.preset import Preset
from tradewind.market.reactive import simulate

__all__ = ["as_shown", "quarters_of", "simulated_tape", "tape_of"]

SECOND_NS = 10**9


def tape_of(instrument: Instrument, rows: Array, start_ns: int, end_ns: int) -> Tape:
    """The tape that a source shows: of orders where it has them, else of best quotes, levels and trades.

    Args:
        instrument: What was traded.
        rows: Shape (n,), dtype ``EVENT``; those before the stretch only build the book.
        start_ns: Beginning of the stretch.
        end_ns: Its end.

    Returns:
        The tape.
    """
    build = tape_from_orders if (rows["kind"] == EventKind.ADD).any() else tape_from_quotes
    return build(instrument, rows, start_ns, end_ns)


def quarters_of(instrument: Instrument, rows: Array, start_ns: int, end_ns: int) -> list[Tape]:
    """Tapes of the four quarters of a stretch; arguments as :func:`tape_of`."""
    cuts = np.linspace(start_ns, end_ns, 5).astype(np.int64)
    return [tape_of(instrument, rows, int(a), int(b)) for a, b in pairwise(cuts)]


def simulated_tape(preset: Preset, seconds: float, seed: int, like: Tape) -> Tape:
    """A simulated stretch as the source of another tape would show it.

    Args:
        preset: The market.
        seconds: How long [s].
        seed: Its seed.
        like: A real tape: what its source does not show is left out.

    Returns:
        The tape.
    """
    instrument, rows = simulate(preset, seconds, seed)
    start = int(rows["ts_event_ns"][0])
    end = start + round(seconds * SECOND_NS)
    return as_shown(tape_from_orders(instrument, rows, start, end, by_order=True), like)


def as_shown(tape: Tape, like: Tape) -> Tape:
    """What the source of another tape would show of a tape.

    Orders and depth are left out where that source has none. Where its sizes are all multiples of a round lot, as
    those of national best quotes are, best sizes are rounded down to it (a lone odd lot still shows as one round lot),
    and what then did not change is no quote.
    """
    none = np.zeros(0)
    if not len(like.limit_lots):
        tape = msgspec.structs.replace(tape, limit_lots=none, lifetime_s=none, cancelled_share=float("nan"))
    if not len(like.depth_lots):
        tape = msgspec.structs.replace(tape, depth_lots=none)
    unit = round_lot([like.bid_lots, like.ask_lots])
    if unit == 1:
        return tape
    sizes = {name: np.maximum(getattr(tape, name) // unit, 1) * unit for name in ("bid_lots", "ask_lots")}
    columns = {"bid_ticks": tape.bid_ticks, "ask_ticks": tape.ask_ticks} | sizes
    kept = np.append(True, np.any([np.diff(c) != 0 for c in columns.values()], axis=0))
    columns["quote_ts_ns"] = tape.quote_ts_ns
    return msgspec.structs.replace(tape, **{name: column[kept] for name, column in columns.items()})


def round_lot(sizes: Sequence[Array]) -> int:
    """Largest number that divides all sizes; 1 for none.

    Examples:
        >>> round_lot([np.array([300, 100]), np.array([500])])
        100
    """
    return max(int(np.gcd.reduce(np.concatenate([np.asarray(s, np.int64) for s in sizes]))), 1)
