"""What comes into a model is looked at first: shapes, numbers, labels, order in time; each fault has its own words."""

from __future__ import annotations

import numpy as np

from tradewind.alpha.protocol import Sample
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["CLIP", "Scale", "checked_labels", "checked_rows", "checked_sample", "evenly", "fit_scale", "scaled"]

CLIP = 10.0
"""Standardised features are cut off at this many standard deviations on both sides."""
Scale = tuple[Array, Array]
"""Mean and reciprocal standard deviation of each column; a constant column has the reciprocal 0: it counts nothing."""


def checked_rows(X: Array, *, columns: int | None, nan: bool) -> Array:
    """The design matrix as float64, or a named error.

    Args:
        X: Shape (n, d).
        columns: How many columns the model learned from; None where it learns now.
        nan: Whether NaN (not known) is allowed; infinity never is.

    Raises:
        InvalidValueError: For anything but a matrix of numbers with one row or more and the right columns.
    """
    X = np.asarray(X)
    if X.dtype == object or X.dtype.kind in "USmM":
        raise InvalidValueError("X", "numbers", f"dtype {X.dtype}")
    if X.ndim != 2:
        raise InvalidValueError("X", "a matrix (rows, columns)", f"an array of shape {X.shape}")
    if len(X) == 0 or X.shape[1] == 0:
        raise InvalidValueError("X", "one row and one column or more", f"shape {X.shape}")
    if columns is not None and X.shape[1] != columns:
        raise InvalidValueError("X", f"of the {columns} columns it learned from", X.shape[1])
    X = np.ascontiguousarray(X, np.float64)
    wrong = np.isinf(X) if nan else ~np.isfinite(X)
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        hint = "finite" if nan else "known; fill it, or use nan='fill' or a model that takes NaN (lightgbm)"
        raise InvalidValueError(f"X in row {row}, column {column}", hint, X[row, column])
    return X


def checked_labels(y: Array, rows: int, *, output: str, one_class: bool) -> Array:
    """Labels as float64, or a named error.

    Args:
        y: Shape (n,): class labels as numbers, or what is to be forecast.
        rows: How many there must be.
        output: Kind of the distribution that is learned.
        one_class: Whether a single class will do.

    Raises:
        InvalidValueError: For labels that are missing, not numbers, of one class, or not positive where they must be.
    """
    y = np.asarray(y)
    if y.dtype == object or y.dtype.kind in "USmM":
        raise InvalidValueError("y", "numbers; classes are numbers too, such as -1, 0, 1", f"dtype {y.dtype}")
    if y.shape != (rows,):
        raise InvalidValueError("y", f"one label for each of {rows} rows", f"shape {y.shape}")
    y = np.ascontiguousarray(y, np.float64)
    if not np.isfinite(y).all():
        row = int(np.argmax(~np.isfinite(y)))
        raise InvalidValueError(f"y in row {row}", "known; drop rows whose label is not", y[row])
    if output == "classes":
        levels = np.unique(y)
        if len(levels) < 2 and not one_class:
            raise InvalidValueError("y", "two classes or more", f"only {levels[0]:g} in {rows} rows")
        if len(levels) > 100:
            raise InvalidValueError("y", "at most 100 classes; numbers need output='normal'", f"{len(levels)} values")
    if output == "gamma" and (y <= 0).any():
        row = int(np.argmax(y <= 0))
        raise InvalidValueError(f"y in row {row}", "above 0 for output='gamma'", y[row])
    return y


def checked_sample(sample: Sample | None, rows: int) -> Sample | None:
    """The sample, if it fits the rows and time does not go back inside a series.

    Raises:
        InvalidValueError: For another length, impossible weights, or time going backwards.
    """
    if sample is None:
        return None
    if len(sample) != rows:
        raise InvalidValueError("sample", f"of {rows} rows, as X", len(sample))
    weight = np.asarray(sample.weight, np.float64)
    if not np.isfinite(weight).all() or (weight < 0).any() or not weight.sum() > 0:
        raise InvalidValueError("sample.weight", "finite, 0 or more, and not all 0", f"sum {weight.sum()}")
    order = np.argsort(sample.series, kind="stable")
    series, t0 = np.asarray(sample.series)[order], np.asarray(sample.t0)[order]
    back = (series[1:] == series[:-1]) & (t0[1:] < t0[:-1])
    if back.any():
        row = int(order[1:][back][0])
        raise InvalidValueError(
            "sample.t0", f"in time order inside series {sample.series[row]}", f"going back at {row}"
        )
    return sample


def fit_scale(X: Array, weight: Array) -> tuple[Scale, list[str]]:
    """Standardisation learned from rows; NaN is left out.

    Args:
        X: Shape (n, d), float64.
        weight: Shape (n,): weight of each row.

    Returns:
        Mean and reciprocal deviation of each column, and a note on columns that are constant and count nothing.

    Examples:
        >>> (mean, scale), notes = fit_scale(np.array([[1.0, 5.0], [3.0, 5.0]]), np.ones(2))
        >>> mean.tolist(), scale.tolist(), notes
        ([2.0, 5.0], [1.0, 0.0], ['constant columns, not used: 1'])
    """
    known = ~np.isnan(X)
    weights = known * weight[:, None]
    total = np.maximum(weights.sum(axis=0), 1e-300)
    values = np.where(known, X, 0.0)
    mean = (values * weights).sum(axis=0) / total
    deviation = np.sqrt((weights * np.where(known, X - mean, 0.0) ** 2).sum(axis=0) / total)
    constant = deviation <= 1e-12 * np.maximum(1e-6, np.abs(mean))
    scale = np.where(constant, 0.0, 1.0 / np.where(constant, 1.0, deviation))
    names = ", ".join(str(i) for i in np.flatnonzero(constant))
    return (mean, scale), [f"constant columns, not used: {names}"] if names else []


def scaled(X: Array, scale: Scale) -> Array:
    """Standardised features, cut off at :data:`CLIP`; what is not known becomes 0, the mean."""
    return np.nan_to_num(np.clip((X - scale[0]) * scale[1], -CLIP, CLIP), nan=0.0)


def evenly(rows: int, most: int) -> Array:
    """Indices of at most ``most`` rows, spread evenly over ``rows``: how to thin data for a model that holds few.

    Examples:
        >>> evenly(10, 4).tolist()
        [0, 2, 5, 7]
    """
    if rows <= most:
        return np.arange(rows)
    return np.arange(most) * rows // most
