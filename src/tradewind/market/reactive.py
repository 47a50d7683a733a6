"""A simulated market that reacts to you: one preset, one seed, your orders among everyone's."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from tradewind.book.reasons import Reason
from tradewind.book.view import BookView
from tradewind.core.dtypes import EVENT, MESSAGE, Array, MessageKind
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.core.types import Instrument
from tradewind.market.flow.layout import BUFFER, OWN_ORDERS, new_markets
from tradewind.market.flow.run import DUE, THERE, deliver_due, open_market, rewind, run_market, tell_book
from tradewind.market.flow.tables import compile_preset
from tradewind.market.flow.ziggurat import seed_streams
from tradewind.market.preset import Preset, load_preset
from tradewind.market.scenario import Scenario, phases_record

__all__ = ["EPOCH_NS", "Answer", "Latency", "Market", "market_size", "simulate", "simulate_pages", "warm_markets"]

EPOCH_NS = 1_577_975_400_000_000_000
"""When simulated markets begin unless told otherwise: 2020-01-02 14:30 UTC, a New York open."""
WARM_UP_S = 300.0
FIRST_AGENT_ID = 1 << 40


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """How late the world is.

    Attributes:
        order_entry_ns: From sending a message to its arrival at the matching engine.
        market_data_ns: From an event to when the agent hears of it (fills, views).
        jitter_ns: Mean of an exponential delay on top of each message.

    Raises:
        InvalidValueError: For a negative delay.
    """

    order_entry_ns: int = 0
    market_data_ns: int = 0
    jitter_ns: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("order_entry_ns", "market_data_ns", "jitter_ns"):
            if getattr(self, name) < 0:
                raise InvalidValueError(name, "0 or more", getattr(self, name))


class Answer(msgspec.Struct, frozen=True):
    """What became of a message: when it arrived, whose it was, accepted or why not."""

    ts_ns: int
    order_id: int
    reason: Reason


def market_size(preset: Preset) -> tuple[int, int]:
    """Window [ticks] and pool [orders] that a preset's book needs."""
    levels = max(64, 1 << int(np.ceil(np.log2(2 * preset.depth.reach_ticks + 1))))
    tables = compile_preset(preset)
    orders = 4 * float(tables["deep_orders"].sum()) + 256
    return levels, min(max(512, 1 << int(np.ceil(np.log2(orders)))), 1 << 15)


def warm_markets(markets: Array, tables: Array, phases: Array, start_s: float = 0.0) -> None:
    """Open markets (streams set), run them until their books have forgotten how they began, call that time 0.

    Args:
        markets: Shape (n,), zeroed records.
        tables: Shape (1,), dtype ``TABLES``.
        phases: Shape (1,), dtype ``PHASES``: the scenario that begins after the warm-up.
        start_s: Time of the session at which they begin [s].
    """
    plain, buffer = phases_record(None), np.zeros(1, BUFFER)
    markets["base_ns"], markets["start_s"] = EPOCH_NS - int(WARM_UP_S * 1e9), start_s - WARM_UP_S
    open_market(markets, tables, plain, buffer)
    for i in range(len(markets)):
        run_market(markets[i : i + 1], tables, plain, buffer, WARM_UP_S)
    rewind(markets, WARM_UP_S, phases)
    markets["base_ns"], markets["start_s"] = EPOCH_NS, start_s


