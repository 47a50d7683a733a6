"""Fit, tune and learn what baselines need, on training episodes only.

* Almgren-Chriss: volatility, permanent impact and half spread from the tape of the reference run, a second at a time;
  temporary impact from what crossing everything at once paid beyond the best price.
* VWAP: the preset's volume curve, counted on its calibration days.
* The imbalance and microprice rules, passive TWAP and submit-and-leave: the parameters with the least mean shortfall.
* Tabular Q-learning (Nevmyvaka, Feng and Kearns, 2006): episodes with random actions, then one backward pass over
  epochs, each value the mean of what followed: ``Q(t, s, a) = mean(cost + min_b Q(t + 1, s', b))``.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.fees import UNITS_PER_TICK_LOT
from tradewind.execution.baselines.catalogue import GRIDS, Setting, new_plan
from tradewind.execution.baselines.records import EPOCHS, INVENTORY_BINS, TABLE_ACTIONS, Kind
from tradewind.execution.episode import EPISODE
from tradewind.execution.impact import ImpactModel, fit_impact
from tradewind.execution.volume import VolumeCurve
from tradewind.rl.env.batch import ExecutionBatch
from tradewind.rl.env.ground import Ground
from tradewind.rl.evaluate.arena import play
from tradewind.rl.evaluate.strategies import BaselineStrategy, Waiting

__all__ = ["fit_setting", "learn_table"]

STATES = INVENTORY_BINS * 6
STEP_S = 1.0
FLAT_IMPACT = ImpactModel(sigma=1.0, gamma=0.0, eta=1.0)


def fit_setting(
    ground: Ground, seed: int, *, episodes: int = 128, threads: int = 1, progress: Callable[[str], object] | None = None
) -> Setting:
    """Everything that baselines need, from training episodes.

    Args:
        ground: The orders and the market; of recordings the training days.
        seed: Of the training episodes; never the seed that is tested on.
        episodes: How many for each fit.
        threads: Threads that share the work.
        progress: Told what is being fitted.
    """
    say = progress or (lambda _name: None)
    batch = ground.batch(min(episodes, 256), seed, threads, fill_rows=1024)
    say("impact")
    setting = Setting(impact=_impact(batch, episodes), curve=_curve(batch))
    tuned = {}
    for name, grid in GRIDS.items():
        say(name)
        means = [_mean_cost(batch, BaselineStrategy(name, _with(setting, name, values)), episodes) for values in grid]
        tuned[name] = grid[int(np.argmin(means))]
    say("q_learning")
    table = learn_table(batch, rounds=max(4, 8 * episodes // batch.count))
    return msgspec.structs.replace(setting, tuned=tuned, table=table)


def _with(setting: Setting, name: str, values: tuple[float, ...]) -> Setting:
    return msgspec.structs.replace(setting, tuned={name: values})


def _mean_cost(batch: ExecutionBatch, strategy: BaselineStrategy, episodes: int) -> float:
    """Mean shortfall with fees over the order's value."""
    ended = play(batch, strategy, episodes).episodes
    return float(np.mean(_cost(ended) / (ended["quantity_lots"] * ended["decision_half"])))


def _cost(episodes: Array) -> Array:
    """Cost so far [half-tick-lots]: shortfall and fees."""
    return np.asarray(episodes["money"][:, 0] + 2 * episodes["money"][:, -1] / UNITS_PER_TICK_LOT)


def _curve(batch: ExecutionBatch) -> VolumeCurve | None:
    scale = batch.scales[0]
    parts = int(scale["profile_parts"])
    if parts <= 1:
        return None
    shares = scale["profile"][:parts] / scale["profile"][:parts].sum()
    return VolumeCurve(session_s=float(scale["session_s"]), shares=tuple(shares.tolist()), days=1)


