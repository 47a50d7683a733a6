r"""Queue models: where your order stands when a feed shows sizes, not orders (L2 and L1).

One port, :class:`QueueModel`, with three families. Let ``f`` be the size ahead of your order and ``b`` the size behind
it, and let ``d`` lots leave the queue that no trade explains. A model says with which probability ``p`` a lot that
leaves stood behind you; then

.. math:: f' = \min\bigl(f - (1 - p) d + \min(b - p d, 0),\; q'\bigr)

where ``q'`` is the size that is left. Nothing but trades and this rule moves you; sizes that come go behind you.

===================  ==========================================  ==========================================
model                ``p``                                       hftbacktest
===================  ==========================================  ==========================================
``back-of-queue``    1 while there is anything behind            ``RiskAdverseQueueModel``
``proportional``     :math:`b / (b + f)`                         ``PowerProbQueueFunc(1)``
``power``            :math:`b^n / (b^n + f^n)`                   ``PowerProbQueueFunc(n)``
``power-2``          :math:`b^n / (b + f)^n`                     ``PowerProbQueueFunc2(n)``
``power-3``          :math:`1 - (f / (f + b))^n`                 ``PowerProbQueueFunc3(n)``
``log-probability``  :math:`\ln(1+b) / (\ln(1+b) + \ln(1+f))`    ``LogProbQueueFunc``
``log-probability-2``  :math:`\ln(1+b) / \ln(1+b+f)`             ``LogProbQueueFunc2``
===================  ==========================================  ==========================================

``f`` and ``b`` count units of the instrument, not lots: a logarithm of 1 plus a size is no ratio.
Sources: Rigtorp (2013), "Estimating order queue position"; hftbacktest 2.4, ``backtest/models/queue.rs``.
"""

from __future__ import annotations

import math
from enum import IntEnum

import msgspec
import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import inner
from tradewind.market.flow.layout import OWN_ORDERS

__all__ = [
    "CREDITS",
    "DEBTS",
    "KEPT",
    "MODELS",
    "NO",
    "QUEUES",
    "QUEUE_COUNTS",
    "Crossing",
    "QueueModel",
    "front_after",
]

MODELS = (
    "back-of-queue",
    "proportional",
    "power",
    "power-2",
    "power-3",
    "log-probability",
    "log-probability-2",
)
"""Names of the models; a record holds a model's place in this list."""
BACK, PROPORTIONAL, POWER, POWER_2, POWER_3, LOG, LOG_2 = range(7)
NO = np.int64(0)
"""None, as an argument of kernels: a literal would compile another copy of what is called."""
CREDITS = 4
"""Prices of a side at which prints and falls are netted at once."""
DEBTS = 16
"""Prices of a side at which you may owe."""
KEPT = 8
"""Prices of a side whose size is kept out of view."""


class Crossing(IntEnum):
    """What besides a trade fills a resting order."""

    NEVER = 0
    """Nothing: only prints at your price, in turn, and prints through it."""
    THROUGH = 1
    """The other side's best quote comes to stand through your price."""
    TOUCH = 2
    """The other side's best quote comes to stand at your price or through it (hftbacktest's rule)."""
    DEPLETED = 3
    """As TOUCH, and what leaves when the queue at your price vanishes counts as traded: for feeds without trades."""


