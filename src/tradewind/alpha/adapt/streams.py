"""Streams whose relation between features and outcome changes: what learners that adapt are tested on."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.random import stream

__all__ = ["DriftStream", "switching_stream"]


class DriftStream(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in time order, with labels that come late.

    Attributes:
        name: What it is.
        X: Shape (n, d), features.
        y: Shape (n,), outcomes.
        delay: Shape (n,), rows after which the outcome of each row is known.
        switches: Rows at which the relation changes; empty where nobody knows.
        mean: Shape (n,), expected outcome given the features; empty where nobody knows.
    """

    name: str
    X: Array
    y: Array
    delay: Array
    switches: tuple[int, ...] = ()
    mean: Array = np.zeros(0)


def switching_stream(
    seed: int, *, rows: int = 12_000, features: int = 10, ic: float = 0.266, overlap: float = -0.3, delay: int = 5
) -> DriftStream:
    """The benchmark stream: a weak linear relation that changes at once at three unknown rows.

    Features are autoregressive (0.5), noise is Student-t with five degrees of freedom; coefficients of each regime
    point in a random direction whose cosine with the one before is ``overlap``: what was learnt before a switch
    misleads after it.

    Args:
        seed: Of the stream.
        rows: How many.
        features: How many.
        ic: Correlation of the expected with the realised outcome: what an oracle would reach.
        overlap: Cosine between the coefficients before and after a switch.
        delay: Rows until an outcome is known.

    Examples:
        >>> drawn = switching_stream(7)
        >>> drawn.switches, drawn.X.shape
        ((3000, 6000, 9000), (12000, 10))
        >>> bool(0.24 < np.corrcoef(drawn.mean, drawn.y)[0, 1] < 0.29)
        True
    """
    chance = stream(seed, "alpha/switching stream")
    shocks = chance.standard_normal((rows, features))
    X = np.empty((rows, features))
    X[0] = shocks[0]
    for t in range(1, rows):
        X[t] = 0.5 * X[t - 1] + np.sqrt(0.75) * shocks[t]
    switches = tuple(rows * k // 4 for k in (1, 2, 3))
    directions = [_unit(chance.standard_normal(features))]
    for _ in switches:
        last = directions[-1]
        fresh = chance.standard_normal(features)
        directions.append(overlap * last + np.sqrt(1 - overlap**2) * _unit(fresh - (fresh @ last) * last))
    regime = np.searchsorted(switches, np.arange(rows), side="right")
    mean = ic * np.einsum("td,td->t", X, np.array(directions)[regime])
    noise = chance.standard_t(5, rows) * np.sqrt(3 / 5) * np.sqrt(1 - ic**2)
    late = np.full(rows, delay)
    return DriftStream(name="benchmark stream", X=X, y=mean + noise, delay=late, switches=switches, mean=mean)


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.linalg.norm(vector))
