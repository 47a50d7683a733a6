"""Splits that do not leak (skfolio as oracle), the ledger, deflation, metrics (scikit-learn as oracle), trading."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from tradewind.alpha.evaluation.deflation import (
    deflated_sharpe,
    expected_best_sharpe,
    probabilistic_sharpe,
    probability_of_overfitting,
    sharpe_ratio,
)
from tradewind.alpha.evaluation.ledger import Trial, TrialLedger
from tradewind.alpha.evaluation.metrics import class_scores, ic_by_period, ranks, reliability
from tradewind.alpha.evaluation.splits import CombinatorialPurged, DaysOut, WalkForward, purged
from tradewind.alpha.evaluation.trading import trade
from tradewind.alpha.protocol import Distribution, Panel, Sample
from tradewind.core.clock import SimulatedClock
from tradewind.core.errors import DataError, IntegrityError, InvalidValueError, NotFoundError
from tradewind.core.random import stream

DAY_NS = 86_400_000_000_000


def sample_of(n: int, horizon: int = 0, per_day: int = 10) -> Sample:
    at = np.arange(n, dtype=np.int64)
    still = np.zeros(n, np.int64)
    return Sample(t0=at * 10, t1=(at + horizon) * 10, weight=np.ones(n), series=still, day=at // per_day)


def panel_of(sample: Sample, value: np.ndarray, spread: float = 0.0, symbols: int = 1) -> Panel:
    names = tuple(f"S{k}" for k in range(symbols))
    X = np.zeros((len(value), 1))
    fields = {"features": ("x",), "modality": ("book",), "X": X, "y": np.sign(value), "value": value}
    return Panel(name="made", sample=sample, symbols=names, spread=np.full(len(value), spread), **fields)


@pytest.mark.parametrize("horizon", [0, 3])
def test_combinatorial_splits_are_those_of_skfolio(horizon: int) -> None:
    from skfolio.model_selection import CombinatorialPurgedCV

    sample = sample_of(120, horizon)
    ours = list(CombinatorialPurged(groups=6, tests=2).split(sample))
    theirs = list(
        CombinatorialPurgedCV(n_folds=6, n_test_folds=2, purged_size=horizon, embargo_size=0).split(np.zeros((120, 1)))
    )
    assert len(ours) == len(theirs) == 15
    for fold, (train, tests) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(fold.test, np.concatenate(tests))
        np.testing.assert_array_equal(fold.train, train)


def test_walk_forward_is_that_of_skfolio() -> None:
    from skfolio.model_selection import WalkForward as Theirs

    sample = sample_of(100, horizon=4)
    ours = list(WalkForward(folds=3, first=0.4).split(sample))
    theirs = list(Theirs(test_size=20, train_size=36, expand_train=True, purged_size=4).split(np.zeros((100, 1))))
    assert [fold.name for fold in ours] == ["1970-01-05", "1970-01-07", "1970-01-09"]
    for fold, (train, test) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(fold.test, test)
        np.testing.assert_array_equal(fold.train, train)


@given(st.integers(20, 60), st.integers(0, 12), st.integers(0, 80), st.integers(2, 5), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_no_label_of_a_training_row_touches_a_test_row(
    n: int, longest: int, embargo: int, groups: int, seed: int
) -> None:
    chance = stream(seed, "tests/splits")
    t0 = np.sort(chance.integers(0, 500, n))
    sample = Sample(
        t0=t0,
        t1=t0 + chance.integers(0, longest + 1, n) * 10,
        weight=np.ones(n),
        series=np.zeros(n, np.int64),
        day=t0 // 100,
    )
    split = CombinatorialPurged(groups=min(groups, len(np.unique(t0)) - 1), tests=1, embargo_ns=embargo)
    seen = np.zeros(n, int)
    for fold in split.split(sample):
        seen[fold.test] += 1
        for row in fold.train:
            apart = (sample.t1[row] < sample.t0[fold.test]) | (sample.t0[row] > sample.t1[fold.test] + embargo)
            assert apart.all()
        dropped = np.setdiff1d(np.arange(n), np.concatenate([fold.train, fold.test]))
        lows, highs = sample.t0[fold.test], sample.t1[fold.test].max() + embargo
        assert all(sample.t1[row] >= lows.min() and sample.t0[row] <= highs for row in dropped)
    assert (seen == 1).all()
    assert split.paths == 1


def test_paths_cover_the_history() -> None:
    sample = sample_of(60)
    split = CombinatorialPurged(groups=5, tests=2)
    folds = list(split.split(sample))
    for path in split.path_rows(sample):
        assert [set(rows) <= set(folds[number].test) for number, rows in path] == [True] * 5
        assert sorted(np.concatenate([rows for _, rows in path])) == list(range(60))


def test_days_out_learn_from_the_days_before() -> None:
    sample = sample_of(60, horizon=15)
    fold = next(iter(DaysOut().split(sample)))
    assert (fold.name, fold.test.tolist()) == ("1970-01-06", list(range(50, 60)))
    assert fold.train.max() == 34
    with pytest.raises(NotFoundError, match="1970-02-01"):
        list(DaysOut(days=("1970-02-01",)).split(sample))
    with pytest.raises(InvalidValueError, match="before"):
        list(DaysOut(days=("1970-01-01",)).split(sample))
    assert len(purged(np.arange(50), np.arange(50, 60), sample)) == 35


def test_the_ledger_counts_every_configuration_once_and_notices_tampering(tmp_path: Path) -> None:
    ledger = TrialLedger(tmp_path / "trials.jsonl", SimulatedClock(5))
    for k, name in enumerate(["a", "b", "a"]):
        ledger.add(Trial(task="t", model="m", configuration=name, sharpe=0.1 * k, periods=10))
    ledger.add(Trial(task="other", model="m", configuration="a", sharpe=None, periods=10))
    assert (ledger.count("t"), ledger.sharpes("t").tolist(), ledger.count("other")) == (2, [0.2, 0.1], 1)
    lines = ledger.path.read_text().splitlines()
    ledger.path.write_text("\n".join([lines[0], *lines[2:]]) + "\n")
    with pytest.raises(IntegrityError, match="line 2"):
        ledger.trials()
    ledger.path.write_text("{}\n")
    with pytest.raises(DataError, match="row 1"):
        ledger.trials()


def test_deflation_is_that_of_the_paper() -> None:
    """Bailey and López de Prado (2014), section "a numerical example": 0.9004 for 100 trials of variance 1/2 a year."""
    days, annual = 1250, 250.0
    best = expected_best_sharpe(100, 0.5 / annual)
    assert best == pytest.approx(0.1132, abs=2e-4)
    sharpe, skew, kurtosis = 2.5 / np.sqrt(annual), -3.0, 10.0
    from statistics import NormalDist

    error = np.sqrt(1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2)
    assert NormalDist().cdf((sharpe - best) * np.sqrt(days - 1) / error) == pytest.approx(0.9004, abs=2e-3)


def test_luck_among_many_trials_is_deflated_away() -> None:
    noise = stream(1, "tests/luck").normal(size=(500, 50))
    sharpes = np.array([sharpe_ratio(column) for column in noise.T])
    best = noise[:, sharpes.argmax()]
    assert probabilistic_sharpe(best) > 0.9
    assert deflated_sharpe(best, sharpes) < 0.6
    skilled = best + 0.5
    assert deflated_sharpe(skilled, sharpes) > 0.99
    found = probability_of_overfitting(noise)
    assert 0.2 < found.probability < 0.9
    better = noise.copy()
    better[:, 3] += 0.3
    assert probability_of_overfitting(better).probability < 0.05
    with pytest.raises(InvalidValueError, match="even"):
        probability_of_overfitting(noise, blocks=7)


def test_class_scores_are_those_of_scikit_learn() -> None:
    chance = stream(2, "tests/scores")
    values = chance.dirichlet([1, 2, 1], size=400)
    y = chance.choice([-1.0, 0.0, 1.0], 400, p=[0.3, 0.5, 0.2])
    weight = chance.random(400)
    dist = Distribution(kind="classes", values=values, levels=(-1.0, 0.0, 1.0))
    found, guess = class_scores(dist, y, weight), dist.best()
    assert found.accuracy == pytest.approx(oracle.accuracy_score(y, guess, sample_weight=weight))
    assert found.macro_f1 == pytest.approx(oracle.f1_score(y, guess, average="macro", sample_weight=weight))
    assert found.mcc == pytest.approx(oracle.matthews_corrcoef(y, guess, sample_weight=weight))
    assert found.log_loss == pytest.approx(oracle.log_loss(y, values, sample_weight=weight))
    hits = (np.array(dist.levels)[None] == y[:, None]).astype(float)
    assert found.brier == pytest.approx(np.average(((values - hits) ** 2).sum(axis=1), weights=weight))


def test_calibrated_forecasts_are_called_so_and_boasts_are_not() -> None:
    chance = stream(3, "tests/scores")
    p = chance.random(20_000)
    y = (chance.random(20_000) < p).astype(float)
    honest = Distribution(kind="classes", values=np.column_stack([1 - p, p]), levels=(0.0, 1.0))
    boast = np.clip(p + 0.3 * np.sign(p - 0.5), 0.01, 0.99)
    proud = Distribution(kind="classes", values=np.column_stack([1 - boast, boast]), levels=(0.0, 1.0))
    assert class_scores(honest, y).ece < 0.02
    assert class_scores(proud, y).ece > 0.15
    bins = reliability(honest, y)
    assert np.allclose(bins.forecast, bins.observed, atol=0.05)


def test_ranks_and_daily_ic() -> None:
    assert ranks(np.array([2.0, 1.0, 2.0, 5.0])).tolist() == [1.5, 0.0, 1.5, 3.0]
    value = stream(4, "tests/ic").normal(size=60)
    days, found = ic_by_period(value**3, value, np.repeat([1, 2, 3], 20))
    assert days.tolist() == [1, 2, 3]
    assert np.allclose(found, 1.0)


def test_a_taker_pays_for_every_turn_and_holds_while_the_sign_holds() -> None:
    sample = sample_of(40, horizon=1)
    value = np.full(40, 2e-4)
    panel = panel_of(sample, value, spread=1e-4)
    held = trade(panel, np.ones(40))
    assert held.gross.sum() == pytest.approx(40 * 2e-4)
    assert held.turnover.sum() == 2
    assert held.crossing.sum() == pytest.approx(1e-4)
    turned = trade(panel, np.tile([1.0, -1.0], 20))
    assert turned.gross.sum() == pytest.approx(0.0)
    assert turned.turnover.sum() == 80
    assert turned.net(10.0).sum() == pytest.approx(-80e-3)
    overlapping = trade(panel_of(sample_of(40, horizon=4), value), np.ones(40))
    assert overlapping.gross.sum() == pytest.approx(10 * 2e-4)


def test_a_cross_section_is_traded_against_itself() -> None:
    dates, names = 30, 8
    t0 = np.repeat(np.arange(dates) * DAY_NS, names)
    chance = stream(5, "tests/cross")
    value = chance.normal(0, 0.01, dates * names)
    sample = Sample(
        t0=t0,
        t1=t0 + 2 * DAY_NS,
        weight=np.ones(len(t0)),
        series=np.tile(np.arange(names), dates),
        day=t0 // DAY_NS,
    )
    panel = panel_of(sample, value, symbols=names)
    right, flat = trade(panel, value), trade(panel, value * 0)
    assert right.gross.mean() > 0
    assert len(right.gross) == 15
    assert right.turnover.max() <= 2.0 + 1e-9
    assert (flat.gross == 0).all()
    assert np.allclose(trade(panel, -value).gross, -right.gross)
