"""Prices that follow a known law: persistent volatility with falls that raise it, and one factor. For trying out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.risk.prices import Bars

__all__ = ["simulate_bars"]

DAY_NS, HOUR_NS = 86_400 * 10**9, 3_600 * 10**9
HOURS = 7
PROFILE = np.array([2.2, 1.2, 0.9, 0.7, 0.7, 0.9, 1.4])
"""Variance of each hour, relative."""
FINE = 12
"""Steps within an hour."""
START = 14_610
"""2010-01-01."""


def simulate_bars(symbols: Sequence[str], days: int, seed: int) -> dict[str, Bars]:
    """Hourly bars of a one-factor stochastic-volatility market, weekends left out.

    Args:
        symbols: One or more names.
        days: Trading days.
        seed: The run's one seed.

    Returns:
        Bars by symbol, 7 a day.

    Examples:
        >>> bars = simulate_bars(["A"], 5, seed=7)["A"]
        >>> len(bars), bool((bars.high >= bars.low).all())
        (35, True)
    """
    if not symbols or days < 1:
        raise InvalidValueError("days", "1 or more, of one or more symbols", days)
    chance = stream(seed, "risk/simulated")
    calendar: Array = START + np.arange(2 * days + 7)
    calendar = calendar[(calendar + 3) % 7 < 5][:days]
    ts_ns = (calendar[:, None] * DAY_NS + (9 + np.arange(HOURS)) * HOUR_NS).ravel()
    steps = HOURS * FINE
    factor = chance.standard_t(5, (days, steps + 1)) * np.sqrt(0.6)
    volatility = _volatility(factor.sum(axis=1) / np.sqrt(steps + 1), days, chance)
    found = {}
    for number, symbol in enumerate(symbols):
        beta = 0.4 + 0.5 * number / max(1, len(symbols) - 1)
        own = chance.standard_t(5, (days, steps + 1)) * np.sqrt(0.6)
        noise = beta * factor + np.sqrt(1 - beta**2) * own
        weight = np.append(1.5, np.repeat(PROFILE, FINE) / FINE)
        weight = np.sqrt(weight / weight.sum())
        moves = volatility[:, None] * weight * noise
        price = 50.0 * (number + 1) * np.exp(np.cumsum(moves.ravel()).reshape(days, steps + 1))
        found[symbol] = _bars(symbol, ts_ns, price, volatility, chance)
    return found


def _volatility(shock: Array, days: int, chance: np.random.Generator) -> Array:
    """Two persistent parts in logs; a fall raises both."""
    news = chance.standard_normal((days, 2))
    slow = fast = 0.0
    found = np.empty(days)
    for t in range(days):
        found[t] = 0.012 * np.exp(slow + fast)
        slow = 0.99 * slow + 0.03 * news[t, 0] - 0.03 * min(shock[t], 0.0) - 0.012
        fast = 0.8 * fast + 0.12 * news[t, 1]
    return found


def _bars(symbol: str, ts_ns: Array, price: Array, volatility: Array, chance: np.random.Generator) -> Bars:
    days = len(price)
    inside = price[:, 1:].reshape(days, HOURS, FINE)
    opened = np.concatenate([price[:, :1], inside[:, :-1, -1]], axis=1)
    high, low = np.maximum(inside.max(axis=2), opened), np.minimum(inside.min(axis=2), opened)
    volume = 1e5 * (volatility / 0.012)[:, None] * PROFILE * np.exp(0.2 * chance.standard_normal((days, HOURS)))
    return Bars(
        symbol=symbol,
        ts_ns=ts_ns,
        open=opened.ravel(),
        high=high.ravel(),
        low=low.ravel(),
        close=inside[:, :, -1].ravel(),
        volume=np.round(volume).ravel(),
        source="simulated",
    )