class Market:
    """One simulated market.

    Orders go in with :meth:`submit`, time passes with :meth:`advance`, fills and answers come back. The same seed and
    the same messages give the same market, bit for bit, however time is cut into calls.

    Args:
        preset: A preset, or the name or path of one.
        seed: The run's one seed.
        scenario: A regime; None for the preset as it is.
        latency: Delays of orders and data.
        session_s: Time of the session at which the market starts, for the intraday profile [s]; None keeps the
            profile flat.
        record: Keep the ``EVENT`` rows, for :meth:`rows`.

    Raises:
        NotFoundError: When there is no such preset.

    Examples:
        >>> market = Market("zero_intelligence", seed=7)
        >>> market.advance(1.0).size
        0
        >>> order = market.buy(size_lots=1)
        >>> int(market.advance(1.0)["size_lots"].sum())
        1
    """

    def __init__(
        self,
        preset: Preset | str,
        seed: int,
        *,
        scenario: Scenario | None = None,
        latency: Latency | None = None,
        session_s: float | None = None,
        record: bool = False,
    ) -> None:
        self.preset = load_preset(preset) if isinstance(preset, str) else preset
        self.seed = seed
        self.scenario = scenario
        self.latency = latency or Latency()
        self.session_s = session_s
        self._tables = compile_preset(self.preset)
        if session_s is None:
            self._tables["profile_parts"], self._tables["profile"] = 1, 1.0
        self._phases = phases_record(scenario)
        self._buffer = np.zeros(1, BUFFER)
        self._markets = new_markets(1, *market_size(self.preset))
        self._delays = stream(seed, "market/latency")
        self._pages: list[Array] = []
        self._next_id = FIRST_AGENT_ID
        self._answers_read = 0
        self._open(record)

    def _open(self, record: bool) -> None:
        market = self._markets
        market["streams"][0] = seed_streams(self.seed, "market/flow", market["streams"].shape[1])
        warm_markets(market, self._tables, self._phases, self.session_s or 0.0)
        market["recording"] = record
        if record:
            tell_book(market, self._buffer, self._tables)

    @property
    def instrument(self) -> Instrument:
        """What is traded."""
        return self.preset.trading_instrument()

    @property
    def now_ns(self) -> int:
        """Simulated time [ns since 1970-01-01 UTC]."""
        return EPOCH_NS + round(float(self._markets["now_s"][0]) * 1e9)

    @property
    def events(self) -> int:
        """Background events since the start."""
        return int(self._markets["events"].sum())

    @property
    def view(self) -> BookView:
        """The book as it is now; reads, never changes."""
        return BookView(self._markets["book"])

    @property
    def memory_bytes(self) -> int:
        """Size of the market's record; the preset's tables are shared."""
        return int(self._markets.itemsize)

    def submit(self, messages: Array) -> None:
        """Send messages; each arrives after the order-entry latency, in the order sent where times are equal.

        Args:
            messages: Shape (n,), dtype ``MESSAGE``; ``ts_ns`` is when they are sent (0: now). A zero-size order is
                refused on arrival and changes nothing.

        Raises:
            InvalidValueError: When more than 32 messages would be on their way, or one is sent in the past.
        """
        market = self._markets[0]
        for message in messages:
            count = int(market["pending_count"])
            if count >= OWN_ORDERS:
                raise InvalidValueError("messages", f"at most {OWN_ORDERS} on their way", count + 1)
            sent = int(message["ts_ns"]) or self.now_ns
            if sent < self.now_ns:
                raise InvalidValueError("ts_ns", f"not before the present {self.now_ns}", sent)
            jitter = int(self._delays.exponential(self.latency.jitter_ns)) if self.latency.jitter_ns else 0
            arrival = sent + self.latency.order_entry_ns + jitter
            pending = market["pending"]
            place = int(np.searchsorted(pending["ts_ns"][:count], arrival, side="right"))
            pending[place + 1 : count + 1] = pending[place:count].copy()
            pending[place] = message
            pending[place]["ts_ns"] = arrival
            pending[place]["owner"] = int(message["owner"]) or 1
            market["pending_count"] = count + 1

    def _send(self, **fields: int) -> int:
        message = np.zeros(1, MESSAGE)
        for name, value in fields.items():
            message[name] = value
        self.submit(message)
        return int(message["order_id"][0])

    def buy(self, size_lots: int, price_ticks: int | None = None, tif: int = 0) -> int:
        """Send a buy order: market without a price, else limit. Returns its order id."""
        return self._order(1, size_lots, price_ticks, tif)

    def sell(self, size_lots: int, price_ticks: int | None = None, tif: int = 0) -> int:
        """Send a sell order: market without a price, else limit. Returns its order id."""
        return self._order(-1, size_lots, price_ticks, tif)

    def _order(self, side: int, size_lots: int, price_ticks: int | None, tif: int) -> int:
        self._next_id += 1
        kind = MessageKind.MARKET if price_ticks is None else MessageKind.LIMIT
        return self._send(
            kind=kind, side=side, size_lots=size_lots, price_ticks=price_ticks or 0, tif=tif, order_id=self._next_id
        )

    def cancel(self, order_id: int) -> None:
        """Send a cancel of one of your orders."""
        self._send(kind=MessageKind.CANCEL, order_id=order_id)

    def advance(self, seconds: float) -> Array:
        """Let time pass.

        Args:
            seconds: How long; 0 or more.

        Returns:
            Your fills, shape (n,), dtype ``FILL``; ``ts_ns`` is when they happened.

        Raises:
            InvalidValueError: For a negative time, or when more than 64 of your fills happen in one call.
        """
        if not seconds >= 0:
            raise InvalidValueError("seconds", "0 or more", seconds)
        market = self._markets
        until = float(market["now_s"][0]) + seconds
        parts = (market, self._tables, self._phases, self._buffer)
        while (ended := run_market(*parts, until)) != THERE:
            if ended == DUE:
                deliver_due(*parts)
            else:
                self._turn_page()
        if market["own_fills_lost"][0]:
            raise InvalidValueError("seconds", "short enough for 64 fills of yours a call", seconds)
        count = int(market["own_fills_count"][0])
        market["own_fills_count"] = 0
        return np.array(market["own_fills"][0, :count])

    def answers(self) -> list[Answer]:
        """What became of the messages that arrived since the last call (at most the last 32)."""
        done = int(self._markets["answers_count"][0])
        rows = self._markets["answers"][0]
        fresh = range(max(self._answers_read, done - OWN_ORDERS), done)
        self._answers_read = done
        picked = [rows[k % OWN_ORDERS] for k in fresh]
        return [Answer(int(r["ts_ns"]), int(r["order_id"]), Reason(int(r["reason"]))) for r in picked]

    def _turn_page(self) -> None:
        count = int(self._markets["rows_count"][0])
        self._pages.append(self._buffer["rows"][0, :count].copy())
        self._markets["rows_count"] = 0

    def rows(self) -> Array:
        """``EVENT`` rows since the last call: first a snapshot of the book, then what happened."""
        self._turn_page()
        rows = np.concatenate(self._pages) if self._pages else np.zeros(0, EVENT)
        self._pages = []
        return rows

    def twin(self) -> Market:
        """The same market from its start, same streams, without you: the counterfactual."""
        return Market(self.preset, self.seed, scenario=self.scenario, latency=self.latency, session_s=self.session_s)


