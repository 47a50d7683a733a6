"""Rows against the calendar: outside hours, closed days, silences, missing bars."""

from __future__ import annotations

from datetime import date

import numpy as np

from tradewind.core.dtypes import Array, EventFlag
from tradewind.core.errors import InvalidValueError, MissingExtraError
from tradewind.core.kernels import entry, inner
from tradewind.data.calendars import ALWAYS_OPEN, DAY_NS, half_days, session_days, session_edges, trading_day
from tradewind.data.quality_checks import Check
from tradewind.data.quality_state import FAR, Int, flag_row

__all__ = ["SILENCE_NS", "SessionWatch"]

SILENCE_NS = 300_000_000_000
"""Trading time without a row that counts as a silence [ns]."""

OUTSIDE, CLOSED_DAYS = int(Check.OUTSIDE_SESSION), int(Check.CLOSED_DAYS)
SILENCES, MISSING_BARS = int(Check.SILENCES), int(Check.MISSING_BARS)
SNAPSHOT = int(EventFlag.SNAPSHOT)


class SessionWatch:
    """Watches the rows of one instrument against its calendar.

    Args:
        calendar: Name of the calendar.
        interval_ns: Length of a bar; 0 for events. Bars of a day or more are dated by the UTC day of their start.

    Attributes:
        note: Why the calendar could not be used; empty when it could.
    """

    def __init__(self, calendar: str, interval_ns: int = 0) -> None:
        self.calendar = calendar
        self.interval_ns = interval_ns
        self.note = ""

    def scan(self, rows: Array, files: Array, instruments: Array) -> None:
        """Look at the next rows, after the kernel of events or bars has.

        Args:
            rows: Shape (n,), dtype ``EVENT`` or ``BAR``.
            files: Shape (1,), dtype :data:`~tradewind.data.quality_state.FILE_STATE`; findings are added.
            instruments: Shape (1,), the instrument's state; changed.
        """
        times = np.ascontiguousarray(rows["ts_start_ns" if self.interval_ns else "ts_event_ns"])
        good = times[times > 0]
        if not len(good):
            return
        first_row = int(files[0]["rows"]) - len(rows) + 1
        latest = int(instruments[0]["latest_ns"])
        low = min(int(good.min()), latest) if latest > 0 else int(good.min())
        edges = self._edges(low, max(int(good.max()), latest))
        outside = np.zeros(len(rows), dtype=bool)
        if self.interval_ns:
            numbers = (np.int64(first_row), np.int64(self.interval_ns))
            place_bars(times, numbers, edges, (files, instruments), outside)
        else:
            place_events(rows, first_row, edges, (files, instruments), outside)
        if outside.any():
            self._closed_days(times, outside, first_row, files, int(instruments[0]["symbol"]))

    def _edges(self, low_ns: int, high_ns: int) -> Array:
        """Opens and closes around a span; everything is open where the calendar cannot be used."""
        always = np.array([-FAR, FAR])
        if self.calendar == ALWAYS_OPEN or self.note:
            return always
        try:
            first, last = self._day(np.array([low_ns, high_ns]))
            if self.interval_ns < DAY_NS:
                return session_edges(self.calendar, first.item(), last.item())
            midnights = session_days(self.calendar, first.item(), last.item()).astype("datetime64[ns]").astype(np.int64)
            return np.stack([midnights, midnights + DAY_NS], axis=1).ravel()
        except (MissingExtraError, InvalidValueError) as error:
            self.note = f"Sessions were not checked: {error}"
            return always

    def _day(self, times_ns: Array) -> Array:
        return trading_day(times_ns, ALWAYS_OPEN if self.interval_ns >= DAY_NS else self.calendar)

    def _closed_days(self, times: Array, outside: Array, first_row: int, files: Array, symbol: int) -> None:
        """Of the rows outside hours, those of days without a session."""
        places = np.flatnonzero(outside)
        days = self._day(times[places])
        open_days = session_days(self.calendar, days.min().item(), days.max().item())
        closed = places[~np.isin(days, open_days)]
        if len(closed):
            flag_closed(closed, times, files, (np.int64(first_row), np.int64(symbol)))

    def days(self, first_ns: int, last_ns: int) -> tuple[list[date], int]:
        """Half days between two moments, and how many sessions there are."""
        if self.calendar == ALWAYS_OPEN or self.note or last_ns < first_ns:
            return [], 0
        first, last = (day.item() for day in self._day(np.array([first_ns, last_ns])))
        return half_days(self.calendar, first, last).tolist(), len(session_days(self.calendar, first, last))


