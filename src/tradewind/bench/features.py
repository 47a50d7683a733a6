"""``tradewind bench features``: features of ticks, compiled, beside Polars expressions on the same events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from tradewind.alpha.features.catalogue import TOUCH
from tradewind.alpha.features.layout import QUOTE, TICK, TRADE
from tradewind.alpha.features.stream import TouchFeatures, touch_batch
from tradewind.bench.result import Report, Row, machine, noted, row, time_calls
from tradewind.core.dtypes import Array
from tradewind.core.errors import TradewindError
from tradewind.core.random import stream

__all__ = ["bench_features", "made_up_session", "polars_features"]

EVENTS = 2_000_000
LIVE = 20_000
START_NS = 1_381_152_600_000_000_000
SHARED = (
    "spread_bps",
    "spread_ticks",
    "imbalance",
    "microprice_bps",
    "ofi_10",
    "ofi_100",
    "ofi_1000",
    "return_10",
    "return_100",
    "return_1000",
    "duration_10",
    "duration_100",
    "duration_1000",
)
"""What the Polars expressions compute: features of windows. Sums that decay over seconds have no expression."""


def made_up_session(count: int, seed: int = 1) -> Array:
    """A session of clean quotes, every one a change, and a trade for every ten; a small random walk.

    Args:
        count: Events.
        seed: Of its stream.

    Returns:
        Shape (count,), dtype ``TICK``.
    """
    rng = stream(seed, "bench/features")
    ticks: Array = np.zeros(count, TICK)
    ticks["ts_ns"] = START_NS + np.cumsum(rng.integers(0, 20_000_000, count))
    bid = 5000 + np.cumsum(rng.choice([-1, 0, 0, 0, 1], count))
    ticks["bid"], ticks["ask"] = bid * 0.01, (bid + rng.integers(1, 3, count)) * 0.01
    ticks["bid_size"] = rng.integers(1, 50, count) * 100
    ticks["kind"] = np.where(rng.random(count) < 0.1, TRADE, QUOTE)
    ticks["ask_size"] = rng.integers(1, 50, count) * 200 + np.cumsum(ticks["kind"] == QUOTE) % 2  # no quote repeats
    ticks["price"] = np.where(rng.random(count) < 0.5, ticks["bid"], ticks["ask"])
    ticks["size"] = rng.integers(1, 10, count) * 100
    return ticks


def polars_features(ticks: Array, tick_size: float) -> pl.DataFrame:
    """The features of ``SHARED`` at every quote, as one lazy Polars query.

    Args:
        ticks: dtype ``TICK``; every quote differs from the one before.
        tick_size: Smallest price step.
    """
    names = ("ts_ns", "bid", "bid_size", "ask", "ask_size", "kind")
    b, a, qb, qa = (pl.col(name) for name in ("bid", "ask", "bid_size", "ask_size"))
    mid, touch = (a + b) / 2, qb + qa
    pressure = (
        pl.when(b >= b.shift()).then(qb).otherwise(0.0)
        - pl.when(b <= b.shift()).then(qb.shift()).otherwise(0.0)
        - pl.when(a <= a.shift()).then(qa).otherwise(0.0)
        + pl.when(a >= a.shift()).then(qa.shift()).otherwise(0.0)
    )
    depth = touch / 2
    weights = pl.when(pl.col("n") <= 1000).then(depth.cum_sum() / pl.col("n")).otherwise(None)
    warm = weights.forward_fill()
    outputs: list[Any] = [
        (1e4 * (a - b) / mid).alias("spread_bps"),
        ((a - b) / tick_size).alias("spread_ticks"),
        ((qb - qa) / touch).alias("imbalance"),
        (1e4 * 0.5 * (a - b) * (qb - qa) / touch / mid).alias("microprice_bps"),
        warm.alias("warm"),
    ]
    for w in (10, 100, 1000):
        total = pl.col("pressure_sum")
        outputs += [
            (total - total.shift(w).fill_null(0.0)).alias(f"pressure_{w}"),
            (1e4 * (mid.log() - mid.log().shift(w).fill_null(strategy="backward"))).alias(f"return_{w}"),
            ((pl.col("ts_ns") - pl.col("ts_ns").shift(w).fill_null(pl.col("ts_ns").first())) * 1e-9)
            .log1p()
            .alias(f"duration_{w}"),
        ]
    query = (
        pl.LazyFrame({name: np.ascontiguousarray(ticks[name]) for name in names})
        .filter(pl.col("kind") == QUOTE)
        .with_columns(pl.int_range(1, pl.len() + 1).alias("n"), pressure.fill_null(0.0).cum_sum().alias("pressure_sum"))
        .select("n", (touch / 2).alias("depth"), *outputs)
        .with_columns(_touch_mean())
        .with_columns(*((pl.col(f"pressure_{w}") / pl.col("touch_mean")).alias(f"ofi_{w}") for w in (10, 100, 1000)))
        .select(*SHARED)
    )
    return query.collect()


def _touch_mean() -> pl.Expr:
    """Plain mean of the first 1000, exponential with a weight of 1/1000 from there."""
    after = pl.when(pl.col("n") == 1000).then("warm").when(pl.col("n") > 1000).then("depth")
    smooth = after.otherwise(None).ewm_mean(alpha=0.001, adjust=False, ignore_nulls=True)
    return pl.when(pl.col("n") < 1000).then("warm").otherwise(smooth).alias("touch_mean")


def bench_features(scale: float = 1.0, progress: Callable[[str], None] = lambda _: None) -> Report:
    """Measure the features of ticks, one core.

    Args:
        scale: Fraction of the full number of events.
        progress: Told what is measured next.

    Returns:
        The report.

    Raises:
        TradewindError: When the two do not agree: then there is nothing to compare.
    """
    count = max(int(EVENTS * scale), 20_000)
    ticks = made_up_session(count)
    progress("features at every change")
    every = count / time_calls(lambda: touch_batch(ticks, 0.01, every=1), 3)
    progress("features at every tenth change")
    tenth = count / time_calls(lambda: touch_batch(ticks, 0.01, every=10), 3)
    progress("Polars expressions")
    _agree(ticks[: min(count, 100_000)])
    theirs = count / time_calls(lambda: polars_features(ticks, 0.01), 3)
    label = f"Polars, {len(SHARED)} of the {len(TOUCH)} features, {pl.thread_pool_size()} threads"
    progress("events one by one from Python")
    rows: list[Row] = [
        noted(
            row("batch_every_change", every, "events/s", (label, theirs), "value >= 1e6"),
            f"{len(TOUCH)} features after every change, decayed sums, Kyle and Roll included",
        ),
        noted(
            row("batch_every_tenth", tenth, "events/s", (label, theirs), "value >= 1e6"),
            "every event taken in, values noted at every tenth change, as the task of ticks does",
        ),
        *_live_rows(ticks),
    ]
    return Report("features", machine(), 1, rows)


def _agree(ticks: Array) -> None:
    ours, theirs = touch_batch(ticks, 0.01).values, polars_features(ticks, 0.01)
    names = [feature.name for feature in TOUCH]
    for name in SHARED:
        mine, other = ours[:, names.index(name)], theirs[name].to_numpy()
        if not np.allclose(mine, other, rtol=1e-6, atol=1e-6):
            at = int(np.argmax(np.abs(mine - other)))
            raise TradewindError(f"{name} differs from Polars at change {at}: {mine[at]} and {other[at]}")


def _live_rows(ticks: Array) -> list[Row]:
    """One event at a time through Python, then all values."""
    singles = [ticks[k : k + 1] for k in range(min(LIVE, len(ticks)))]

    def take() -> None:
        live = TouchFeatures(0.01)
        for tick in singles:
            live.update(tick)

    live = TouchFeatures(0.01)
    live.update(ticks[np.flatnonzero(ticks["kind"] == QUOTE)[:1]])
    return [
        noted(row("live_update", time_calls(take, 3) / len(singles) * 1e9, "ns"), "one call from Python for an event"),
        noted(
            row("live_values", time_calls(lambda: [live.values() for _ in range(1000)], 3) / 1000 * 1e9, "ns"),
            f"all {len(TOUCH)} values",
        ),
    ]
