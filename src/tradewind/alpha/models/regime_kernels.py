"""The forward filter of a hidden Markov model: what is known now, never what was learned later."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry

__all__ = ["forward_filter", "smoothed_counts"]


@entry
def forward_filter(density: Array, moves: Array, start: Array, begins: Array, out: Array) -> float:
    r"""Filtered probabilities of the states, row by row.

    .. math:: \alpha_t \propto b(x_t) \odot A^\top \alpha_{t-1}

    Args:
        density: Shape (n, k): density of each row in each state, up to a factor of the row.
        moves: Shape (k, k): probability of state j after state i.
        start: Shape (k,): probabilities before the first row of a series.
        begins: Shape (n,), bool: rows that begin a series.
        out: Shape (n, k); overwritten.

    Returns:
        Log-likelihood, up to the logarithms of the rows' factors.

    References:
        Hamilton (1989), "A new approach to the economic analysis of nonstationary time series".
    """
    n, k = density.shape
    told = 0.0
    for t in range(n):
        total = 0.0
        for j in range(k):
            ahead = 0.0
            if begins[t]:
                ahead = start[j]
            else:
                for i in range(k):
                    ahead += out[t - 1, i] * moves[i, j]
            out[t, j] = ahead * density[t, j]
            total += out[t, j]
        if total <= 0.0:
            for j in range(k):
                out[t, j] = 1.0 / k
            total = 1e-300
        else:
            for j in range(k):
                out[t, j] /= total
        told += np.log(total)
    return told


@entry
def smoothed_counts(  # noqa: PLR0917
    density: Array, moves: Array, filtered: Array, begins: Array, smooth: Array, counts: Array
) -> None:
    """Backward pass of learning (Baum and Welch): used on training rows only, never for a feature.

    Args:
        density: As in :func:`forward_filter`.
        moves: As there.
        filtered: Shape (n, k): what it wrote.
        begins: As there.
        smooth: Shape (n, k): probabilities of the states given all rows; overwritten.
        counts: Shape (k, k): expected moves; added to.
    """
    n, k = density.shape
    back = np.ones(k)
    ahead = np.ones(k)
    for t in range(n - 1, -1, -1):
        total = 0.0
        for i in range(k):
            smooth[t, i] = filtered[t, i] * back[i]
            total += smooth[t, i]
        for i in range(k):
            smooth[t, i] /= total
        if begins[t]:
            for i in range(k):
                back[i] = 1.0
            continue
        scale = 0.0
        for i in range(k):
            ahead[i] = 0.0
            for j in range(k):
                ahead[i] += moves[i, j] * density[t, j] * back[j]
            scale += filtered[t - 1, i] * ahead[i]
        if scale > 0.0:
            for i in range(k):
                for j in range(k):
                    counts[i, j] += filtered[t - 1, i] * moves[i, j] * density[t, j] * back[j] / scale
            for i in range(k):
                back[i] = ahead[i] / scale
