"""Forecasts of variance know no later day, streams equal batches, and bad input is named."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tradewind.core.errors import DataError, InvalidValueError, NotFoundError
from tradewind.core.random import stream
from tradewind.risk.prices import Bars, index_bars, read_bars, returns_table
from tradewind.risk.simulated import simulate_bars
from tradewind.risk.volatility.boosted import BoostedTrees
from tradewind.risk.volatility.cleaning import clean_bars
from tradewind.risk.volatility.combined import Combined, default_model
from tradewind.risk.volatility.features import features, relative
from tradewind.risk.volatility.forecast import VarianceForecast, ahead
from tradewind.risk.volatility.har import GammaHar, LogHar
from tradewind.risk.volatility.history import History, daily_history, with_peers
from tradewind.risk.volatility.profile import intraday_profile
from tradewind.risk.volatility.recursions import Ewma, Garch
from tradewind.risk.volatility.score import score_forecasts
from tradewind.risk.volatility.walk_forward import add_combined, walk_forward

BARS = simulate_bars(("A", "B"), 700, seed=3)
PANEL = with_peers([daily_history(b) for b in BARS.values()])


def models() -> list[object]:
    few = {"learning_rate": 0.1, "num_leaves": 4}
    return [
        Ewma(),
        Ewma(source="realised"),
        Garch(),
        Garch(asymmetric=True, rescaled=True),
        LogHar(),
        LogHar(leverage=True, window=300),
        GammaHar(),
        BoostedTrees(rounds=10, settings=few),
        Combined([LogHar(), GammaHar()]),
    ]


def poisoned(history: History, day: int) -> History:
    """The same history with everything from a day on rewritten, and no columns kept."""
    chance = stream(9, "poison")
    changed = {}
    for name in ("variance", "returns", "overnight", "downside", "late", "volume", "peer_variance", "peer_return"):
        values = getattr(history, name).copy()
        values[day:] = chance.random(len(values) - day) + 0.1
        changed[name] = values
    return msgspec.structs.replace(history, **changed)


@pytest.mark.parametrize("number", range(9))
def test_the_future_can_be_rewritten_and_a_stream_is_a_batch(number: int) -> None:
    model = models()[number]
    model.fit([h.take(slice(0, 600)) for h in PANEL])  # type: ignore[attr-defined]
    whole = PANEL[0]
    batch = model.forecast(whole)  # type: ignore[attr-defined]
    again = model.forecast(poisoned(whole, 650))  # type: ignore[attr-defined]
    np.testing.assert_allclose(again.mean[100:650], batch.mean[100:650], rtol=1e-9)
    fresh = msgspec.structs.replace(whole)
    for t in range(600, 605):
        one = model.update(fresh.take(slice(t, t + 1)))  # type: ignore[attr-defined]
        assert one.mean[0] == pytest.approx(batch.mean[t], rel=1e-9)
        assert one.day[0] == whole.day[t]
    assert (batch.mean[100:] > 0).all()
    assert (batch.quantile(0.95)[100:] > batch.quantile(0.05)[100:]).all()


def test_columns_of_the_first_days_are_the_first_columns() -> None:
    whole = msgspec.structs.replace(PANEL[0])
    relative(whole)
    kept = relative(whole.until(int(whole.day[400])))
    made = relative(msgspec.structs.replace(PANEL[0]).take(slice(0, 400)))
    fresh = relative(
        History(
            **{
                n: getattr(PANEL[0], n)[:400] if n not in ("symbol", "repairs") else getattr(PANEL[0], n)
                for n in PANEL[0].__struct_fields__
            }
        )
    )
    for a, b in ((kept, fresh), (made, fresh)):
        np.testing.assert_array_equal(a[0], b[0])
    assert set(features(whole)) >= {"day", "week", "month"}


def test_ahead_is_the_mean_of_days_that_follow() -> None:
    found = ahead(PANEL[0], 5)
    assert found[10] == pytest.approx(PANEL[0].variance[11:16].mean())
    assert np.isnan(found[-5:]).all()
    assert not np.isnan(found[-6])


def test_models_beat_a_constant_and_scores_are_told() -> None:
    day = int(PANEL[0].day[500])
    found = walk_forward(PANEL, [Ewma(), LogHar(), GammaHar()], day)
    found = add_combined(found, ["log-HAR", "gamma-HAR"])
    table = score_forecasts(found, draws=200)
    rows = {row.name: row for row in table.rows}
    assert table.observations == 2 * 198
    assert rows["log-HAR"].to_har is not None
    assert rows["log-HAR"].to_har.mean == pytest.approx(1)
    assert rows["combined"].qlike.mean < rows["EWMA"].qlike.mean
    assert rows["combined"].qlike.mean <= max(rows["log-HAR"].qlike.mean, rows["gamma-HAR"].qlike.mean)
    assert 0.75 < rows["combined"].coverage < 0.99
    assert rows["EWMA"].against_har is not None


def test_walk_forward_fits_only_on_days_before() -> None:
    seen = []

    class Spy(LogHar):
        def fit(self, panel):  # type: ignore[no-untyped-def]
            seen.append(max(int(h.day[-1]) for h in panel))
            return super().fit(panel)

    model = Spy()
    model.refit_days = 50
    start = int(PANEL[0].day[500])
    walk_forward(PANEL, [model], start)
    assert seen[0] < start
    assert len(seen) == 4
    assert seen == sorted(seen)


def test_garch_is_the_recursion_of_its_parameters() -> None:
    model = Garch(asymmetric=True).fit([PANEL[0]])
    p = model.parameters["A"]
    variance, made = p.start, []
    for r in PANEL[0].returns:
        shock = r - p.mean
        variance = p.omega + (p.alpha + p.gamma * (shock < 0)) * shock**2 + p.beta * variance
        made.append(variance)
    np.testing.assert_allclose(model.conditional(PANEL[0].returns, "A"), made, rtol=1e-9)


def test_distribution_of_a_forecast() -> None:
    made = VarianceForecast(day=np.zeros(1), mean=np.array([4e-4]), log_sd=np.array([0.5]))
    draws = np.exp(np.log(4e-4) - 0.125 + 0.5 * stream(1, "t").standard_normal(200_000))
    assert draws.mean() == pytest.approx(4e-4, rel=0.01)
    assert made.quantile(0.9)[0] == pytest.approx(np.quantile(draws, 0.9), rel=0.02)
    with pytest.raises(InvalidValueError):
        made.quantile(1.0)


def with_bar(bars: Bars, row: int, **values: float) -> Bars:
    changed = {}
    for name, value in values.items():
        column = getattr(bars, name).copy()
        column[row] = value
        changed[name] = column
    return msgspec.structs.replace(bars, **changed)


def test_a_bad_print_is_cut_and_one_with_volume_is_kept() -> None:
    bars = BARS["A"]
    row = 1000
    low = 0.5 * bars.low[row]
    usual = float(np.median(bars.volume))
    bad = clean_bars(with_bar(bars, row, low=low, volume=usual))
    assert bad.bars.low[row] > 1.5 * low
    assert [r.kind for r in bad.repairs if r.day == bars.day[row]] == ["wick"]
    real = clean_bars(with_bar(bars, row, low=low, volume=50 * usual))
    assert real.bars.low[row] == low


@pytest.mark.parametrize("ratio", [2.0, 3.0, 7.0, 0.05])
def test_a_split_is_taken_off(ratio: float) -> None:
    bars = BARS["A"]
    row = int(np.searchsorted(bars.day, bars.day[2000]))
    scale = np.where(np.arange(len(bars)) >= row, 1 / ratio, 1.0)
    split = msgspec.structs.replace(
        bars, volume=bars.volume / scale, **{n: getattr(bars, n) * scale for n in ("open", "high", "low", "close")}
    )
    before, after = daily_history(bars), daily_history(split)
    np.testing.assert_allclose(after.returns, before.returns, atol=1e-9)
    np.testing.assert_allclose(after.variance, before.variance, rtol=1e-6)
    assert sum(r.kind == "split" for r in after.repairs) == 1


def test_profile_sums_to_one() -> None:
    profile = intraday_profile(BARS["A"])
    assert profile.overnight + profile.share.sum() == pytest.approx(1)
    assert profile.share[0] == profile.share.max()
    assert profile.remaining(13 * 3600) < profile.remaining(10 * 3600)


def test_files_and_their_faults(tmp_path: Path) -> None:
    import polars as pl

    frame = pl.DataFrame({"date": ["2020-01-01", "2020-01-02"], "symbol": ["A", "A"], "close": [10.0, 11.0]})
    frame.write_csv(tmp_path / "closes.csv")
    assert read_bars(tmp_path / "closes.csv")["A"].close.tolist() == [10.0, 11.0]
    assert read_bars(tmp_path)["A"].day.tolist() == [18262, 18263]
    with pytest.raises(NotFoundError, match="no symbol 'Z'"):
        read_bars(tmp_path, ["Z"])
    with pytest.raises(NotFoundError):
        read_bars(tmp_path / "none")
    frame.with_columns(pl.lit(-1.0).alias("close")).write_parquet(tmp_path / "bad.parquet")
    with pytest.raises(DataError, match="positive prices of A"):
        read_bars(tmp_path / "bad.parquet")
    pl.concat([frame, frame]).write_parquet(tmp_path / "twice.parquet")
    with pytest.raises(DataError, match="that rise"):
        read_bars(tmp_path / "twice.parquet")


def test_too_short_and_with_holes() -> None:
    bars = BARS["A"]
    names = ("ts_ns", "open", "high", "low", "close", "volume")
    short = msgspec.structs.replace(bars, **{n: getattr(bars, n)[:200] for n in names})
    with pytest.raises(DataError, match="more than 100 days"):
        daily_history(short)
    keep = (bars.day < bars.day[700]) | (bars.day > bars.day[700] + 20)
    with pytest.raises(DataError, match="nothing between"):
        daily_history(msgspec.structs.replace(bars, **{n: getattr(bars, n)[keep] for n in names}))
    with pytest.raises(InvalidValueError, match="log-HAR"):
        LogHar().fit([PANEL[0].take(slice(0, 90))])
    with pytest.raises(NotFoundError, match="not fitted"):
        LogHar().forecast(PANEL[0])
    with pytest.raises(InvalidValueError, match="before the last day"):
        walk_forward(PANEL, [LogHar()], 99_999)


def test_common_days_and_index() -> None:
    day, returns, names = returns_table(BARS)
    assert returns.shape == (699, 2)
    assert names == ("A", "B")
    assert len(day) == 699
    bars = index_bars("sp500")
    assert len(bars) == 5031
    with pytest.raises(NotFoundError):
        index_bars("dax")
    assert default_model().models[0].name.startswith("log-HAR")


@pytest.mark.real_data
def test_splits_of_real_stocks_are_found_and_no_others(real_data: Path) -> None:
    splits = {}
    for name, bars in read_bars(real_data, ["AAPL", "AIG", "BAC", "IBM", "SPY"], sets=["us_hourly"]).items():
        found = [r for r in clean_bars(bars).repairs if r.kind == "split"]
        splits[name] = [str(np.datetime64(r.day, "D")) for r in found]
    assert splits == {
        "AAPL": ["2000-06-21", "2005-02-28"],
        "AIG": ["1998-08-03", "1999-08-02", "2000-07-31", "2009-07-01"],
        "BAC": ["2004-08-30"],
        "IBM": ["1999-05-27"],
        "SPY": [],
    }
