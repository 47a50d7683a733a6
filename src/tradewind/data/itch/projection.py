"""From ITCH bytes to rows, with what has to be remembered between one piece of bytes and the next."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from tradewind.core.dtypes import EVENT, Array
from tradewind.core.errors import InvalidValueError
from tradewind.data.itch.dtypes import MESSAGES
from tradewind.data.itch.framing import recognise
from tradewind.data.itch.orders import FIRST_SLOTS, SLOT, rehash
from tradewind.data.itch.project import by_instrument, project
from tradewind.data.itch.rows import LOCATES, PLACE, STATE, Status
from tradewind.data.itch.source import Place, broken, check_end

__all__ = ["ROWS_AT_LEAST", "TICK", "Projection", "parse_events", "price_units", "split_by_instrument"]

ROWS_AT_LEAST = LOCATES + 2
"""Smallest number of rows that :meth:`Projection.run` can write to: one message may concern every instrument."""
TICK = Decimal("0.01")
"""Price step of US stocks from one dollar up [USD]."""
SHORTEST_PER_ROW = 18
"""Bytes of stream per row at least: a bare replace has 35 and becomes two rows."""
WITHOUT_ROW = "BIJKLNOVWY"
COUNTERS = (
    "unknown_references",
    "duplicate_references",
    "overfilled_orders",
    "empty_crosses",
    "other_symbols",
    "other_markets",
)


def price_units(tick_size: Decimal) -> int:
    """A tick as a number of the feed's price units.

    Args:
        tick_size: Price step [USD].

    Returns:
        The tick [1/10,000 USD].

    Raises:
        InvalidValueError: When it is not a whole number of them.
    """
    units = tick_size * 10_000
    if units != int(units) or not 0 < units < 2**31:
        raise InvalidValueError("tick_size", "a multiple of 0.0001, the price unit of ITCH", tick_size)
    return int(units)


class Projection:
    """Turns the messages of one day into rows, piece by piece.

    Args:
        prefix: Bytes of length before each message: 2, or 0 for a bare stream.
        midnight_ns: Midnight in New York of the day [ns since 1970-01-01 UTC].
        tick_size: Price step [USD].
        symbol: Write rows of this one alone; skip the others before they cost anything.

    Raises:
        InvalidValueError: For a tick that ITCH prices cannot be counted in, or a symbol longer than eight bytes.
    """

    def __init__(
        self, prefix: int = 2, midnight_ns: int = 0, tick_size: Decimal = TICK, symbol: str | None = None
    ) -> None:
        self._states: Array = np.zeros(1, dtype=STATE)
        self._places: Array = np.zeros(LOCATES, dtype=PLACE)
        self._slots: Array = np.zeros(0, dtype=SLOT)
        state = self._states[0]
        state["prefix"] = prefix
        state["midnight_ns"] = midnight_ns
        state["tick_e4"] = price_units(tick_size)
        if symbol is not None:
            packed = symbol.encode("ascii", errors="replace").ljust(8)
            if len(packed) > 8:
                raise InvalidValueError("symbol", "at most 8 characters", symbol)
            state["symbol"] = int.from_bytes(packed, "big", signed=True)
        self._grow(FIRST_SLOTS)

    def run(self, data: Array, size: int, position: int, rows: Array, filled: int) -> tuple[Status, int, int]:
        """Read on until bytes or rows run out or a message is broken.

        Args:
            data: Shape (n,), uint8.
            size: How much of it holds the stream [bytes].
            position: Where the next message begins.
            rows: Shape (m,), dtype ``EVENT``, m >= :data:`ROWS_AT_LEAST`.
            filled: How many of them are taken.

        Returns:
            ``(status, position, filled)``: why it stopped, the first byte not used, rows taken now.
        """
        state = self._states[0]
        state["position"], state["rows"] = position, filled
        sealed = data.view()
        sealed.flags.writeable = False  # bytes are, and each type of array compiles a kernel of its own
        while (status := project(sealed, size, rows, self._states, self._places)) == Status.ORDERS_FULL:
            self._grow(2 * len(self._slots))
        return Status(status), int(state["position"]), int(state["rows"])

    @property
    def messages(self) -> int:
        """Messages so far, a broken last one included."""
        return int(self._states[0]["messages"])

    @property
    def live_orders(self) -> int:
        """Orders alive now."""
        return int(self._states[0]["live"])

    def symbol_of(self, locate: int) -> str:
        """Symbol behind a locate code; empty when the stream has not told."""
        return _text(int(self._places[locate]["symbol"]))

    def symbols(self) -> set[str]:
        """All symbols that the stream has named so far."""
        return {_text(packed) for packed in self._places["symbol"][self._places["status"] > 0].tolist()}

    def counts(self) -> dict[str, int]:
        """What gave no row or was odd, by name; zeros are left out."""
        state = self._states[0]
        found = {name: int(state[name]) for name in COUNTERS}
        found |= {f"without_row_{MESSAGES[code].name}": int(state["by_type"][ord(code)]) for code in WITHOUT_ROW}
        return {name: count for name, count in found.items() if count}

    def _grow(self, slots: int) -> None:
        larger = np.zeros(slots, dtype=SLOT)
        rehash(self._states, self._slots, larger)
        self._slots = larger


def _text(packed: int) -> str:
    return packed.to_bytes(8, "big", signed=True).decode("latin-1").rstrip(" \0")


def parse_events(
    data: bytes | Array, *, midnight_ns: int = 0, tick_size: Decimal = TICK, symbol: str | None = None
) -> Array:
    """Rows of a whole stream in memory, all instruments together in the order of the messages.

    Args:
        data: ITCH 5.0 messages, with or without lengths before them; bytes, or shape (n,) of uint8.
        midnight_ns: Midnight in New York of the day [ns since 1970-01-01 UTC].
        tick_size: Price step [USD].
        symbol: Only this one.

    Returns:
        Shape (n,), dtype ``EVENT``; ``instrument_id`` is the stock locate code.

    Raises:
        DataError: At the first broken message, or a cut last one.

    Examples:
        >>> from tradewind.data.itch import session
        >>> rows = parse_events(session(seed=1, messages=1000), symbol="WIND")
        >>> len(rows) > 200, set(rows["instrument_id"].tolist())
        (True, {2})
    """
    source = np.frombuffer(data, dtype=np.uint8)
    prefix = recognise(source[:4096].tobytes()).prefix
    projection = Projection(prefix, midnight_ns, tick_size, symbol)
    pieces, status, position = [], Status.ROWS_FULL, 0
    while status == Status.ROWS_FULL:
        rows = np.empty((len(source) - position) // SHORTEST_PER_ROW + 2 * ROWS_AT_LEAST, dtype=EVENT)
        status, position, filled = projection.run(source, len(source), position, rows, 0)
        pieces.append(rows[:filled])
    rest = source[position : position + 64].tobytes()
    if status < 0:
        raise broken(Place("<bytes>", projection.messages, position, prefix), status, rest)
    check_end(Place("<bytes>", projection.messages + 1, position, prefix), rest)
    return np.concatenate(pieces) if len(pieces) > 1 else pieces[0]


def split_by_instrument(rows: Array) -> Iterator[tuple[int, Array]]:
    """Rows of each instrument, in their order; takes time in proportion to the rows, whatever their order.

    Args:
        rows: Shape (n,), dtype ``EVENT``, ``instrument_id`` below 65,536.

    Yields:
        ``(instrument_id, rows)``, by rising id; the arrays are parts of one copy.

    Examples:
        >>> from tradewind.data.itch import session
        >>> [number for number, part in split_by_instrument(parse_events(session(seed=1, messages=100)))]
        [1, 2, 3, 4, 5]
    """
    ordered, ends = np.empty_like(rows), np.zeros(LOCATES, dtype=np.int64)
    by_instrument(rows, ordered, ends)
    begins = np.concatenate([[0], ends[:-1]])
    for locate in np.flatnonzero(ends > begins).tolist():
        yield locate, ordered[begins[locate] : ends[locate]]
