"""Posture: worst of all views, tightens at once, loosens slowly, never beyond the hard limits."""

from __future__ import annotations

import math

import msgspec

from tradewind.risk.posture.policy import PosturePolicy
from tradewind.risk.posture.view import MarketState, PostureLevel, View

__all__ = ["HardLimits", "Posture", "PostureLimits"]

TYPE_BITS = {"limit": 1, "market": 2, "ioc": 4, "post_only": 8}
SECOND = 1_000_000_000


class HardLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What people allow, for whoever works orders.

    Attributes:
        order_lots: One order [lots].
        position_lots: Position, long or short [lots].
        participation: Largest share of traded volume.
        urgency: Largest urgency, 0 to 1.
        open_orders: Open orders.
        order_types: Allowed order types.
    """

    order_lots: int
    position_lots: int
    participation: float
    urgency: float
    open_orders: int
    order_types: frozenset[str] = frozenset(TYPE_BITS)


class PostureLimits(msgspec.Struct, frozen=True, kw_only=True):
    """One decision.

    Attributes:
        level: The level in force.
        size: Share of sizes and positions, 0 to 1.
        participation: Share of the allowed participation.
        urgency: Share of the allowed urgency.
        open_orders: Share of the allowed open orders.
        order_types: Order types still allowed.
        reason: Why, in words: the view that decided, or what holds the level up.
        evidence: Numbers of the views that stand at or above the level, as ``view.number``.
        ts_ns: When it was decided [ns].
        since_ns: Since when the level is in force [ns].
    """

    level: PostureLevel
    size: float
    participation: float
    urgency: float
    open_orders: float
    order_types: frozenset[str]
    reason: str
    evidence: dict[str, float]
    ts_ns: int
    since_ns: int

    def tighten(self, hard: HardLimits) -> HardLimits:
        """What is left of the hard limits: never more than they are."""
        return HardLimits(
            order_lots=_share(hard.order_lots, self.size),
            position_lots=_share(hard.position_lots, self.size),
            participation=min(hard.participation, hard.participation * self.participation),
            urgency=min(hard.urgency, hard.urgency * self.urgency),
            open_orders=_share(hard.open_orders, self.open_orders),
            order_types=hard.order_types & self.order_types,
        )

    def for_gate(self) -> tuple[int, int, int]:
        """Arguments of ``Gate.tighten``: size and open orders in thousandths, rounded down, and allowed types."""
        types = sum(TYPE_BITS[name] for name in self.order_types)
        return math.floor(self.size * 1000), math.floor(self.open_orders * 1000), types


def _share(limit: int, share: float) -> int:
    """A share of a whole limit, rounded down; exact for 0 and 1."""
    return min(limit, math.floor(limit * share))


class Posture:
    """Decides how careful to be.

    Args:
        policy: What levels mean and how posture moves.

    Examples:
        >>> from tradewind.risk.posture.policy import default_policy
        >>> posture = Posture(default_policy())
        >>> crash = View(name="tail", level=PostureLevel.DEFENSIVE, reason="a fall of 7 deviations", ts_ns=0)
        >>> posture.decide(MarketState(0, (crash,))).size
        0.25
    """

    def __init__(self, policy: PosturePolicy) -> None:
        self.policy = policy
        self._level = PostureLevel.NORMAL
        self._since = self._now = -(1 << 62)
        self._heard: dict[str, View] = {}
        self._calm_since: dict[PostureLevel, int] = {}
        self._begun = False

    def decide(self, state: MarketState) -> PostureLimits:
        """Hear the views and decide. Time never goes back: an earlier state counts as now.

        Args:
            state: Now, and what the views say; views heard before stay until they are stale.
        """
        self._now = max(self._now, state.ts_ns) if self._begun else state.ts_ns
        if not self._begun:
            self._since, self._begun = state.ts_ns, True
        for view in state.views:
            self._heard[view.name] = view
        levels = {name: self._level_of(name) for name in dict.fromkeys((*self.policy.required, *self._heard))}
        worst = max(levels.values(), default=PostureLevel.NORMAL)
        held = self._move(worst)
        return self._said(levels, worst, held)

    def _level_of(self, name: str) -> PostureLevel:
        """A view's level; of one that is missing or stale at least the policy's."""
        view, missing = self._heard.get(name), PostureLevel[self.policy.missing_view.upper()]
        if view is None:
            return missing
        return max(view.level, missing) if self._is_stale(view) else view.level

    def _is_stale(self, view: View) -> bool:
        return self._now - view.ts_ns > self.policy.stale_after_s * SECOND

    def _move(self, worst: PostureLevel) -> str:
        """Tighten at once, loosen slowly; returns what keeps posture from loosening."""
        for level in PostureLevel:
            if worst >= level:
                self._calm_since.pop(level, None)
            else:
                self._calm_since.setdefault(level, self._now)
        if worst >= self._level:
            if worst > self._level:
                self._level, self._since = worst, self._now
            return ""
        calm_ns = self._now - self._calm_since[self._level]
        if self._now - self._since < self.policy.dwell_s * SECOND:
            return f"held for at least {self.policy.dwell_s:g} s"
        if calm_ns < self.policy.calm_s * SECOND:
            return f"held until calm for {self.policy.calm_s:g} s"
        self._level = PostureLevel(self._level - 1) if self.policy.one_step else worst
        self._since = self._now
        return "loosened one step" if self._level > worst else ""

    def _said(self, levels: dict[str, PostureLevel], worst: PostureLevel, held: str) -> PostureLimits:
        rules, loud = self.policy.of(self._level), [name for name, level in levels.items() if level == worst > 0]
        words = [f"{name}: {self._words(name)}" for name in loud]
        if held:
            words.append(f"{self._level.name.lower()} {held}")
        evidence = {
            f"{name}.{key}": value
            for name in loud
            if name in self._heard
            for key, value in self._heard[name].evidence.items()
        }
        return PostureLimits(
            level=self._level,
            size=rules.size,
            participation=rules.participation,
            urgency=rules.urgency,
            open_orders=rules.open_orders,
            order_types=frozenset(rules.order_types),
            reason="; ".join(words) or "all views calm",
            evidence=evidence,
            ts_ns=self._now,
            since_ns=self._since,
        )

    def _words(self, name: str) -> str:
        view = self._heard.get(name)
        if view is None:
            return "missing"
        return f"stale, last said {view.reason}" if self._is_stale(view) else view.reason
