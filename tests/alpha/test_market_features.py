"""Features of another instrument's trades: as defined, the same live and in batch, blind to the future."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.alpha.made_up import OPEN_NS

from tradewind.alpha.datasets.book_ticks import book_ticks
from tradewind.alpha.datasets.market import beside_market
from tradewind.alpha.features.catalogue_market import MARKET
from tradewind.alpha.features.layout import HORIZONS_S, TICK, TRADE
from tradewind.alpha.features.market import MarketFeatures, market_batch
from tradewind.cli.alpha_tasks import Task, TaskRequest, load_task
from tradewind.core.errors import InvalidValueError, NotFoundError, UsageError
from tradewind.core.random import stream


def made_up_trades(count: int, seed: int = 1) -> np.ndarray:
    rng = stream(seed, "tests/market")
    ticks = np.zeros(count, TICK)
    ticks["ts_ns"] = OPEN_NS + np.cumsum(rng.choice([0, 1, 40], count) * 25_000_000)
    ticks["kind"], ticks["size"] = TRADE, rng.integers(1, 900, count)
    ticks["price"] = 168 + 0.01 * np.cumsum(rng.choice([-1, 0, 0, 1], count))
    ticks["price"][rng.random(count) < 0.02] = 0.0
    return ticks


def moments_of(trades: np.ndarray, count: int, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = stream(seed, "tests/market/at")
    at = np.sort(rng.choice(np.concatenate([trades["ts_ns"], trades["ts_ns"] + 7_000_000]), count))
    return at, rng.standard_normal((count, 3))


def defined(trades: np.ndarray, at_ns: int, own: np.ndarray) -> list[float]:
    """Every value from the whole history before a moment."""
    known = trades[(trades["ts_ns"] < at_ns) & (trades["price"] > 0)]
    if not len(known):
        return [math.nan] * 9
    logs, ts = np.log(known["price"]), known["ts_ns"]
    signs = np.ones(len(known))
    for k in range(1, len(known)):
        signs[k] = np.sign(logs[k] - logs[k - 1]) or signs[k - 1]
    deviation, share = [], []
    for h in HORIZONS_S:
        ends = np.append(ts[1:], at_ns)
        # The decayed mean of a path that stands at each price until the next trade.
        weight = np.exp(-(at_ns - ends) / 1e9 / h) - np.exp(-(at_ns - ts) / 1e9 / h)
        first = math.exp(-(at_ns - ts[0]) / 1e9 / h)
        deviation.append(1e4 * (logs[-1] - (weight @ logs + first * logs[0])))
        decay = np.exp(-(at_ns - ts) / 1e9 / h) * known["size"]
        share.append(float(decay @ signs / decay.sum()))
    return [*deviation, *(np.array(deviation) - own), *share]


def test_every_feature_equals_its_definition() -> None:
    trades = made_up_trades(400)
    at, own = moments_of(trades, 60)
    at[0] = OPEN_NS
    values = market_batch(trades, at, own)
    assert values.shape == (60, len(MARKET))
    for row in range(60):
        np.testing.assert_allclose(values[row], defined(trades, at[row], own[row]), rtol=1e-7, atol=1e-7)
    for column, feature in enumerate(MARKET):
        known = values[:, column][np.isfinite(values[:, column])]
        assert feature.low <= known.min(), feature.name
        assert known.max() <= feature.high, feature.name


def test_batch_and_stream_are_one() -> None:
    trades = made_up_trades(500, seed=3)
    at, own = moments_of(trades, 80)
    live, done, rows = MarketFeatures(), 0, []
    for moment, mine in zip(at, own, strict=True):
        while done < len(trades) and trades["ts_ns"][done] < moment:
            t = trades[done]
            live.trade(int(t["ts_ns"]), price=float(t["price"]), size=float(t["size"]))
            done += 1
        rows.append(live.values(int(moment), mine))
    np.testing.assert_allclose(market_batch(trades, at, own), rows, rtol=1e-9, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(cut=st.integers(5, 290), seed=st.integers(0, 5))
def test_the_future_changes_nothing_in_the_past(cut: int, seed: int) -> None:
    trades = made_up_trades(300, seed=seed)
    at, own = moments_of(trades, 100, seed)
    poisoned = trades.copy()
    poisoned["price"][cut:] *= 3.0
    poisoned["size"][cut:] += 1e6
    past = at <= trades["ts_ns"][cut]
    one, two = market_batch(trades, at, own), market_batch(poisoned, at, own)
    np.testing.assert_array_equal(one[past], two[past])


def test_what_cannot_be_is_refused_by_name() -> None:
    trades = made_up_trades(50)
    at, own = moments_of(trades, 4)
    with pytest.raises(InvalidValueError, match="dtype TICK"):
        market_batch(np.zeros(3), at, own)
    with pytest.raises(InvalidValueError, match=r"shape \(4, 3\)"):
        market_batch(trades, at, own[:, :2])
    with pytest.raises(InvalidValueError, match="at_ns"):
        market_batch(trades, at[::-1] + np.arange(4), own)
    trades["price"] = 168.0
    trades["ts_ns"][30] = 5
    with pytest.raises(InvalidValueError, match=r"\(row 30\)"):
        market_batch(trades, at, own)
    live = MarketFeatures()
    assert np.isnan(live.values(5)).all()
    live.trade(1000, price=168.0, size=1)
    with pytest.raises(InvalidValueError, match="backwards"):
        live.trade(999, price=168.0, size=1)
    with pytest.raises(InvalidValueError, match="backwards"):
        live.values(999)


def asked(folder: Path, **options: Any) -> Task:
    return load_task(TaskRequest(name="book_ticks", data=folder, symbols=("ABC",), **options))


def test_a_task_gets_columns_of_the_market(tmp_path: Path) -> None:
    rng = stream(4, "tests/market/files")
    ts = OPEN_NS + np.cumsum(rng.integers(1, 400, 2000)) * 1_000_000
    bid = 50 + 0.01 * np.cumsum(rng.choice([-1, 0, 1], 2000))
    stamp = pl.Series("ts_event", ts).cast(pl.Datetime("ns", "UTC"))
    quotes = {"bid_price": bid.round(2), "bid_size": rng.integers(1, 9, 2000) * 100}
    quotes |= {"ask_price": (bid + 0.01).round(2), "ask_size": rng.integers(1, 9, 2000) * 100}
    pl.DataFrame(quotes).insert_column(0, stamp).write_parquet(tmp_path / "ABC_20131007_quotes.parquet")
    panel = book_ticks(tmp_path, ["ABC"])
    with pytest.raises(NotFoundError, match="SPY_YYYYMMDD_trades"):
        beside_market(panel, tmp_path)
    assert asked(tmp_path).panel.features == panel.features, "the default is left out where it is not there"
    with pytest.raises(NotFoundError, match="QQQ"):
        asked(tmp_path, market="QQQ")
    with pytest.raises(UsageError, match="mid, ahead or smoothed"):
        asked(tmp_path, label="tomorrow")
    assert asked(tmp_path, label="ahead", spreads=1.0).panel.name.endswith("ahead, beyond 1 half spreads")
    trades = pl.DataFrame({"price": 168 + 0.01 * rng.integers(-5, 5, 2000), "size": rng.integers(1, 900, 2000)})
    trades.insert_column(0, stamp).write_parquet(tmp_path / "SPY_20131007_trades.parquet")
    wide = beside_market(panel, tmp_path)
    np.testing.assert_array_equal(asked(tmp_path).panel.X, wide.X)
    assert asked(tmp_path, market="").panel.features == panel.features
    assert asked(tmp_path).mirror
    assert not asked(tmp_path, mirror=False).mirror
    assert wide.features[60:] == tuple(f.name for f in MARKET)
    assert set(wide.modality[60:]) == {"market"}
    lead = wide.X[:, wide.features.index("market_lead_10s")]
    own, market = (wide.X[:, wide.features.index(n)] for n in ("deviation_10s", "market_deviation_10s"))
    np.testing.assert_allclose(lead, market - own, atol=1e-9)
