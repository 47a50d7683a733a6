"""Markets made up for tests of features: quotes and trades with everything that can go wrong in them."""

import numpy as np

from tradewind.alpha.features.layout import TICK, TRADE
from tradewind.core.random import stream

OPEN_NS = 1_381_152_600_000_000_000
CLOSE_NS = OPEN_NS + 23_400_000_000_000


def made_up_ticks(count: int, seed: int = 1, *, sided: bool = False) -> np.ndarray:
    """Quotes on a small random walk, trades at and inside them, equal times, repeats, locked and empty quotes."""
    rng = stream(seed, "tests/ticks")
    ticks = np.zeros(count, TICK)
    ticks["ts_ns"] = OPEN_NS + np.cumsum(rng.choice([0, 1, 300], count) * 1_000_000 * rng.integers(0, 9, count))
    bid = 5000 + np.cumsum(rng.choice([-1, 0, 0, 0, 0, 1], count))
    spread = rng.choice([1, 1, 1, 2, 3], count)
    ticks["bid"], ticks["ask"] = bid * 0.01, (bid + spread) * 0.01
    ticks["bid_size"], ticks["ask_size"] = rng.integers(1, 9, (2, count)) * 100
    repeats = np.flatnonzero(rng.random(count - 1) < 0.1) + 1
    for name in ("bid", "bid_size", "ask", "ask_size"):
        ticks[name][repeats] = ticks[name][repeats - 1]
    ticks["ask"][rng.random(count) < 0.03] = 0.01 * 4990  # crossed
    ticks["bid_size"][rng.random(count) < 0.02] = 0
    ticks["ask"][rng.random(count) < 0.01] = np.nan
    trades = rng.random(count) < 0.25
    ticks["kind"][trades] = TRADE
    place = rng.choice([0.0, 0.5, 1.0, 1.0, 0.0], count)
    ticks["price"] = np.where(trades, bid * 0.01 + place * spread * 0.01, 0.0)
    ticks["size"] = np.where(trades & (rng.random(count) < 0.98), rng.integers(1, 900, count), 0)
    if sided:
        ticks["side"] = np.where(trades, rng.choice([-1, 1], count), 0)
    return ticks
