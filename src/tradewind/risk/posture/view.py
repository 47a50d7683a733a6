"""What a view is: one model's word on how careful to be, with its reason and evidence."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from tradewind.core.errors import InvalidValueError

__all__ = ["MarketState", "PostureLevel", "View"]


class PostureLevel(IntEnum):
    """How careful to be; more is more careful."""

    NORMAL = 0
    """The hard limits alone."""
    CAUTIOUS = 1
    """Smaller and slower."""
    DEFENSIVE = 2
    """Small; only what must be done."""
    HALT = 3
    """Nothing new; what only reduces may pass where the limits file says so."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One view.

    Attributes:
        name: Who says so: ``volatility``, ``tail``, ``correlation``, ``regime``, ``anomaly``, ``drawdown``,
            ``data``, or any other.
        level: How careful to be.
        reason: Why, in words.
        evidence: The numbers behind it, by name.
        ts_ns: When it was known [ns].

    Examples:
        >>> View(name="drawdown", level=PostureLevel.CAUTIOUS, reason="down 3 %", ts_ns=7).level
        <PostureLevel.CAUTIOUS: 1>
    """

    name: str
    level: PostureLevel
    reason: str
    ts_ns: int
    evidence: dict[str, float] = {}

    def __post_init__(self) -> None:
        """Check what the type alone cannot."""
        if not isinstance(self.level, PostureLevel):
            raise InvalidValueError("level", "a PostureLevel", self.level)


class MarketState(msgspec.Struct, frozen=True):
    """What posture is decided from.

    Attributes:
        ts_ns: Now [ns].
        views: The latest word of each view; a later one of the same name replaces an earlier one.
    """

    ts_ns: int
    views: tuple[View, ...]
