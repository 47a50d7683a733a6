"""Bands of no trade around delta: constant, Whalley–Wilmott's, and a learned one."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.risk.hedging.option import OptionPosition

__all__ = ["Band", "BandNet", "DeltaBand", "WhalleyWilmott"]


class Band(Protocol):
    """Where a hedge may lie without trading.

    Attributes:
        name: Of the hedger.
    """

    name: str

    def edges(self, position: OptionPosition, price: Array, day: int) -> tuple[Array, Array]:
        """Lowest and highest holding of the underlying, shape of ``price`` each."""
        ...


class DeltaBand:
    """No band: the hedge is minus delta, every day (Black and Scholes, 1973)."""

    name = "delta"

    def edges(self, position: OptionPosition, price: Array, day: int) -> tuple[Array, Array]:
        """As :class:`Band`."""
        _, delta, _ = position.greeks(price, position.days - day)
        return -delta, -delta


class WhalleyWilmott:
    r"""The asymptotic band of a hedger with exponential utility.

    .. math:: H = \left(\tfrac{3}{2}\,\frac{c\, S\, \Gamma^2}{\lambda}\right)^{1/3}

    Args:
        cost: Proportional cost c of a trade.
        risk_aversion: λ per unit of the price at the start.

    References:
        Whalley and Wilmott (1997), "An asymptotic analysis of an optimal hedging model for option pricing with
        transaction costs".
    """

    name = "whalley_wilmott"

    def __init__(self, cost: float, risk_aversion: float = 50.0) -> None:
        self.cost, self.risk_aversion = cost, risk_aversion

    def edges(self, position: OptionPosition, price: Array, day: int) -> tuple[Array, Array]:
        """As :class:`Band`."""
        _, delta, gamma = position.greeks(price, position.days - day)
        half = np.cbrt(1.5 * self.cost * price * gamma * gamma / self.risk_aversion)
        return -delta - half, -delta + half


class BandNet:
    """A band whose edges a small network tells from moneyness, time left and gamma.

    Two hidden layers of tanh; each edge lies a softplus away from minus delta, so the band always holds it. What the
    network learns is risk against cost, see :func:`tradewind.risk.hedging.learn.learn_band`.

    Args:
        cost: Proportional cost of a trade.
        weights: Matrices and offsets of the layers.

    References:
        Buehler, Gonon, Teichmann and Wood (2019), "Deep hedging"; Imaki, Imajo, Ito, Minami and Nakagawa (2021),
        "No-transaction band network".
    """

    name = "band_net"

    def __init__(self, cost: float, weights: list[Array]) -> None:
        self.cost, self.weights = cost, weights

    def inputs(self, position: OptionPosition, price: Array, day: int) -> tuple[Array, Array]:
        """Minus delta (n,), and what the network sees (n, 4)."""
        left = position.days - day
        _, delta, gamma = position.greeks(price, left)
        root = position.volatility * np.sqrt(left / 252)
        moneyness = np.log(price / position.legs[0].strike) / root
        sight = np.column_stack(
            (
                np.tanh(moneyness / 3),
                np.full(len(price), np.sqrt(left / position.days)),
                np.tanh(np.log1p(np.abs(gamma)) / 3),
                np.tanh(moneyness / 3) ** 2,
            )
        )
        return -delta, sight

    def forward(self, sight: Array) -> tuple[Array, list[Array]]:
        """Half widths (n, 2), and the layers' outputs for the backward pass."""
        first, a, second, b, last, c = self.weights
        one = np.tanh(sight @ first + a)
        two = np.tanh(one @ second + b)
        raw = two @ last + c
        return self.scale * np.logaddexp(0.0, raw), [sight, one, two, raw]

    @property
    def scale(self) -> float:
        """Unit of the widths: they grow with the cube root of cost (Whalley and Wilmott, 1997)."""
        return float(np.cbrt(self.cost))

    def backward(self, kept: list[Array], slope: Array) -> list[Array]:
        """Gradients of the weights from the slopes of the half widths (n, 2)."""
        sight, one, two, raw = kept
        _, _, second, _, last, _ = self.weights
        out = slope * self.scale / (1 + np.exp(-raw))
        back_two = (out @ last.T) * (1 - two * two)
        back_one = (back_two @ second.T) * (1 - one * one)
        pairs = ((sight, back_one), (one, back_two), (two, out))
        return [g for x, y in pairs for g in (x.T @ y, y.sum(axis=0))]

    def edges(self, position: OptionPosition, price: Array, day: int) -> tuple[Array, Array]:
        """As :class:`Band`."""
        middle, sight = self.inputs(position, price, day)
        half, _ = self.forward(sight)
        return middle - half[:, 0], middle + half[:, 1]

    def state_dict(self) -> dict[str, Any]:
        """Cost and weights as plain values."""
        return {"cost": self.cost, "weights": [w.tolist() for w in self.weights]}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> BandNet:
        """A network from :meth:`state_dict`.

        Raises:
            InvalidValueError: For weights that are not finite or do not fit each other.
        """
        weights = [np.asarray(w, np.float64) for w in state["weights"]]
        fit = len(weights) == 6 and weights[0].shape[0] == 4 and weights[4].shape[-1] == 2
        if not fit or not all(np.isfinite(w).all() for w in weights):
            raise InvalidValueError("weights", "six finite arrays of a 4-h-h-2 network", [w.shape for w in weights])
        return cls(float(state["cost"]), weights)
