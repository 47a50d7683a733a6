"""Memory of one parent order being worked: what it is, what is out, what it has cost; and what a policy wants.

One record, :data:`EPISODE`, is all that a policy, a baseline, the observation, the reward and cost analysis share. It
is the same in the training environment, in a backtest and live. Money is whole numbers: prices in ticks, mids in half
ticks (best bid + best ask), costs in half-tick-lots, fees in fee units (``core.fees``).
"""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import NONE, Int, Record
from tradewind.book.levels import best_ticks
from tradewind.core.dtypes import MESSAGE
from tradewind.core.kernels import inner

__all__ = [
    "EPISODE",
    "HORIZONS_S",
    "INTENT",
    "MEMORY",
    "MONEY",
    "OUTBOX",
    "PROFILE_PARTS",
    "REVERSIONS",
    "SCALES",
    "SENDS",
    "TERMS",
    "account",
    "clear_intent",
    "half_mid",
]

HORIZONS_S = (2.0, 15.0, 120.0)
"""Time constants over which the observation remembers flow, volume, volatility and price [s]."""
PROFILE_PARTS = 64
"""Parts of a session in a volume profile, at most."""
SENDS = 16
"""The mid when an order was sent is kept for this many orders back."""
REVERSIONS = 4
"""Mids kept after the end of the horizon."""
MONEY = ("shortfall", "trading", "drift", "impact", "fees")
"""Money of a step, exact: half-tick-lots, fees in fee units; positive is a cost."""
TERMS = ("shortfall", "trading", "drift", "impact", "fees", "risk", "schedule", "completion")
"""Named terms of the reward, in the order in which they are reported; see ``execution.rewards``."""

MEMORY = np.dtype(
    [
        ("at_s", "f8"),
        ("half", "i8"),
        ("volume_lots", "i8"),
        ("volume_ticks", "i8"),
        ("signed_lots", "i8"),
        ("flow", "f8", (len(HORIZONS_S),)),
        ("volume", "f8", (len(HORIZONS_S),)),
        ("square", "f8", (len(HORIZONS_S),)),
        ("mean", "f8", (len(HORIZONS_S),)),
    ],
    align=True,
)
"""What the observation remembers of the market: the last look, and sums that decay over :data:`HORIZONS_S`."""

SCALES = np.dtype(
    [
        ("unit_ticks", "f8"),
        ("touch_lots", "f8"),
        ("volume_per_s", "f8"),
        ("sigma_ticks", "f8"),
        ("session_s", "f8"),
        ("profile_parts", "i8"),
        ("profile", "f8", (PROFILE_PARTS,)),
    ],
    align=True,
)
"""What is usual in a market, measured before trading: mean spread, mean size at a best price, traded lots a second,
standard deviation of the mid over a second [ticks], and the share of volume by part of the session (mean 1)."""

INTENT = np.dtype(
    [("cross_lots", "i8"), ("rest_lots", "i8"), ("rest_ticks", "i8"), ("cancel", "i8")],
    align=True,
)
"""What a policy wants now.

``cross_lots``: trade these at once. ``rest_lots`` > 0: have an order resting at ``rest_ticks`` (one already there keeps
its place in the queue; a larger one is reduced; a smaller one is left). ``rest_lots`` 0: leave what rests as it is, or
take it away where ``cancel`` is 1.
"""

OUTBOX = np.dtype([("count", "i8"), ("rows", MESSAGE, (4,))], align=True)
"""Messages that a policy's intent has become, to be sent now."""

