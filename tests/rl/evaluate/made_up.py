"""A made-up backtest: four strategies on made-up orders, with everything that a report draws."""

import numpy as np

from tradewind.core.random import stream
from tradewind.execution.tca import ORDER_METRICS, PARTS
from tradewind.rl.evaluate.result import Backtest, Conditions, summarise
from tradewind.rl.evaluate.scenes import Attribution, Scenes, Trajectory, map_policy
from tradewind.rl.evaluate.statistics import Draws

TITLES = {"mine": "Mine", "twap": "TWAP, crossing", "vwap": "VWAP", "random": "Random"}
ACTIONS = ("wait", "join", "cross")


def made_up_metrics(count: int = 600) -> tuple[dict[str, np.ndarray], Conditions]:
    """TWAP costs 4; the policy saves 1, but costs 2 more where it is volatile."""
    random = stream(1, "test")
    shared = random.normal(scale=3, size=count)
    volatility = random.uniform(size=count)
    days = np.repeat(["mon", "tue", "wed"], count // 3)
    conditions = Conditions(volatility, random.uniform(size=count), days, np.repeat("X", count), np.arange(count))
    found = {}
    for name, cost in (("twap", 4.0), ("vwap", 4.1), ("random", 5.0), ("mine", 3.0)):
        values = np.zeros(count, ORDER_METRICS)
        for k, part in enumerate(PARTS):
            values[f"{part}_bps"] = (k - 1) * cost / 14
        values["drift_bps"] += shared + random.normal(scale=0.3, size=count)
        values["drift_bps"] += 2.0 * (volatility > 2 / 3) * (name == "mine")
        values["shortfall_bps"] = sum(values[f"{part}_bps"] for part in PARTS)
        values["impact_bps"] = values["temporary_bps"] + values["permanent_bps"]
        values["fill_rate"] = values["completed"] = 1.0
        found[name] = values
    return found, conditions


def made_up_backtest() -> tuple[Backtest, Scenes]:
    """Result and scenes."""
    metrics, conditions = made_up_metrics()
    rows, verdicts = summarise(metrics, TITLES, conditions, Draws(conditions.cluster, seed=1), "mine")
    result = Backtest(
        policy="mine",
        market="made-up",
        task={"orders": "both sides, 1,000 lots, 60 s"},
        episodes=600,
        seed=1,
        clusters=600,
        currency="USD",
        strategies=rows,
        verdicts=verdicts,
        best_baseline="twap",
        notes=("A note <with> brackets.",),
    )
    return result, made_up_scenes(metrics)


def made_up_scenes(metrics: dict[str, np.ndarray]) -> Scenes:
    """Straight lines and a policy that crosses when the queues lean away."""
    random = stream(2, "test")
    seconds = np.linspace(0, 60, 61)
    mid = 100 + np.cumsum(random.normal(scale=0.01, size=61))
    paths = tuple(
        Trajectory(
            title=TITLES[name],
            seconds=seconds,
            left=np.clip(1 - seconds / end, 0, 1),
            mid=mid,
            resting=np.where(np.arange(61) % 7 > 2, mid - 0.005, np.nan),
            fill_seconds=np.array([3.0, 20.0, 41.0]),
            fill_prices=mid[[3, 20, 41]] + 0.005,
            fill_lots=np.array([100, 400, 500]),
            fill_passive=np.array([1, 0, 1]),
        )
        for name, end in (("mine", 45.0), ("twap", 60.0))
    )
    states = np.stack([random.uniform(-1, 1, 4000), random.uniform(size=4000), random.uniform(size=4000)], axis=1)
    chosen = np.where(states[:, 0] > 0.5, 2, np.where(states[:, 1] > 0.8, 0, 1))
    return Scenes(
        shortfalls={name: values["shortfall_bps"] for name, values in metrics.items()},
        left={name: np.linspace(1, 0, 21) ** k for k, name in enumerate(metrics, start=1)},
        orders=(paths, paths),
        policy_map=map_policy(states, chosen, ACTIONS),
        attributions=(Attribution(feature="imbalance", changed=0.4), Attribution(feature="time_left", changed=0.1)),
    )
