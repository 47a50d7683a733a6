r"""The reward: named terms with weights that a person edits.

Over a step from mid :math:`m_t` to :math:`m_{t+1}`, for an order of side :math:`s`, quantity :math:`Q` and horizon
:math:`H`, decided on at mid :math:`m_d`, with :math:`L` lots left after fills of :math:`q_k` lots at :math:`p_k` that
met the best price :math:`b_k`:

============== ================================================== ================================================
``shortfall``  :math:`s \sum_k q_k (p_k - m_d)`                    against arrival; at the end also
                                                                   :math:`s L (m_T - m_d)` for what is left
``trading``    :math:`s \sum_k q_k (p_k - m_t)`                    the dense form, against the mid: with ``drift``
``drift``      :math:`s L (m_{t+1} - m_t)`                         its sum over an episode is that of ``shortfall``
``impact``     :math:`s \sum_k q_k (p_k - b_k)`                    walking the book; part of the terms above
``fees``       maker or taker                                      less rebates
``risk``       :math:`(L / Q)^2 \Delta t / H`                      aversion to inventory
``schedule``   :math:`(L / Q - \text{time left} / H)^2 \Delta t/H` deviation from an even schedule
``completion`` at the end: share not traded before the deadline    crossed by it, or left over
============== ================================================== ================================================

The first five are money: exact whole numbers in the episode's record; as terms they are divided by the quantity and the
usual spread. Every term is a cost; the reward is minus their weighted sum. With unit weights of ``trading``, ``drift``
and ``fees`` (the default) the rewards of an episode sum to minus its implementation shortfall after fees, in usual
spreads per lot.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field, model_validator

from tradewind.book.layout import Int, Record
from tradewind.core.config import Config
from tradewind.core.dtypes import Array
from tradewind.core.fees import UNITS_PER_TICK_LOT
from tradewind.core.kernels import inner
from tradewind.execution.episode import MONEY, TERMS

__all__ = ["WEIGHTS", "Reward", "reward_step", "weights_record"]

WEIGHTS = np.dtype([("values", "f8", (len(TERMS),))])
"""Weight of each term, in the order of ``TERMS``."""
SHORTFALL, TRADING, DRIFT, IMPACT, FEES, RISK, SCHEDULE, COMPLETION = range(len(TERMS))


class Reward(Config):
    """Weights of the terms; see the module.

    Attributes:
        shortfall: Cost against arrival, paid when lots trade.
        trading: Cost against the mid at the step's start.
        drift: Move of the mid on what is left.
        impact: Walking the book, on top of its part in the cost.
        fees: Fees less rebates.
        risk: Aversion to inventory [usual spreads].
        schedule: Aversion to leaving an even schedule [usual spreads].
        completion: Price of what was not traded before the deadline [usual spreads].
    """

    shortfall: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    trading: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    drift: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    impact: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    fees: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    risk: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    schedule: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    completion: float = Field(default=0.0, ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _counted_once(self) -> Reward:
        if self.shortfall > 0 and (self.trading > 0 or self.drift > 0):
            raise ValueError("shortfall and trading + drift are the same cost: set one of them to 0")
        return self


def weights_record(reward: Reward) -> Array:
    """The weights as kernels read them, shape (1,), dtype :data:`WEIGHTS`."""
    out = np.zeros(1, WEIGHTS)
    out["values"][0] = [getattr(reward, name) for name in TERMS]
    return out


@inner
def reward_step(episode: Record, scales: Record, weights: Record, passed_s: float, done: Int, out: Array) -> float:  # noqa: PLR0917
    """Terms of a step that has ended; returns its reward.

    Args:
        episode: dtype ``EPISODE``: fills of the step accounted, memory at its end.
        scales: dtype ``SCALES``.
        weights: dtype :data:`WEIGHTS`.
        passed_s: Length of the step [s].
        done: Whether the episode has ended with it.
        out: Shape (TERMS,), float: the terms.
    """
    money, half = episode.step_money, episode.memory.half
    money[DRIFT] = episode.side * (half - episode.step_half) * episode.left_lots
    if done:
        money[SHORTFALL] += episode.side * (half - episode.decision_half) * episode.left_lots
    scale = 1.0 / (episode.quantity_lots * scales.unit_ticks)
    for k in range(len(MONEY)):
        unit = 1.0 / UNITS_PER_TICK_LOT if k == FEES else 0.5
        out[k] = money[k] * unit * scale
        episode.money[k] += money[k]
    inventory = np.float64(episode.left_lots) / episode.quantity_lots
    share = passed_s / episode.horizon_s
    late = inventory - max(1.0 - (episode.now_s - episode.start_s) / episode.horizon_s, 0.0)
    out[RISK] = inventory * inventory * share
    out[SCHEDULE] = late * late * share
    out[COMPLETION] = np.float64(episode.left_lots + episode.forced_lots) / episode.quantity_lots if done else 0.0
    reward = 0.0
    for k in range(len(TERMS)):
        reward -= weights.values[k] * out[k]
        episode.terms[k] += out[k]
    episode.reward += reward
    return reward
