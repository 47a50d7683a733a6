"""Labels within a cross-section: who does better than the others of the same day."""

from __future__ import annotations

import numpy as np

from tradewind.alpha.features.panel import group_ranks
from tradewind.core.dtypes import Array

__all__ = ["cross_section_rank"]


def cross_section_rank(value: Array, group: Array) -> tuple[Array, Array]:
    r"""Rank within the group, and the value less the group's mean.

    .. math:: y_i = \frac{\#\{j : v_j < v_i\} + \tfrac12\#\{j \ne i : v_j = v_i\}}{n - 1} - \tfrac12

    Args:
        value: Shape (n,): e.g. the return of the next five days.
        group: Shape (n,), int64: e.g. the day.

    Returns:
        Ranks, shape (n,), -0.5 the worst, 0.5 the best, 0 in a group of one; and differences from the mean, shape (n,).

    Examples:
        >>> rank, excess = cross_section_rank(np.array([0.03, -0.01, 0.01]), np.zeros(3, int))
        >>> rank, excess.round(4)
        (array([ 0.5, -0.5,  0. ]), array([ 0.02, -0.02,  0.  ]))
    """
    _, cell = np.unique(group, return_inverse=True)
    mean = np.bincount(cell, value) / np.bincount(cell)
    return group_ranks(value, group), value - mean[cell]
