"""What a model costs: microseconds for one row, megabytes of what it learnt."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.core.clock import SystemClock
from tradewind.core.dtypes import Array

__all__ = ["single_micros", "size_mb"]


def single_micros(model: Any, rows: Array) -> float:
    """Median microseconds to forecast one row alone; NaN for no row."""
    clock, spent = SystemClock(), []
    for row in rows:
        begun = clock.monotonic_ns()
        model.predict_dist(row[None])
        spent.append(clock.monotonic_ns() - begun)
    return float(np.median(spent)) / 1e3 if spent else float("nan")


def size_mb(model: Any) -> float:
    """Megabytes of arrays in a model's state."""
    try:
        state = model.state_dict()
    except (AttributeError, NotImplementedError):
        return float("nan")
    return _bytes(state) / 1e6


def _bytes(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, dict):
        return sum(_bytes(v) for v in value.values())
    if isinstance(value, list | tuple):
        return sum(_bytes(v) for v in value)
    return len(value) if isinstance(value, str | bytes) else 8
