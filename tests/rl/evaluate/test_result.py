import numpy as np
import pytest

from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.execution.tca import ORDER_METRICS, PARTS
from tradewind.rl.evaluate.result import REGIMES, Conditions, regimes_of, summarise
from tradewind.rl.evaluate.statistics import Draws, Outcome


def made_up(count: int = 600) -> tuple[dict[str, np.ndarray], Conditions]:
    """TWAP costs 4; the policy saves 1, but costs 2 more where it is volatile."""
    random = stream(1, "test")
    shared = random.normal(scale=3, size=count)
    volatility = random.uniform(size=count)
    conditions = Conditions(
        volatility,
        random.uniform(size=count),
        np.repeat(["mon", "tue", "wed"], count // 3),
        np.repeat("X", count),
        np.arange(count),
    )
    found = {}
    for name, cost in (("twap", 4.0), ("vwap", 4.1), ("mine", 3.0)):
        values = np.zeros(count, ORDER_METRICS)
        for k, part in enumerate(PARTS):
            values[f"{part}_bps"] = (k - 1) * cost / 14
        values["drift_bps"] += shared
        values["drift_bps"] += 2.0 * (volatility > 2 / 3) * (name == "mine")
        values["shortfall_bps"] = sum(values[f"{part}_bps"] for part in PARTS)
        found[name] = values
    return found, conditions


def test_rows_verdicts_and_regimes() -> None:
    metrics, conditions = made_up()
    titles = {"twap": "TWAP", "vwap": "VWAP", "mine": "Mine"}
    rows, verdicts = summarise(metrics, titles, conditions, Draws(conditions.cluster, seed=1), "mine")
    mine, twap = rows[0], rows[1]
    assert mine.is_policy
    assert not twap.is_policy
    for row in rows:
        assert sum(row.parts.values()) == pytest.approx(row.shortfall.mean)
    assert [v.baseline for v in verdicts] == ["twap", "vwap"]
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
    _, conditions = made_up(599 - 599 % 3)
    masks = regimes_of(conditions)
    assert masks.shape == (len(REGIMES), len(conditions.day))
    assert (masks[:3].sum(axis=0) == 1).all()
    assert (masks[3:].sum(axis=0) == 1).all()
    assert conditions.volatility[masks[0]].max() < conditions.volatility[masks[2]].min()


def test_only_the_same_orders_are_compared() -> None:
    metrics, conditions = made_up()
    draws = Draws(conditions.cluster, seed=1)
    titles = dict.fromkeys(metrics, "")
    with pytest.raises(InvalidValueError, match="twap among them"):
        summarise({"vwap": metrics["vwap"]}, titles, conditions, draws)
    with pytest.raises(InvalidValueError, match="orders of vwap"):
        summarise(metrics | {"vwap": metrics["vwap"][1:]}, titles, conditions, draws)
