"""The feed monitor equals its plain twin, whatever comes, in one batch or in many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive.naive_feed import flags_of

from tradewind.core.errors import InvalidValueError
from tradewind.risk.anomalies.feed import FeedFlag, FeedMonitor, FeedRules

RULES = FeedRules(gap_s=5.0, stale_s=3.0, outlier=5.0, stuffing=3.0, warm_rows=5)
PRICES = st.sampled_from([0.0, -1.0, float("nan"), float("inf"), 99.0, 100.0, 100.5, 101.0, 180.0])
QUOTES = st.lists(st.tuples(st.integers(-(10**9), 8 * 10**9), PRICES, PRICES), min_size=1, max_size=60)


@settings(max_examples=150, deadline=None)
@given(QUOTES, st.integers(1, 7))
def test_flags_equal_the_plain_twin(steps: list[tuple[int, float, float]], batch: int) -> None:
    now, quotes = 0, []
    for step, bid, ask in steps:
        now += step
        quotes.append((now, bid, ask))
    ts = np.array([q[0] for q in quotes])
    bid, ask = np.array([q[1] for q in quotes]), np.array([q[2] for q in quotes])
    monitor = FeedMonitor(RULES)
    cuts = [slice(k, k + batch) for k in range(0, len(quotes), batch)]
    flags = np.concatenate([monitor.watch(ts[c], bid[c], ask[c]) for c in cuts])
    assert flags.tolist() == flags_of(RULES, quotes)


def test_each_fault_is_told_by_its_name() -> None:
    second = 10**9
    ts = np.arange(300) * second // 10
    bid, ask = np.full(300, 99.9), np.full(300, 100.1)
    bid[::2] += 0.01
    ts[250:] += 100 * second
    ts[260] = 0
    bid[270] = 200.0
    bid[280] = ask[280] = 100.0
    bid[290], ask[290] = 149.9, 150.1
    flags = FeedMonitor().watch(ts, bid, ask)
    assert flags[250] & FeedFlag.GAP
    assert flags[260] & FeedFlag.CLOCK_BACK
    assert flags[270] & FeedFlag.CROSSED
    assert flags[280] & FeedFlag.LOCKED
    assert flags[290] & FeedFlag.OUTLIER
    assert not flags[:250].any()


def test_a_rule_that_is_not_positive_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="gap_s must be more than 0, got 0"):
        FeedRules(gap_s=0)
