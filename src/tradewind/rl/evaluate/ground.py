"""Which orders in which markets: the task that a policy was trained for, with options; and other ground."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from tradewind.execution.policies.policy import Policy
from tradewind.rl.env.ground import Ground
from tradewind.rl.env.task import Task, parse_task
from tradewind.rl.evaluate.backtest import Bout, elsewhere_row, run_bout
from tradewind.rl.evaluate.result import Elsewhere
from tradewind.rl.evaluate.strategies import PolicyStrategy

__all__ = ["elsewhere_rows", "spread_row", "task_of_policy", "with_options"]

VALIDATION_SEED = 1_000_003
FEWER = 4
FEWEST = 100
SPLITS = "train – validation – test"
ALL_SEEDS = "all seeds"
RIVALS = ("twap", "vwap", "twap_passive", "submit_and_leave", "imbalance", "microprice", "q_learning")


def task_of_policy(policy: Policy | None) -> Task:
    """The task in a policy's own training configuration; the default one where it has none.

    Args:
        policy: The policy; None for the default.
    """
    text = policy.header.provenance.configuration if policy is not None else ""
    if not text:
        return Task()
    values = msgspec.json.decode(text)
    return parse_task(values.get("task", {}), "the policy's own task")


def with_options(
    task: Task,
    *,
    market: str | None = None,
    share: float | None = None,
    horizon_s: float | None = None,
    scenarios: Sequence[str] | None = None,
) -> Task:
    """A task on one market, with what a command was told.

    Args:
        task: To begin from.
        market: Its only preset; None keeps those it has.
        share: Order size over expected volume; None keeps the range.
        horizon_s: Time for an order [s]; None keeps the range.
        scenarios: None keeps them.
    """
    markets: dict[str, object] = {}
    if market is not None:
        markets |= {"presets": [market], "preset_weights": []}
    if scenarios:
        markets |= {"scenarios": list(scenarios), "scenario_weights": []}
    order: dict[str, object] = {}
    if share is not None:
        order |= {"share": (share, share), "quantity_lots": 0}
    if horizon_s is not None:
        order |= {"horizon_s": (horizon_s, horizon_s)}
    values = task.model_dump()
    values["market"] |= markets
    values["order"] |= order
    return parse_task(values)


def spread_row(bout: Bout, names: Sequence[str]) -> Elsewhere:
    """All training seeds as one: the mean of their shortfalls order by order, and how far apart the seeds are.

    Args:
        bout: What was played.
        names: The policies of all seeds.
    """
    metrics = np.array(bout.metrics[names[0]])
    costs = np.stack([bout.metrics[name]["shortfall_bps"] for name in names])
    metrics["shortfall_bps"] = costs.mean(axis=0)
    means = costs.mean(axis=1)
    where = f"all {len(names)}: {means.min():.2f} to {means.max():.2f} bps, deviation {means.std(ddof=1):.2f}"
    joined = msgspec.structs.replace(bout, metrics={**bout.metrics, ALL_SEEDS: metrics})
    return elsewhere_row(joined, ALL_SEEDS, "training seeds", where)


def elsewhere_rows(
    bout: Bout, policies: Sequence[PolicyStrategy], markets: Sequence[str], say: Callable[[str, int], object]
) -> tuple[Elsewhere, ...]:
    """The policy on training and validation orders, its other training seeds, and markets left out of training.

    Of recordings, the training days stand in for training orders. Markets are simulated: another model of the market
    than a recording.

    Args:
        bout: The main one; its row is the test.
        policies: The first is the policy, the others its training seeds (they played in the bout).
        markets: Presets.
        say: Told what is being done.
    """
    name, rules = policies[0].name, bout.rules
    fewer = msgspec.structs.replace(rules, episodes=max(rules.episodes // FEWER, FEWEST))
    trained = policies[0].policy.header.provenance.seed
    rows, plain = [], Ground(task=bout.ground.task)
    if bout.training is not None:
        other = run_bout(bout.training, fewer, policies[:1], RIVALS, say, bout.training)
        rows.append(elsewhere_row(other, name, SPLITS, "training days"))
    else:
        for where, seed in (("training orders", trained), ("validation orders", VALIDATION_SEED)):
            other = run_bout(plain, msgspec.structs.replace(fewer, seed=seed), policies[:1], RIVALS, say)
            rows.append(elsewhere_row(other, name, SPLITS, where))
    rows.append(elsewhere_row(bout, name, SPLITS, "test orders"))
    if policies[1:]:
        rows += [
            elsewhere_row(bout, p.name, "training seeds", f"seed {p.policy.header.provenance.seed}") for p in policies
        ]
        rows.append(spread_row(bout, [p.name for p in policies]))
    for market in markets:
        plain = Ground(task=with_options(bout.ground.task, market=market))
        other = run_bout(plain, fewer, policies[:1], RIVALS, say)
        rows.append(elsewhere_row(other, name, "other markets", market))
    return tuple(rows)
