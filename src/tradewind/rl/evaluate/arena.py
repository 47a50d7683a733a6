"""Play the same episodes with one strategy after another, and keep what cost analysis needs.

Episode ``k`` of a seed is the same order in the same market with the same random streams for everyone. The *reference
run* is the same episodes with nobody trading (an order of one lot that waits), looked at ten times a decision: it is
the twin that tells permanent impact from drift, and what regimes are measured on. Until somebody trades, or where a
market does not react, the two are the same, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.execution.episode import EPISODE
from tradewind.execution.features import FEATURES
from tradewind.execution.fills import ORDER_FILL
from tradewind.rl.env.batch import ExecutionBatch
from tradewind.rl.env.ground import Ground
from tradewind.rl.env.task import Task
from tradewind.rl.evaluate.strategies import Strategy, Waiting

__all__ = ["Looks", "Played", "Reference", "play", "play_reference"]

FILL_ROWS = 1024
STEPS_AT_MOST = 2_000_000
REFERENCE_LOOKS = 10
MOST_LOOKS = 2000
PLACE = {feature.name: k for k, feature in enumerate(FEATURES)}
STATE = ("imbalance_1", "time_left", "inventory_left")
Progress = Callable[[int], object]


class Looks(msgspec.Struct):
    """What a strategy saw and did at some decisions.

    Attributes:
        observations: Rows of observations.
        masks: Rows of what was possible.
        actions: Actions taken.
    """

    observations: list[Array] = []
    masks: list[Array] = []
    actions: list[Array] = []

    def states(self) -> Array:
        """Imbalance towards the order's side, share of time left, share of the order left; shape (n, 3)."""
        return np.concatenate(self.observations)[:, [PLACE[name] for name in STATE]].astype(np.float64)


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """Episodes as one strategy traded them.

    Attributes:
        episodes: Shape (n,), dtype ``EPISODE``, episode 0 first.
        fills: Shape (f,), dtype ``ORDER_FILL``, those of episode 0 first.
        first: Shape (n + 1,), places in ``fills``.
        looks: Sampled decisions, of a policy.
        paths: Of the first few episodes: time, half mid, price of the resting order (0: none), lots left; shape (k, 4).
    """

    episodes: Array
    fills: Array
    first: Array
    looks: Looks
    paths: tuple[Array, ...]


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """Episodes with nobody trading.

    Attributes:
        times: Of each episode: seconds since its start, shape (k,), rising from 0.
        halves: Best bid + best ask at these times.
        volatility: Shape (n,) [bps per sqrt(s)].
        liquidity: Shape (n,), mean size at the best prices over the mean spread [lots/tick].
        episodes: Shape (n,), dtype ``EPISODE``.
    """

    times: tuple[Array, ...]
    halves: tuple[Array, ...]
    volatility: Array
    liquidity: Array
    episodes: Array

    def half_at(self, played: Played) -> Array:
        """Best bid + best ask of the twin just before each fill, shape (f,)."""
        found = np.zeros(len(played.fills), np.int64)
        for k, episode in enumerate(played.episodes):
            part = slice(int(played.first[k]), int(played.first[k + 1]))
            since = (played.fills["ts_ns"][part] - episode["base_ns"]) * 1e-9 - episode["start_s"]
            at = np.searchsorted(self.times[k], since + 1e-6, side="right") - 1
            found[part] = self.halves[k][np.clip(at, 0, len(self.times[k]) - 1)]
        return found