def _impact(batch: ExecutionBatch, episodes: int) -> ImpactModel:
    """Moves and flow of a market nobody trades in, and what orders of the task pay when they cross at once."""
    batch.reset()
    waiting, moves, flows = Waiting(), [], []
    steps = int(min(max(batch.task.order.horizon_s[0] / batch.task.decisions.every_s - 2, 1), 300))
    step_s = np.maximum(batch.task.decisions.every_s, batch.episodes["decision_s"])
    for _ in range(steps):
        half, signed = (batch.episodes["memory"][n].copy() for n in ("half", "signed_lots"))
        waiting.decide(batch)
        fine = ~batch.terminated
        moves.append((batch.episodes["memory"]["half"] - half)[fine] / 2 / np.sqrt(step_s[fine]))
        flows.append((batch.episodes["memory"]["signed_lots"] - signed)[fine] / np.sqrt(step_s[fine]))
    batch.finished()
    crossed = play(batch, BaselineStrategy("immediate", Setting(impact=FLAT_IMPACT)), episodes).episodes
    done = np.maximum(crossed["taker_lots"], 1)
    beyond = crossed["side"] * (crossed["paid_ticks"] - crossed["touch_ticks"]) / done
    spread = float(np.mean(batch.scales["unit_ticks"]))
    return fit_impact(np.concatenate(moves), np.concatenate(flows), STEP_S, (done, np.maximum(beyond, 0.0)), spread)


class _Epochs:
    """Transitions of tabular Q-learning, gathered while a batch steps."""

    def __init__(self, count: int) -> None:
        self.rows: list[Array] = []
        self.open = np.full((count, 3), -1, np.int64)
        self.start = np.zeros(count)
        self.scale = np.ones(count)

    def step(self, before: Array, memory: Array, ended: Array, last: Array) -> None:
        """What a step closed: epochs that were followed by another, and those of orders that ended."""
        cost = _cost(before)
        fresh = (memory["epoch"] != self.open[:, 0]) & ~ended
        closing = fresh & (self.open[:, 0] >= 0)
        now = np.stack([memory["epoch"], memory["state"], memory["action"]], axis=1)
        self._close(closing, cost, now[:, 1], now[:, 0])
        self.open[fresh], self.start[fresh] = now[fresh], cost[fresh]
        self.scale[fresh] = (before["quantity_lots"] * before["decision_half"])[fresh]
        if ended.any():
            final = cost.copy()
            final[ended] = _cost(last)
            self._close(ended, final, np.full(len(cost), -1), np.full(len(cost), -1))
            self.open[ended] = -1

    def _close(self, mask: Array, cost: Array, state: Array, epoch: Array) -> None:
        gained = 1e4 * (cost - self.start) / self.scale
        self.rows.append(np.column_stack([self.open, gained, epoch, state])[mask])


def learn_table(batch: ExecutionBatch, rounds: int) -> Array:
    """Best action of each state, shape of ``PLAN["table"]``.

    Args:
        batch: Training environments; they begin anew.
        rounds: Orders that each environment explores.
    """
    batch.reset()
    explorer = BaselineStrategy("q_learning", Setting(impact=FLAT_IMPACT), new_plan(Kind.TABLE, 0, (1.0,)))
    explorer.begin(batch)
    gathered, over = _Epochs(batch.count), 0
    while over < rounds * batch.count:
        before = batch.episodes.copy()
        explorer.decide(batch)
        last = batch.finished()
        over += len(last)
        gathered.step(before, batch.plan_memories, batch.terminated, last if len(last) else np.zeros(0, EPISODE))
    return _backward(np.concatenate(gathered.rows))


def _backward(rows: Array) -> Array:
    """Backward induction of sample means; a state without samples takes the epoch's best action on average."""
    table = np.full((EPOCHS, STATES), 2, np.int8)
    later = np.zeros(STATES)
    for epoch in range(EPOCHS - 1, -1, -1):
        part = rows[rows[:, 0] == epoch]
        state, action, after = part[:, 1].astype(np.int64), part[:, 2].astype(np.int64), part[:, 5].astype(np.int64)
        target = part[:, 3] + np.where(after >= 0, later[np.maximum(after, 0)], 0.0)
        sums, counts = np.zeros((STATES, TABLE_ACTIONS)), np.zeros((STATES, TABLE_ACTIONS))
        np.add.at(sums, (state, action), target)
        np.add.at(counts, (state, action), 1)
        overall = sums.sum(axis=0) / np.maximum(counts.sum(axis=0), 1)
        overall[counts.sum(axis=0) == 0] = np.inf
        # Two samples' worth of the epoch's average keep rarely seen pairs from looking lucky.
        prior = np.where(np.isfinite(overall), overall, 0.0)
        values = np.where(np.isfinite(overall), (sums + 2 * prior) / (counts + 2), np.inf)
        if np.isfinite(values).any():
            table[epoch], later = values.argmin(axis=1), values.min(axis=1)
    return table.reshape(EPOCHS, INVENTORY_BINS, 2, 3)
