"""Posture: tightens at once, loosens slowly, says why, and never gives more than the hard limits."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from tradewind.core.config import parse_config
from tradewind.core.errors import ConfigError, InvalidValueError
from tradewind.risk.posture.policy import PosturePolicy, default_policy
from tradewind.risk.posture.posture import HardLimits, Posture, PostureLimits
from tradewind.risk.posture.view import MarketState, PostureLevel, View

SECOND = 1_000_000_000
levels = st.sampled_from(PostureLevel)
shares = st.lists(st.floats(0, 1), min_size=4, max_size=4).map(lambda v: sorted(v, reverse=True))
TYPES = ("limit", "market", "ioc", "post_only")


@st.composite
def policies(draw: st.DrawFn) -> PosturePolicy:
    columns = [draw(shares) for _ in range(4)]
    columns[0][3] = 0.0
    kept = [TYPES[: draw(st.integers(0, 4))] for _ in range(4)]
    values: dict[str, object] = {"name": "drawn", "dwell_s": draw(st.floats(0, 100)), "calm_s": draw(st.floats(0, 100))}
    values |= {"one_step": draw(st.booleans()), "stale_after_s": draw(st.floats(0, 100)), "required": ["tail"]}
    values["missing_view"] = draw(levels).name.lower()
    fewest = list(kept[0])
    for k, level in enumerate(PostureLevel):
        fewest = [name for name in fewest if name in kept[k]]
        names = ("size", "participation", "urgency", "open_orders")
        values[level.name.lower()] = {n: columns[c][k] for c, n in enumerate(names)} | {"order_types": fewest}
    return parse_config(PosturePolicy, values)


@st.composite
def states(draw: st.DrawFn) -> MarketState:
    ts = draw(st.integers(-500, 500)) * SECOND
    names = draw(st.lists(st.sampled_from(["tail", "volatility", "anomaly"]), max_size=3))
    numbers = st.floats(allow_nan=True, allow_infinity=True)
    views = [
        View(
            name=name,
            level=draw(levels),
            reason="drawn",
            ts_ns=draw(st.integers(-500, 500)) * SECOND,
            evidence={"x": draw(numbers)},
        )
        for name in names
    ]
    return MarketState(ts, tuple(views))


hards = st.builds(
    HardLimits,
    order_lots=st.integers(0, 10**15),
    position_lots=st.integers(0, 10**15),
    participation=st.floats(0, 1),
    urgency=st.floats(0, 1),
    open_orders=st.integers(0, 10**6),
    order_types=st.frozensets(st.sampled_from(TYPES)),
)


@settings(max_examples=80, deadline=None)
@given(policies(), st.lists(states(), max_size=12), hards)
def test_no_sequence_of_views_gives_more_than_the_hard_limits(
    policy: PosturePolicy, sequence: list[MarketState], hard: HardLimits
) -> None:
    posture = Posture(policy)
    for state in sequence:
        limits = posture.decide(state)
        left = limits.tighten(hard)
        assert left.order_lots <= hard.order_lots
        assert left.position_lots <= hard.position_lots
        assert left.participation <= hard.participation
        assert left.urgency <= hard.urgency
        assert left.open_orders <= hard.open_orders
        assert left.order_types <= hard.order_types
        size, open_orders, types = limits.for_gate()
        assert 0 <= size <= 1000
        assert 0 <= open_orders <= 1000
        assert 0 <= types <= 15
        assert limits.level >= max((view.level for view in last_of_each(state)), default=PostureLevel.NORMAL)
        assert limits.reason


def last_of_each(state: MarketState) -> list[View]:
    return list({view.name: view for view in state.views}.values())


def policy(**changes: object) -> PosturePolicy:
    values = default_policy().model_dump()
    return parse_config(PosturePolicy, values | {"dwell_s": 60.0, "calm_s": 30.0, "stale_after_s": 1000.0} | changes)


def say(posture: Posture, second: int, **said: int) -> PostureLimits:
    views = tuple(
        View(
            name=name,
            level=PostureLevel(level),
            reason=f"{name} says {level}",
            ts_ns=second * SECOND,
            evidence={"z": 1.0},
        )
        for name, level in said.items()
    )
    return posture.decide(MarketState(second * SECOND, views))


def test_the_worst_view_decides_at_once_with_its_reason_and_evidence() -> None:
    posture = Posture(policy())
    assert say(posture, 0, tail=0, drawdown=0).reason == "all views calm"
    limits = say(posture, 1, tail=1, drawdown=2)
    assert limits.level is PostureLevel.DEFENSIVE
    assert limits.reason == "drawdown: drawdown says 2"
    assert limits.evidence == {"drawdown.z": 1.0}
    assert limits.since_ns == SECOND


def test_it_loosens_one_step_at_a_time_after_dwell_and_calm() -> None:
    posture = Posture(policy())
    say(posture, 0, tail=3)
    seen = {second: int(say(posture, second, tail=0).level) for second in range(1, 260)}
    steps = [second for second in range(2, 260) if seen[second] != seen[second - 1]]
    assert [seen[second] for second in steps] == [2, 1, 0]
    assert steps == [60, 120, 180]
    assert say(posture, 300, tail=0).reason == "all views calm"


def test_a_relapse_starts_the_calm_anew() -> None:
    posture = Posture(policy(dwell_s=0.0))
    say(posture, 0, tail=2)
    for second in range(1, 29):
        say(posture, second, tail=0)
    say(posture, 29, tail=2)
    held = say(posture, 40, tail=0)
    assert held.level is PostureLevel.DEFENSIVE
    assert "until calm" in held.reason
    assert say(posture, 70, tail=0).level is PostureLevel.CAUTIOUS


def test_time_that_goes_back_shortens_nothing() -> None:
    posture = Posture(policy())
    say(posture, 1000, tail=3)
    assert say(posture, 10, tail=0).level is PostureLevel.HALT
    assert say(posture, 1001, tail=0).level is PostureLevel.HALT


def test_a_missing_or_stale_view_counts_as_the_policy_says() -> None:
    posture = Posture(policy(required=["tail"]))
    first = say(posture, 0)
    assert (first.level, first.reason) == (PostureLevel.CAUTIOUS, "tail: missing")
    posture = Posture(policy())
    say(posture, 0, tail=0)
    assert "stale" in say(posture, 2000).reason


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"cautious": {"size": 1.5}}, "cautious.size"),
        ({"cautious": {"size": float("nan")}}, "cautious.size"),
        ({"defensive": {"urgency": 0.9}}, "defensive.urgency is looser"),
        ({"halt": {"size": 0.1}}, "halt.size is not 0"),
        ({"defensive": {"order_types": ["market"]}}, "allows what the level below"),
        ({"colour": "red"}, "unknown key"),
    ],
)
def test_a_policy_that_could_loosen_is_refused(change: dict[str, object], problem: str) -> None:
    values = default_policy().model_dump()
    for key, value in change.items():
        values[key] = values[key] | value if isinstance(value, dict) else value
    with pytest.raises(ConfigError, match=problem):
        parse_config(PosturePolicy, values)


def test_a_view_needs_a_level() -> None:
    with pytest.raises(InvalidValueError, match="PostureLevel"):
        View(name="x", level=2, reason="", ts_ns=0)  # type: ignore[arg-type]


def test_shares_are_exact_at_the_ends() -> None:
    hard = HardLimits(order_lots=2**62 + 1, position_lots=3, participation=0.1, urgency=1.0, open_orders=7)
    normal = say(Posture(policy()), 0, tail=0).tighten(hard)
    assert normal.position_lots == 3
    assert normal.order_lots <= hard.order_lots
    assert np.isclose(say(Posture(policy()), 0, tail=1).tighten(hard).participation, 0.06)
