"""The facts: what each is, where its definition comes from, and how it is measured on a tape."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from tradewind.market.facts import measures as m
from tradewind.market.facts.distance import Curve, Sample
from tradewind.market.facts.tape import Tape

__all__ = ["FACTS", "Fact"]

SIGN_LAGS = np.unique(np.round(np.geomspace(1, 200, 24)).astype(np.int64))
RESPONSE_LAGS = np.unique(np.round(np.geomspace(1, 200, 16)).astype(np.int64))
HORIZONS_S = np.array([1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0])
KURTOSIS_S = (1.0, 10.0, 60.0, 300.0)


class Fact(msgspec.Struct, frozen=True):
    """One stylised fact.

    Attributes:
        name: Short name.
        unit: Unit of its values.
        definition: What is measured, in words.
        source: Author and year.
        measure: Measures it on a tape.
    """

    name: str
    unit: str
    definition: str
    source: str
    measure: Callable[[Tape], Sample | Curve]


def _spread(tape: Tape) -> Sample:
    valid = (tape.bid_lots > 0) & (tape.ask_lots > 0)
    return Sample((tape.ask_ticks - tape.bid_ticks)[valid], m.durations(tape)[valid])


def _queues(tape: Tape) -> Sample:
    both = np.concatenate([tape.bid_lots, tape.ask_lots])
    weights = np.tile(m.durations(tape), 2)
    return Sample(np.log(both[both > 0]), weights[both > 0])


def _depth(tape: Tape) -> Curve:
    return Curve(np.arange(1, len(tape.depth_lots) + 1), np.asarray(tape.depth_lots, dtype=np.float64))


def _gaps(tape: Tape) -> Sample:
    gaps = np.diff(np.unique(tape.quote_ts_ns)) / 1e9
    return Sample(np.log(np.maximum(gaps, 1e-3)))


def _clustering(tape: Tape) -> Curve:
    lags = np.array([1, 2, 3, 5, 8, 13, 20, 30, 60, 120])
    counts = m.event_counts(tape.quote_ts_ns, tape.start_ns, tape.end_ns, 1.0)
    return Curve(lags, m.autocorrelation(counts, lags), scale=1.0)


def _trade_sizes(tape: Tape) -> Sample:
    return Sample(np.log(tape.trade_lots[tape.trade_lots > 0]))


def _limit_sizes(tape: Tape) -> Sample:
    return Sample(np.log(tape.limit_lots[tape.limit_lots > 0]))


def _lifetimes(tape: Tape) -> Sample:
    return Sample(np.log(np.maximum(tape.lifetime_s, 1e-4)))


def _cancelled(tape: Tape) -> Curve:
    return Curve(np.zeros(1), np.array([tape.cancelled_share]), scale=1.0)


def _signs(tape: Tape) -> Curve:
    return Curve(SIGN_LAGS, m.autocorrelation(tape.trade_sign, SIGN_LAGS), scale=1.0)


def _sign_exponent(tape: Tape) -> Curve:
    values = m.autocorrelation(tape.trade_sign, SIGN_LAGS)
    noise = 1.0 / np.sqrt(max(len(tape.trade_sign), 1))
    return Curve(np.zeros(1), np.array([m.power_exponent(SIGN_LAGS, values, noise)]), scale=1.0)


def _return_memory(tape: Tape) -> Curve:
    horizons = np.array([1.0, 10.0, 60.0])
    values = [m.autocorrelation(np.diff(tape.grid_mids(float(h))), np.array([1]))[0] for h in horizons]
    return Curve(horizons, np.array(values), scale=1.0)


def _volatility_clustering(tape: Tape) -> Curve:
    lags = np.array([1, 2, 3, 5, 8, 13, 20, 30])
    return Curve(lags, m.autocorrelation(np.abs(np.diff(tape.grid_mids(10.0))), lags), scale=1.0)


def _kurtosis(tape: Tape) -> Curve:
    values = [m.excess_kurtosis(np.diff(tape.grid_mids(h))) for h in KURTOSIS_S]
    return Curve(np.array(KURTOSIS_S), np.log1p(np.maximum(values, -0.9)), scale=1.0)


def _signature(tape: Tape) -> Curve:
    with np.errstate(divide="ignore"):
        values = np.log(m.signature(tape, HORIZONS_S))
    return Curve(HORIZONS_S, np.where(np.isfinite(values), values, np.nan), scale=1.0)


def _response(tape: Tape) -> Curve:
    return Curve(RESPONSE_LAGS, m.price_response(tape, RESPONSE_LAGS))


def _imbalance(tape: Tape) -> Curve:
    return Curve(np.linspace(-0.9, 0.9, 10), m.move_after_imbalance(tape), scale=1.0)


def _volume_volatility(tape: Tape) -> Curve:
    edges = np.arange(tape.start_ns, tape.end_ns + 1, 60 * 10**9)
    volume = np.diff(np.append(0, np.cumsum(tape.trade_lots))[np.searchsorted(tape.trade_ts_ns, edges)])
    moves = np.abs(np.diff(tape.mid_at(edges)))
    known = len(moves) >= 10 and np.std(volume) > 0 and np.std(moves) > 0
    value = float(np.corrcoef(np.sqrt(volume), moves)[0, 1]) if known else float("nan")
    return Curve(np.zeros(1), np.array([value]), scale=1.0)


FACTS: tuple[Fact, ...] = (
    Fact("spread", "ticks", "best ask minus best bid, weighted by time in force", "LOB-Bench 2025", _spread),
    Fact("best queues", "log lots", "sizes at both best prices, weighted by time", "LOB-Bench 2025", _queues),
    Fact("depth profile", "lots", "mean size by level from the best, both sides", "Bouchaud et al. 2002", _depth),
    Fact("inter-arrival", "log s", "time between changes of the best quotes, at least 1 ms", "LOB-Bench 2025", _gaps),
    Fact(
        "clustering",
        "1",
        "autocorrelation of quote changes per second, lags 1-120",
        "Hasbrouck, Saar 2013",
        _clustering,
    ),
    Fact("trade sizes", "log lots", "size of market orders", "LOB-Bench 2025", _trade_sizes),
    Fact("limit sizes", "log lots", "size of limit orders", "LOB-Bench 2025", _limit_sizes),
    Fact("lifetimes", "log s", "arrival to full cancel", "Hasbrouck, Saar 2013", _lifetimes),
    Fact("cancel ratio", "1", "share of limit orders that end cancelled", "Hasbrouck, Saar 2013", _cancelled),
    Fact("trade signs", "1", "autocorrelation of trade signs, lags 1-200", "Lillo, Farmer 2004", _signs),
    Fact(
        "sign exponent", "1", "its power-law exponent, where it is clear of noise", "Lillo, Farmer 2004", _sign_exponent
    ),
    Fact("return memory", "1", "lag-1 autocorrelation of mid returns at 1, 10, 60 s", "Cont 2001", _return_memory),
    Fact(
        "vol clustering",
        "1",
        "autocorrelation of absolute 10 s returns, lags 1-30",
        "Cont 2001",
        _volatility_clustering,
    ),
    Fact("kurtosis", "log", "log(1 + excess kurtosis) at 1, 10, 60, 300 s", "Cont 2001", _kurtosis),
    Fact(
        "signature plot",
        "log ticks²/s",
        "log variance per second by horizon, 1-300 s",
        "Andersen et al. 2000",
        _signature,
    ),
    Fact("response", "ticks", "mid move after a trade, lags 1-200 trades", "Bouchaud et al. 2004", _response),
    Fact("imbalance", "1", "probability that the next move is up, by imbalance", "Gould, Bonart 2016", _imbalance),
    Fact("volume-volatility", "1", "correlation of √volume and |return| per minute", "Cont 2001", _volume_volatility),
)
"""All facts, in reading order. A measure is NaN or empty where the source does not show what it needs."""
