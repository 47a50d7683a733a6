"""A batch of environments on paper: the interface of ExecutionBatch over a market of three lines, nothing to compile.

The mid is a random walk of the episode's own; crossing pays half a spread, one tick more for more than the touch, and
moves the price for good; a resting order is filled by a coin. Episode ``k`` of a seed is the same for everyone.
"""

from types import SimpleNamespace

import numpy as np

from tradewind.core.random import stream
from tradewind.execution.actions import ACTION_COUNT
from tradewind.execution.baselines.choose import choose_intents
from tradewind.execution.baselines.records import MEMORY, PLAN, SIGHT
from tradewind.execution.episode import EPISODE, INTENT, SCALES
from tradewind.execution.features import FEATURES
from tradewind.execution.fills import ORDER_FILL
from tradewind.market.preset import load_preset

TOUCH, SHIFT_PER_LOT, NS = 100, 0.01, 1e9
PLACE = {feature.name: k for k, feature in enumerate(FEATURES)}


class PaperBatch:
    def __init__(self, task: object, count: int, seed: int, *, threads: int = 1, fill_rows: int = 0) -> None:
        self.task, self.count, self.seed, self.threads = task, count, seed, threads
        presets = [load_preset(name) for name in task.market.presets]
        instruments = [preset.trading_instrument() for preset in presets]
        self.stage = SimpleNamespace(names=list(task.market.presets), instruments=instruments)
        self.episodes = np.zeros(count, EPISODE)
        self.observations = np.zeros((count, len(FEATURES)), np.float32)
        self.masks = np.ones((count, ACTION_COUNT), np.bool_)
        self.terminated = np.zeros(count, np.bool_)
        self.plan_memories, self._plans = np.zeros(count, MEMORY), np.zeros(count, PLAN)
        self.fills = np.zeros((count, max(fill_rows, 1)), ORDER_FILL)
        self.scales = np.zeros(len(presets), SCALES)
        self.scales["unit_ticks"], self.scales["touch_lots"], self.scales["volume_per_s"] = 1.0, TOUCH, 50.0
        self.walks: list[np.ndarray] = [np.zeros(0)] * count
        self.coins: list[np.random.Generator] = [stream(0, "x")] * count
        self._ended: list[tuple[np.ndarray, np.ndarray]] = []
        self.reset()

    def reset(self, seed: int | None = None) -> None:
        self.seed = self.seed if seed is None else seed
        self.episodes["episode"] = np.arange(self.count) - self.count
        self._ended = []
        for i in range(self.count):
            self._begin(i)

    def _begin(self, i: int) -> None:
        number = int(self.episodes["episode"][i]) + self.count
        random = stream(self.seed, f"paper/{number}")
        self.episodes[i] = np.zeros((), EPISODE)
        row = self.episodes[i]
        row["episode"], row["key"] = number, number
        row["side"] = 1 if random.random() < 0.5 else -1
        row["quantity_lots"] = row["left_lots"] = self.task.order.quantity_lots or 600
        row["horizon_s"], row["decision_s"] = self.task.order.horizon_s[1], self.task.decisions.every_s
        row["base_ns"], row["start_s"], row["now_s"] = 1_000_000_000_000, 5.0, 5.0
        row["session_s"] = -1.0
        self.walks[i] = 20_000 + np.cumsum(random.choice([-1, 0, 0, 1], 1000) * (1 + number % 3))
        row["memory"]["half"] = row["decision_half"] = row["arrival_half"] = 2 * self.walks[i][0] + 1
        self.coins[i] = random
        self.plan_memories[i] = np.zeros((), MEMORY)
        self.plan_memories["epoch"][i] = self.plan_memories["slice"][i] = -1
        self._show(i)

    def _bid(self, i: int) -> int:
        row = self.episodes[i]
        moved = row["side"] * SHIFT_PER_LOT * row["taker_lots"]
        return int(self.walks[i][int(row["now_s"] - row["start_s"] + 1e-6)] + round(float(moved)))

    def _show(self, i: int) -> None:
        row, seen = self.episodes[i], self.observations[i]
        seen[PLACE["time_left"]] = 1 - (row["now_s"] - row["start_s"]) / row["horizon_s"]
        seen[PLACE["inventory_left"]] = row["left_lots"] / row["quantity_lots"]
        seen[PLACE["imbalance_1"]] = np.sin(self.walks[i][int(row["now_s"] - row["start_s"])])

    def _fill(self, i: int, price: int, lots: int, passive: int) -> None:
        row, bid = self.episodes[i], self._bid(i)
        since = row["now_s"] + 0.5 * row["decision_s"] * passive
        fill = (int(row["base_ns"] + since * NS), price, lots, bid, bid + 1, passive)
        self.fills[i, row["fills"]] = np.array(fill, ORDER_FILL)
        row["fills"] += 1
        row["left_lots"] -= lots
        row["paid_ticks"] += price * lots
        touch = price if passive else bid + (row["side"] > 0)
        row["touch_ticks"] += touch * lots
        row["money"][0] += row["side"] * (2 * price - row["decision_half"]) * lots
        if not passive:
            row["taker_lots"] += lots

    def _cross(self, i: int, lots: int) -> None:
        side, bid = int(self.episodes["side"][i]), self._bid(i)
        best = bid + (side > 0)
        self._fill(i, best, min(lots, TOUCH), 0) if lots <= TOUCH else self._fill(i, best + side, lots, 0)

    def _trade(self, intents: np.ndarray) -> None:
        self.terminated[:] = False
        for i, intent in enumerate(intents):
            row = self.episodes[i]
            if intent["cross_lots"]:
                self._cross(i, int(intent["cross_lots"]))
            filled = self.coins[i].random() < 0.4
            if intent["rest_lots"] and filled:
                self._fill(i, int(intent["rest_ticks"]), int(min(intent["rest_lots"], 50)), 1)
            row["now_s"] += row["decision_s"]
            row["memory"]["volume_lots"] += 50
            row["memory"]["signed_lots"] += int(self.coins[i].integers(-50, 51))
            row["volume_lots"] += 50
            row["watched_s"] += row["decision_s"]
            row["memory"]["half"] = 2 * self._bid(i) + 1
            row["half_seconds"] += row["memory"]["half"] * row["decision_s"]
            row["spread_seconds"] += row["decision_s"]
            row["square"] += float(self.coins[i].random()) * (1 + row["episode"] % 3)
            late = row["now_s"] >= row["start_s"] + row["horizon_s"] - 1e-9
            if late and row["left_lots"]:
                self._cross(i, int(row["left_lots"]))
            if late or row["left_lots"] == 0:
                row["end_half"] = row["close_half"] = 2 * self._bid(i) + 1
                row["finish_s"] = row["now_s"]
                self.terminated[i] = True
                self._ended.append((row.copy(), self.fills[i, : int(row["fills"])].copy()))
                self._begin(i)
            self._show(i)

    def step(self, actions: np.ndarray) -> None:
        intents = np.zeros(self.count, INTENT)
        for i, action in enumerate(actions):
            bid, row = self._bid(i), self.episodes[i]
            if action == 1:
                intents[i]["rest_lots"], intents[i]["rest_ticks"] = min(100, row["left_lots"]), bid + (row["side"] < 0)
            elif action >= 6:
                intents[i]["cross_lots"] = min(20, row["left_lots"])
        self._trade(intents)

    def step_intents(self, plans: np.ndarray) -> None:
        self._plans[:] = plans
        sights, intents = np.zeros(self.count, SIGHT), np.zeros(self.count, INTENT)
        for name in ("side", "quantity_lots", "left_lots", "horizon_s", "decision_s", "session_s"):
            sights[name] = self.episodes[name]
        bids = np.array([self._bid(i) for i in range(self.count)])
        sights["bid_ticks"], sights["ask_ticks"], sights["bid_lots"], sights["ask_lots"] = bids, bids + 1, 80, 120
        sights["arrival_half_ticks"] = self.episodes["decision_half"]
        sights["elapsed_s"] = self.episodes["now_s"] - self.episodes["start_s"]
        sights["market_lots"], sights["volume_per_s"] = self.episodes["volume_lots"], 50.0
        choose_intents(self._plans, self.plan_memories, sights, intents)
        self._trade(intents)

    def finished_fills(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = np.array([row for row, _ in self._ended], EPISODE)
        parts = [fills for _, fills in self._ended]
        self._ended = []
        first = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
        return rows, np.concatenate([np.zeros(0, ORDER_FILL), *parts]), first

    def finished(self) -> np.ndarray:
        return self.finished_fills()[0]


def paper_policy() -> SimpleNamespace:
    """Rests until half of the time is over, then crosses."""

    class Policy:
        name = title = "mine"
        discrete = True

        def begin(self, batch: PaperBatch) -> None:
            self.actions = np.zeros(batch.count, np.int32)

        def decide(self, batch: PaperBatch) -> np.ndarray:
            self.actor.act(batch.observations, batch.masks, self.actions)
            batch.step(self.actions)
            return self.actions

    def act(observations: np.ndarray, masks: np.ndarray, actions: np.ndarray, threads: int = 1) -> None:
        actions[:] = np.where(observations[:, PLACE["time_left"]] > 0.5, 1, 7)

    found = Policy()
    found.actor = SimpleNamespace(act=act)
    header = SimpleNamespace(provenance=SimpleNamespace(seed=3, configuration=""))
    found.policy = SimpleNamespace(header=header)
    return found
