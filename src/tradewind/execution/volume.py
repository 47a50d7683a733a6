r"""When a market trades: the fitted volume curve behind VWAP schedules.

The curve is the expected share of a session's volume by equal parts of the session: the mean over days of each day's
own shares (so that a heavy day counts no more than a quiet one), drawn towards flat by one part's worth of prior volume
a day, as the static component of Bialkowski, Darolles and Le Fol (2008), "Improving VWAP strategies".
"""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["CURVE_PARTS", "VolumeCurve", "fit_curve"]

CURVE_PARTS = 64
"""Parts of an episode's schedule."""


class VolumeCurve(msgspec.Struct, frozen=True, kw_only=True):
    """Expected volume over a session.

    Attributes:
        session_s: Length of the session [s].
        shares: Share of its volume by equal parts; they sum to 1.
        days: How many days it was fitted to; 0 for a flat curve.

    Raises:
        InvalidValueError: When shares are negative or do not sum to 1, or the session has no length.

    Examples:
        >>> curve = VolumeCurve(session_s=100.0, shares=(0.75, 0.25))
        >>> curve.until(np.array([0.0, 25.0, 50.0, 100.0])).tolist()
        [0.0, 0.375, 0.75, 1.0]
    """

    session_s: float
    shares: tuple[float, ...]
    days: int = 0

    def __post_init__(self) -> None:
        """Check the shares."""
        if not self.session_s > 0:
            raise InvalidValueError("session_s", "above 0", self.session_s)
        if not self.shares or min(self.shares) < 0 or not np.isclose(sum(self.shares), 1.0):
            raise InvalidValueError("shares", "one or more, not negative, summing to 1", sum(self.shares))

    @classmethod
    def flat(cls, session_s: float) -> VolumeCurve:
        """The same volume at all times."""
        return cls(session_s=session_s, shares=(1.0,))

    def until(self, times_s: Array) -> Array:
        """Share of the session's volume expected before each time [s since its start]; linear within a part."""
        edges = np.linspace(0.0, self.session_s, len(self.shares) + 1)
        return np.asarray(np.interp(times_s, edges, np.concatenate([[0.0], np.cumsum(self.shares)])))

    def schedule(self, start_s: float, horizon_s: float, parts: int = CURVE_PARTS) -> Array:
        """Share of an order that should be done by the ends of equal parts of its life.

        Args:
            start_s: Arrival [s since the session's start].
            horizon_s: Its length [s].
            parts: How many.

        Returns:
            Shape (parts + 1,), rising from 0 to 1; a straight line where no volume is expected.

        Raises:
            InvalidValueError: When the order would outlive the session.
        """
        if start_s < 0 or not horizon_s > 0 or start_s + horizon_s > self.session_s * (1 + 1e-9):
            raise InvalidValueError(
                "horizon_s", f"within the session of {self.session_s:g} s", f"{start_s:g} + {horizon_s:g} s"
            )
        done = self.until(start_s + horizon_s * np.linspace(0.0, 1.0, parts + 1))
        whole = done[-1] - done[0]
        return np.asarray((done - done[0]) / whole if whole > 0 else np.linspace(0.0, 1.0, parts + 1))


def fit_curve(volumes: Array, session_s: float) -> VolumeCurve:
    """Fit a curve to the volumes of days.

    Args:
        volumes: Shape (days, parts), what traded in each equal part of each session [lots].
        session_s: Length of the session [s].

    Raises:
        InvalidValueError: When there is no day, or a volume is negative or not a number.

    Examples:
        >>> fit_curve(np.array([[300.0, 100.0], [30.0, 10.0]]), 100.0).shares
        (0.625, 0.375)
    """
    counts = np.atleast_2d(np.asarray(volumes, np.float64))
    if not counts.size or not np.isfinite(counts).all() or (counts < 0).any():
        raise InvalidValueError("volumes", "one or more days of volumes, none negative", counts.shape)
    prior = np.maximum(counts.mean(axis=1, keepdims=True), 1e-12)
    shares = (counts + prior) / (counts + prior).sum(axis=1, keepdims=True)
    mean = shares.mean(axis=0)
    return VolumeCurve(session_s=session_s, shares=tuple((mean / mean.sum()).tolist()), days=len(counts))
