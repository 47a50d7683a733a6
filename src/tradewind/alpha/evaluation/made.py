"""Two made-up tasks whose truth is known: a table with interactions, and sequences whose order matters."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tradewind.alpha.protocol import Panel, Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream

__all__ = ["made_panel"]

MINUTE_NS = 60_000_000_000
DAY_NS = 86_400_000_000_000
PER_DAY = 200


def made_panel(kind: Literal["tabular", "sequence"], seed: int, rows: int = 6000) -> Panel:
    """A task of three classes.

    ``tabular``: eight columns; the outcome depends on a line, a threshold and a product. ``sequence``: six columns; it
    depends on a mean of the last twenty rows and on a change between the present and the row five before, which no row
    shows alone.

    Args:
        kind: Which.
        seed: Of the rows.
        rows: How many.

    Examples:
        >>> made_panel("tabular", 7, 400).X.shape
        (400, 8)
    """
    chance = stream(seed, f"alpha/made {kind}")
    if kind == "tabular":
        X = chance.standard_normal((rows, 8))
        signal = 0.35 * X[:, 0] + 0.5 * (X[:, 1] > 0.6) - 0.25 * (X[:, 2] > 0) + 0.35 * X[:, 3] * X[:, 4]
    elif kind == "sequence":
        X = chance.standard_normal((rows, 6))
        mean = _trailing(X[:, 0], 20)
        change = X[:, 1] - np.concatenate([np.zeros(5), X[:-5, 1]])
        signal = 2.0 * mean + 0.35 * np.tanh(change) * np.sign(X[:, 2])
    else:
        raise InvalidValueError("kind", "tabular or sequence", kind)
    value = signal - signal.mean() + chance.standard_normal(rows)
    low, high = np.quantile(value, [1 / 3, 2 / 3])
    at = (np.arange(rows) // PER_DAY) * DAY_NS + (np.arange(rows) % PER_DAY) * MINUTE_NS
    sample = Sample(t0=at, t1=at + MINUTE_NS, weight=np.ones(rows), series=np.zeros(rows, np.int64), day=at // DAY_NS)
    return Panel(
        name=f"made {kind}",
        features=tuple(f"x{j}" for j in range(X.shape[1])),
        modality=("made",) * X.shape[1],
        X=X,
        y=np.where(value > high, 1.0, np.where(value < low, -1.0, 0.0)),
        value=value * 1e-3,
        sample=sample,
        symbols=("MADE",),
        spread=np.full(rows, 5e-4),
    )


def _trailing(x: Array, window: int) -> Array:
    """Mean of the last rows, of fewer at the beginning."""
    total = np.cumsum(x)
    before = np.concatenate([np.zeros(window), total[:-window]])
    return np.asarray((total - before) / np.minimum(np.arange(1, len(x) + 1), window))
