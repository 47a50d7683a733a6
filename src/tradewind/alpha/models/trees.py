"""Trees as arrays: one compiled walk for forests and boosting, and what each feature contributed along the way.

The same arrays come out of scikit-learn and LightGBM; neither is needed to run them.
"""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import entry

__all__ = ["Trees", "path_contributions", "tree_sums"]

ZERO = 1e-35
"""LightGBM takes smaller values for 0."""


class Trees(msgspec.Struct, frozen=True, kw_only=True):
    """Many binary trees in one table.

    Attributes:
        roots: Shape (trees,), int64: first node of each tree.
        output: Shape (trees,), int64: which output a tree adds to; -1: its leaves hold all outputs.
        feature: Shape (nodes,), int32: column that is asked; -1 at a leaf.
        left: Shape (nodes,), int32: next node where ``x <= threshold``.
        right: Shape (nodes,), int32: next node otherwise.
        threshold: Shape (nodes,), float64.
        missing: Shape (nodes,), int32: bits: 1 NaN goes left, 2 NaN is missing, 4 zero is missing too.
        value: Shape (nodes, outputs): what a node holds; of an inner node the mean over its rows.
    """

    roots: Array
    output: Array
    feature: Array
    left: Array
    right: Array
    threshold: Array
    missing: Array
    value: Array

    def check(self, columns: int, outputs: int) -> None:
        """Refuse arrays that would lead a walk astray.

        Raises:
            InvalidValueError: For nodes that point outside, backwards, or at columns that are not there.
        """
        nodes = len(self.feature)
        same = all(len(getattr(self, n)) == nodes for n in ("left", "right", "threshold", "missing", "value"))
        inner, own = self.feature >= 0, np.arange(nodes)
        good = (
            same
            and len(self.roots) == len(self.output)
            and self.value.ndim == 2
            and bool(((self.roots >= 0) & (self.roots < nodes)).all())
            and bool((self.feature < columns).all())
            and bool((self.left[inner] > own[inner]).all() and (self.left[inner] < nodes).all())
            and bool((self.right[inner] > own[inner]).all() and (self.right[inner] < nodes).all())
            and bool(((self.output >= -1) & (self.output < outputs)).all())
            and self.value.shape[1] == (outputs if (self.output < 0).any() else 1)
        )
        if not good:
            raise InvalidValueError("trees", f"nodes that lead on, over {columns} columns", "others")


@entry
def tree_sums(trees: tuple[Array, ...], X: Array, out: Array) -> None:
    """Add what all trees say about each row.

    Args:
        trees: The fields of :class:`Trees`, in order.
        X: Shape (n, d), float64.
        out: Shape (n, outputs), float64; the sums are added.
    """
    roots, output, feature, left, right, threshold, missing, value = trees
    for t in range(len(roots)):
        for i in range(len(X)):
            node = roots[t]
            while feature[node] >= 0:
                x, how = X[i, feature[node]], missing[node]
                absent = (how & 2 and np.isnan(x)) or (how & 4 and (np.isnan(x) or abs(x) <= ZERO))
                if np.isnan(x):
                    x = 0.0
                goes_left = (how & 1) != 0 if absent else x <= threshold[node]
                node = left[node] if goes_left else right[node]
            if output[t] >= 0:
                out[i, output[t]] += value[node, 0]
            else:
                for c in range(out.shape[1]):
                    out[i, c] += value[node, c]


@entry
def path_contributions(trees: tuple[Array, ...], X: Array, out: Array) -> None:
    """Add what each feature changed along the paths of each row.

    A step from a node to its child credits the feature that was asked with the change of the node's mean; with the
    means of the roots (the last row of ``out``) the credits add up to the trees' sums exactly.

    Args:
        trees: The fields of :class:`Trees`, in order.
        X: Shape (n, d), float64.
        out: Shape (n, d + 1, outputs), float64; the contributions are added.

    References:
        Saabas (2014), "Interpreting random forests".
    """
    roots, output, feature, left, right, threshold, missing, value = trees
    for t in range(len(roots)):
        first, last = max(output[t], 0), output[t] + 1 if output[t] >= 0 else out.shape[2]
        for i in range(len(X)):
            node, asked = roots[t], X.shape[1]
            for c in range(first, last):
                out[i, asked, c] += value[node, c - first]
            while feature[node] >= 0:
                asked = feature[node]
                x, how = X[i, asked], missing[node]
                absent = (how & 2 and np.isnan(x)) or (how & 4 and (np.isnan(x) or abs(x) <= ZERO))
                if np.isnan(x):
                    x = 0.0
                goes_left = (how & 1) != 0 if absent else x <= threshold[node]
                child = left[node] if goes_left else right[node]
                for c in range(first, last):
                    out[i, asked, c] += value[child, c - first] - value[node, c - first]
                node = child
