"""What ties the symbols of one market together: a common tilt of their order flow, and how strongly prices answer it.

A tilt ``x`` from -1 to 1 multiplies market orders by ``1 + x`` (buys) and ``1 - x`` (sells), bids inside the spread by
``1 + x/2`` and cancels of bids by ``1 - x/2``, asks the other way: the same as ``Phase.buy_tilt``. How far a minute's
return of a preset moves with the tilt of that minute is not a parameter but a measurement, made once per preset on a
few simulated hours (:func:`tilt_response`).
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry
from tradewind.core.random import stream
from tradewind.market.flow.events import left_to_wait, pass_time, reschedule
from tradewind.market.preset import GROUPS, Preset
from tradewind.market.reactive import Market

__all__ = [
    "FLOW_KEEP",
    "HORIZON_S",
    "STEP_S",
    "WIDEST_TILT",
    "Response",
    "set_mood",
    "set_tilt",
    "tilt_path",
    "tilt_response",
]

STEP_S = 1.0
"""Symbols look at each other at whole multiples of it [s]."""
HORIZON_S = 60.0
"""Returns over this long have the correlation that was asked for [s]."""
WIDEST_TILT = 0.9
"""Tilts are cut here, so that neither side's market orders cease."""
MEMORY_S = 10.0
FLOW_KEEP = float(np.exp(-STEP_S / 16.0))
"""What is left after a step of signed trades that are remembered for 16 seconds."""
PILOT_MARKETS, PILOT_S, PILOT_TILT = 8, 3600.0, 0.35
LEAN = np.zeros((2, 8), np.float32)
for _group, _weight in (("market", 1.0), ("hidden", 1.0), ("improve", 0.5), ("cancel", -0.5)):
    LEAN[:, GROUPS.index(_group)] = _weight, -_weight


class Response(msgspec.Struct, frozen=True):
    """How a preset's price answers a common tilt, over :data:`HORIZON_S`.

    Attributes:
        own_variance: Of returns that no tilt explains [ticks squared].
        variance_per_tilt: Of returns that a tilt path of standard deviation 1 would explain [ticks squared].
        flow_std_lots: Standard deviation of signed trades that decay over 16 seconds [lots].
    """

    own_variance: float
    variance_per_tilt: float
    flow_std_lots: float

    def tilt_for(self, share: float) -> float:
        """Standard deviation of the tilt that explains a share of the variance of returns."""
        return float(np.sqrt(self.own_variance * share / (1.0 - share) / self.variance_per_tilt))

    @property
    def widest_share(self) -> float:
        """The largest share of variance that a tilt can explain before it is cut too often."""
        explained = self.variance_per_tilt * (WIDEST_TILT / 1.5) ** 2
        return explained / (explained + self.own_variance)


@entry
def set_mood(markets: Array, tables: Array, phases: Array, mood: float) -> None:
    """Give the slow factor on a market's rate a value, now.

    Args:
        markets: Shape (1,), a ``market_dtype``.
        tables: Shape (1,), dtype ``TABLES``.
        phases: Shape (1,), dtype ``PHASES``.
        mood: Above 0.
    """
    market = markets[0]
    waited = left_to_wait(market, market.now_s)
    pass_time(market, tables[0], market.now_s)
    market.mood = mood
    reschedule(market, tables[0], phases[0].rows[market.phase], waited)


def set_tilt(phases: Array, plain: Array, tilt: float) -> None:
    """Tilt a market's flow.

    Args:
        phases: Shape (1,), dtype ``PHASES``; its factors are written.
        plain: The factors without a tilt.
        tilt: From -1 to 1.
    """
    phases["rows"]["factor"][0] = plain * (1.0 + np.float32(tilt) * LEAN)


def tilt_path(chance: np.random.Generator, steps: int, first: float = 0.0) -> Array:
    """A first-order autoregression of variance 1 that forgets over ten seconds, one value per :data:`STEP_S`.

    Args:
        chance: Where its shocks come from.
        steps: How many.
        first: The value before the first.

    Returns:
        Shape (steps,).
    """
    keep = float(np.exp(-STEP_S / MEMORY_S))
    shocks = chance.standard_normal(steps) * np.sqrt(1.0 - keep * keep)
    out, value = np.empty(steps), first
    for k in range(steps):
        value = keep * value + shocks[k]
        out[k] = value
    return out


@lru_cache(maxsize=32)
def _response(text: str) -> Response:
    import tomllib

    from tradewind.market.preset import parse_preset

    preset = parse_preset(tomllib.loads(text))
    steps, every = int(PILOT_S / STEP_S), int(HORIZON_S / STEP_S)
    returns, pushes, flows = [], [], []
    for k in range(PILOT_MARKETS):
        market = Market(preset, seed=k)
        path = tilt_path(stream(k, "market/group/pilot"), steps)
        plain = market._phases["rows"]["factor"][0].copy()
        mids = np.empty(steps + 1)
        mids[0], flow, lots = market.view.mid_ticks, 0.0, 0.0
        for step in range(steps):
            set_tilt(market._phases, plain, float(np.clip(PILOT_TILT * path[step], -WIDEST_TILT, WIDEST_TILT)))
            market.advance(STEP_S)
            mids[step + 1] = market.view.mid_ticks
            now = float(market._markets["signed_lots"][0])
            flow, lots = flow * FLOW_KEEP + (now - lots if step else 0.0), now
            flows.append(flow)
        returns.append(np.diff(mids[::every]))
        pushes.append(PILOT_TILT * path.reshape(-1, every).sum(axis=1))
    r, x = np.concatenate(returns), np.concatenate(pushes)
    slope = float(x @ (r - r.mean()) / (x @ x))
    keep = float(np.exp(-STEP_S / MEMORY_S))
    lags = np.arange(1, every)
    path_variance = every + 2.0 * float(((every - lags) * keep**lags).sum())
    return Response(float(np.var(r - slope * x)), slope * slope * path_variance, float(np.std(flows)))


def tilt_response(preset: Preset) -> Response:
    """Measure how a preset's price answers a tilt; kept for the life of the process.

    Args:
        preset: A market.

    Returns:
        Its response, measured on eight simulated hours.
    """
    from tradewind.market.preset import preset_text

    return _response(preset_text(preset))