@entry
def flag_closed(places: Array, times: Array, files: Array, numbers: tuple[Int, Int]) -> None:
    """Count rows of a batch that are of closed days."""
    file = files[0]
    first_row, symbol = numbers
    for k in range(len(places)):
        row = first_row + places[k]
        flag_row(file, CLOSED_DAYS, np.int64(0), (row, row, times[places[k]], symbol))


@entry
def place_events(rows: Array, first_row: Int, edges: Array, memory: tuple[Array, Array], outside: Array) -> None:
    """Rows outside hours, and trading time without a row; snapshot rows and rows without a time are passed over."""
    file, seen = memory[0][0], memory[1][0]
    after = 0  # edges not after the latest row
    while after < len(edges) and edges[after] <= seen.latest_ns:
        after += 1
    for i in range(len(rows)):
        row = rows[i]
        at = row.ts_event_ns
        if at <= 0 or row.flags & SNAPSHOT != 0:
            continue
        place = (first_row + i, row.sequence, at, seen.symbol)
        if at >= seen.latest_ns:
            silent, start = np.int64(0), seen.latest_ns
            while after < len(edges) and edges[after] <= at:
                if after % 2 == 1:
                    silent += edges[after] - max(start, edges[after - 1])
                after += 1
            if after % 2 == 1:
                silent += at - max(start, edges[after - 1])
            if start > 0:
                seen.open_ns += silent
                seen.silence_ns = max(seen.silence_ns, silent)
                if silent > SILENCE_NS:
                    flag_row(file, SILENCES, silent, place)
            seen.latest_ns = at
            inside = after % 2 == 1
        else:
            inside = is_inside(edges, at)
        if inside:
            seen.session_rows += 1
        else:
            outside[i] = True
            flag_row(file, OUTSIDE, np.int64(0), place)


@inner
def is_inside(edges: Array, at: Int) -> bool:
    """Whether an odd number of edges are not after a moment."""
    return bool(np.searchsorted(edges, at, side="right") % 2 == 1)


@entry
def place_bars(
    times: Array, numbers: tuple[Int, Int], edges: Array, memory: tuple[Array, Array], outside: Array
) -> None:
    """Bars that overlap no session, and bars that are missing between two."""
    file, seen = memory[0][0], memory[1][0]
    first_row, interval_ns = numbers
    for i in range(len(times)):
        at = times[i]
        if at <= 0:
            continue
        following = np.int64(np.searchsorted(edges, at, side="right"))
        place = (first_row + i, first_row + i, at, seen.symbol)
        if following % 2 == 0 and (following == len(edges) or edges[following] >= at + interval_ns):
            outside[i] = True
            flag_row(file, OUTSIDE, np.int64(0), place)
        else:
            file.bars_due += 1
        if seen.latest_ns > 0 and at > seen.latest_ns + interval_ns:
            missing = bars_between(seen.latest_ns, at, interval_ns, edges)
            file.bars_due += missing
            if missing > 0:
                flag_row(file, MISSING_BARS, missing, place)
                file.found[MISSING_BARS].count += missing - 1
        seen.latest_ns = max(seen.latest_ns, at)


@inner
def bars_between(start_ns: Int, end_ns: Int, interval_ns: Int, edges: Array) -> Int:
    """Bars on the grid of ``start_ns``, after it and over before ``end_ns``, that overlap a session."""
    missing, done = np.int64(0), np.int64(0)
    last = (end_ns - start_ns) // interval_ns - 1
    piece = np.int64(np.searchsorted(edges, start_ns + interval_ns, side="right")) // 2 * 2
    while piece < len(edges) and edges[piece] < end_ns and done < last:
        low = max(done + 1, (max(edges[piece], start_ns) - start_ns) // interval_ns)
        close = min(edges[piece + 1], end_ns)
        high = min(last, (close - start_ns - 1) // interval_ns)
        if high >= low:
            missing += high - low + 1
            done = high
        piece += 2
    return missing
