r"""The impact overlay's model: how far your own trades shift a replayed market.

A replay shows what the others did without you; what they would have done *because* of you is not in the data. The
overlay adds it as a shift of all historical prices, by whole ticks, while your trades are remembered:

.. math:: I(t) = Y\,\sigma \sum_k w_k\,\operatorname{sgn}(X_k)\left|\frac{X_k(t)}{V}\right|^{\delta},\qquad
    X_k(t) = \sum_{t_i \le t} q_i\,e^{-(t - t_i)/\tau_k}

with :math:`q_i` the signed size of your trade *i*, three parts *k*: **temporary** (seconds), **decaying** (minutes) and
**permanent** (:math:`\tau = \infty`), and :math:`\sigma` the volatility of the price over the time in which
:math:`V` lots trade. Just after a parent order of :math:`Q` lots it is the square-root law :math:`Y\sigma(Q/V)^\delta`,
however the order was cut; afterwards it relaxes to its permanent part. Because each part is a function of a (decayed)
position, buying and selling again in a loop earns nothing from it.

Defaults: :math:`\delta = 0.489` (Sato and Kanazawa, 2024, eight years of the Tokyo exchange) and :math:`Y = 1`; two
thirds permanent on the scale of a day, the level of fair pricing (Farmer, Gerig, Lillo and Waelbroeck, 2013); the rest
decays half in 30 seconds, half in 30 minutes, the ends between which fitted propagators lie (0.5 to 180 minutes).
:math:`\sigma` and :math:`V` come from the tape itself (:func:`fit_propagator`).
"""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.errors import InvalidValueError, UsageError
from tradewind.market.replay.layout import PARTS
from tradewind.market.replay.tape import Tape

__all__ = ["RANGES", "Propagator", "fit_propagator"]

RANGES: dict[str, tuple[float, float]] = {
    "volatility_ticks": (1e-6, 1e9),
    "volume_lots": (1.0, 1e18),
    "strength": (0.0, 10.0),
    "exponent": (0.1, 1.0),
    "temporary": (0.0, 1.0),
    "temporary_s": (0.01, 600.0),
    "decaying": (0.0, 1.0),
    "decaying_s": (1.0, 86_400.0),
    "permanent": (0.0, 1.0),
    "passive": (0.0, 1.0),
    "grid_ms": (1.0, 60_000.0),
    "most_ticks": (1.0, 1e6),
}
"""Lowest and highest value of each parameter."""
SAMPLE_NS = 60 * 10**9
IRREGULAR = int(EventFlag.AUCTION | EventFlag.OUT_OF_SEQUENCE | EventFlag.CORRECTED)


class Propagator(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of the impact overlay.

    Attributes:
        volatility_ticks: Standard deviation of the price over the time in which ``volume_lots`` trade [ticks].
        volume_lots: See there [lots].
        strength: ``Y``; 0 switches the shift off.
        exponent: ``delta``; 0.5 is the square-root law.
        temporary: Weight of the part that decays in seconds.
        temporary_s: Its time constant [s].
        decaying: Weight of the part that decays in minutes.
        decaying_s: Its time constant [s].
        permanent: Weight of the part that stays.
        passive: How much a lot that your resting order traded counts beside one that you took.
        grid_ms: How often the decayed shift is worked out anew [ms].
        most_ticks: Largest shift either way [ticks].

    Raises:
        InvalidValueError: For a value out of its range (:data:`RANGES`), or weights that add up to more than 1.

    Examples:
        >>> propagator = Propagator(volatility_ticks=100.0, volume_lots=1_000_000.0, exponent=0.5)
        >>> propagator.peak_ticks(10_000)
        10.0
    """

    volatility_ticks: float
    volume_lots: float
    strength: float = 1.0
    exponent: float = 0.489
    temporary: float = 1 / 6
    temporary_s: float = 30.0
    decaying: float = 1 / 6
    decaying_s: float = 1800.0
    permanent: float = 2 / 3
    passive: float = 1.0
    grid_ms: float = 100.0
    most_ticks: float = 10_000.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InvalidValueError(name, f"{low:g} to {high:g}", value)
        total = self.temporary + self.decaying + self.permanent
        if total > 1.0 + 1e-9:
            raise InvalidValueError("temporary + decaying + permanent", "at most 1", total)

    def peak_ticks(self, lots: float) -> float:
        """Impact just after a parent order of some lots [ticks]."""
        total = self.temporary + self.decaying + self.permanent
        return float(self.strength * self.volatility_ticks * total * (abs(lots) / self.volume_lots) ** self.exponent)

    def write(self, impact: Array) -> None:
        """Set the parameters of records and switch them on.

        Args:
            impact: Shape (n,), dtype ``IMPACT``.
        """
        impact["on"] = 1
        impact["scale_ticks"] = self.strength * self.volatility_ticks
        impact["exponent"], impact["volume_lots"] = self.exponent, self.volume_lots
        impact["passive"], impact["grid_ns"] = self.passive, round(self.grid_ms * 1e6)
        impact["most_ticks"] = int(self.most_ticks)
        impact["weight"] = np.array([self.temporary, self.decaying, self.permanent])[:PARTS]
        impact["decay_per_s"] = np.array([1.0 / self.temporary_s, 1.0 / self.decaying_s, 0.0])[:PARTS]


def fit_propagator(tape: Tape, **changes: float) -> Propagator:
    """Volatility and volume of a tape, with the default shape.

    Volatility is that of the trade price sampled every minute (every 200th of a tape shorter than 200 minutes), scaled
    to the length of the tape; volume is what traded on it. Over another length both change, and the impact of a given
    size hardly does: the exponent is close to one half.

    Args:
        tape: A tape with trades.
        **changes: Parameters of :class:`Propagator` that are not to be the defaults.

    Raises:
        UsageError: When too little trades on it to tell.
        InvalidValueError: As :class:`Propagator`.
    """
    rows = tape.rows[np.isin(tape.rows["kind"], (EventKind.EXECUTE, EventKind.TRADE))]
    rows = rows[((rows["flags"] & IRREGULAR) == 0) & (rows["price_ticks"] > 0)]
    span_ns = int(rows["ts_ns"][-1] - rows["ts_ns"][0]) if len(rows) else 0
    step_ns = max(min(SAMPLE_NS, span_ns // 200), 1)
    times = np.arange(rows["ts_ns"][0], rows["ts_ns"][-1] + 1, step_ns) if span_ns else np.zeros(0, np.int64)
    if len(rows) < 20 or len(times) < 10:
        raise UsageError(f"{len(rows)} trades are too few to tell volatility and volume; give both to Propagator")
    prices = rows["price_ticks"][np.searchsorted(rows["ts_ns"], times, side="right") - 1]
    moves = np.diff(prices.astype(np.float64))
    volatility = float(np.sqrt(np.mean(moves**2) * span_ns / step_ns))
    return Propagator(
        volatility_ticks=max(volatility, RANGES["volatility_ticks"][0]),
        volume_lots=float(rows["size_lots"].sum()),
        **changes,
    )
