"""Fusion: calibration on rows not learnt from, pooling, weights that follow labels, the gate of the stacker."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tradewind.alpha.fusion import Expert, FixedShare, Master, MasterSettings, forecasts_of
from tradewind.alpha.fusion.calibrate import choose_calibration, fit_calibration, mean_loss
from tradewind.alpha.fusion.space import from_scores, to_scores
from tradewind.alpha.fusion.stacker import judge_stacker
from tradewind.alpha.fusion.weights import online_weights
from tradewind.alpha.protocol import Distribution, Panel, Sample
from tradewind.core.errors import InvalidValueError, UsageError
from tradewind.core.random import stream

LEVELS = (-1.0, 0.0, 1.0)


class Logit:
    """A plain model of the protocol; ``boast`` makes it overconfident."""

    def __init__(self, boast: float = 1.0) -> None:
        self.boast = boast

    def fit(self, X: np.ndarray, y: np.ndarray, sample: Sample | None = None) -> "Logit":
        self.model = LogisticRegression().fit(np.nan_to_num(X), y)
        return self

    def predict_dist(self, X: np.ndarray, sample: Sample | None = None) -> Distribution:
        values = self.model.predict_proba(np.nan_to_num(X)) ** self.boast
        values /= values.sum(axis=1, keepdims=True)
        return Distribution(kind="classes", values=values, levels=tuple(self.model.classes_.tolist()))

    @property
    def fingerprint(self) -> str:
        return f"{self.boast}{self.model.coef_.round(6).tolist()}"


def made(n: int = 3000, seed: int = 1) -> Panel:
    chance = stream(seed, "tests/fusion")
    X = chance.normal(size=(n, 4))
    value = 0.6 * X[:, 0] + 0.6 * X[:, 2] + chance.normal(size=n)
    at = np.arange(n, dtype=np.int64) * 60_000_000_000
    sample = Sample(
        t0=at, t1=at + 120_000_000_000, weight=np.ones(n), series=np.zeros(n, np.int64), day=at // 86_400_000_000_000
    )
    return Panel(
        name="made",
        features=("a", "b", "c", "d"),
        modality=("book", "book", "text", "text"),
        X=X,
        y=np.where(value > 0.5, 1.0, np.where(value < -0.5, -1.0, 0.0)),
        value=value,
        sample=sample,
        symbols=("S",),
        spread=np.zeros(n),
    )


def experts() -> tuple[Expert, ...]:
    return (
        Expert(name="book logit", modality="book", columns=(0, 1), make=lambda: Logit(3.0)),
        Expert(name="text logit", modality="text", columns=(2, 3), make=Logit),
    )


@pytest.fixture(scope="module")
def master() -> Master:
    panel = made()
    rows = np.arange(2000)
    return Master(experts()).fit(panel.X[rows], panel.y[rows], panel.sample.take(rows))


def loss(dist: Distribution, y: np.ndarray) -> float:
    return float(-np.log(dist.values[np.arange(len(y)), np.searchsorted(dist.levels, y)]).mean())


def test_the_pool_beats_every_expert_and_a_boast_is_calibrated(master: Master) -> None:
    panel = made()
    late = np.arange(2100, 3000)
    X, y, sample = panel.X[late], panel.y[late], panel.sample.take(late)
    pooled = loss(master.predict_dist(X, sample), y)
    assert pooled < min(loss(master.expert_dist(k, X, sample), y) for k in range(2)) - 0.02
    assert master.calibrations_[0].method != "as it is"
    table = master.calibration_loss_["book logit"]
    assert table["temperature"] < table["as it is"] - 0.05


def test_a_missing_modality_is_left_out_and_the_rest_grows(master: Master) -> None:
    X = made().X[2000:2100].copy()
    X[:50, 2:] = np.nan
    scores = master.expert_scores(X)
    assert np.isnan(scores[:50, 1]).all()
    alone = from_scores(master.sharpening_.apply(scores[:50, 0]), "classes", LEVELS)
    if master.stacker_ is None:
        np.testing.assert_allclose(master.predict_dist(X).values[:50], alone.values)
    X[:10] = np.nan
    assert np.isfinite(master.predict_dist(X).values).all()


def test_a_forecast_has_reasons_and_an_identifier_that_stays(master: Master) -> None:
    panel = made().take(np.arange(2000, 2030))
    one, two = forecasts_of(master, panel), forecasts_of(master, panel)
    assert one == two
    assert len({f.forecast_id for f in one}) == 30
    strong = max(one, key=lambda f: abs(f.by_modality["text"]))
    assert set(strong.by_modality) == {"book", "text"}
    assert next(iter(strong.by_feature)) in {"a", "c"}
    assert all(0 <= f.confidence <= 1 for f in one)
    assert (strong.symbol, strong.horizon_ns) == ("S", 120_000_000_000)
    assert sum(strong.values) == pytest.approx(1.0)


def test_weights_follow_labels_only_once_they_are_known() -> None:
    n = 400
    losses = np.tile([[0.2, 1.0]], (n, 1))
    losses[200:] = losses[200:, ::-1]
    t0 = np.arange(n)
    soon = online_weights(losses, t0, t0 + 1, FixedShare(2, rate=0.5))
    late = online_weights(losses, t0, t0 + 50, FixedShare(2, rate=0.5))
    assert (late[:50] == 0.5).all()
    np.testing.assert_allclose(late[50:], soon[1:-49], atol=1e-12)
    assert soon[199, 0] == pytest.approx(0.75, abs=0.01)
    assert soon[-1, 1] > 0.7
    assert np.allclose(soon.sum(axis=1), 1)
    silent = losses.copy()
    silent[:, 1] = np.nan
    assert np.isfinite(online_weights(silent, t0, t0 + 1, FixedShare(2))).all()


def test_running_weights_never_look_ahead(master: Master) -> None:
    panel = made().take(np.arange(2000, 2600))
    before, _ = master.run(panel.X, panel.y, panel.sample)
    poisoned = panel.y.copy()
    poisoned[300:] = -poisoned[300:]
    after, _ = master.run(panel.X, poisoned, panel.sample)
    known = panel.sample.t0 < panel.sample.t1[300]
    np.testing.assert_array_equal(before.values[known], after.values[known])


def test_isotonic_and_platt_repair_what_temperature_cannot() -> None:
    chance = stream(2, "tests/calibrate")
    p = chance.random(6000)
    y = (chance.random(6000) < p).astype(float)
    bent = p**3
    levels = (0.0, 1.0)
    scores = to_scores(Distribution(kind="classes", values=np.column_stack([1 - bent, bent]), levels=levels))
    parts = np.arange(6000) * 4 // 6000
    chosen, losses = choose_calibration(scores, y, parts, "classes", levels, np.ones(6000))
    assert chosen.method in ("platt", "isotonic")
    assert losses[chosen.method] < losses["temperature"] - 0.005
    honest = mean_loss(
        to_scores(Distribution(kind="classes", values=np.column_stack([1 - p, p]), levels=levels)), y, "classes", levels
    )
    assert mean_loss(chosen.apply(scores), y, "classes", levels) < honest + 0.01


def test_numbers_and_variances_are_scaled_and_never_turned_over() -> None:
    chance = stream(3, "tests/calibrate")
    forecast = chance.normal(size=(2000, 1))
    right = fit_calibration("temperature", forecast, 0.5 * forecast[:, 0] + 1, "normal", ())
    assert (right.slope[0], right.offset[0]) == pytest.approx((0.5, 1.0))
    wrong = fit_calibration("temperature", forecast, -forecast[:, 0], "normal", ())
    assert wrong.slope[0] == 0.0
    variance = fit_calibration("temperature", np.zeros((500, 1)), np.full(500, 3.0), "gamma", ())
    assert np.exp(variance.apply(np.zeros((1, 1))))[0, 0] == pytest.approx(3.0)


@pytest.mark.parametrize("skilled", [True, False])
def test_the_stacker_is_admitted_on_evidence_only(skilled: bool) -> None:
    chance = stream(4, "tests/stacker")
    n = 6000
    truth = chance.normal(size=n)
    y = (truth + chance.logistic(size=n) > 0).astype(float)
    good, bad = np.column_stack([-truth, truth]) / 2, chance.normal(size=(n, 2)) * (1.0 if skilled else 0.0)
    bad = bad if skilled else good + 0.05 * chance.normal(size=(n, 2))
    scores = np.stack([good, bad], axis=1)
    at = np.arange(n)
    told = judge_stacker(scores.mean(axis=1), scores, y, "classes", (0.0, 1.0), (at, at, at // 100, np.ones(n)))
    assert told.admitted is skilled
    assert told.rows == 4500
    assert (told.gain.low > 0) is skilled


def test_faults_have_names() -> None:
    with pytest.raises(InvalidValueError, match="one or more"):
        Master(())
    with pytest.raises(UsageError, match="call fit first"):
        Master(experts()).predict_dist(np.zeros((1, 4)))
    panel = made(400)
    X = panel.X.copy()
    X[:, 2:] = np.nan
    with pytest.raises(InvalidValueError, match="text logit"):
        Master(experts(), MasterSettings(folds=2)).fit(X, panel.y, panel.sample)
