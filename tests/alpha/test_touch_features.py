"""Features of quotes and trades: equal to their definitions, the same live and in batch, blind to the future."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.alpha.made_up import CLOSE_NS, OPEN_NS, made_up_ticks
from tests.naive.touch_features import NaiveTouch

from tradewind.alpha.features.catalogue import TOUCH
from tradewind.alpha.features.layout import TICK
from tradewind.alpha.features.stream import TouchFeatures, touch_batch
from tradewind.core.errors import InvalidValueError, NotFoundError

SESSION = (OPEN_NS, CLOSE_NS)
NAMES = [feature.name for feature in TOUCH]


@pytest.mark.parametrize("sided", [False, True])
def test_every_feature_equals_its_definition(sided: bool) -> None:
    ticks = made_up_ticks(1700, sided=sided)
    live, naive = TouchFeatures(0.01, *SESSION), NaiveTouch(0.01, *SESSION)
    looks = {3, 20, 150, 700, 1200, 1500, len(ticks) - 1}
    for at, tick in enumerate(ticks):
        live.update(ticks[at : at + 1])
        naive.update(*tick.item())
        if at in looks:
            expected = naive.values()
            assert sorted(expected) == sorted(NAMES)
            for name, value in zip(NAMES, live.values(), strict=True):
                assert value == pytest.approx(expected[name], rel=1e-9, abs=1e-7, nan_ok=True), (at, name)


@pytest.mark.parametrize("every", [1, 7])
def test_batch_and_stream_are_one(every: int) -> None:
    ticks = made_up_ticks(3000, seed=2)
    batch = touch_batch(ticks, 0.01, SESSION, every=every)
    live, rows, changes = TouchFeatures(0.01, *SESSION), [], []
    for at in range(len(ticks)):
        if live.update(ticks[at : at + 1]):
            changes.append(at)
            if len(changes) % every == 0:
                rows.append(live.values())
    assert batch.changes.tolist() == changes
    assert batch.rows.tolist() == changes[every - 1 :: every]
    np.testing.assert_allclose(batch.values, rows, rtol=1e-9, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(cut=st.integers(100, 1900), seed=st.integers(0, 5))
def test_the_future_changes_nothing_in_the_past(cut: int, seed: int) -> None:
    """Rewrite every field of every later tick: what was told before stays, bit for bit, for every feature."""
    ticks = made_up_ticks(2000, seed=seed)
    poisoned = ticks.copy()
    for name in ("bid", "ask", "price"):
        poisoned[name][cut:] *= 7.0
    for name in ("bid_size", "ask_size", "size"):
        poisoned[name][cut:] += 1e6
    poisoned["ts_ns"][cut:] += 3_600_000_000_000
    whole, other = touch_batch(ticks, 0.01, SESSION), touch_batch(poisoned, 0.01, SESSION)
    known = int(np.searchsorted(whole.rows, cut))
    assert known > 10
    for column, name in enumerate(NAMES):
        np.testing.assert_array_equal(whole.values[:known, column], other.values[:known, column], err_msg=name)
    assert not np.array_equal(whole.values[known:, 0], other.values[known:, 0][: len(whole.values) - known])


def test_values_stay_within_the_ranges_of_the_catalogue() -> None:
    values = touch_batch(made_up_ticks(4000, seed=3), 0.01, SESSION).values
    for column, feature in enumerate(TOUCH):
        known = values[:, column][np.isfinite(values[:, column])]
        assert len(known), feature.name
        assert feature.low <= known.min(), feature.name
        assert known.max() <= feature.high, feature.name
        assert known.std() > 0, f"{feature.name} never changes"


def test_what_cannot_be_is_refused_by_name() -> None:
    live = TouchFeatures(0.01)
    assert np.isnan(live.values()).all()
    live.quote(1000, bid=10, bid_size=1, ask=10.01, ask_size=1)
    with pytest.raises(InvalidValueError, match="clock that does not go backwards"):
        live.trade(999, price=10, size=1)
    with pytest.raises(NotFoundError, match="no feature 'alpha'"):
        live.value("alpha")
    assert not live.quote(1001, bid=10.01, bid_size=1, ask=10.01, ask_size=1), "a locked quote is no change"
    ticks = made_up_ticks(50)
    ticks["ts_ns"][30] = 5
    with pytest.raises(InvalidValueError, match=r"\(row 30\)"):
        touch_batch(ticks, 0.01)
    with pytest.raises(InvalidValueError, match="at least one row"):
        touch_batch(np.zeros(0, TICK), 0.01)
    with pytest.raises(InvalidValueError, match="tick_size"):
        TouchFeatures(0.0)
