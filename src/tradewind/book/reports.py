"""Control-plane face of the engine: one event in, the execution reports it leads to out."""

from __future__ import annotations

from typing import Any, Protocol

from tradewind.book.layout import BUY_STOPS, LADDER_MASK, SELL_STOPS
from tradewind.core.dtypes import Array, FillFlag, MessageKind
from tradewind.core.errors import InvalidValueError
from tradewind.core.events import (
    CancelOrder,
    ExecType,
    ExecutionReport,
    NewOrder,
    ReduceOrder,
    ReplaceOrder,
    Request,
)

__all__ = ["Held", "respond"]


class Held(Protocol):
    """What a response needs of an engine."""

    def submit(self, **fields: int) -> tuple[Any, Array]:
        """Carry out one message."""
        ...

    def order(self, order_id: int) -> Any:
        """A live order's record, or None."""
        ...

    def stops(self) -> Array:
        """Waiting stops."""
        ...


def _fields(event: Request) -> dict[str, int]:
    """The message of an event."""
    if isinstance(event, CancelOrder):
        return {"kind": MessageKind.CANCEL}
    if isinstance(event, ReduceOrder):
        return {"kind": MessageKind.REDUCE, "size_lots": event.size_lots}
    shared = {"size_lots": event.size_lots, "display_lots": event.display_lots, "tif": event.tif}
    shared |= {"price_ticks": event.price_ticks or 0, "trigger_ticks": event.trigger_ticks or 0}
    if isinstance(event, ReplaceOrder):
        return {"kind": MessageKind.REPLACE, **shared}
    if event.trigger_ticks is None:
        kind = MessageKind.MARKET if event.price_ticks is None else MessageKind.LIMIT
    else:
        kind = MessageKind.STOP if event.price_ticks is None else MessageKind.STOP_LIMIT
    return {"kind": kind, "side": event.side, "owner": event.owner, **shared}


class _Tally:
    """Reports of one message, and what every order named in it still has."""

    def __init__(self, engine: Held, ts_ns: int, leaves: dict[int, int]) -> None:
        self.engine = engine
        self.ts_ns = ts_ns
        self.leaves = leaves
        self.reports: list[ExecutionReport] = []

    def live_lots(self, order_id: int) -> int:
        """What an order has now, hidden lots included."""
        held = self.engine.order(order_id)
        return 0 if held is None else int(held["size_lots"] + held["reserve_lots"])

    def tell(self, order_id: int, exec_type: ExecType, **fields: Any) -> None:
        """One more report; ``last_lots`` goes off what the order has."""
        self.leaves[order_id] = self.leaves.get(order_id, 0) - fields.get("last_lots", 0)
        self.reports.append(
            ExecutionReport(
                ts_ns=self.ts_ns, order_id=order_id, exec_type=exec_type, leaves_lots=self.leaves[order_id], **fields
            )
        )

    def tell_fills(self, fills: Array) -> None:
        """Both sides of every trade; self-trade rows cancel the maker's lots."""
        makers = {int(maker) for maker in fills["maker_id"]} - set(self.leaves)
        for maker in makers:
            self.leaves[maker] = self.live_lots(maker) + int(fills["size_lots"][fills["maker_id"] == maker].sum())
        triggered: set[int] = set()
        for fill in fills:
            maker, taker, side = int(fill["maker_id"]), int(fill["taker_id"]), int(fill["side"])
            owners, flags = (int(fill["maker_owner"]), int(fill["taker_owner"])), int(fill["flags"])
            if flags & FillFlag.STOP_TRIGGERED and taker not in triggered:
                triggered.add(taker)
                self.tell(taker, ExecType.TRIGGERED, side=side, owner=owners[1])
            lots = int(fill["size_lots"])
            if flags & FillFlag.SELF_TRADE:
                if lots:
                    self.tell(maker, ExecType.CANCELLED, last_lots=lots, side=-side, owner=owners[0])
                continue
            trade = {"last_lots": lots, "last_ticks": int(fill["price_ticks"])}
            self.tell(maker, ExecType.TRADE, side=-side, owner=owners[0], counter_id=taker, **trade)
            self.tell(taker, ExecType.TRADE, side=side, owner=owners[1], counter_id=maker, aggressor=True, **trade)

    def tell_rest(self, order_id: int, side: int, owner: int) -> None:
        """What an order had left and is not live any more was cancelled."""
        gone = self.leaves[order_id] - self.live_lots(order_id)
        if gone:
            self.tell(order_id, ExecType.CANCELLED, last_lots=gone, side=side, owner=owner)


def respond(engine: Held, event: Request) -> tuple[ExecutionReport, ...]:
    """Carry out an event.

    Args:
        engine: The engine.
        event: What is asked.

    Returns:
        Reports in the order in which things happened: the request's own first, then both sides of each trade, then
        what was cancelled.

    Raises:
        InvalidValueError: For something that is not a request.
    """
    if not isinstance(event, NewOrder | CancelOrder | ReduceOrder | ReplaceOrder):
        raise InvalidValueError("event", "a NewOrder, CancelOrder, ReduceOrder or ReplaceOrder", event)
    held = engine.order(event.order_id)
    side, owner, had = 0, 0, 0
    if isinstance(event, NewOrder):
        side, owner = event.side, event.owner
    elif held is not None:
        side, owner = 1 if int(held["flags"]) & LADDER_MASK in (0, BUY_STOPS) else -1, int(held["owner"])
        had = int(held["size_lots"] + held["reserve_lots"])
    waiting = engine.stops()
    reason, fills = engine.submit(ts_ns=event.ts_ns, order_id=event.order_id, **_fields(event))
    leaves = {int(stop["order_id"]): int(stop["size_lots"]) for stop in waiting}
    tally = _Tally(engine, event.ts_ns, leaves)
    who: dict[str, Any] = {"side": side, "owner": owner}
    if reason:
        leaves[event.order_id] = had
        tally.tell(event.order_id, ExecType.REJECTED, reason=reason.name, **who)
        return tuple(tally.reports)
    if isinstance(event, NewOrder | ReplaceOrder):
        leaves[event.order_id] = event.size_lots
        tally.tell(event.order_id, ExecType.NEW if isinstance(event, NewOrder) else ExecType.REPLACED, **who)
        tally.tell_fills(fills)
        tally.tell_rest(event.order_id, side, owner)
    else:
        leaves[event.order_id] = had
        after = tally.live_lots(event.order_id)
        tally.tell(event.order_id, ExecType.REPLACED if after else ExecType.CANCELLED, last_lots=had - after, **who)
    _tell_stops(tally, waiting)
    return tuple(tally.reports)


def _tell_stops(tally: _Tally, waiting: Array) -> None:
    """Stops that were triggered: those that found nothing to trade are told here, and what is left of all of them."""
    told = {report.order_id for report in tally.reports}
    for stop in waiting:
        order_id, side = int(stop["order_id"]), 1 if stop["ladder"] == BUY_STOPS else -1
        held = tally.engine.order(order_id)
        if held is not None and int(held["flags"]) & LADDER_MASK >= SELL_STOPS:
            continue
        if order_id not in told:
            tally.tell(order_id, ExecType.TRIGGERED, side=side, owner=int(stop["owner"]))
        tally.tell_rest(order_id, side, int(stop["owner"]))
