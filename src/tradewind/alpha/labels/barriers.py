"""Labels that end when a barrier is touched, and the variance of a path to come."""

from __future__ import annotations

import numpy as np

from tradewind.alpha.labels.label import Labels, check_path, uniqueness
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["realised_variance", "triple_barrier"]

CHUNK = 4096


def triple_barrier(
    price: Array, ts_ns: Array, at: Array, horizon: int, barriers: tuple[Array | float, Array | float]
) -> Labels:
    r"""Which comes first: a rise by so much, a fall by so much, or the horizon.

    .. math:: y_t = \begin{cases} +1 & \ln p_s - \ln p_t \ge u_t \text{ first} \\ -1 & \ln p_t - \ln p_s \ge d_t
              \text{ first} \\ 0 & \text{neither until } t + k \end{cases}

    Args:
        price: Shape (n,): path.
        ts_ns: Shape (n,): its times, not decreasing [ns].
        at: Shape (m,): rows to label, ascending.
        horizon: k, in rows.
        barriers: Rise u and fall d, numbers or shape (m,), positive [log return]; infinity: no such barrier.

    Returns:
        Labels of those moments that touch a barrier or reach the horizon within the path; ``t1`` is when they did,
        ``value`` the log return until then; a label's weight is its average uniqueness.

    Raises:
        InvalidValueError: For a path that cannot be right, a horizon below 1, or a barrier that is not positive.

    References:
        López de Prado (2018), Advances in Financial Machine Learning, chapter 3.

    Examples:
        >>> path = np.array([100.0, 100.5, 102.0, 97.0])
        >>> triple_barrier(path, np.arange(4), np.array([0, 2]), 2, (0.015, 0.015)).y
        array([ 1., -1.])
    """
    check_path(price, ts_ns, at)
    if horizon < 1:
        raise InvalidValueError("horizon", "1 row or more", horizon)
    up, down = (np.broadcast_to(np.asarray(b, np.float64), len(at)) for b in barriers)
    if not (np.all(up > 0) and np.all(down > 0)):
        raise InvalidValueError("barriers", "positive", f"{np.min(up)} and {np.min(down)}" if len(at) else barriers)
    level = np.log(price)
    padded = np.concatenate((level, np.full(horizon, np.nan)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, horizon + 1)
    steps: Array = np.zeros(len(at), np.int64)
    sign: Array = np.zeros(len(at))
    for begin in range(0, len(at), CHUNK):
        part = slice(begin, begin + CHUNK)
        moves = windows[at[part], 1:] - level[at[part], None]
        rise, fall = moves >= up[part, None], moves <= -down[part, None]
        hit = rise | fall
        first = np.argmax(hit, axis=1)
        touched = hit[np.arange(len(first)), first]
        steps[part] = np.where(touched, first + 1, horizon)
        sign[part] = np.where(touched, np.where(rise[np.arange(len(first)), first], 1.0, -1.0), 0.0)
    keep = np.flatnonzero(at + steps < len(price))
    start, end = at[keep], at[keep] + steps[keep]
    t0, t1 = ts_ns[start], ts_ns[end]
    value = level[end] - level[start]
    return Labels(rows=keep, y=sign[keep], value=value, t0=t0, t1=t1, weight=uniqueness(t0, t1))


def realised_variance(price: Array, ts_ns: Array, at: Array, horizon: int) -> Labels:
    r"""Sum of squared log returns over the next rows.

    .. math:: RV_t = \sum_{i=1}^{k} (\ln p_{t+i} - \ln p_{t+i-1})^2

    Args:
        price: Shape (n,): path, sampled as coarsely as noise demands.
        ts_ns: Shape (n,): its times, not decreasing [ns].
        at: Shape (m,): rows to label, ascending.
        horizon: k, in rows.

    Returns:
        Labels of those moments whose end lies within the path; ``y`` and ``value`` are the variance.

    Raises:
        InvalidValueError: For a path that cannot be right, or a horizon below 1.

    References:
        Andersen and Bollerslev (1998), "Answering the Skeptics".

    Examples:
        >>> realised_variance(np.exp([0.0, 0.1, 0.0]), np.arange(3), np.array([0]), 2).y.round(6)
        array([0.02])
    """
    check_path(price, ts_ns, at)
    if horizon < 1:
        raise InvalidValueError("horizon", "1 row or more", horizon)
    square = np.concatenate(([0.0], np.cumsum(np.diff(np.log(price)) ** 2)))
    keep = np.flatnonzero(at + horizon < len(price))
    start, end = at[keep], at[keep] + horizon
    value = np.maximum(square[end] - square[start], 0.0)
    return Labels(rows=keep, y=value, value=value, t0=ts_ns[start], t1=ts_ns[end], weight=np.ones(len(keep)))