def simulate_pages(
    preset: Preset | str, seconds: float, seed: int, scenario: Scenario | None = None, step_s: float = 60.0
) -> Iterator[Array]:
    """Rows of a simulated feed in pages of ``step_s`` of market time; see :func:`simulate`."""
    chosen = load_preset(preset) if isinstance(preset, str) else preset
    whole = seconds >= chosen.clock.session_s
    market = Market(chosen, seed, scenario=scenario, session_s=0.0 if whole else None, record=True)
    done = 0.0
    while done < seconds:
        part = min(step_s, seconds - done)
        market.advance(part)
        done += part
        yield market.rows()


def simulate(
    preset: Preset | str, seconds: float, seed: int, scenario: Scenario | None = None
) -> tuple[Instrument, Array]:
    """Simulate a market nobody trades in but itself, as a level-3 feed.

    The intraday profile applies when a whole session or more is simulated; anything shorter runs at the session's
    mean activity.

    Args:
        preset: A preset, or the name or path of one.
        seconds: How long [s].
        seed: The run's one seed.
        scenario: A regime; None for the preset as it is.

    Returns:
        The instrument and its rows, shape (n,), dtype ``EVENT``: a snapshot of the book, then adds, cancels,
        executions, and trades against hidden size. Rows flagged SNAPSHOT within the day are orders that come into
        or go out of view at the far end of the depth.

    Examples:
        >>> instrument, rows = simulate("zero_intelligence", seconds=10.0, seed=7)
        >>> bool(len(rows) > 100)
        True
    """
    chosen = load_preset(preset) if isinstance(preset, str) else preset
    return chosen.trading_instrument(), np.concatenate(list(simulate_pages(chosen, seconds, seed, scenario)))
