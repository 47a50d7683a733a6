"""Write a bout's orders to a file that ``tradewind execute tca`` reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tradewind.core.fees import BPS_STEPS, UNITS_PER_TICK_LOT, Fees
from tradewind.execution.orders_file import OrderBundle, write_orders
from tradewind.rl.evaluate.backtest import Bout
from tradewind.rl.evaluate.marks import marks_of

__all__ = ["record_bout"]


def record_bout(bout: Bout, path: Path) -> int:
    """Write all orders of all strategies.

    Args:
        bout: What was played.
        path: Parquet file.

    Returns:
        How many orders were written.
    """
    bundles = []
    for name, played in bout.played.items():
        marks, twin = marks_of(played.episodes), bout.reference.half_at(played)
        sizes = np.diff(played.first)
        for k, instrument in enumerate(bout.instruments):
            mine = played.episodes["preset"] == k
            if not mine.any():
                continue
            rows = np.repeat(mine, sizes)
            episode = played.episodes[mine][0]
            tick = float(instrument.tick_size)
            rates = {f"{role}_bps": int(episode[f"{role}_rate"]) / BPS_STEPS for role in ("maker", "taker")}
            worth = tick / UNITS_PER_TICK_LOT
            each = {f"{role}_per_unit": int(episode[f"{role}_per_lot"]) * worth for role in ("maker", "taker")}
            bundles.append(
                OrderBundle(
                    strategy=name,
                    instrument=instrument,
                    fees=Fees(**rates, **each),
                    marks=marks[mine],
                    fills=played.fills[rows],
                    first=np.concatenate([[0], np.cumsum(sizes[mine])]).astype(np.int64),
                    twin_half_ticks=twin[rows],
                )
            )
    return write_orders(path, bundles)
