"""A recorded market with your orders in it: the trading face of a replay."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from tradewind.book.audit import list_orders
from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind
from tradewind.core.errors import InvalidValueError, UsageError
from tradewind.core.fees import Fees
from tradewind.core.types import Instrument
from tradewind.market.flow.layout import BUFFER
from tradewind.market.flow.run import FULL
from tradewind.market.flow.ziggurat import seed_streams
from tradewind.market.replay.layout import COUNTS, new_replay, shape_for
from tradewind.market.replay.propagator import Propagator
from tradewind.market.replay.run import open_records, replay_through
from tradewind.market.replay.tape import Tape, make_tape
from tradewind.market.trading import Latency, TradedMarket

if TYPE_CHECKING:
    from tradewind.data.store.catalog import Catalog

__all__ = ["Replay", "tape_of_day"]


class Replay(TradedMarket):
    """A recorded market replayed with your orders in it.

    The same face as :class:`~tradewind.market.reactive.Market`: orders go in with :meth:`submit`, time passes with
    :meth:`advance`, fills and answers come back. Without orders of yours the book is, at every time, the recorded one.
    What becomes of history where you have changed it is counted (:attr:`counters`); docs/guide/replay.md has the rules.

    Args:
        tape: What happened (:func:`~tradewind.market.replay.tape.make_tape`); shared by as many replays as you like.
        instrument: What is traded.
        start_ns: When the replay begins: the book is the one after all rows at this time [ns]; the first row that is
            no snapshot when absent.
        end_ns: When it ends [ns]; the last row when absent.
        latency: Delays of orders and data.
        fees: Costs and rebates; None for the instrument's.
        impact: Your trades shift the replayed prices; None: they do not.
        seed: Of the jitter of your messages.
        record: Keep the ``EVENT`` rows of the market with you in it, for :meth:`rows`.

    Raises:
        InvalidValueError: For times outside the tape.
        UsageError: For ``record`` together with ``impact``: a shifted book is not told order by order.

    Examples:
        >>> rows = np.zeros(3, EVENT)
        >>> rows["kind"], rows["side"] = [EventKind.ADD, EventKind.ADD, EventKind.EXECUTE], [1, -1, 1]
        >>> rows["order_id"], rows["price_ticks"] = [7, 8, 7], [100, 103, 100]
        >>> rows["size_lots"], rows["ts_event_ns"] = 5, [0, 0, 2_000_000_000]
        >>> from decimal import Decimal
        >>> unit = Instrument(symbol="X", tick_size=Decimal("0.01"), lot_size=Decimal(1))
        >>> replay = Replay(make_tape(rows), unit)
        >>> order = replay.buy(size_lots=5, price_ticks=101)  # better than the recorded bid: first in the book
        >>> replay.advance(2.0)[["price_ticks", "size_lots"]].tolist(), replay.counters["yours_lots"]
        ([(101, 5)], 5)
    """

    def __init__(
        self,
        tape: Tape,
        instrument: Instrument,
        *,
        start_ns: int | None = None,
        end_ns: int | None = None,
        latency: Latency | None = None,
        fees: Fees | None = None,
        impact: Propagator | None = None,
        seed: int = 0,
        record: bool = False,
    ) -> None:
        if record and impact is not None:
            raise UsageError("a replay cannot record its rows while the impact overlay shifts them; choose one")
        self.tape = tape
        self.start_ns = tape.first_ns if start_ns is None else start_ns
        self.end_ns = tape.last_ns if end_ns is None else end_ns
        if not tape.rows["ts_ns"][0] <= self.start_ns <= tape.last_ns:
            raise InvalidValueError("start_ns", f"{tape.rows['ts_ns'][0]} to {tape.last_ns}", self.start_ns)
        if not self.start_ns <= self.end_ns <= tape.last_ns:
            raise InvalidValueError("end_ns", f"{self.start_ns} to {tape.last_ns}", self.end_ns)
        self.impact = impact
        self._buffer = np.zeros(1, BUFFER)
        self._pages: list[Array] = []
        markets, self._replays = new_replay(shape_for(tape.orders, tape.depth), tape.depth)
        markets["streams"][0] = seed_streams(seed, "market/replay", markets["streams"].shape[1])
        if impact is not None:
            impact.write(self._replays["impact"])
        open_records(markets, self._replays, tape.rows, self._buffer, self.start_ns)
        markets["recording"] = record
        super().__init__(markets, instrument, latency, fees)
        self._opening = markets.copy(), self._replays.copy()
        self.reset()

    @classmethod
    def from_rows(cls, rows: Array, instrument: Instrument, **options: object) -> Replay:
        """A replay of recorded rows.

        Args:
            rows: Shape (n,), dtype ``EVENT``, of one instrument; see :func:`~tradewind.market.replay.tape.make_tape`.
            instrument: What is traded.
            **options: Of the class.
        """
        return cls(make_tape(rows), instrument, **options)  # type: ignore[arg-type]

    @classmethod
    def from_catalog(cls, catalog: Catalog, symbol: str, day: date | str, **options: object) -> Replay:
        """A replay of a day in a catalog.

        Args:
            catalog: Where the rows are.
            symbol: Which instrument.
            day: Trading day.
            **options: Of the class.

        Raises:
            NotFoundError: When the catalog does not hold it.
        """
        return cls(tape_of_day(catalog, symbol, day), catalog.instrument(symbol), **options)  # type: ignore[arg-type]

    def reset(self) -> None:
        """Back to the start: the records of the opening are copied in; orders, fills and counters are gone."""
        self._markets[0], self._replays[0] = self._opening[0][0], self._opening[1][0]
        self._answers_read = 0
        self._pages = [self._snapshot_rows()] if self._markets["recording"][0] else []

    def advance(self, seconds: float) -> Array:
        """Let time pass; see :meth:`~tradewind.market.trading.TradedMarket.advance`.

        Args:
            seconds: How long; 0 or more.

        Returns:
            The fills you hear of meanwhile.

        Raises:
            InvalidValueError: As there, and when the time would pass the end of the replay.
        """
        left = (self.end_ns - self.seen_ns) * 1e-9
        if seconds > left + 1e-9:
            raise InvalidValueError("seconds", f"at most {left:.9f}: what is recorded ends there", seconds)
        return super().advance(seconds)

    def _run(self, until_s: float) -> None:
        while replay_through(self._markets[0], self._replays[0], self.tape.rows, self._buffer[0], until_s) == FULL:
            self._turn_page()

    def _turn_page(self) -> None:
        count = int(self._markets["rows_count"][0])
        self._pages.append(self._buffer["rows"][0, :count].copy())
        self._markets["rows_count"] = 0

    def _snapshot_rows(self) -> Array:
        """The book as a snapshot: a CLEAR row, then every order."""
        orders = list_orders(self._markets["book"])
        rows = np.zeros(len(orders) + 1, EVENT)
        rows["ts_event_ns"] = rows["ts_recv_ns"] = self.seen_ns
        rows["kind"], rows["flags"] = EventKind.ADD, EventFlag.SNAPSHOT
        rows["kind"][0] = EventKind.CLEAR
        for name in ("order_id", "price_ticks", "size_lots"):
            rows[name][1:] = orders[name]
        rows["side"][1:] = 1 - 2 * orders["ladder"]
        rows["flags"][-1] |= EventFlag.LAST
        return rows

    def rows(self) -> Array:
        """``EVENT`` rows since the last call: first a snapshot of the book, then what happened, your part included."""
        self._turn_page()
        rows: Array = np.concatenate(self._pages)
        self._pages = []
        return rows

    @property
    def counters(self) -> dict[str, int]:
        """What became of history where you changed it, by the names of ``COUNTS``; only what occurred."""
        counts = self._replays["counts"][0]
        return {name: int(counts[name]) for name in COUNTS.names or () if counts[name]}

    @property
    def shift_ticks(self) -> int:
        """How far the impact overlay has moved the recorded prices [ticks]."""
        return int(self._replays["shift_ticks"][0])

    @property
    def ended(self) -> bool:
        """Whether the replay stands at its end."""
        return self.seen_ns >= self.end_ns


def tape_of_day(catalog: Catalog, symbol: str, day: date | str, depth: int | None = None) -> Tape:
    """The tape of a trading day.

    Args:
        catalog: Where the rows are.
        symbol: Which instrument.
        day: Trading day.
        depth: 3 every order, 2 levels, 1 quotes and trades; the deepest there is when absent.

    Raises:
        NotFoundError: When the catalog does not hold it.
        UsageError: When its rows make no book of that depth.
    """
    rows = catalog.load(symbol, dates=[day])
    return make_tape(rows, depth, source=f"{catalog.path}: {symbol} {day}")
