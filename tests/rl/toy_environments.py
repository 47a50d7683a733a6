"""Small batches of environments with the trainers' contract: a pole on a cart, and a known optimum of execution."""

import numpy as np

from tradewind.core.random import stream

LEVELS = 12


class Toy:
    """What the toys share: arrays, chance by counter, state."""

    continuous = False
    observation_hash = action_spec = "toy"
    saved: tuple[str, ...] = ()

    def __init__(self, count: int) -> None:
        width, actions = len(self.features), len(self.actions)
        self.count = count
        self.observations = np.zeros((count, width), np.float32)
        self.final_observations = np.zeros((count, width), np.float32)
        self.masks = np.ones((count, actions), np.bool_)
        self.rewards = np.zeros(count, np.float32)
        self.terminated = np.zeros(count, np.bool_)
        self.truncated = np.zeros(count, np.bool_)
        self.ended_returns: list[float] = []

    def state(self) -> dict[str, np.ndarray]:
        own = {name: getattr(self, name).copy() for name in ("observations", "masks", *self.saved)}
        chance = self.random.bit_generator.state["state"]
        words = [(chance[k] >> shift) & (2**64 - 1) for k in ("state", "inc") for shift in (0, 64)]
        return own | {"chance": np.array(words, np.uint64)}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        for name in ("observations", "masks", *self.saved):
            getattr(self, name)[...] = state[name]
        words = [int(w) for w in state["chance"]]
        whole = self.random.bit_generator.state
        whole["state"] = {"state": words[0] | words[1] << 64, "inc": words[2] | words[3] << 64}
        self.random.bit_generator.state = whole


class CartPole(Toy):
    """Barto, Sutton and Anderson (1983), as Gymnasium has it: 500 steps at most, which cut an episode off."""

    features = ("place", "speed", "angle", "turn")
    actions = ("left", "right")
    saved = ("x", "age")

    def __init__(self, count: int) -> None:
        self.x, self.age = np.zeros((count, 4)), np.zeros(count, np.int64)
        super().__init__(count)
        self.random = stream(0, "pole")

    def reset(self, seed: int) -> None:
        self.random = stream(seed, "pole")
        self.x[...] = self.random.uniform(-0.05, 0.05, self.x.shape)
        self.age[...] = 0
        self.observations[...] = self.x

    def step(self, actions: np.ndarray) -> None:
        place, speed, angle, turn = self.x.T
        force = np.where(actions == 1, 10.0, -10.0)
        sine, cosine = np.sin(angle), np.cos(angle)
        shared = (force + 0.05 * turn**2 * sine) / 1.1
        bend = (9.8 * sine - cosine * shared) / (0.5 * (4.0 / 3.0 - 0.1 * cosine**2 / 1.1))
        push = shared - 0.05 * bend * cosine / 1.1
        self.x[...] = np.stack([place + 0.02 * speed, speed + 0.02 * push, angle + 0.02 * turn, turn + 0.02 * bend], 1)
        self.age += 1
        self.terminated[...] = (np.abs(self.x[:, 0]) > 2.4) | (np.abs(self.x[:, 2]) > 12 * np.pi / 180)
        self.truncated[...] = (self.age >= 500) & ~self.terminated
        self.rewards[...] = 1.0
        self.final_observations[...] = self.x
        over = self.terminated | self.truncated
        self.ended_returns += self.age[over].tolist()
        self.x[over] = self.random.uniform(-0.05, 0.05, (int(over.sum()), 4))
        self.age[over] = 0
        self.observations[...] = self.x


class AlmgrenChriss(Toy):
    """Sell 1 in 20 steps: price noise costs risk, trading costs impact; the discrete optimum is known exactly.

    Cost of a path: ``risk * sum(x^2) + impact * sum(sold^2) * steps``. Actions sell a share of what is left.
    """

    features = ("time left", "inventory left")
    saved = ("left", "age")
    steps, risk, impact = 20, 0.3, 1.0

    def __init__(self, count: int, continuous: bool = False) -> None:
        self.continuous = continuous
        self.shares = np.concatenate([[0.0], np.geomspace(0.02, 1.0, LEVELS - 1)])
        self.actions = ("share",) if continuous else tuple(f"sell {s:.3f}" for s in self.shares)
        self.left, self.age = np.ones(count), np.zeros(count, np.int64)
        super().__init__(count)
        self.random = stream(0, "almgren")

    def reset(self, seed: int) -> None:
        self.random = stream(seed, "almgren")
        self.left[...] = 1.0
        self.age[...] = self.random.integers(0, self.steps, self.count)
        self._show()

    def _show(self) -> None:
        self.observations[:, 0] = 1.0 - self.age / self.steps
        self.observations[:, 1] = self.left

    def step(self, actions: np.ndarray) -> None:
        share = np.clip((actions[:, 0] + 1) / 2, 0, 1) ** 2 if self.continuous else self.shares[actions]
        sold = np.where(self.age == self.steps - 1, 1.0, share) * self.left
        self.left -= sold
        self.rewards[...] = -(self.risk * self.left**2 + self.impact * self.steps * sold**2)
        self.age += 1
        self.terminated[...] = self.age >= self.steps
        self._show()
        self.final_observations[...] = self.observations
        self.left[self.terminated], self.age[self.terminated] = 1.0, 0
        self._show()

    def optimum(self) -> float:
        """The least cost over all divisible paths: a quadratic, by dynamic programming."""
        k = self.impact * self.steps
        a = k
        for _ in range(self.steps - 1):
            total = a + self.risk
            a = k * total / (k + total)
        return a

    def cost_of(self, choose) -> float:
        """Cost of one whole path."""
        world = AlmgrenChriss(1, self.continuous)
        world.left[...], world.age[...] = 1.0, 0
        world._show()
        cost = 0.0
        for _ in range(self.steps):
            world.step(choose(world.observations, world.masks))
            cost -= float(world.rewards[0])
        return cost

    def equal_slices(self) -> float:
        left = 1 - np.arange(1, self.steps + 1) / self.steps
        return float(self.risk * (left**2).sum() + self.impact)
