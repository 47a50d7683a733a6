"""Replay windows: stretches of recorded days, opened once, replayed by many markets at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import msgspec
import numba
import numpy as np

from tradewind.book.view import BookView
from tradewind.core.dtypes import FILL, MESSAGE, Array
from tradewind.core.errors import InvalidValueError, NotFoundError, UsageError
from tradewind.core.fees import Fees
from tradewind.core.pointers import addresses
from tradewind.core.random import stream_seed
from tradewind.core.types import Instrument
from tradewind.data.calendars import session_bounds
from tradewind.market.flow.layout import BUFFER, STREAMS
from tradewind.market.flow.wire import send_rows
from tradewind.market.replay.drive import replay_drive, replay_threads, spools_of
from tradewind.market.replay.layout import new_replay, shape_for
from tradewind.market.replay.queues import QueueModel
from tradewind.market.replay.run import open_records, replay_through
from tradewind.market.replay.tape import Tape, make_tape
from tradewind.market.trading import Latency, prepare_trading

if TYPE_CHECKING:
    from tradewind.data.store.catalog import Catalog

__all__ = ["WINDOW", "DayTape", "Opening", "ReplayBatch", "ReplayWindows", "days_of"]

WINDOW = np.dtype([("day", "i8"), ("start_ns", "i8"), ("end_ns", "i8")])
"""A stretch of a day: which tape, when it begins and ends [ns since 1970-01-01 UTC]."""
COUNTERS = ("volume_lots", "volume_ticks", "signed_lots", "trades")


class DayTape(msgspec.Struct, frozen=True):
    """One recorded day of one instrument, ready for windows.

    Attributes:
        instrument: What is traded.
        day: The day, in words.
        tape: What happened.
        open_ns: Beginning of continuous trading [ns].
        close_ns: Its end [ns].
    """

    instrument: Instrument
    day: str
    tape: Tape
    open_ns: int
    close_ns: int


def days_of(
    catalog: Catalog,
    symbols: Sequence[str],
    days: Iterable[date | str] | None = None,
    *,
    split: str | None = None,
    depth: int | None = None,
) -> list[DayTape]:
    """Tapes of days in a catalog.

    Args:
        catalog: Where the rows are.
        symbols: Which instruments.
        days: Trading days; all (of the split) when absent.
        split: Part of a recorded split, such as ``NAME/train``; reading a test part is entered in the ledger.
        depth: 3 every order, 2 levels, 1 quotes and trades; the deepest there is when absent.

    Raises:
        NotFoundError: When the catalog does not hold them.
        UsageError: When there is nothing to replay in them.
    """
    wanted = None if days is None else {str(day) for day in days}
    found = []
    for symbol in symbols:
        instrument = catalog.instrument(symbol)
        for day in catalog.days(symbol):
            if wanted is not None and str(day) not in wanted:
                continue
            try:
                rows = catalog.load(symbol, dates=[day], split=split)
            except NotFoundError:
                continue
            if len(rows):
                tape = make_tape(rows, depth, source=f"{catalog.path}: {symbol} {day}")
                bounds = session_bounds(instrument.calendar, day)
                first, last = max(tape.first_ns, bounds.open_ns), min(tape.last_ns, bounds.close_ns)
                found.append(DayTape(instrument, str(day), tape, first, last))
    if not found:
        raise UsageError(f"{catalog.path}: nothing to replay of {', '.join(symbols)} on the days asked for")
    return found


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """How windows are opened.

    Attributes:
        latency: Delays of orders and data.
        fees: Costs and rebates; None for each instrument's.
        queue: The queue model of levels and quotes.
    """

    latency: Latency = Latency()
    fees: Fees | None = None
    queue: QueueModel = QueueModel()


class ReplayWindows:
    """Stretches of recorded days, each opened once: the records at its start are kept and copied to begin it anew.

    Args:
        days: The days; all of one depth.
        horizon_s: Length of a window [s].
        every_s: From the start of one window of a day to the next [s].
        lead_s: From the open to the first window [s].
        opening: Delays, fees and queue model.

    Attributes:
        days: The days.
        windows: Shape (n,), dtype :data:`WINDOW`.
        markets: Shape (n,), a ``market_dtype``: each window's market at its start, time 0.
        replays: Shape (n,), a ``replay_dtype``: how far its tape is.
        spools: Shape (days,), dtype ``SPOOL``: the tapes by address.
        shape: Window [ticks] and pool [orders] of the books.
        depth: 3 every order, 2 levels, 1 quotes and trades.

    Raises:
        InvalidValueError: For no day, days of several depths, a length that is not positive, or windows longer than
            every day.

    Examples:
        >>> windows = ReplayWindows(days, horizon_s=300.0)  # doctest: +SKIP
        >>> batch = ReplayBatch(windows, 256, seed=7, threads=2)  # doctest: +SKIP
    """

    def __init__(
        self,
        days: Sequence[DayTape],
        horizon_s: float,
        *,
        every_s: float | None = None,
        lead_s: float = 0.0,
        opening: Opening | None = None,
    ) -> None:
        depths = {day.tape.depth for day in days}
        if len(depths) != 1:
            raise InvalidValueError("days", "one or more, all of one depth", sorted(depths))
        step_s = horizon_s if every_s is None else every_s
        if not (horizon_s > 0 and step_s > 0 and lead_s >= 0):
            raise InvalidValueError(
                "horizon_s, every_s, lead_s", "above 0, above 0, 0 or more", (horizon_s, step_s, lead_s)
            )
        self.days, self.depth, self.opening = list(days), depths.pop(), opening or Opening()
        self.shape = max(shape_for(day.tape.orders, self.depth) for day in days)
        self.windows = np.concatenate([_grid(k, day, horizon_s, step_s, lead_s) for k, day in enumerate(days)])
        if not len(self.windows):
            raise InvalidValueError("horizon_s", "shorter than a day", horizon_s)
        self.spools = spools_of([day.tape.rows for day in days])
        self.markets, self.replays = new_replay(self.shape, self.depth, len(self.windows))
        for k, day in enumerate(days):
            self._open_day(day, np.flatnonzero(self.windows["day"] == k))

    def _open_day(self, day: DayTape, places: Array) -> None:
        """One pass over a day; at each window's start the records are kept."""
        if not len(places):
            return
        market, replay = new_replay(self.shape, self.depth)
        buffer, first_ns = np.zeros(1, BUFFER), int(self.windows["start_ns"][places[0]])
        if self.depth < 3:
            self.opening.queue.write(replay["queues"], float(day.instrument.lot_size))
        prepare_trading(market, self.opening.latency, self.opening.fees or day.instrument.fees, day.instrument)
        open_records(market, replay, day.tape.rows, buffer, first_ns)
        for at in places:
            start_ns = int(self.windows["start_ns"][at])
            replay_through(market[0], replay[0], day.tape.rows, buffer[0], (start_ns - first_ns) * 1e-9)
            self.markets[at], self.replays[at] = market[0], replay[0]
            self.markets["base_ns"][at], self.markets["now_s"][at] = start_ns, 0.0
            self.replays["counts"][at] = np.zeros((), self.replays.dtype["counts"])
            for name in COUNTERS:
                self.markets[name][at] = 0
        if self.depth < 3:
            self.replays["queues"]["counts"][places] = np.zeros((), self.replays.dtype["queues"]["counts"])

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def memory_bytes(self) -> int:
        """Size of one market that replays a window; the tapes are shared."""
        return int(self.markets.itemsize + self.replays.itemsize)


