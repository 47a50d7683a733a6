import pytest
from tests.rl.evaluate.made_up import TITLES, made_up_metrics

from tradewind.core.errors import InvalidValueError
from tradewind.rl.evaluate.result import REGIMES, regimes_of, summarise
from tradewind.rl.evaluate.statistics import Draws, Outcome


def test_rows_verdicts_and_regimes() -> None:
    metrics, conditions = made_up_metrics()
    rows, verdicts = summarise(metrics, TITLES, conditions, Draws(conditions.cluster, seed=1), "mine")
    mine, twap = rows[0], rows[1]
    assert mine.is_policy
    assert not twap.is_policy
    for row in rows:
        assert sum(row.parts.values()) == pytest.approx(row.shortfall.mean)
    assert [v.baseline for v in verdicts] == ["twap", "vwap", "random"]
    assert mine.adaptability == 5
    assert mine.worst_regime == "volatile"
    assert twap.adaptability == 0
    assert mine.regimes["volatile"] - twap.regimes["volatile"] == pytest.approx(1, abs=0.1)
    assert mine.reduction.mean == pytest.approx(1 - mine.shortfall.mean / twap.shortfall.mean)
    assert set(mine.days) == {"mon", "tue", "wed"}
    assert set(mine.symbols) == {"X"}
    assert verdicts[0].outcome is Outcome.BEAT
    assert mine.timing_risk.low < mine.timing_risk.mean < mine.timing_risk.high


def test_every_order_is_in_one_tercile_of_each_kind() -> None:
    _, conditions = made_up_metrics(597)
    masks = regimes_of(conditions)
    assert masks.shape == (len(REGIMES), 597)
    assert (masks[:3].sum(axis=0) == 1).all()
    assert (masks[3:].sum(axis=0) == 1).all()
    assert conditions.volatility[masks[0]].max() < conditions.volatility[masks[2]].min()


def test_only_the_same_orders_are_compared() -> None:
    metrics, conditions = made_up_metrics()
    draws = Draws(conditions.cluster, seed=1)
    with pytest.raises(InvalidValueError, match="twap among them"):
        summarise({"vwap": metrics["vwap"]}, TITLES, conditions, draws)
    with pytest.raises(InvalidValueError, match="orders of vwap"):
        summarise(metrics | {"vwap": metrics["vwap"][1:]}, TITLES, conditions, draws)
