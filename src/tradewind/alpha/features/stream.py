"""Features of one instrument, event by event or a whole session at once: both run the same compiled update."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tradewind.alpha.features.catalogue import DEPTH_FEATURES, TOUCH
from tradewind.alpha.features.depth import run_depth
from tradewind.alpha.features.layout import BACKWARDS, DEPTH, DEPTH_STATE, QUOTE, TICK, TRADE, new_state
from tradewind.alpha.features.touch import run_touch, values_touch
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError

__all__ = ["DepthFeatures", "TouchBatch", "TouchFeatures", "depth_batch", "touch_batch"]

NAMES = tuple(feature.name for feature in TOUCH)
NEVER = 2**62


class TouchBatch(NamedTuple):
    """Features of a session.

    Attributes:
        changes: Shape (n_changes,), int64: row of the ticks at which the quote changed.
        rows: Shape (n,), int64: row of the ticks after which each row of values holds.
        values: Shape (n, 60), in the order of ``catalogue.TOUCH``.
    """

    changes: Array
    rows: Array
    values: Array


class TouchFeatures:
    """Features of quotes and trades, live: ``update`` takes an event in, ``value`` tells what is known after it.

    Args:
        tick_size: Smallest price step [currency].
        open_ns: Opening of the session [ns UTC].
        close_ns: Its close; 0 for a market that never closes.

    Examples:
        >>> features = TouchFeatures(tick_size=0.01)
        >>> features.quote(1_000, bid=49.18, bid_size=300, ask=49.20, ask_size=100)
        True
        >>> features.value("imbalance"), round(features.value("microprice_bps"), 3)
        (0.5, 1.016)
    """

    names = NAMES

    def __init__(self, tick_size: float, open_ns: int = 0, close_ns: int = 0) -> None:
        self._states = new_state(tick_size, open_ns, close_ns)
        self._tick = np.zeros(1, TICK)
        self._out = np.full(len(NAMES), np.nan)
        self._change, self._none = np.zeros(1, np.int64), np.zeros((0, len(NAMES)))

    def update(self, tick: Array) -> bool:
        """Take in one event.

        Args:
            tick: Shape (1,), dtype ``TICK``.

        Returns:
            Whether the quote changed.

        Raises:
            InvalidValueError: When the clock goes backwards; nothing is taken in.
        """
        count, _ = run_touch(self._states, tick, NEVER, self._change, self._none)
        if count == BACKWARDS:
            raise _went_back(int(tick["ts_ns"][0]), int(self._states["ts_ns"][0]))
        return bool(count)

    def quote(self, ts_ns: int, *, bid: float, bid_size: float, ask: float, ask_size: float) -> bool:
        """Take in the best quotes as they are now; returns whether they changed; raises as :meth:`update`."""
        self._tick[0] = (ts_ns, bid, bid_size, ask, ask_size, 0.0, 0.0, QUOTE, 0)
        return self.update(self._tick)

    def trade(self, ts_ns: int, *, price: float, size: float, side: int = 0) -> None:
        """Take in a trade; ``side`` +1 bought, -1 sold, 0 unknown (inferred); raises as :meth:`update`."""
        self._tick[0] = (ts_ns, 0.0, 0.0, 0.0, 0.0, price, size, TRADE, side)
        self.update(self._tick)

    def values(self) -> Array:
        """Shape (60,): every feature as of the last event, in the order of ``names``; NaN where not known."""
        values_touch(self._states, self._out)
        return self._out.copy()

    def value(self, name: str) -> float:
        """One feature as of the last event.

        Raises:
            NotFoundError: For a name that is not in the catalogue.
        """
        if name not in NAMES:
            raise NotFoundError(f"no feature {name!r} of the touch; there are: {', '.join(NAMES)}")
        return float(self.values()[NAMES.index(name)])


def touch_batch(ticks: Array, tick_size: float, session: tuple[int, int] = (0, 0), every: int = 1) -> TouchBatch:
    """Features of a whole session: the live update, in a compiled loop.

    Args:
        ticks: Shape (n,), dtype ``TICK``, in time order.
        tick_size: Smallest price step [currency].
        session: Opening and close [ns UTC]; zeros for a market that never closes.
        every: Values at every so many changes of the quote.

    Returns:
        The features.

    Raises:
        InvalidValueError: For ticks of another dtype, none at all, or a clock that goes backwards.
    """
    if ticks.dtype != TICK or ticks.ndim != 1 or not len(ticks):
        raise InvalidValueError("ticks", "at least one row of dtype TICK", f"{ticks.dtype}, shape {ticks.shape}")
    if every < 1:
        raise InvalidValueError("every", "1 or more", every)
    changes: Array = np.zeros(len(ticks), np.int64)
    out: Array = np.empty((len(ticks) // every + 1, len(NAMES)))
    count, rows = run_touch(new_state(tick_size, *session), np.ascontiguousarray(ticks), every, changes, out)
    if count == BACKWARDS:
        raise _went_back(int(ticks["ts_ns"][rows]), int(ticks["ts_ns"][rows - 1]), int(rows))
    changes = changes[:count]
    return TouchBatch(changes, changes[every - 1 :: every], out[:rows])


def _went_back(ts_ns: int, before_ns: int, row: int | None = None) -> InvalidValueError:
    where = "" if row is None else f" (row {row})"
    return InvalidValueError("ts_ns", f"a clock that does not go backwards: {before_ns} or later{where}", ts_ns)


class DepthFeatures:
    """Features of the levels beneath the touch, live; levels come from any book view (``book.depth``).

    Examples:
        >>> features = DepthFeatures()
        >>> features.book([(99.0, 5.0), (98.0, 5.0)], [(100.0, 4.0), (101.0, 1.0)])
        >>> round(features.value("imbalance_3"), 4)
        0.3333
    """

    names = tuple(feature.name for feature in DEPTH_FEATURES)

    def __init__(self) -> None:
        self._states: Array = np.zeros(1, DEPTH_STATE)
        self._out: Array = np.full((1, len(self.names)), np.nan)
        self._row: Array = np.zeros(1, np.int64)

    def update(self, depth: Array) -> None:
        """Take in a changed book, shape (1,), dtype ``DEPTH``; one with an empty side is refused.

        Raises:
            InvalidValueError: When a side is empty.
        """
        _both_sides(depth)
        run_depth(self._states, depth, self._row, self._out)

    def book(self, bids: list[tuple[float, float]], asks: list[tuple[float, float]]) -> None:
        """Take in a changed book as prices and sizes, best first; raises as :meth:`update`."""
        depth: Array = np.zeros(1, DEPTH)
        for name, levels in (("bid", bids), ("ask", asks)):
            for k, (price, size) in enumerate(levels[: depth[name].shape[1]]):
                depth[name][0, k], depth[f"{name}_size"][0, k] = price, size
        self.update(depth)

    def values(self) -> Array:
        """Shape (12,): every feature as of the last book, in the order of ``names``."""
        return np.asarray(self._out[0].copy())

    def value(self, name: str) -> float:
        """One feature as of the last book.

        Raises:
            NotFoundError: For a name that is not in the catalogue.
        """
        if name not in self.names:
            raise NotFoundError(f"no feature {name!r} of the depth; there are: {', '.join(self.names)}")
        return float(self._out[0, self.names.index(name)])


def depth_batch(depths: Array, rows: Array) -> Array:
    """Features of levels after some of many books: the live update, in a compiled loop.

    Args:
        depths: Shape (n,), dtype ``DEPTH``.
        rows: Shape (m,), int64, ascending: after which books.

    Returns:
        Shape (m, 12), in the order of ``catalogue.DEPTH_FEATURES``.

    Raises:
        InvalidValueError: When a book has an empty side, or there are 0 books.
    """
    _both_sides(depths)
    out: Array = np.full((len(rows), len(DEPTH_FEATURES)), np.nan)
    run_depth(np.zeros(1, DEPTH_STATE), depths, np.ascontiguousarray(rows, np.int64), out)
    return out


def _both_sides(depths: Array) -> None:
    if depths.dtype != DEPTH or not len(depths):
        raise InvalidValueError("depths", "at least one row of dtype DEPTH", f"{depths.dtype}, shape {depths.shape}")
    empty = ~((depths["bid_size"][:, 0] > 0) & (depths["ask_size"][:, 0] > 0))
    if empty.any():
        raise InvalidValueError(
            "depths", "a best price with a size on both sides", f"none in row {int(empty.argmax())}"
        )
