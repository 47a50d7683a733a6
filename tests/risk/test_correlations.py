"""Covariances are positive definite, kernels equal their twins, shrinkage equals what others compute."""

import numpy as np
import pytest
from tests.naive import dcc as naive

from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.risk.correlations.alarm import CorrelationAlarm
from tradewind.risk.correlations.by_purpose import Covariances
from tradewind.risk.correlations.covariance import Covariance
from tradewind.risk.correlations.dcc_kernel import last_state, pair_cost
from tradewind.risk.correlations.dynamic import Dcc, EwmaCovariance
from tradewind.risk.correlations.score import score_covariances
from tradewind.risk.correlations.shrinkage import Shrunk, nonlinear_shrinkage


def market(days: int, symbols: int, seed: int, beta: float = 0.6) -> np.ndarray:
    chance = stream(seed, "market")
    own = chance.standard_normal((days, symbols))
    return 0.01 * (beta * chance.standard_normal((days, 1)) + np.sqrt(1 - beta**2) * own)


def test_kernels_equal_their_twins() -> None:
    z = 100 * market(80, 4, 1)
    target = np.corrcoef(z, rowvar=False)
    np.testing.assert_allclose(
        last_state(z, target, target, 0.04, 0.9), naive.last_state(z, target, target, 0.04, 0.9), rtol=1e-12
    )
    assert pair_cost(z, target, 0.04, 0.9) == pytest.approx(naive.pair_cost(z, target, 0.04, 0.9), rel=1e-10)


@pytest.mark.parametrize("shape", [(250, 30), (60, 90)])
def test_nonlinear_shrinkage_is_closer_to_the_truth(shape: tuple[int, int]) -> None:
    n, k = shape
    chance = stream(2, "shrink")
    values = np.concatenate([np.full(k // 3, 1.0), np.full(k // 3, 3.0), np.full(k - 2 * (k // 3), 10.0)])
    truth = np.diag(values)
    x = chance.standard_normal((n, k)) * np.sqrt(values)
    found = nonlinear_shrinkage(x)
    assert np.linalg.eigvalsh(found)[0] > 0
    sample = np.cov(x, rowvar=False)
    assert np.linalg.norm(found - truth) < 0.8 * np.linalg.norm(sample - truth)
    assert np.trace(found) == pytest.approx(np.trace(sample), rel=0.15)


def test_ewma_by_hand_and_update_is_fit() -> None:
    returns = market(300, 3, 3)
    names = ("a", "b", "c")
    weight = 0.97 ** np.arange(300)[::-1]
    by_hand = sum(w * np.outer(r, r) for w, r in zip(weight, returns, strict=True)) / weight.sum()
    np.testing.assert_allclose(EwmaCovariance(0.97).fit(returns, names).forecast("density").matrix, by_hand)


def test_dcc_follows_a_correlation_that_moves() -> None:
    calm, wild = market(600, 4, 4, beta=0.2), market(120, 4, 5, beta=0.95)
    names = ("a", "b", "c", "d")
    model = Dcc(weights=(0.05, 0.93)).fit(calm, names)
    before = model.forecast("density").correlation[0, 1]
    for row in wild:
        model.update(row)
    after = model.forecast("density").correlation[0, 1]
    assert after > before + 0.25
    whole = Dcc().fit(calm, names)
    assert 0 < whole.a < 0.2
    assert whole.a + whole.b < 1


def test_purposes_get_their_own_model() -> None:
    returns = market(400, 3, 6)
    names = ("a", "b", "c")
    both = Covariances(density=Dcc(weights=(0.04, 0.93))).fit(returns, names)
    assert both.forecast("weights").purpose == "weights"
    np.testing.assert_array_equal(
        both.forecast("weights").matrix, Shrunk().fit(returns, names).forecast("weights").matrix
    )
    assert not np.allclose(both.forecast("weights").matrix, both.forecast("density").matrix)
    with pytest.raises(InvalidValueError, match="weights or density"):
        both.forecast("both")  # type: ignore[arg-type]


def test_a_covariance_that_is_none_is_named() -> None:
    names = ("a", "b")
    with pytest.raises(InvalidValueError, match="positive definite"):
        Covariance(names=names, matrix=np.array([[1.0, 2.0], [2.0, 1.0]]), purpose="weights")
    with pytest.raises(InvalidValueError, match="symmetric"):
        Covariance(names=names, matrix=np.array([[1.0, 0.2], [0.1, 1.0]]), purpose="weights")
    with pytest.raises(InvalidValueError, match="positive definite"):
        Shrunk("none", 12).fit(market(20, 15, 7), tuple("abcdefghijklmno")).forecast("weights")
    with pytest.raises(InvalidValueError, match="finite"):
        EwmaCovariance().fit(np.full((100, 2), np.nan), names)
    with pytest.raises(InvalidValueError, match="symbols that move"):
        Dcc().fit(np.column_stack([market(200, 1, 1)[:, 0], np.zeros(200)]), names)


def test_scores_rank_and_know_no_later_day() -> None:
    returns = market(400, 5, 8)
    names = tuple("abcde")
    models = [Shrunk("none", 60), Shrunk("linear", 60), EwmaCovariance(0.94)]
    scores = {s.name: s for s in score_covariances(returns, names, models, first=200)}
    assert scores["Ledoit–Wolf linear"].volatility.mean < scores["EWMA 0.94"].volatility.mean
    assert scores["sample"].against_first.mean == pytest.approx(1)
    assert scores["Ledoit–Wolf linear"].density_gain.mean > 0
    with pytest.raises(InvalidValueError, match="or more days"):
        score_covariances(returns, names, models, first=390)


def test_alarm_sees_a_break_and_only_with_the_past() -> None:
    calm = market(900, 6, 9, beta=0.3)
    names = tuple("abcdef")
    broken = np.vstack([calm[:800], market(100, 6, 10, beta=0.97)])
    alarm = CorrelationAlarm()
    quiet, loud = alarm.score(calm, names), alarm.score(broken, names)
    assert not loud.alarm[:800].any() or np.array_equal(loud.alarm[:800], quiet.alarm[:800])
    assert loud.alarm[825:860].all()
    assert np.mean(quiet.alarm) < 0.15
    k = 22
    by_hand = np.corrcoef(calm[500 - k : 500], rowvar=False)[np.triu_indices(6, 1)].mean()
    assert quiet.average[499] == pytest.approx(by_hand)
