"""Labels at a fixed horizon: the return, or the smoothed mid of DeepLOB; thresholds may be sized by the spread."""

from __future__ import annotations

import numpy as np

from tradewind.alpha.labels.label import Labels, check_path, three_classes
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["fixed_horizon", "fixed_time", "smoothed_mid", "spread_threshold"]

NOISE = 1e-12
"""Below is no move, but the rounding of a mid from other prices that add up to the same."""


def fixed_horizon(price: Array, ts_ns: Array, at: Array, horizon: int, threshold: Array | float = 0.0) -> Labels:
    r"""Direction and size of the move over the next rows.

    .. math:: v_t = \ln p_{t+k} - \ln p_t, \quad y_t = \mathrm{sign}(v_t)\,[\,|v_t| > \theta_t\,]

    Args:
        price: Shape (n,): path, e.g. the mid at each change of the quote.
        ts_ns: Shape (n,): its times, not decreasing [ns].
        at: Shape (m,): rows to label, ascending.
        horizon: k, in rows.
        threshold: Half-width of the class 0, a number or shape (m,) [log return].

    Returns:
        Labels of those moments whose end lies within the path; ``value`` is the log return.

    Raises:
        InvalidValueError: For a path that cannot be right, or a horizon below 1.

    Examples:
        >>> fixed_horizon(np.array([10.0, 10.0, 11.0]), np.arange(3), np.arange(3), 1).y
        array([0., 1.])
    """
    check_path(price, ts_ns, at)
    if horizon < 1:
        raise InvalidValueError("horizon", "1 row or more", horizon)
    keep = np.flatnonzero(at + horizon < len(price))
    start, end = at[keep], at[keep] + horizon
    return _returns(price, ts_ns, (keep, start, end), threshold)


def fixed_time(price: Array, ts_ns: Array, at: Array, horizon_ns: int, threshold: Array | float = 0.0) -> Labels:
    """As :func:`fixed_horizon`, over a span of time: the price that holds ``horizon_ns`` later.

    Args:
        price: Shape (n,): path.
        ts_ns: Shape (n,): its times, not decreasing [ns].
        at: Shape (m,): rows to label, ascending.
        horizon_ns: Span [ns].
        threshold: Half-width of the class 0, a number or shape (m,) [log return].

    Returns:
        Labels of those moments whose end lies within the path; ``t1`` is ``t0`` + span.

    Raises:
        InvalidValueError: For a path that cannot be right, or a span that is not positive.
    """
    check_path(price, ts_ns, at)
    if horizon_ns < 1:
        raise InvalidValueError("horizon_ns", "1 ns or more", horizon_ns)
    until = ts_ns[at] + horizon_ns
    keep = np.flatnonzero(until <= ts_ns[-1])
    end = np.searchsorted(ts_ns, until[keep], side="right") - 1
    labels = _returns(price, ts_ns, (keep, at[keep], end), threshold)
    return Labels(rows=labels.rows, y=labels.y, value=labels.value, t0=labels.t0, t1=until[keep], weight=labels.weight)


def _returns(price: Array, ts_ns: Array, rows: tuple[Array, Array, Array], threshold: Array | float) -> Labels:
    keep, start, end = rows
    value = np.log(price[end]) - np.log(price[start])
    value[np.abs(value) < NOISE] = 0.0
    limit = np.asarray(threshold)[keep] if np.ndim(threshold) else threshold
    return Labels(
        rows=keep,
        y=three_classes(value, limit),
        value=value,
        t0=ts_ns[start],
        t1=ts_ns[end],
        weight=np.ones(len(keep)),
    )


def smoothed_mid(  # noqa: PLR0917
    price: Array, ts_ns: Array, at: Array, horizon: int, threshold: Array | float = 0.0, past: int = 0
) -> Labels:
    r"""Mean of the next k prices against the mean of the last j.

    .. math:: v_t = \frac{m^+_t - m^-_t}{m^-_t}, \quad m^-_t = \tfrac1j\sum_{i=0}^{j-1} p_{t-i},
              \; m^+_t = \tfrac1k\sum_{i=1}^{k} p_{t+i}

    Args:
        price: Shape (n,): path.
        ts_ns: Shape (n,): its times, not decreasing [ns].
        at: Shape (m,): rows to label, ascending.
        horizon: k, in rows.
        threshold: Half-width of the class 0, a number or shape (m,) [relative].
        past: j; k where it is 0, as DeepLOB has it. With 1 the label begins at the present price: with more, part of
            it is known at ``t0``, and models look better than what can be traded.

    Returns:
        Labels of those moments that have j prices before (themselves included) and after.

    Raises:
        InvalidValueError: For a path that cannot be right, or a horizon below 1.

    References:
        Zhang, Zohren and Roberts (2019), "DeepLOB", equation 4 (after Tsantekidis et al., 2017).
    """
    check_path(price, ts_ns, at)
    if horizon < 1:
        raise InvalidValueError("horizon", "1 row or more", horizon)
    if past < 0:
        raise InvalidValueError("past", "0 rows or more", past)
    past = past or horizon
    keep = np.flatnonzero((at + horizon < len(price)) & (at - past + 1 >= 0))
    start = at[keep]
    level = float(price[0])
    total = np.concatenate(([0.0], np.cumsum(price - level)))  # from a level: sums of small numbers stay exact
    before = level + (total[start + 1] - total[start + 1 - past]) / past
    after = level + (total[start + 1 + horizon] - total[start + 1]) / horizon
    value = (after - before) / before
    value[np.abs(value) < NOISE] = 0.0
    limit = np.asarray(threshold)[keep] if np.ndim(threshold) else threshold
    return Labels(
        rows=keep,
        y=three_classes(value, limit),
        value=value,
        t0=ts_ns[start],
        t1=ts_ns[start + horizon],
        weight=np.ones(len(keep)),
    )


def spread_threshold(bid: Array, ask: Array, multiple: float = 1.0) -> Array:
    """Threshold sized by what a round trip costs: a move counts once it pays ``multiple`` half spreads.

    Args:
        bid: Shape (n,): best bids.
        ask: Shape (n,): best asks, above the bids.
        multiple: Half spreads; 2 is what a taker pays for a round trip at an unchanged spread.

    Returns:
        Shape (n,) [log return].

    Examples:
        >>> spread_threshold(np.array([99.0]), np.array([101.0])).round(4)
        array([0.01])
    """
    if np.any(~(ask > bid)) or np.any(~(bid > 0)):
        raise InvalidValueError("ask", "above a positive bid in every row", "a locked, crossed or empty quote")
    return np.asarray(multiple * (ask - bid) / (ask + bid))