class QueueModel(msgspec.Struct, frozen=True, kw_only=True):
    """How a replay of levels (L2) or best quotes (L1) decides when your orders fill.

    Attributes:
        model: One of :data:`MODELS`.
        power: Exponent ``n`` of the power models.
        crossing: What besides a trade fills a resting order; a feed that is locked or crossed itself is no evidence.
        pair_ms: A fall of a queue and a print at its price within this time are one event, whichever is told first
            [ms]; negative: only a print that comes first explains a fall, as in hftbacktest.
        whole_through: A print through your price fills your order wholly, however small it is (hftbacktest's rule);
            else for at most the size of the print.
        ignore_late: A print behind a best quote that still stands is taken as late or off exchange and fills nothing:
            for feeds that consolidate several venues.
        surfacing: Share of the queue that stands ahead of an order when its price comes into view (L1), 0 to 1.
        borrow_multiple: Size of each level behind the touch, where the feed shows none (L1), in sizes of the touch.
        borrow_gap_ticks: Ticks between those levels.
        borrow_levels: How many of them a taker may walk; 0 for none.

    Raises:
        InvalidValueError: For an unknown model, or a number out of its range.

    Examples:
        >>> QueueModel(model="power-3", power=3.0).power
        3.0
    """

    model: str = "back-of-queue"
    power: float = 1.0
    crossing: Crossing = Crossing.TOUCH
    pair_ms: float = 5.0
    whole_through: bool = False
    ignore_late: bool = False
    surfacing: float = 1.0
    borrow_multiple: float = 1.0
    borrow_gap_ticks: int = 1
    borrow_levels: int = 10

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.model not in MODELS:
            raise InvalidValueError("model", f"one of {', '.join(MODELS)}", self.model)
        if not (math.isfinite(self.power) and self.power > 0):
            raise InvalidValueError("power", "above 0", self.power)
        if not 0 <= self.surfacing <= 1:
            raise InvalidValueError("surfacing", "0 to 1", self.surfacing)
        if not -1 <= self.pair_ms <= 60_000:
            raise InvalidValueError("pair_ms", "-1 to 60000", self.pair_ms)
        if not (math.isfinite(self.borrow_multiple) and self.borrow_multiple > 0):
            raise InvalidValueError("borrow_multiple", "above 0", self.borrow_multiple)
        if not 1 <= self.borrow_gap_ticks <= 1000:
            raise InvalidValueError("borrow_gap_ticks", "1 to 1000", self.borrow_gap_ticks)
        if not 0 <= self.borrow_levels <= 32:
            raise InvalidValueError("borrow_levels", "0 to 32", self.borrow_levels)

    def write(self, queues: Array, units_per_lot: float = 1.0) -> None:
        """Set the parameters of records.

        Args:
            queues: Shape (n,), dtype :data:`QUEUES`.
            units_per_lot: The instrument's lot [units], for the logarithmic models.
        """
        queues["model"] = MODELS.index(self.model)
        queues["power"] = self.power if self.model.startswith("power") else 1.0
        queues["units_per_lot"] = units_per_lot
        queues["crossing"] = self.crossing
        queues["pair_ns"] = round(self.pair_ms * 1e6)
        queues["whole_through"] = self.whole_through
        queues["ignore_late"] = self.ignore_late
        queues["surfacing"] = self.surfacing
        queues["borrow_multiple"] = self.borrow_multiple
        queues["borrow_gap_ticks"] = self.borrow_gap_ticks
        queues["borrow_levels"] = self.borrow_levels


PLACE = np.dtype(
    [
        ("order_id", "i8"),
        ("slot", "i8"),
        ("carry", "f8"),
        ("traded", "i8"),
        ("early_ahead", "i8"),
        ("early", "i8"),
        ("unseen", "i8"),
    ],
    align=True,
)
"""What is known of one of your orders beside its real queue. ``carry``: fraction of a lot by which the model's size
ahead differs; ``traded``: prints since the level was last told; ``early_ahead``: size ahead when the fall ``early``
began that prints may still explain; ``unseen``: its price was not yet in view."""
CREDIT = np.dtype([("price_ticks", "i8"), ("lots", "i8"), ("ts_ns", "i8"), ("number", "i8")], align=True)
"""Pairing at one price: prints that no fall has followed yet (positive), falls that no print has (negative)."""
DEBT = np.dtype([("price_ticks", "i8"), ("lots", "i8")], align=True)
"""Lots at a price that the feed still shows and you have taken."""
LINE = np.dtype([("slot", "i8"), ("place", "i8"), ("ahead", "i8"), ("cut", "i8")], align=True)

