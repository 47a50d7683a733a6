"""The policy: what each level means for trading, and how slowly posture loosens. Typed TOML, unknown keys refused."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from tradewind.core.config import Config, load_config, parse_config
from tradewind.risk.posture.view import PostureLevel

__all__ = ["LevelPolicy", "PosturePolicy", "default_policy", "load_policy"]

Share: TypeAlias = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Seconds: TypeAlias = Annotated[float, Field(ge=0.0, le=10**9, allow_inf_nan=False)]
TypeName: TypeAlias = Literal["limit", "market", "ioc", "post_only"]
LevelName: TypeAlias = Literal["normal", "cautious", "defensive", "halt"]


class LevelPolicy(Config):
    """What one level leaves of the hard limits.

    Attributes:
        size: Share of order sizes and positions, 0 to 1.
        participation: Share of the allowed share of volume.
        urgency: Share of the allowed urgency.
        open_orders: Share of the allowed open orders.
        order_types: Order types still allowed.
    """

    size: Share
    participation: Share
    urgency: Share
    open_orders: Share
    order_types: tuple[TypeName, ...]


class PosturePolicy(Config):
    """Levels and how posture moves between them.

    Attributes:
        name: Name of the policy.
        dwell_s: Shortest stay at a level before posture loosens [s]; it tightens at once.
        calm_s: How long every view must have been calmer before posture loosens [s].
        one_step: Whether it loosens one level at a time.
        stale_after_s: Age at which a view counts as missing [s].
        missing_view: Level that a missing or stale view stands for.
        required: Views that must be there.
        normal: What NORMAL leaves.
        cautious: What CAUTIOUS leaves.
        defensive: What DEFENSIVE leaves.
        halt: What HALT leaves.
    """

    name: str
    dwell_s: Seconds
    calm_s: Seconds
    one_step: bool
    stale_after_s: Seconds
    missing_view: LevelName
    required: tuple[str, ...]
    normal: LevelPolicy
    cautious: LevelPolicy
    defensive: LevelPolicy
    halt: LevelPolicy

    @model_validator(mode="after")
    def _tightens(self) -> PosturePolicy:
        levels = [self.normal, self.cautious, self.defensive, self.halt]
        for looser, tighter, name in zip(levels, levels[1:], ("cautious", "defensive", "halt"), strict=False):
            for field in ("size", "participation", "urgency", "open_orders"):
                if getattr(tighter, field) > getattr(looser, field):
                    raise ValueError(f"{name}.{field} is looser than the level below it")
            if not set(tighter.order_types) <= set(looser.order_types):
                raise ValueError(f"{name}.order_types allows what the level below it does not")
        if self.halt.size > 0:
            raise ValueError("halt.size is not 0")
        return self

    def of(self, level: PostureLevel) -> LevelPolicy:
        """What a level leaves."""
        return (self.normal, self.cautious, self.defensive, self.halt)[level]


def load_policy(path: Path) -> PosturePolicy:
    """Read a policy file; raises as :func:`~tradewind.core.config.load_config`."""
    return load_config(PosturePolicy, path)


def default_policy() -> PosturePolicy:
    """The shipped policy (``default.toml``).

    Examples:
        >>> default_policy().of(PostureLevel.HALT).size
        0.0
    """
    import tomllib

    text = resources.files("tradewind.risk.posture").joinpath("default.toml").read_text(encoding="utf-8")
    return parse_config(PosturePolicy, tomllib.loads(text), "default.toml")
