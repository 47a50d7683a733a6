"""The posture's backtest: causal views, honest arms, files that are read or refused."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradewind.core.errors import DataError, NotFoundError
from tradewind.core.random import stream
from tradewind.risk.posture.backtest import backtest_posture, drawdown
from tradewind.risk.posture.policy import default_policy
from tradewind.risk.posture.prices import PricePanel, read_panel
from tradewind.risk.posture.views import ViewSettings, signals

HOUR = 3_600_000_000_000
SETTINGS = ViewSettings(fast=10.0, slow=100.0, window=10)


def panel(bars: int = 1200, symbols: int = 4, crash: int = 800) -> PricePanel:
    random = stream(5, "posture/panel")
    returns = 0.01 * random.standard_normal((bars, symbols)) + 0.01 * random.standard_normal((bars, 1))
    returns[crash : crash + 40] = -0.01 + 4 * returns[crash : crash + 40]
    names = tuple(f"S{k}" for k in range(symbols))
    return PricePanel("made up", HOUR * np.arange(bars), names, returns, 0, 2000.0)


def test_views_know_nothing_of_the_future() -> None:
    whole = panel()
    part = PricePanel("part", whole.times_ns[:700], whole.symbols, whole.returns[:700].copy(), 0, 2000.0)
    poisoned = whole.returns.copy()
    poisoned[700:] = 0.3
    other = PricePanel("other", whole.times_ns, whole.symbols, poisoned, 0, 2000.0)
    for mine, theirs, again in zip(
        signals(whole, SETTINGS), signals(part, SETTINGS), signals(other, SETTINGS), strict=True
    ):
        np.testing.assert_array_equal(mine.values[:700], theirs.values)
        np.testing.assert_array_equal(mine.values[:700], again.values[:700])


def test_a_decision_holds_from_the_next_bar_on() -> None:
    result, series, _ = backtest_posture(panel(), default_policy(), SETTINGS, cost_bps=0.0)
    exposure = np.concatenate([[1.0], series["sizes"][:-1]])
    np.testing.assert_allclose(series["posture"], exposure * series["hold"])
    assert result.arms[2].exposure == pytest.approx(exposure.mean())
    assert sum(result.share_of_time.values()) == pytest.approx(1.0)


def test_a_crash_with_rising_volatility_is_met_smaller() -> None:
    result, series, _ = backtest_posture(panel(), default_policy(), SETTINGS)
    assert series["sizes"][805:840].mean() < 0.5
    assert result.arms[1].max_drawdown < result.arms[0].max_drawdown
    assert result.against[0].max_drawdown.mean < 1


def test_cost_is_paid_for_every_change() -> None:
    free, dear = (backtest_posture(panel(), default_policy(), SETTINGS, cost_bps=bps)[0] for bps in (0.0, 10.0))
    paid = free.arms[1].annual_return - dear.arms[1].annual_return
    assert paid == pytest.approx(dear.arms[1].turnover * 10e-4, rel=1e-6)
    assert drawdown(np.array([0.5, -0.5, 0.1])) == pytest.approx(0.5)


def test_files_are_read_whatever_they_call_time(tmp_path: Path) -> None:
    times = pl.datetime_range(pl.datetime(2020, 1, 1), pl.datetime(2020, 1, 20), "1h", eager=True)
    close = 100 * np.exp(np.cumsum(0.001 * stream(1, "x").standard_normal(len(times))))
    close[200:] /= 2
    frame = pl.DataFrame({"start_utc": times, "close": close})
    (tmp_path / "some_bars").mkdir()
    frame.write_parquet(tmp_path / "some_bars" / "coin.parquet")
    frame.rename({"start_utc": "ts"}).write_csv(tmp_path / "coin.csv")
    one, two = read_panel(tmp_path, "some_bars"), read_panel(tmp_path / "coin.csv")
    np.testing.assert_allclose(one.returns, two.returns)
    assert (one.jumps, one.symbols) == (1, ("coin",))
    assert np.nanmax(np.abs(one.returns)) < 0.01
    with pytest.raises(NotFoundError, match="no symbol XYZ"):
        read_panel(tmp_path, "some_bars", ("XYZ",))
    with pytest.raises(NotFoundError, match="no Parquet or CSV"):
        read_panel(tmp_path / "nowhere")
    frame.head(50).write_parquet(tmp_path / "short.parquet")
    with pytest.raises(DataError, match="100 bars"):
        read_panel(tmp_path / "short.parquet")
    frame.drop("close").write_parquet(tmp_path / "none.parquet")
    with pytest.raises(DataError, match="columns close"):
        read_panel(tmp_path / "none.parquet")


@pytest.mark.real_data
def test_on_recorded_bars(real_data: Path) -> None:
    result, _, _ = backtest_posture(read_panel(real_data, "crypto_minute"), default_policy(), ViewSettings())
    assert result.bars > 20_000
    assert 0.5 < result.share_of_time["normal"] < 1
    assert result.arms[1].exposure <= 1