QUEUE_COUNTS = np.dtype(
    [
        (name, "i8")
        for name in (
            "paired_lots",
            "prints_unsided",
            "prints_late",
            "prints_ignored",
            "through_lots",
            "turn_lots",
            "crossing_lots",
            "owed_lots",
            "repaid_lots",
            "forgiven_lots",
            "borrowed_lots",
            "unseen_orders",
            "no_room",
        )
    ]
)
"""What the rules did; all 0 where you do not trade, but for prints.

``paired_lots``     lots of prints that a fall of the queue had already told
``prints_unsided``  prints of which neither the feed nor the quotes tell who was the aggressor: ignored
``prints_late``     prints behind a best quote that still stands: ignored (``ignore_late``)
``prints_ignored``  prints flagged as auction, out of sequence, hidden, corrected or off tick
``through_lots``    lots of yours filled by prints through your price
``turn_lots``       lots of yours filled by prints at your price, in turn
``crossing_lots``   lots of yours filled because a quote crossed your price
``owed_lots``       lots that you took from what the feed shows
``repaid_lots``     of those: lots that left the feed later
``forgiven_lots``   of those: lots forgotten because their price left the feed's view
``borrowed_lots``   lots that you took from levels which the feed does not show
``unseen_orders``   orders of yours that rested where the feed shows nothing
``no_room``         levels left out because the pool was full
"""

QUEUES = np.dtype(
    [
        ("model", "i8"),
        ("power", "f8"),
        ("units_per_lot", "f8"),
        ("crossing", "i8"),
        ("pair_ns", "i8"),
        ("whole_through", "i8"),
        ("ignore_late", "i8"),
        ("surfacing", "f8"),
        ("borrow_multiple", "f8"),
        ("borrow_gap_ticks", "i8"),
        ("borrow_levels", "i8"),
        ("touch_ticks", "i8", (2,)),
        ("touch_lots", "i8", (2,)),
        ("borrowed", "i8", (2,)),
        ("kept_count", "i8", (2,)),
        ("kept", "i8", (2, KEPT)),
        ("fall_number", "i8"),
        ("passive_lots", "i8"),
        ("fills_before", "i8"),
        ("told", "i8"),
        ("told_number", "i8"),
        ("credits", CREDIT, (2, CREDITS)),
        ("credit_next", "i8", (2,)),
        ("debts_count", "i8", (2,)),
        ("debts", DEBT, (2, DEBTS)),
        ("places_count", "i8"),
        ("places", PLACE, (OWN_ORDERS,)),
        ("line_count", "i8"),
        ("line_total", "i8"),
        ("line", LINE, (OWN_ORDERS,)),
        ("counts", QUEUE_COUNTS),
    ],
    align=True,
)
"""State of the queue model of one replay: parameters, the feed's touch (L1), pairing, debts, your places.

``passive_lots`` is what your resting orders bought less what they sold since it was last set to 0."""


@inner
def front_after(queues: Record, front: float, back: float, gone: float, left: float) -> Int:
    """Size ahead of an order after unexplained lots have left its queue.

    Args:
        queues: Record of :data:`QUEUES`; its ``model``, ``power``, ``units_per_lot`` are read.
        front: Size ahead before [lots].
        back: Size behind before [lots].
        gone: Lots that left; 0 or more.
        left: Size of the whole queue after [lots].

    Returns:
        Size ahead [lots], not below 0.
    """
    model, n = queues.model, np.float64(queues.power)
    if model == BACK or front + back <= 0.0:
        return min(front, left)
    f, b = max(front, 0.0) * queues.units_per_lot, max(back, 0.0) * queues.units_per_lot
    if model == PROPORTIONAL:
        p = b / (b + f)
    elif model == POWER:
        p = b**n / (b**n + f**n)
    elif model == POWER_2:
        p = b**n / (b + f) ** n
    elif model == POWER_3:
        p = 1.0 - (f / (f + b)) ** n
    elif model == LOG:
        p = math.log1p(b) / (math.log1p(b) + math.log1p(f))
    else:
        p = math.log1p(b) / math.log1p(b + f)
    return max(min(front - (1.0 - p) * gone + min(back - p * gone, 0.0), left), 0.0)
