r"""Transaction-cost analysis: where the cost of a parent order came from, in parts that sum to it exactly.

An order of side :math:`s` (+1 buy, -1 sell) and quantity :math:`Q` is decided on at mid :math:`m_d`, reaches the market
at mid :math:`m_0` and ends at mid :math:`m_T`. Fill :math:`k` trades :math:`q_k` at :math:`p_k`; just before it the mid
is :math:`m_k`, the price it meets first is :math:`b_k` (an aggressive fill: the opposite best; a passive one: its own
price), and :math:`m'_k` is the mid at that moment in the *twin*, the same market without the order. With
:math:`F = \sum_k q_k`:

=============== ========================================== =========================================================
delay           :math:`s F (m_0 - m_d)`                    the market moved before the order was there
drift           :math:`s \sum_k q_k (m'_k - m_0)`          it moved, and would have without you
permanent       :math:`s \sum_k q_k (m_k - m'_k)`          it moved because of your earlier trades and quotes
spread          :math:`s \sum_k q_k (b_k - m_k)`           half the spread, paid or (passive fills) earned
temporary       :math:`s \sum_k q_k (p_k - b_k)`           beyond the best price: walking the book
opportunity     :math:`s (Q - F) (m_T - m_d)`              what was not done, at the price of the end
fees            by fill, maker or taker                    less rebates
=============== ========================================== =========================================================

Their sum is :math:`s \sum_k q_k (p_k - m_d) + s (Q - F)(m_T - m_d) + \text{fees}`, the implementation shortfall of
Perold (1988), "The implementation shortfall: paper versus reality", against the mid at the decision, in the expanded
form of Kissell and Glantz (2003), "Optimal Trading Strategies", ch. 3. Spread and impact are told apart as Huang and
Stoll (1996) do; temporary and permanent impact as Almgren and Chriss (2000). Without a twin the price move during the
order cannot be split: all of it is *drift*, and *permanent* is 0 and said to be unknown.

Mids are half ticks (best bid + best ask), so every part but the fees is a whole number of half-tick-lots; fees are
exact decimals of four whole numbers. Floats appear only in :func:`order_metrics`, which is for reports.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.fees import Fees
from tradewind.core.types import Instrument
from tradewind.execution.fills import ORDER_FILL

__all__ = [
    "ORDER_COST",
    "ORDER_MARKS",
    "ORDER_METRICS",
    "PARTS",
    "OrderCost",
    "cost_of",
    "cost_parts",
    "cvar",
    "order_metrics",
]

PARTS = ("delay", "spread", "temporary", "permanent", "drift", "opportunity", "fees")
"""Parts of the implementation shortfall, in the order in which they are shown."""

ORDER_MARKS = np.dtype(
    [
        ("side", "i8"),
        ("quantity_lots", "i8"),
        ("decision_ns", "i8"),
        ("end_ns", "i8"),
        ("decision_half_ticks", "i8"),
        ("arrival_half_ticks", "i8"),
        ("end_half_ticks", "i8"),
        ("after_half_ticks", "i8"),
        ("close_half_ticks", "i8"),
        ("twap_ticks", "f8"),
        ("vwap_ticks", "f8"),
        ("market_lots", "i8"),
    ]
)
"""One parent order and the market around it.

