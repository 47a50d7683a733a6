"""Estimators behind the facts: autocorrelation, signature plot, price response, imbalance; plain NumPy."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.market.facts.tape import Floats, Tape

__all__ = [
    "autocorrelation",
    "durations",
    "event_counts",
    "excess_kurtosis",
    "move_after_imbalance",
    "power_exponent",
    "price_response",
    "signature",
]


def autocorrelation(values: Array, lags: Array) -> Floats:
    """Sample autocorrelation at given lags, by the fast Fourier transform.

    Args:
        values: Shape (n,).
        lags: Shape (k,), each in 0..n-1.

    Returns:
        Shape (k,); NaN where the lag is too long or the series constant.

    Examples:
        >>> autocorrelation(np.array([1.0, -1.0] * 50), np.array([0, 1])).round(2).tolist()
        [1.0, -0.99]
    """
    centred = np.asarray(values, dtype=np.float64) - np.mean(values) if len(values) else np.zeros(0)
    total = float(centred @ centred)
    out = np.full(len(lags), np.nan)
    if total <= 0:
        return out
    size = 1 << (2 * len(centred) - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    full = np.fft.irfft(spectrum * np.conj(spectrum), size)[: len(centred)] / total
    fits = np.asarray(lags) < len(centred)
    out[fits] = full[np.asarray(lags)[fits]]
    return out


def event_counts(times_ns: Array, start_ns: int, end_ns: int, step_s: float) -> Floats:
    """Number of events in consecutive windows of ``step_s`` seconds."""
    edges = np.arange(start_ns, end_ns + 1, round(step_s * 1e9))
    return np.diff(np.searchsorted(times_ns, edges)).astype(np.float64)


def durations(tape: Tape) -> Floats:
    """How long each best quote was in force [s], for time-weighted distributions."""
    ends = np.append(tape.quote_ts_ns[1:], tape.end_ns)
    return np.asarray((ends - tape.quote_ts_ns) / 1e9, dtype=np.float64)


def excess_kurtosis(returns: Array) -> float:
    """Fourth standardised moment minus 3; NaN for fewer than 8 returns or no variance."""
    centred = returns - np.mean(returns) if len(returns) else returns
    variance = float(np.mean(centred**2)) if len(returns) >= 8 else 0.0
    return float(np.mean(centred**4) / variance**2 - 3) if variance > 0 else float("nan")


def signature(tape: Tape, horizons_s: Array) -> Floats:
    """Signature plot: variance of mid-price changes over a horizon, per second [ticks² / s].

    Args:
        tape: The market.
        horizons_s: Shape (k,): horizons [s].

    Returns:
        Shape (k,): flat for a random walk, falling where prices bounce.
    """
    out = np.full(len(horizons_s), np.nan)
    for index, horizon in enumerate(horizons_s):
        moves = np.diff(tape.grid_mids(float(horizon)))
        if len(moves) >= 4:
            out[index] = np.mean(moves**2) / horizon
    return out


def price_response(tape: Tape, lags: Array) -> Floats:
    r"""Mean mid-price move after a trade in its direction [ticks].

    .. math:: R(\ell) = E[\epsilon_t (m_{t+\ell} - m_t)]

    with :math:`m_t` the mid just before trade :math:`t` (Bouchaud et al. 2004).

    Args:
        tape: The market.
        lags: Shape (k,): lags in trades, from 1.

    Returns:
        Shape (k,): NaN where there are fewer than 30 pairs.
    """
    before = tape.mid_at(tape.trade_ts_ns - 1)
    out = np.full(len(lags), np.nan)
    for index, lag in enumerate(lags):
        if len(before) - lag >= 30:
            out[index] = np.mean(tape.trade_sign[:-lag] * (before[lag:] - before[:-lag]))
    return out


def move_after_imbalance(tape: Tape, bins: int = 10) -> Floats:
    """Probability that the next mid-price change is up, by queue imbalance at the best quotes.

    Imbalance is ``(bid - ask) / (bid + ask)`` of the sizes after each quote change, in equal bins over [-1, 1]
    (Gould and Bonart 2016).

    Returns:
        Shape (bins,): NaN for bins with fewer than 30 quotes.
    """
    mid2 = tape.bid_ticks + tape.ask_ticks
    total = tape.bid_lots + tape.ask_lots
    step = np.sign(np.diff(mid2))
    position = np.where(step != 0, np.arange(len(step)), len(step))
    following = np.minimum.accumulate(position[::-1])[::-1]
    known = (following < len(step)) & (total[:-1] > 0)
    imbalance = (tape.bid_lots - tape.ask_lots)[:-1][known] / total[:-1][known]
    up = step[following[known]] > 0
    which = np.minimum(((imbalance + 1) / 2 * bins).astype(np.int64), bins - 1)
    count = np.bincount(which, minlength=bins)
    rate = np.bincount(which, weights=up, minlength=bins) / np.maximum(count, 1)
    return np.where(count >= 30, rate, np.nan)


def power_exponent(lags: Array, values: Array, noise: float = 0.0) -> float:
    """Exponent of a power-law decay: minus the least-squares slope of log value on log lag.

    Only lags before the first value within two standard errors of zero count: what lies beyond is noise, of which a
    logarithm keeps the positive half.

    Args:
        lags: Shape (k,), rising.
        values: Shape (k,).
        noise: Standard error of a value.

    Returns:
        The exponent; NaN for fewer than 4 lags.

    Examples:
        >>> lags = np.array([1, 2, 4, 8, 16])
        >>> round(power_exponent(lags, lags**-0.5), 3)
        0.5
    """
    clear = np.isfinite(values) & (values > 2 * noise)
    count = len(clear) if clear.all() else int(np.argmin(clear))
    if count < 4:
        return float("nan")
    return float(-np.polyfit(np.log(np.asarray(lags)[:count]), np.log(values[:count]), 1)[0])
