r"""Metaorder impact, measured: the same market buys, sells and does nothing, on the same random streams.

A metaorder of a share ``q`` of the volume is worked with child market orders at even times over a horizon. Its impact
is the mean over many seeds of half the distance of the bought and the sold market's mid-price; each lies on its side of
the twin, the market without you, whose path drops out of the mean. It is then held against the law

.. math:: I = Y \sigma (Q / V)^\delta

with ``sigma`` the twin's volatility and ``V`` the volume it trades over the horizon. (Torre and Ferrari, 1997; Almgren
et al., 2005; Tóth et al., 2011; Sato and Kanazawa, 2024: delta close to 1/2, Y of order 1.)
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from tradewind.core.dtypes import MESSAGE, Array, MessageKind
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.market.batch import MarketBatch
from tradewind.market.facts.tape import Floats
from tradewind.market.flow.wire import send_rows
from tradewind.market.preset import Preset
from tradewind.market.reactive import EPOCH_NS

__all__ = ["SHARES", "ImpactFit", "ImpactReport", "fit_power_law", "measure_impact", "usual_horizon_s"]

SHARES = (0.001, 0.01, 0.02, 0.05, 0.1)
"""Metaorders, as shares of the volume traded over their horizon."""
CHILDREN = 30
STEPS = 30
AFTER = (1, 2, 4)
TRADES = 900
DELTAS = np.arange(0.02, 1.5001, 0.01)
DRAWS = 400
Interval = tuple[float, float]


class ImpactFit(msgspec.Struct, frozen=True, kw_only=True):
    """The law fitted.

    Attributes:
        delta: Exponent.
        prefactor: ``Y``.
        delta_interval: 95 % bootstrap interval of the exponent.
        prefactor_interval: And of ``Y``.
    """

    delta: float
    prefactor: float
    delta_interval: Interval
    prefactor_interval: Interval


class ImpactReport(msgspec.Struct, frozen=True, kw_only=True):
    """Impact of metaorders in one preset.

    Attributes:
        preset: The market.
        pairs: Seeds; each is run buying, selling and without you.
        horizon_s: Time over which a metaorder is worked [s].
        volatility_ticks: Standard deviation of the mid over the horizon, without you [ticks].
        volume_lots: Volume over the horizon, without you [lots].
        shares: Metaorders as shares of that volume.
        impact: Mean impact of each at its end, in units of the volatility.
        intervals: 95 % bootstrap intervals.
        filled: Share of each metaorder that was filled.
        fit: The law.
        times: Times of the path below, in units of the horizon.
        path: Mean impact of the largest metaorder while it is worked and afterwards, in units of the volatility.
        path_intervals: 95 % bootstrap intervals.
        decay: Impact 1, 2 and 4 horizons after the end, as a fraction of that at the end.
        decay_intervals: 95 % bootstrap intervals.
    """

    preset: str
    pairs: int
    horizon_s: float
    volatility_ticks: float
    volume_lots: float
    shares: list[float]
    impact: list[float]
    intervals: list[Interval]
    filled: list[float]
    fit: ImpactFit
    times: list[float]
    path: list[float]
    path_intervals: list[Interval]
    decay: list[float]
    decay_intervals: list[Interval]


def measure_impact(
    preset: Preset,
    pairs: int = 200,
    seed: int = 7,
    shares: tuple[float, ...] = SHARES,
    *,
    horizon_s: float | None = None,
    threads: int = 1,
    progress: Callable[[str], None] = lambda _: None,
) -> ImpactReport:
    """Execute metaorders in a market and in its mirror, and fit the law of their impact.

    Args:
        preset: The market.
        pairs: Seeds.
        seed: Names them.
        shares: Metaorders as shares of the volume over the horizon, rising.
        horizon_s: How long a metaorder is worked; None for as long as the market takes to trade 900 times, from one to
            sixty minutes.
        threads: Of the batch of markets.
        progress: Told what is being done.

    Returns:
        The report.

    Raises:
        InvalidValueError: For fewer than 8 pairs or shares that do not rise.
    """
    if pairs < 8:
        raise InvalidValueError("pairs", "8 or more", pairs)
    if not shares or list(shares) != sorted(set(shares)) or shares[0] <= 0:
        raise InvalidValueError("shares", "rising shares above 0", shares)
    progress("without you")
    batch = MarketBatch([preset], pairs, seed, threads=threads)
    horizon = horizon_s or usual_horizon_s(preset)
    begun, start = batch.markets.copy(), batch.mid_ticks
    batch.advance(horizon)
    volume = float((batch.markets["volume_lots"] - begun["volume_lots"]).mean())
    sigma = float(np.sqrt(np.mean((batch.mid_ticks - start) ** 2)))
    if not (sigma > 0 and volume > 0):
        raise InvalidValueError("horizon_s", "long enough for trades that move the price", horizon)
    paths, filled = [], []
    for share in shares:
        progress(f"metaorders of {share:.1%} of the volume")
        quantity = max(1, round(share * volume))
        after = max(AFTER) if share == shares[-1] else 0
        sides = []
        for side in (1, -1):
            batch.restore(begun)
            sides.append(_path(batch, side, quantity, horizon, after))
        paths.append((sides[0][0] - sides[1][0]) / 2 / sigma)
        filled.append((sides[0][1] + sides[1][1]) / 2 / quantity)
    return _report(preset.name, (horizon, sigma, volume), np.array(shares), paths, filled)


def usual_horizon_s(preset: Preset) -> float:
    """As long as a market takes to trade 900 times, from one to sixty minutes [s]."""
    fit, seconds = preset.provenance.fit, preset.provenance.seconds
    trades = (fit.get("events_market", 0.0) + fit.get("events_hidden", 0.0)) / max(seconds, 1.0)
    return float(np.clip(TRADES / max(trades, 1e-9), 60.0, 3600.0))


def _path(batch: MarketBatch, side: int, quantity: int, horizon_s: float, after: int) -> tuple[Floats, float]:
    """Mid-price minus its start in each market, shape (pairs, steps), and mean lots filled."""
    start = batch.mid_ticks
    children = min(CHILDREN, quantity)
    orders = np.zeros(children, MESSAGE)
    orders["kind"], orders["side"], orders["owner"] = MessageKind.MARKET, side, 1
    orders["order_id"] = (1 << 40) + np.arange(children)
    edges = np.round(np.linspace(0, quantity, children + 1)).astype(np.int64)
    orders["size_lots"] = np.diff(edges)
    orders["ts_ns"] = EPOCH_NS + ((np.arange(children) + 0.5) / children * horizon_s * 1e9).astype(np.int64)
    for i in range(batch.count):
        send_rows(batch.markets[i : i + 1], orders)
    mids, filled = [], 0
    for _ in range(STEPS * (1 + after)):
        batch.advance(horizon_s / STEPS)
        mids.append(batch.mid_ticks - start)
        own = batch.markets["own_fills"]["size_lots"]
        known = np.arange(own.shape[1]) < batch.markets["own_fills_count"][:, None]
        filled += int(own[known].sum())
        batch.markets["own_fills_count"] = 0
    return np.stack(mids, axis=1), filled / batch.count


def _report(
    name: str, scale: tuple[float, float, float], shares: Floats, paths: list[Floats], filled: list[float]
) -> ImpactReport:
    """Means, intervals and the law; ``scale`` is the horizon, the volatility and the volume over it."""
    ends = np.stack([path[:, STEPS - 1] for path in paths], axis=1)
    pairs = len(ends)
    rows = stream(0, "facts/impact").integers(0, pairs, (DRAWS, pairs))
    drawn = ends[rows].mean(axis=1)
    error = np.maximum(ends.std(axis=0, ddof=1) / np.sqrt(pairs), 1e-12)
    delta, prefactor = fit_power_law(shares, ends.mean(axis=0)[None], error)
    deltas, prefactors = fit_power_law(shares, drawn, error)
    last = paths[-1]
    path = np.stack([last[draw].mean(axis=0) for draw in rows])
    at = [STEPS * (1 + k) - 1 for k in AFTER]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = path[:, at] / path[:, STEPS - 1 : STEPS]
    mean = last.mean(axis=0)
    return ImpactReport(
        preset=name,
        pairs=pairs,
        horizon_s=scale[0],
        volatility_ticks=scale[1],
        volume_lots=scale[2],
        shares=shares.tolist(),
        impact=ends.mean(axis=0).tolist(),
        intervals=_intervals(drawn),
        filled=filled,
        fit=ImpactFit(
            delta=float(delta[0]),
            prefactor=float(prefactor[0]),
            delta_interval=_intervals(deltas[:, None])[0],
            prefactor_interval=_intervals(prefactors[:, None])[0],
        ),
        times=((np.arange(len(mean)) + 1) / STEPS).tolist(),
        path=mean.tolist(),
        path_intervals=_intervals(path),
        decay=(mean[at] / mean[STEPS - 1]).tolist(),
        decay_intervals=_intervals(np.where(np.isfinite(ratios), ratios, 0.0)),
    )


def _intervals(draws: Array) -> list[Interval]:
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    return [(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def fit_power_law(shares: Array, impact: Array, error: Array) -> tuple[Floats, Floats]:
    """Exponent and prefactor of ``impact = Y * shares ** delta`` by least squares weighted with the errors.

    Args:
        shares: Shape (k,).
        impact: Shape (n, k): ``n`` sets of measured impacts; noise may make some negative.
        error: Shape (k,), their standard errors.

    Returns:
        Exponents (of a grid from 0.02 to 1.5) and prefactors, shape (n,) each.

    Examples:
        >>> x = np.array([0.01, 0.04, 0.09])
        >>> delta, prefactor = fit_power_law(x, 0.8 * np.sqrt(x)[None], np.ones(3))
        >>> round(float(delta[0]), 2), round(float(prefactor[0]), 2)
        (0.5, 0.8)
    """
    shape = shares[None, :] ** DELTAS[:, None]
    weight = 1.0 / error**2
    scale = np.maximum((impact * weight) @ shape.T / (shape**2 @ weight)[None, :], 0.0)
    loss = (impact[:, None, :] - scale[:, :, None] * shape[None]) ** 2 @ weight
    best = loss.argmin(axis=1)
    return DELTAS[best], scale[np.arange(len(impact)), best]