def _grid(number: int, day: DayTape, horizon_s: float, every_s: float, lead_s: float) -> Array:
    """Windows of one day."""
    first, length = day.open_ns + round(lead_s * 1e9), round(horizon_s * 1e9)
    starts = np.arange(first, day.close_ns - length + 1, round(every_s * 1e9), dtype=np.int64)
    windows = np.zeros(len(starts), WINDOW)
    windows["day"], windows["start_ns"], windows["end_ns"] = number, starts, starts + length
    return windows


class ReplayBatch:
    """N markets that replay windows, advanced by one compiled call on several threads; each trades for itself.

    The result depends neither on the threads nor on what happens in other markets. A window is chosen by the seed, the
    market's number and how often it was reset, unless it is named.

    Args:
        windows: What is replayed.
        count: Number of markets.
        seed: The run's one seed.
        threads: How many threads share the work.

    Attributes:
        markets: Shape (count,), the records.
        replays: Shape (count,), theirs of the replay.
        window: Shape (count,), which window each one replays.

    Raises:
        InvalidValueError: For no market, or more threads than Numba may start.
    """

    def __init__(self, windows: ReplayWindows, count: int, seed: int, *, threads: int = 1) -> None:
        if count < 1:
            raise InvalidValueError("count", "1 or more", count)
        if not 1 <= threads <= numba.config.NUMBA_NUM_THREADS:
            raise InvalidValueError("threads", f"1 to {numba.config.NUMBA_NUM_THREADS}", threads)
        self.windows, self.count, self.threads = windows, count, threads
        self._key = int(stream_seed(seed, "market/replay/batch").generate_state(1, np.uint64)[0])
        self.markets, self.replays = new_replay(windows.shape, windows.depth, count)
        self.window = np.zeros(count, np.int64)
        self._lives, self._until = np.zeros(count, np.int64), np.zeros(count)
        self._buffers = np.zeros(1, BUFFER)
        self._worlds = np.zeros((count, 3), np.int64)
        self._worlds[:, 0], self._worlds[:, 2] = addresses(self.replays), addresses(self._buffers)[0]
        self._spools = addresses(windows.spools)
        self._drive = replay_drive(windows.shape, windows.depth)
        self.reset(np.arange(count))

    def reset(self, indices: Array, windows: Array | None = None) -> None:
        """Begin windows anew: their records are copied in.

        Args:
            indices: Which markets.
            windows: Which window each of them replays; chosen by the seed when absent.

        Raises:
            InvalidValueError: For a market or a window that there is not.
        """
        chosen = np.ascontiguousarray(indices, np.int64)
        if len(chosen) and not 0 <= chosen.min() <= chosen.max() < self.count:
            raise InvalidValueError("indices", f"0 to {self.count - 1}", indices)
        key = np.uint64(self._key) ^ _mixed(
            chosen.astype(np.uint64) * np.uint64(1 << 32) + self._lives[chosen].astype(np.uint64)
        )
        self._lives[chosen] += 1
        drawn = (_mixed(key) % np.uint64(len(self.windows))).astype(np.int64)
        taken = drawn if windows is None else np.broadcast_to(np.asarray(windows, np.int64), drawn.shape)
        if len(taken) and not 0 <= taken.min() <= taken.max() < len(self.windows):
            raise InvalidValueError("windows", f"0 to {len(self.windows) - 1}", windows)
        self.window[chosen] = taken
        self._until[chosen] = 0.0
        words = _mixed(_mixed(key)[:, None] + np.arange(1, 4 * STREAMS + 1, dtype=np.uint64)).reshape(-1, STREAMS, 4)
        words[:, :, 3] |= np.uint64(1)
        for i, at in zip(chosen, taken, strict=True):
            self.markets[i], self.replays[i] = self.windows.markets[at], self.windows.replays[at]
        self.markets["streams"][chosen] = words
        self._worlds[chosen, 1] = self._spools[self.windows.windows["day"][taken]]

    def submit(self, index: int, message: Array) -> None:
        """Send one message to one market; it arrives after the order-entry latency and its jitter.

        Args:
            index: Which market.
            message: A row of dtype ``MESSAGE``; ``ts_ns`` 0 is now.

        Raises:
            InvalidValueError: When 32 messages are on their way already, or this one is sent in the past.
        """
        if send_rows(self.markets[index : index + 1], np.array([message], MESSAGE)) == 0:
            raise InvalidValueError("message", "at most 32 on their way, none sent in the past", message)

    def advance(self, seconds: float) -> None:
        """Let the same time pass in every market; behind the end of a tape nothing happens any more.

        Args:
            seconds: How long; 0 or more.

        Raises:
            InvalidValueError: For a negative time.
        """
        if not seconds >= 0:
            raise InvalidValueError("seconds", "0 or more", seconds)
        self._until += seconds
        before = numba.get_num_threads()
        numba.set_num_threads(self.threads)
        try:
            replay_threads(self._drive, self.markets, self._worlds, self._until, self.threads)
        finally:
            numba.set_num_threads(before)

    def take_fills(self, index: int) -> Array:
        """Your fills in one market since the last call, shape (n,), dtype ``FILL``; at most 64 are kept."""
        market = self.markets[index]
        count = int(market["own_fills_count"])
        market["own_fills_count"] = 0
        return np.array(market["own_fills"][:count], dtype=FILL)

    def view(self, index: int) -> BookView:
        """The book of one market."""
        return BookView(self.markets["book"][index : index + 1])

    @property
    def rows(self) -> int:
        """Rows replayed by all markets since each one's start."""
        return int(self.replays["counts"]["rows"].sum())

    @property
    def memory_bytes(self) -> int:
        """Size of one market; tapes and windows are shared."""
        return self.windows.memory_bytes


def _mixed(x: Array) -> Array:
    """SplitMix64 of whole numbers (Steele, Lea and Flood, 2014)."""
    with np.errstate(over="ignore"):
        x = (x + np.uint64(0x9E3779B97F4A7C15)) & np.uint64(2**64 - 1)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(x ^ (x >> np.uint64(31)))
