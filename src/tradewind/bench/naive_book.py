"""The naive twin: the same matching engine, written the slow and obvious way, in plain Python.

Prices in dictionaries, queues in lists; it shares nothing with the compiled engine but the words of ``core`` and the
names of the reasons. Tests hold the two against each other, order by order and fill by fill; the benchmark prints a
row for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tradewind.bench.naive_rules import NaiveOrder, NaiveState, Request, Row, first_broken_rule
from tradewind.book.reasons import Reason
from tradewind.core.dtypes import FillFlag, MessageKind
from tradewind.core.types import SelfTradePrevention

__all__ = ["NaiveBook"]


@dataclass
class NaiveBook(NaiveState):
    """The book and its engine; what it remembers stands in :class:`~tradewind.bench.naive_rules.NaiveState`.

    Examples:
        >>> book = NaiveBook()
        >>> book.apply((0, 7, 100, 5, 0, 0, 0, MessageKind.LIMIT, -1, 0, 0))
        <Reason.ACCEPTED: 0>
        >>> book.apply((1, 8, 0, 2, 0, 0, 0, MessageKind.MARKET, +1, 0, 0))
        <Reason.ACCEPTED: 0>
        >>> book.fills
        [(1, 7, 8, 100, 2, 0, 0, 1, 0, 0, 0)]
    """

    def run(self, rows: Iterable[Row]) -> list[int]:
        """Apply every message; returns their reasons."""
        return [self.apply(row) for row in rows]

    def apply(self, row: Row) -> Reason:
        """Carry out one message.

        Args:
            row: The fields of ``MESSAGE``, in order.

        Returns:
            The first broken rule, or ACCEPTED.
        """
        m = Request(*row)
        self.clock_ns = m.ts_ns
        reason = first_broken_rule(self, m)
        if reason == Reason.ACCEPTED:
            self._carry_out(m)
        return reason

    def _carry_out(self, m: Request) -> None:
        match m.kind:
            case MessageKind.LIMIT | MessageKind.MARKET:
                self.entered_lots += m.size_lots
                self._execute(self.taker(m))
            case MessageKind.STOP | MessageKind.STOP_LIMIT:
                self.entered_lots += m.size_lots
                stop = self.taker(m)
                self.stops.append(stop)
                self.orders[stop.order_id] = stop
            case MessageKind.CANCEL:
                self._take_off(self.orders[m.order_id], 1 << 62)
            case MessageKind.REDUCE:
                self._take_off(self.orders[m.order_id], m.size_lots)
            case _:
                self._replace(m, self.orders[m.order_id])

    def _take_off(self, order: NaiveOrder, lots: int) -> None:
        """An order loses lots, hidden ones first; with nothing left it goes."""
        lots = min(lots, order.size_lots + order.reserve_lots)
        self.cancelled_lots += lots
        hidden = min(lots, order.reserve_lots)
        order.reserve_lots -= hidden
        order.size_lots -= lots - hidden
        if order.size_lots == 0:
            self._remove(order)

    def _remove(self, order: NaiveOrder) -> None:
        del self.orders[order.order_id]
        if order in self.stops:
            self.stops.remove(order)
            return
        queue = self.queues[order.side][order.price_ticks]
        queue.remove(order)
        if not queue:
            del self.queues[order.side][order.price_ticks]

    def _replace(self, m: Request, order: NaiveOrder) -> None:
        had = order.size_lots + order.reserve_lots
        if order in self.stops:
            self.cancelled_lots += had
            self.entered_lots += m.size_lots
            trigger = m.trigger_ticks or order.trigger_ticks
            if trigger != order.trigger_ticks or m.size_lots > had:
                self.stops.remove(order)
                self.stops.append(order)
            order.trigger_ticks, order.size_lots = trigger, m.size_lots
            if order.kind == MessageKind.STOP_LIMIT:
                order.price_ticks = m.price_ticks
            return
        display = m.display_lots or order.display_lots
        if m.price_ticks == order.price_ticks and m.size_lots <= had and display == order.display_lots:
            self._take_off(order, had - m.size_lots)
            return
        self.cancelled_lots += had
        self._remove(order)
        self.entered_lots += m.size_lots
        display = display if display < m.size_lots else 0
        self._execute(NaiveOrder(order.order_id, order.side, m.price_ticks, m.size_lots, order.owner, 0, display))

    def _execute(self, order: NaiveOrder) -> None:
        """Trade, rest, then run the stops that were triggered, in turn."""
        waiting = [order]
        while waiting:
            taker = waiting.pop(0)
            if taker in self.stops:
                self.stops.remove(taker)
                del self.orders[taker.order_id]
                taker.flags = FillFlag.STOP_TRIGGERED
            for price in self.trade(taker):
                self.last_ticks = price
                for side in (-taker.side, taker.side):
                    reached = [s for s in self.stops if s not in waiting and s.side == side]
                    reached = [s for s in reached if price * side >= s.trigger_ticks * side]
                    waiting += sorted(reached, key=lambda stop: stop.trigger_ticks * stop.side)
            self._rest(taker)

    def _rest(self, order: NaiveOrder) -> None:
        if order.size_lots == 0 or not order.rests:
            self.cancelled_lots += order.size_lots
            return
        shown = min(order.size_lots, order.display_lots or order.size_lots)
        order.reserve_lots = order.size_lots - shown
        order.size_lots = shown
        order.kind = MessageKind.LIMIT
        self.queues[order.side].setdefault(order.price_ticks, []).append(order)
        self.orders[order.order_id] = order

    def trade(self, taker: NaiveOrder) -> list[int]:
        """Trade against the best queue while there is something left; returns the prices traded at."""
        prices = []
        while taker.size_lots > 0 and self.crosses(taker.side, taker.price_ticks):
            best = self.best(-taker.side)
            assert best is not None
            maker = self.queues[-taker.side][best][0]
            if self.self_trade and taker.owner != 0 and maker.owner == taker.owner:
                self._prevent(maker, taker)
                continue
            lots = min(maker.size_lots, taker.size_lots)
            taker.size_lots -= lots
            maker.size_lots -= lots
            self.traded_lots += lots
            prices.append(best)
            if maker.size_lots > 0:
                self._report(maker, taker, lots, 0)
            elif maker.reserve_lots == 0:
                self._report(maker, taker, lots, FillFlag.MAKER_DONE)
                self._remove(maker)
            else:
                self._report(maker, taker, lots, FillFlag.DISPLAY_REFRESHED)
                maker.size_lots = min(maker.display_lots, maker.reserve_lots)
                maker.reserve_lots -= maker.size_lots
                queue = self.queues[maker.side][best]
                queue.append(queue.pop(0))
        return prices

    def _prevent(self, maker: NaiveOrder, taker: NaiveOrder) -> None:
        """The taker has met an order of its own owner."""
        if self.self_trade == SelfTradePrevention.CANCEL_NEWEST:
            self._report(maker, taker, 0, FillFlag.SELF_TRADE)
        else:
            gone = maker.size_lots + maker.reserve_lots
            self._report(maker, taker, gone, FillFlag.SELF_TRADE | FillFlag.MAKER_DONE)
            self._take_off(maker, gone)
        if self.self_trade != SelfTradePrevention.CANCEL_OLDEST:
            self.cancelled_lots += taker.size_lots
            taker.size_lots = 0

    def _report(self, maker: NaiveOrder, taker: NaiveOrder, lots: int, flags: int) -> None:
        ids = (self.clock_ns, maker.order_id, taker.order_id)
        owners = (maker.owner, taker.owner, taker.side)
        self.fills.append((*ids, maker.price_ticks, lots, *owners, int(flags | taker.flags), 0, 0))

    def dump(self) -> list[Row]:
        """Live orders in priority order: bids, asks, then sell stops and buy stops by trigger.

        Returns:
            Rows (ladder, price or trigger, order id, owner, visible, reserve, display, limit of a stop-limit order).
        """
        rows: list[Row] = []
        for ladder, side in ((0, 1), (1, -1)):
            for price in sorted(self.queues[side], key=lambda price, side=side: -price * side):  # type: ignore[misc]
                rows += [
                    (ladder, price, o.order_id, o.owner, o.size_lots, o.reserve_lots, o.display_lots, 0)
                    for o in self.queues[side][price]
                ]
        for ladder, side in ((2, -1), (3, 1)):
            stops = [stop for stop in self.stops if stop.side == side]
            for o in sorted(stops, key=lambda stop: stop.trigger_ticks * stop.side):
                limit = o.price_ticks if o.kind == MessageKind.STOP_LIMIT else 0
                rows.append((ladder, o.trigger_ticks, o.order_id, o.owner, o.size_lots, 0, 0, limit))
        return rows
