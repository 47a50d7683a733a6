"""A fused forecast as one record: what it says, why, and the identifier that follows it to the fill."""

from __future__ import annotations

import hashlib

import numpy as np

from tradewind.alpha.fusion.master import Master
from tradewind.alpha.protocol import Distribution, Forecast, Panel
from tradewind.core.dtypes import Array

__all__ = ["confidence_of", "feature_credit", "forecast_id", "forecasts_of"]

STRONGEST = 5


def forecast_id(symbol: str, ts_ns: int, horizon_ns: int, model: str) -> str:
    """Identifier of a forecast: the same symbol, time, horizon and model give the same.

    Examples:
        >>> forecast_id("AIG", 1, 10, "abc") == forecast_id("AIG", 1, 10, "abc")
        True
        >>> forecast_id("AIG", 1, 10, "abc") == forecast_id("AIG", 2, 10, "abc")
        False
    """
    return hashlib.sha256(f"{symbol}|{ts_ns}|{horizon_ns}|{model}".encode()).hexdigest()[:20]


def confidence_of(dist: Distribution, base: Array | None = None) -> Array:
    """Shape (n,), in [0, 1]: how far the forecast is from saying nothing.

    For classes the information gained over the base rates (over even odds without them), relative to the most there
    could be; for numbers the share of the expected square that the mean explains.

    Args:
        dist: Forecasts.
        base: Base rates of the classes.
    """
    if dist.kind == "classes":
        p = np.maximum(dist.values, 1e-12)
        even = np.full(p.shape[1], 1 / p.shape[1]) if base is None else np.maximum(base, 1e-12)
        surprise = np.sum(p * np.log(p / even), axis=1)
        return np.asarray(np.clip(surprise / -np.log(even.min()), 0.0, 1.0))
    mean, spread = dist.mean(), dist.values[:, 1] if dist.values.shape[1] > 1 else np.ones(len(dist))
    return np.asarray(mean**2 / np.maximum(mean**2 + spread**2, 1e-300))


def forecasts_of(master: Master, panel: Panel, base: Array | None = None) -> list[Forecast]:
    """Forecasts of a panel's rows, each with its reasons.

    Features are credited as :func:`feature_credit` says; the strongest five are named.

    Args:
        master: A master that has learned.
        panel: Rows with the columns it learned from.
        base: Base rates of the classes.
    """
    dist = master.predict_dist(panel.X, panel.sample)
    names, parts = master.contributions(panel.X, panel.sample)
    credit = feature_credit(master, panel.X)
    sure, model = confidence_of(dist, base), master.fingerprint
    found = []
    for row in range(len(panel.y)):
        symbol = panel.symbols[int(panel.sample.series[row])]
        ts, horizon = int(panel.sample.t0[row]), int(panel.sample.t1[row] - panel.sample.t0[row])
        top = np.argsort(-np.abs(credit[row]))[:STRONGEST]
        found.append(
            Forecast(
                forecast_id=forecast_id(symbol, ts, horizon, model),
                symbol=symbol,
                ts_ns=ts,
                horizon_ns=horizon,
                kind=dist.kind,
                values=tuple(dist.values[row].tolist()),
                levels=dist.levels,
                confidence=float(sure[row]),
                by_modality=dict(zip(names, parts[row].tolist(), strict=True)),
                by_feature={panel.features[j]: float(credit[row, j]) for j in top if credit[row, j]},
                model=model,
            )
        )
    return found


def feature_credit(master: Master, X: Array) -> Array:
    """Shape (n, d): how much of the signal's score goes when a feature is put back to its median in training."""
    whole = master.contributions(X)[1].sum(axis=1)
    out = np.zeros(X.shape)
    for j in range(X.shape[1]):
        other = X.copy()
        other[:, j] = np.where(np.isnan(X[:, j]), np.nan, master.usual_[j])
        out[:, j] = whole - master.contributions(other)[1].sum(axis=1)
    return out