``..._half_ticks`` are best bid + best ask: at the decision, when the first message could arrive, at the end of the
order, some time after it (reversion; 0 unknown), at the end of its horizon (close). ``twap_ticks`` and ``vwap_ticks``
are the market's time- and volume-weighted prices from decision to end of horizon, ``market_lots`` what others traded
in that time.
"""

ORDER_COST = np.dtype(
    [
        ("delay", "i8"),
        ("spread", "i8"),
        ("temporary", "i8"),
        ("permanent", "i8"),
        ("drift", "i8"),
        ("opportunity", "i8"),
        ("gross", "i8"),
        ("filled_lots", "i8"),
        ("passive_lots", "i8"),
        ("maker_tick_lots", "i8"),
        ("taker_tick_lots", "i8"),
        ("fills", "i8"),
        ("has_twin", "i8"),
    ]
)
"""Exact cost of one order [half-tick-lots]; ``gross`` is computed on its own, from prices alone, not from the parts.
``maker_tick_lots`` and ``taker_tick_lots`` are notionals, for fees."""

ORDER_METRICS = np.dtype(
    [(f"{name}_bps", "f8") for name in ("shortfall", *PARTS, "impact", "twap", "vwap", "close", "reversion")]
    + [(name, "f8") for name in ("fill_rate", "passive_share", "participation", "completed", "seconds")]
)
"""One order as a report shows it: costs in basis points of its value at the decision's mid.

``impact_bps`` is temporary + permanent (NaN without a twin: then only the temporary part is known); ``twap_bps``,
``vwap_bps`` and ``close_bps`` are slippage of the average fill against these prices, ``reversion_bps`` how far the mid
came back after the end (positive: against the direction of the order; NaN unknown); ``participation`` is the order's
share of all that traded, ``passive_share`` of its own fills, ``completed`` 1 or 0.
"""


class OrderCost(msgspec.Struct, frozen=True, kw_only=True):
    """Cost of one parent order, exact.

    Attributes:
        delay: See the module; all parts are in currency, positive is a cost.
        spread: Half spreads paid less earned.
        temporary: Walking the book.
        permanent: Price moved by the order itself; 0 without a twin.
        drift: Price that moved anyway; without a twin all of its move.
        opportunity: Quantity not done.
        fees: Less rebates.
        shortfall: Implementation shortfall.
        notional: Value of the order at the decision's mid, the base of basis points.
        has_twin: Whether permanent impact and drift could be told apart.
    """

    delay: Decimal
    spread: Decimal
    temporary: Decimal
    permanent: Decimal
    drift: Decimal
    opportunity: Decimal
    fees: Decimal
    shortfall: Decimal
    notional: Decimal
    has_twin: bool

    def bps(self, part: str = "shortfall") -> Decimal:
        """A part in basis points of the order's value."""
        value: Decimal = getattr(self, part)
        return 10_000 * value / self.notional