EPISODE = np.dtype(
    [
        ("episode", "i8"),
        ("preset", "i8"),
        ("scenario", "i8"),
        ("key", "u8"),
        ("side", "i8"),
        ("quantity_lots", "i8"),
        ("left_lots", "i8"),
        ("slice_lots", "i8"),
        ("start_s", "f8"),
        ("now_s", "f8"),
        ("horizon_s", "f8"),
        ("decision_s", "f8"),
        ("session_s", "f8"),
        ("steps", "i8"),
        ("base_ns", "i8"),
        ("entry_ns", "i8"),
        ("data_ns", "i8"),
        ("jitter_ns", "i8"),
        ("maker_rate", "i8"),
        ("taker_rate", "i8"),
        ("maker_per_lot", "i8"),
        ("taker_per_lot", "i8"),
        ("alpha", "f8"),
        ("posture", "f8"),
        ("memory", MEMORY),
        ("work_id", "i8"),
        ("work_ticks", "i8"),
        ("work_lots", "i8"),
        ("work_slot", "i8"),
        ("work_ahead_lots", "i8"),
        ("work_leaving", "i8"),
        ("live_lots", "i8"),
        ("flight_lots", "i8"),
        ("next_id", "i8"),
        ("sent_half", "i8", (SENDS,)),
        ("step_half", "i8"),
        ("step_lots", "i8"),
        ("step_money", "i8", (len(MONEY),)),
        ("money", "i8", (len(MONEY),)),
        ("terms", "f8", (len(TERMS),)),
        ("reward", "f8"),
        ("decision_half", "i8"),
        ("arrival_half", "i8"),
        ("end_half", "i8"),
        ("close_half", "i8"),
        ("after_half", "i8", (REVERSIONS,)),
        ("finish_s", "f8"),
        ("paid_ticks", "i8"),
        ("fill_half", "i8"),
        ("touch_ticks", "i8"),
        ("send_half", "i8"),
        ("maker_lots", "i8"),
        ("maker_ticks", "i8"),
        ("taker_lots", "i8"),
        ("forced_lots", "i8"),
        ("fills", "i8"),
        ("messages", "i8"),
        ("cancels", "i8"),
        ("crosses", "i8"),
        ("volume_before", "i8"),
        ("value_before", "i8"),
        ("volume_lots", "i8"),
        ("volume_ticks", "i8"),
        ("watched_s", "f8"),
        ("half_seconds", "f8"),
        ("spread_seconds", "f8"),
        ("square", "f8"),
        ("most_participation", "f8"),
    ],
    align=True,
)
"""A parent order being worked, and its record when it is done.

Order: ``side``, ``quantity_lots``, ``left_lots``, ``slice_lots`` (what keeps it on schedule until the next decision).
Time [s of the market]: ``start_s``, ``now_s`` (the agent's), ``horizon_s``, ``decision_s``, ``session_s`` (time of the
session at ``start_s``; negative without a profile), ``finish_s``. World: delays [ns], fees as in
``core.fees.FEE_RATES``. Out: the working order (``work_...``; ``work_slot`` 0 before it has arrived),
lots ``live`` in the book and in ``flight``.

Sums over fills [tick-lots, half-tick-lots]: ``paid_ticks`` price, ``fill_half`` mid just before, ``touch_ticks`` best
price met (own price where passive), ``send_half`` mid when the order was sent. ``forced_lots`` is what the deadline
crossed. Market over the horizon: ``volume_lots``, ``volume_ticks`` (all trades, the order's too), ``half_seconds`` and
``spread_seconds`` over ``watched_s``, ``square`` (realised variance of the mid [ticks²]). Mids: ``decision_half`` (when
the order was given), ``arrival_half`` (when the first message could arrive), ``end_half`` (when it was done or its time
was up), ``close_half`` (end of the horizon), ``after_half`` (later still; 0 where not asked for).
"""

SHORTFALL, TRADING, _, IMPACT, FEES = range(len(MONEY))


@inner
def clear_intent(intent: Record) -> None:
    """Want nothing: what rests stays."""
    intent.cross_lots = 0
    intent.rest_lots = 0
    intent.rest_ticks = 0
    intent.cancel = 0


@inner
def half_mid(book: Record, before: Int) -> Int:
    """Best bid + best ask [half ticks]; what it was ``before`` where a side is empty."""
    bid, ask = best_ticks(book, 0), best_ticks(book, 1)
    return bid + ask if bid > -NONE and ask < NONE else before


@inner
def account(episode: Record, price: Int, lots: Int, passive: Int, marks: tuple[Int, Int, Int]) -> None:
    """One fill of the order enters its sums.

    ``marks`` are the best bid and ask just before the event that filled it, and twice the mid when the order was sent.
    """
    bid, ask, sent = marks
    side, half = episode.side, bid + ask
    touch = ask if side > 0 else bid
    if bid <= -NONE or ask >= NONE:
        half = 2 * price
    if passive or touch <= -NONE or touch >= NONE:
        touch = price
    episode.left_lots -= lots
    episode.step_lots += lots
    episode.fills += 1
    episode.paid_ticks += price * lots
    episode.fill_half += half * lots
    episode.touch_ticks += touch * lots
    episode.send_half += sent * lots
    if passive:
        episode.maker_lots += lots
        episode.maker_ticks += price * lots
        fee = price * lots * episode.maker_rate + lots * episode.maker_per_lot
    else:
        episode.taker_lots += lots
        fee = price * lots * episode.taker_rate + lots * episode.taker_per_lot
    money = episode.step_money
    money[SHORTFALL] += side * (2 * price - episode.decision_half) * lots
    money[TRADING] += side * (2 * price - episode.step_half) * lots
    money[IMPACT] += side * 2 * (price - touch) * lots
    money[FEES] += fee
