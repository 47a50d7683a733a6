"""Orders tried on a replay: what happened to each, what it cost, and what history had to give way to."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
import numpy as np

from tradewind.core.dtypes import Array, MessageKind
from tradewind.core.errors import InvalidValueError
from tradewind.market.replay.market import Replay

__all__ = ["OrderOutcome", "Trial", "run_orders"]

NEW = (MessageKind.LIMIT, MessageKind.MARKET)
CHUNK_S = 0.25
"""Time between two looks at the fills [s]: a market record keeps 64 of them."""


class OrderOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one order.

    Attributes:
        order_id: Its id.
        side: +1 buy, -1 sell.
        size_lots: What was ordered [lots].
        price_ticks: Its limit; None for a market order [ticks].
        sent_ns: When it was sent [ns].
        mid_ticks: Mid-price when it was sent, NaN without one [ticks].
        answer: The engine's reason in lower case; ``pending`` when it had not arrived by the end.
        ahead_lots: What stood before it just after it arrived and rested; None when it did not rest [lots].
        filled_lots: What it traded [lots].
        passive_lots: Part of that as a resting order [lots].
        average_ticks: Average price of that; None when nothing traded [ticks].
        first_fill_ns: Time of the first fill; None without one [ns].
        last_fill_ns: Time of the last fill; None without one [ns].
        resting_lots: What still rested at the end [lots].
        slippage_ticks: ``side * (average - mid)``: cost a lot against the mid-price when it was sent [ticks].
    """

    order_id: int
    side: int
    size_lots: int
    price_ticks: int | None
    sent_ns: int
    mid_ticks: float
    answer: str
    ahead_lots: int | None
    filled_lots: int
    passive_lots: int
    average_ticks: float | None
    first_fill_ns: int | None
    last_fill_ns: int | None
    resting_lots: int
    slippage_ticks: float | None


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """Orders tried on one replay.

    Attributes:
        impact: Whether the impact overlay was on.
        orders: What became of each order, in the order sent.
        fills: Their fills: time, order, price, size, side and whether the order rested.
        counters: What became of history where the orders changed it.
        arrival_mid_ticks: Mid-price when the first order was sent, NaN without one [ticks].
        cost: Shortfall of all fills against that mid-price, before fees; positive is a cost [currency].
        fees: Fees paid [currency].
        position_lots: Bought less sold [lots].
        end_mid_ticks: Mid-price at the end [ticks].
        end_shift_ticks: Shift of the recorded prices at the end [ticks].
    """

    impact: bool
    orders: list[OrderOutcome]
    fills: list[dict[str, int]]
    counters: dict[str, int]
    arrival_mid_ticks: float
    cost: Decimal
    fees: Decimal
    position_lots: int
    end_mid_ticks: float
    end_shift_ticks: int


def run_orders(replay: Replay, messages: Array, tick: Callable[[float], None] | None = None) -> Trial:
    """Send messages into a replay when they are due and let it run to its end.

    Args:
        replay: A replay at its start.
        messages: Shape (n,), dtype ``MESSAGE``; ``ts_ns`` is when each is sent, 0 at the start; new orders have ids of
            their own.
        tick: Told the share of time done, now and then.

    Raises:
        InvalidValueError: For a message outside the replay's time, or an order id that is given twice.
    """
    plan = messages.copy()
    plan["ts_ns"][plan["ts_ns"] == 0] = replay.start_ns
    plan = plan[np.argsort(plan["ts_ns"], kind="stable")]
    fresh = plan[np.isin(plan["kind"], NEW)]
    if len(plan) and not replay.start_ns <= plan["ts_ns"][0] <= plan["ts_ns"][-1] <= replay.end_ns:
        wrong = plan["ts_ns"][0] if plan["ts_ns"][0] < replay.start_ns else plan["ts_ns"][-1]
        raise InvalidValueError("ts_ns", f"{replay.start_ns} to {replay.end_ns}, the time of the replay", int(wrong))
    ids, counts = np.unique(fresh["order_id"], return_counts=True)
    if (counts > 1).any() or (ids <= 0).any():
        wrong = ids[(counts > 1) | (ids <= 0)][0]
        raise InvalidValueError("order_id", "a positive number for each new order, no two alike", int(wrong))
    run = _Run(replay, tick)
    at = 0
    while at < len(plan):
        run.until(int(plan["ts_ns"][at]))
        together = int(np.searchsorted(plan["ts_ns"], plan["ts_ns"][at], side="right"))
        run.send(plan[at:together])
        at = together
    run.until(replay.end_ns)
    return run.trial(fresh)