def play(
    batch: ExecutionBatch,
    strategy: Strategy,
    episodes: int,
    *,
    watched: int = 0,
    looks: int = 0,
    progress: Progress | None = None,
) -> Played:
    """Trade the first episodes of the batch's seed.

    Args:
        batch: The environments; they begin anew.
        strategy: Who trades.
        episodes: How many.
        watched: Keep the paths of this many of the first episodes.
        looks: Keep about this many decisions of a policy.
        progress: Told how many episodes ended.

    Raises:
        InvalidValueError: When episodes do not end.
    """
    batch.reset()
    strategy.begin(batch)
    ended = np.zeros(episodes, EPISODE)
    fills: list[Array] = [np.zeros(0, ORDER_FILL)] * episodes
    paths: list[list[tuple[float, ...]]] = [[] for _ in range(min(watched, episodes))]
    seen, missing = Looks(), episodes
    for step in range(STEPS_AT_MOST):
        _watch(batch, paths)
        before = (batch.observations.copy(), batch.masks.copy()) if looks and step % 7 == 0 else None
        actions = strategy.decide(batch)
        if before is not None and actions is not None and len(seen.actions) * batch.count < looks:
            for kept, fresh in zip(
                (seen.observations, seen.masks, seen.actions), (*before, actions.copy()), strict=True
            ):
                kept.append(fresh)
        done, rows, first = batch.finished_fills()
        for k, episode in enumerate(done):
            number = int(episode["episode"])
            if number < episodes:
                ended[number] = episode
                fills[number] = rows[first[k] : first[k + 1]]
                missing -= 1
        if progress is not None and len(done):
            progress(episodes - missing)
        if missing == 0:
            first = np.concatenate([[0], np.cumsum([len(part) for part in fills])]).astype(np.int64)
            whole = tuple(np.array(path) for path in paths)
            return Played(episodes=ended, fills=np.concatenate(fills), first=first, looks=seen, paths=whole)
    raise InvalidValueError("episodes", f"over within {STEPS_AT_MOST} decisions", missing)


def _watch(batch: ExecutionBatch, paths: list[list[tuple[float, ...]]]) -> None:
    for number, path in enumerate(paths):
        row = batch.episodes[number % batch.count]
        if int(row["episode"]) == number:
            resting = float(row["work_ticks"]) if row["work_id"] else 0.0
            since = float(row["now_s"] - row["start_s"])
            path.append((since, float(row["memory"]["half"]), resting, float(row["left_lots"])))


def reference_task(task: Task) -> Task:
    """The same episodes for nobody: one lot, looked at ten times a decision."""
    order = task.order.model_copy(update={"quantity_lots": 1})
    every_s = max(task.decisions.every_s / REFERENCE_LOOKS, task.order.horizon_s[1] / MOST_LOOKS)
    decisions = task.decisions.model_copy(update={"every_s": every_s, "at_most": MOST_LOOKS, "on_fills": False})
    return task.model_copy(update={"order": order, "decisions": decisions, "watch": False, "after_s": []})


def play_reference(ground: Ground, episodes: int, count: int, seed: int, threads: int = 1) -> Reference:
    """Run episodes with nobody trading.

    Args:
        ground: Where, and the task that strategies will be given.
        episodes: How many.
        count: Environments at once.
        seed: The run's one seed.
        threads: Threads that share the work.
    """
    batch = ground.batch(count, seed, threads, task=reference_task(ground.task))
    nobody = Waiting()
    batch.reset()
    columns = [PLACE["own_touch"], PLACE["opposite_touch"]]
    times: list[list[float]] = [[] for _ in range(episodes)]
    halves: list[list[int]] = [[] for _ in range(episodes)]
    touch, ended = np.zeros((episodes, 2)), np.zeros(episodes, EPISODE)
    missing = episodes
    while missing:
        numbers = batch.episodes["episode"]
        since = batch.episodes["now_s"] - batch.episodes["start_s"]
        half = batch.episodes["memory"]["half"]
        lots = np.exp2(batch.observations[:, columns].astype(np.float64)).mean(axis=1)
        for i in np.flatnonzero(numbers < episodes):
            times[numbers[i]].append(float(since[i]))
            halves[numbers[i]].append(int(half[i]))
            touch[numbers[i]] += (lots[i] * batch.scales["touch_lots"][batch.episodes["preset"][i]], 1)
        nobody.decide(batch)
        for episode in batch.finished():
            if episode["episode"] < episodes:
                ended[int(episode["episode"])] = episode
                missing -= 1
    spread = ended["spread_seconds"] / np.maximum(ended["watched_s"], 1e-9)
    volatility = 2e4 * np.sqrt(ended["square"] / np.maximum(ended["watched_s"], 1e-9)) / ended["decision_half"]
    return Reference(
        times=tuple(np.array(t) for t in times),
        halves=tuple(np.array(h, np.int64) for h in halves),
        volatility=volatility,
        liquidity=touch[:, 0] / np.maximum(touch[:, 1], 1) / np.maximum(spread, 0.5),
        episodes=ended,
    )
