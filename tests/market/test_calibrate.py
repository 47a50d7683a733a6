"""Calibration end to end on a market whose truth is known: its own preset."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tradewind.cli import market_calibrate
from tradewind.core.dtypes import EVENT, EventFlag, EventKind
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.data.itch.synthetic import session
from tradewind.data.store.catalog import Catalog
from tradewind.data.store.importer import import_paths
from tradewind.market.calibrate.days import Day, read_day
from tradewind.market.calibrate.fit import Settings, calibrate
from tradewind.market.calibrate.match import turned, wander
from tradewind.market.calibrate.touch import TOUCH
from tradewind.market.preset import load_preset
from tradewind.market.reactive import EPOCH_NS, simulate

SECOND = 10**9


def path_day(mids2: list[int]) -> Day:
    """A day of one event a second, whose doubled mid-prices are given."""
    events = np.zeros(len(mids2), TOUCH)
    events["t_ns"] = np.arange(len(mids2)) * SECOND
    events["bid_ticks"], events["ask_ticks"] = np.array(mids2) // 2, (np.array(mids2) + 1) // 2
    return Day("x", 0, len(mids2) * SECOND, events, np.zeros(0), np.zeros((2, 401)), 1, {}, None)


def test_variance_of_a_price_that_alternates_and_of_one_that_rests() -> None:
    assert wander(path_day([200, 204] * 100)) == pytest.approx(4.0)
    assert wander(path_day([200] * 100)) == pytest.approx(1e-6)


def test_turning_the_odds_changes_nothing_but_improvements() -> None:
    preset = load_preset("zero_intelligence")
    other = turned(preset, 4.0)
    ratio = np.array(other.touch.rates["improve"]) / np.array(preset.touch.rates["improve"])
    assert np.allclose(ratio[0::2], 2.0, rtol=1e-3)
    assert np.allclose(ratio[1::2], 0.5, rtol=1e-3)
    assert other.touch.rates["market"] == preset.touch.rates["market"]
    assert other.depth == preset.depth


def test_a_market_calibrated_on_itself_keeps_its_rates() -> None:
    truth = load_preset("zero_intelligence")
    instrument, rows = simulate(truth, 900.0, 5)
    day = read_day("itself", rows, EPOCH_NS + 1, EPOCH_NS + 900 * SECOND)
    assert day.level == 3
    found = calibrate(instrument, [day], Settings(name="again", source="a test", rounds=0))
    assert found.provenance.rows == day.rows
    assert found.price_ticks == pytest.approx(truth.price_ticks, rel=0.02)
    want, have = truth.touch.rates, found.touch.rates
    for group in ("market", "join"):
        assert np.mean(have[group]) == pytest.approx(np.mean(want[group]), rel=0.35), group
    assert sum(found.clock.branching[:4]) < 0.3  # a quarter of an hour cannot tell slow memory from none
    assert found.metaorders.exponent >= 2.0 or found.metaorders.active > 8


def test_one_wild_day_does_not_break_the_fit() -> None:
    truth = load_preset("zero_intelligence")
    instrument, rows = simulate(truth, 300.0, 6)
    wild = rows.copy()
    adds = np.flatnonzero((wild["kind"] == EventKind.ADD) & ((wild["flags"] & EventFlag.SNAPSHOT) == 0))
    wild["size_lots"][adds[::200]] *= 1000
    days = [read_day(n, r, EPOCH_NS + 1, EPOCH_NS + 300 * SECOND) for n, r in (("a", rows), ("b", wild))]
    found = calibrate(instrument, days, Settings(name="wild", source="a test", rounds=0))
    assert np.median(found.sizes.join) < 5 * np.median(truth.sizes.join)


def test_calibration_refuses_what_it_cannot_fit() -> None:
    with pytest.raises(InvalidValueError, match="one or more days of one kind of feed"):
        calibrate(load_preset("aig").trading_instrument(), [], Settings(name="x", source="x"))


def test_days_without_an_event_in_session_are_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.zeros(2, EVENT)
    rows["kind"], rows["flags"] = EventKind.QUOTE, EventFlag.LAST
    rows["side"], rows["price_ticks"], rows["size_lots"] = [1, -1], [100, 101], 5

    def only_quiet(*_: object) -> Iterator[tuple[str, np.ndarray, int, int]]:
        yield "2020-01-02", rows, 10, 20

    source, path = tmp_path / "01022024.NASDAQ_ITCH50", tmp_path / "catalog"
    source.write_bytes(session(seed=1, messages=200))
    import_paths(path, [source])
    monkeypatch.setattr(market_calibrate, "read_rows", only_quiet)
    with pytest.raises(NotFoundError, match="no events of X within a session"):
        list(market_calibrate.read_days(Catalog(path, purpose="test"), "X", None, None))