class _Run:
    """A replay on its way, and what was heard from it."""

    def __init__(self, replay: Replay, tick: Callable[[float], None] | None) -> None:
        self.replay, self.tick = replay, tick
        self.fills: list[Array] = []
        self.mids: dict[int, float] = {}
        self.answers: dict[int, str] = {}
        self.ahead: dict[int, int] = {}

    def until(self, end_ns: int) -> None:
        """Run to a time of the agent's clock (or as far as the replay goes), in steps, listening."""
        replay = self.replay
        while (left_ns := min(end_ns - replay.now_ns, replay.end_ns - replay.seen_ns)) > 0:
            self.fills.append(replay.advance(min(left_ns * 1e-9, CHUNK_S)))
            self.listen()
            if self.tick is not None:
                self.tick((replay.seen_ns - replay.start_ns) / max(replay.end_ns - replay.start_ns, 1))

    def send(self, messages: Array) -> None:
        """Send messages now; what is due at once is carried out."""
        for message in messages:
            self.mids.setdefault(int(message["order_id"]), self.replay.view.mid_ticks)
            self.replay.submit(message.reshape(1))
        self.fills.append(self.replay.advance(0.0))
        self.listen()

    def listen(self) -> None:
        """Note answers, and the queue before orders that rest for the first time."""
        for answer in self.replay.answers():
            self.answers.setdefault(answer.order_id, answer.reason.name.lower())
        for row in self.replay.orders():
            self.ahead.setdefault(int(row["order_id"]), int(row["ahead_lots"]))

    def trial(self, fresh: Array) -> Trial:
        """What came of it."""
        fills = np.concatenate(self.fills)
        resting = {int(row["order_id"]): int(row["size_lots"]) for row in self.replay.orders()}
        orders = [self._outcome(message, fills, resting) for message in fresh]
        unit = self.replay.instrument
        told = [_told(fill) for fill in fills]
        arrival = next(iter(self.mids.values()), float("nan"))
        paid = sum(f["side"] * f["size_lots"] * (Decimal(f["price_ticks"]) - Decimal(str(arrival))) for f in told)
        account = self.replay.account()
        return Trial(
            impact=self.replay.terms.impact is not None,
            orders=orders,
            fills=told,
            counters=self.replay.counters,
            arrival_mid_ticks=arrival,
            cost=paid * unit.tick_size * unit.lot_size,
            fees=account.fees,
            position_lots=account.position_lots,
            end_mid_ticks=self.replay.view.mid_ticks,
            end_shift_ticks=self.replay.shift_ticks,
        )

    def _outcome(self, message: Array, fills: Array, resting: dict[int, int]) -> OrderOutcome:
        """What became of one order."""
        order_id, side = int(message["order_id"]), int(message["side"])
        maker = (fills["maker_id"] == order_id) & (fills["maker_owner"] != 0)
        mine = fills[maker | ((fills["taker_id"] == order_id) & (fills["taker_owner"] != 0))]
        lots = int(mine["size_lots"].sum())
        average = float((mine["price_ticks"] * mine["size_lots"]).sum() / lots) if lots else None
        mid = self.mids[order_id]
        return OrderOutcome(
            order_id=order_id,
            side=side,
            size_lots=int(message["size_lots"]),
            price_ticks=int(message["price_ticks"]) if message["kind"] == MessageKind.LIMIT else None,
            sent_ns=int(message["ts_ns"]),
            mid_ticks=mid,
            answer=self.answers.get(order_id, "pending"),
            ahead_lots=self.ahead.get(order_id),
            filled_lots=lots,
            passive_lots=int(fills["size_lots"][maker].sum()),
            average_ticks=average,
            first_fill_ns=int(mine["ts_ns"][0]) if lots else None,
            last_fill_ns=int(mine["ts_ns"][-1]) if lots else None,
            resting_lots=resting.get(order_id, 0),
            slippage_ticks=None if average is None else side * (average - mid),
        )


def _told(fill: Array) -> dict[str, int]:
    """A fill as a machine reads it; ``side`` is that of your order."""
    passive = int(fill["maker_owner"]) != 0
    return {
        "ts_ns": int(fill["ts_ns"]),
        "order_id": int(fill["maker_id"] if passive else fill["taker_id"]),
        "side": int(-fill["side"] if passive else fill["side"]),
        "price_ticks": int(fill["price_ticks"]),
        "size_lots": int(fill["size_lots"]),
        "passive": int(passive),
    }