def cost_parts(marks: Array, fills: Array, first: Array, twin_half_ticks: Array | None = None) -> Array:
    """Cost of orders, part by part, in whole half-tick-lots.

    Args:
        marks: Shape (n,), dtype :data:`ORDER_MARKS`.
        fills: Shape (f,), dtype ``ORDER_FILL``, those of order 0 first.
        first: Shape (n + 1,), order ``i`` has ``fills[first[i]:first[i + 1]]``.
        twin_half_ticks: Shape (f,), best bid + best ask of the twin at each fill's time; None without a twin.

    Returns:
        Shape (n,), dtype :data:`ORDER_COST`.

    Raises:
        InvalidValueError: When a side is not +1 or -1, a quantity is not positive, an order has more fills than
            quantity, or the shapes do not belong together.

    Examples:
        >>> marks = np.zeros(1, ORDER_MARKS)
        >>> marks["side"], marks["quantity_lots"] = 1, 4
        >>> marks["decision_half_ticks"] = marks["arrival_half_ticks"] = marks["end_half_ticks"] = 201
        >>> fills = np.array([(0, 101, 3, 100, 101, 0), (0, 102, 1, 100, 101, 0)], ORDER_FILL)
        >>> cost = cost_parts(marks, fills, np.array([0, 2]))[0]
        >>> int(cost["gross"]), int(cost["spread"]), int(cost["temporary"])  # half ticks: 6 / 2 / 4 = 0.75 ticks a lot
        (6, 4, 2)
    """
    _check(marks, fills, first, twin_half_ticks)
    out = np.zeros(len(marks), ORDER_COST)
    owner = np.repeat(np.arange(len(marks)), np.diff(first))
    side, lots = marks["side"], fills["size_lots"]
    passive = fills["passive"] != 0
    mid = fills["bid_ticks"] + fills["ask_ticks"]
    price = 2 * fills["price_ticks"]
    touch = np.where(passive, price, 2 * np.where(side[owner] > 0, fills["ask_ticks"], fills["bid_ticks"]))
    without = mid if twin_half_ticks is None else twin_half_ticks
    decision, arrival = marks["decision_half_ticks"], marks["arrival_half_ticks"]

    def total(values: Array) -> Array:
        """Sum by order of one whole number a fill."""
        found = np.zeros(len(marks), np.int64)
        np.add.at(found, owner, values)
        return found

    filled = total(lots)
    left = marks["quantity_lots"] - filled
    if (left < 0).any():
        worst = int(left.argmin())
        raise InvalidValueError(f"fills of order {worst}", "at most its quantity", int(filled[worst]))
    out["delay"] = side * filled * (arrival - decision)
    out["spread"] = side * total(lots * (touch - mid))
    out["temporary"] = side * total(lots * (price - touch))
    out["permanent"] = side * total(lots * (mid - without))
    out["drift"] = side * (total(lots * without) - filled * arrival)
    out["opportunity"] = side * left * (marks["end_half_ticks"] - decision)
    out["gross"] = side * (total(lots * price) + left * marks["end_half_ticks"] - marks["quantity_lots"] * decision)
    out["filled_lots"], out["passive_lots"] = filled, total(lots * passive)
    out["maker_tick_lots"] = total(lots * fills["price_ticks"] * passive)
    out["taker_tick_lots"] = total(lots * fills["price_ticks"] * ~passive)
    out["fills"], out["has_twin"] = np.diff(first), twin_half_ticks is not None
    return out


def _check(marks: Array, fills: Array, first: Array, twin: Array | None) -> None:
    if fills.dtype != ORDER_FILL or marks.dtype != ORDER_MARKS:
        raise InvalidValueError("marks and fills", "of dtypes ORDER_MARKS and ORDER_FILL", (marks.dtype, fills.dtype))
    if len(first) != len(marks) + 1 or first[0] != 0 or first[-1] != len(fills) or (np.diff(first) < 0).any():
        raise InvalidValueError("first", f"{len(marks) + 1} rising places from 0 to {len(fills)}", first)
    if not np.isin(marks["side"], (-1, 1)).all():
        raise InvalidValueError("side", "+1 (buy) or -1 (sell)", marks["side"][~np.isin(marks["side"], (-1, 1))][0])
    if (marks["quantity_lots"] <= 0).any():
        raise InvalidValueError("quantity_lots", "more than 0", int(marks["quantity_lots"].min()))
    if twin is not None and len(twin) != len(fills):
        raise InvalidValueError("twin_half_ticks", f"one price a fill ({len(fills)})", len(twin))


def cost_of(mark: Array, cost: Array, instrument: Instrument, fees: Fees) -> OrderCost:
    """One order's cost in currency, exact: integers times the tick and the lot, fees as decimals.

    Args:
        mark: One row of :data:`ORDER_MARKS`.
        cost: Its row of :func:`cost_parts`.
        instrument: What a tick and a lot are worth.
        fees: What maker and taker fills cost; its floats are taken as the decimals they print as.
    """
    unit = instrument.tick_size * instrument.lot_size / 2

    def money(name: str) -> Decimal:
        return int(cost[name]) * unit

    maker_lots = int(cost["passive_lots"])
    taker_lots = int(cost["filled_lots"]) - maker_lots
    paid = Decimal(0)
    for kind, lots in (("maker", maker_lots), ("taker", taker_lots)):
        notional = int(cost[f"{kind}_tick_lots"]) * 2 * unit
        paid += notional * _exact(getattr(fees, f"{kind}_bps")) / 10_000
        paid += lots * instrument.lot_size * _exact(getattr(fees, f"{kind}_per_unit"))
    return OrderCost(
        delay=money("delay"),
        spread=money("spread"),
        temporary=money("temporary"),
        permanent=money("permanent"),
        drift=money("drift"),
        opportunity=money("opportunity"),
        fees=paid,
        shortfall=money("gross") + paid,
        notional=int(mark["quantity_lots"]) * int(mark["decision_half_ticks"]) * unit,
        has_twin=bool(cost["has_twin"]),
    )


def _exact(number: float) -> Decimal:
    return Decimal(repr(float(number)))


def order_metrics(marks: Array, costs: Array, instrument: Instrument, fees: Fees) -> Array:
    """What a report shows of orders; see :data:`ORDER_METRICS`.

    Args:
        marks: Shape (n,), dtype :data:`ORDER_MARKS`.
        costs: Shape (n,), from :func:`cost_parts`.
        instrument: What a tick and a lot are worth.
        fees: What fills cost.
    """
    out = np.zeros(len(marks), ORDER_METRICS)
    quantity, side, filled = marks["quantity_lots"], marks["side"], costs["filled_lots"]
    base = (quantity * marks["decision_half_ticks"]).astype(np.float64) / 1e4
    for name in PARTS[:-1]:
        out[f"{name}_bps"] = costs[name] / base
    paid = 2 * (fees.maker_bps * costs["maker_tick_lots"] + fees.taker_bps * costs["taker_tick_lots"]) / 1e4
    maker, taker = costs["passive_lots"], filled - costs["passive_lots"]
    per_lot = 2 / float(instrument.tick_size)
    out["fees_bps"] = (paid + per_lot * (fees.maker_per_unit * maker + fees.taker_per_unit * taker)) / base
    out["shortfall_bps"] = costs["gross"] / base + out["fees_bps"]
    out["impact_bps"] = np.where(costs["has_twin"] != 0, out["temporary_bps"] + out["permanent_bps"], np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        average = (costs["maker_tick_lots"] + costs["taker_tick_lots"]) / filled
        close, end = marks["close_half_ticks"] / 2, marks["end_half_ticks"]
        for name, price in (("twap", marks["twap_ticks"]), ("vwap", marks["vwap_ticks"]), ("close", close)):
            out[f"{name}_bps"] = 1e4 * side * (average - price) / price
        out["reversion_bps"] = 1e4 * side * (end - marks["after_half_ticks"]) / marks["decision_half_ticks"]
        out["passive_share"] = maker / filled
        out["participation"] = filled / (filled + marks["market_lots"])
    out["reversion_bps"][marks["after_half_ticks"] == 0] = np.nan
    out["fill_rate"] = filled / quantity
    out["completed"] = filled == quantity
    out["seconds"] = (marks["end_ns"] - marks["decision_ns"]) / 1e9
    return out


def cvar(costs: Array, level: float = 0.95) -> float:
    r"""Mean of the worst costs: conditional value at risk, positive is a cost.

    .. math:: \mathrm{CVaR}_\alpha = \min_c \; c + \frac{1}{(1-\alpha) n} \sum_i (x_i - c)^+

    Args:
        costs: Shape (n,); costs of orders.
        level: Share of orders that are not in the tail.

    Raises:
        InvalidValueError: For a level outside (0, 1).

    References:
        Rockafellar and Uryasev (2000), "Optimization of conditional value-at-risk".

    Examples:
        >>> cvar(np.arange(100.0), 0.95)
        97.0
    """
    if not 0 < level < 1:
        raise InvalidValueError("level", "between 0 and 1", level)
    if not len(costs):
        return float("nan")
    quantile = float(np.quantile(costs, level, method="inverted_cdf"))
    return quantile + float(np.maximum(costs - quantile, 0).sum()) / ((1 - level) * len(costs))
