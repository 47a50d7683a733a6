"""Quality of market data: a scan that sees every row once, in flat memory, and the report it ends in.

While a file is imported, and by ``tradewind data check``: :class:`QualityScan` takes batches and
:meth:`QualityScan.report` judges what it counted. The checks are in :mod:`tradewind.data.quality_checks`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from tradewind.core.dtypes import Array, EventKind
from tradewind.core.ports import BookProbe, Feed
from tradewind.core.types import Batch, Instrument
from tradewind.data.quality_bars import scan_bars
from tradewind.data.quality_checks import BOOK_CHECKS, Check
from tradewind.data.quality_events import scan_events
from tradewind.data.quality_orders import LiveOrders
from tradewind.data.quality_profile import TimeProfile
from tradewind.data.quality_report import QualityReport, ScanResult, build_report, counted_by_reader
from tradewind.data.quality_sessions import SessionWatch
from tradewind.data.quality_state import file_state, flag_row, instrument_state

__all__ = ["QualityScan", "check_feed"]

ORDER_KINDS = tuple(int(EventKind[name]) for name in ("ADD", "REDUCE", "DELETE", "EXECUTE", "REPLACE"))


class _Seen:
    """What is remembered of one instrument."""

    def __init__(self, number: int, batch: Batch) -> None:
        self.symbol = batch.instrument.symbol
        self.state = instrument_state(number, bars=batch.interval_ns > 0)
        self.orders = LiveOrders(number)
        self.sessions = SessionWatch(batch.instrument.calendar, batch.interval_ns)


class QualityScan:
    """Looks at rows as they come.

    Counts are exact; quantiles come from sketches. Memory depends on the number of instruments and of live orders, not
    of rows.

    Args:
        source: What the rows come from, for the report.
        probe: Sees the order and level rows too, for what only a book can tell: crossed and locked books.
        profiled: Of how many instruments, the first ones, to keep a profile for plots.

    Attributes:
        state: Shape (1,), dtype :data:`~tradewind.data.quality_state.FILE_STATE`: counters and sketches.
        profiles: By symbol and length of bars.

    Examples:
        >>> from decimal import Decimal
        >>> from tradewind.core.dtypes import EVENT, EventFlag
        >>> rows = np.zeros(2, dtype=EVENT)
        >>> rows["ts_event_ns"], rows["sequence"] = [2_000_000_000, 1_000_000_000], [0, 1]
        >>> rows["kind"], rows["side"], rows["flags"] = EventKind.TRADE, 1, EventFlag.LAST
        >>> rows["price_ticks"], rows["size_lots"] = 100, 5
        >>> scan = QualityScan("two trades")
        >>> scan.add(Batch(Instrument(symbol="X", tick_size=Decimal(1), lot_size=Decimal(1)), rows))
        >>> report = scan.report()
        >>> report.reason, report.findings[0].worst
        ('Time goes back (1, 50.00%).', 1000000000)
    """

    def __init__(self, source: str = "", probe: BookProbe | None = None, *, profiled: int = 0) -> None:
        self.source = source
        self.state = file_state()
        self.profiles: dict[tuple[str, int], TimeProfile] = {}
        self._profiled = profiled
        self._probe = probe
        self._seen: dict[tuple[str, int], _Seen] = {}
        self._bars = False

    @property
    def rows(self) -> int:
        """Rows seen so far."""
        return int(self.state[0]["rows"])

    def add(self, batch: Batch) -> None:
        """See the next rows of an instrument."""
        if not len(batch.rows):
            return
        key = (batch.instrument.symbol, batch.interval_ns)
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = _Seen(len(self._seen), batch)
            if len(self.profiles) < self._profiled:
                self.profiles[key] = TimeProfile(batch.instrument, batch.interval_ns)
        rows = np.ascontiguousarray(batch.rows)
        if batch.interval_ns:
            self._bars = True
            scan_bars(rows, self.state, seen.state)
        else:
            self._add_events(rows, seen, batch.instrument)
        seen.sessions.scan(rows, self.state, seen.state)
        if key in self.profiles:
            self.profiles[key].add(batch)

    def _add_events(self, rows: Array, seen: _Seen, instrument: Instrument) -> None:
        first_row = self.rows + 1
        scan_events(rows, self.state, seen.state)
        kinds = rows["kind"]
        if len(seen.orders) or np.isin(kinds, ORDER_KINDS).any():
            seen.orders.scan(rows, self.state, first_row)
        if self._probe is not None:
            quotes = kinds == EventKind.QUOTE
            self._probe.feed(instrument, rows[~quotes] if quotes.any() else rows)

    def report(self, counts: Mapping[str, int] | None = None, notes: Iterable[str] = ()) -> QualityReport:
        """Judge what was seen so far; the scan can go on.

        Args:
            counts: What the reader counted (``feed.counts``); ``sequence_gaps`` there is believed.
            notes: Remarks of the reader (``feed.notes``).

        Returns:
            The report.
        """
        counts = dict(counts or {})
        state = self.state.copy()
        seen = list(self._seen.values())
        for one in seen:
            if not self._bars and one.state[0]["packet_open"]:
                last = one.state[0]
                place = (last["last_row"], last["last_sequence"], last["last_event_ns"], last["symbol"])
                flag_row(state[0], int(Check.LAST_MISSING), np.int64(0), place)
        believed = counted_by_reader(counts)
        from_probe = self._probe.counts() if self._probe is not None else {}
        by_book = {check: from_probe[name] for name, check in BOOK_CHECKS.items() if from_probe.get(name)}
        for check, count in {**believed, **by_book}.items():
            state[0]["found"]["count"][check] = count
        sessions = self._half_days(state)
        told = [*notes, *dict.fromkeys(one.sessions.note for one in seen if one.sessions.note)]
        return build_report(
            ScanResult(
                source=self.source,
                state=state,
                bars=self._bars,
                symbols=tuple(one.symbol for one in seen),
                calendars=tuple(sorted({one.sessions.calendar for one in seen})),
                sessions=sessions,
                silence_expected_ns=self._silence_expected(),
                from_reader=frozenset({*believed, *by_book}),
                counts=counts,
                notes=tuple(told),
            )
        )

    def _half_days(self, state: Array) -> int:
        """Note half days in the state; returns the number of sessions."""
        watches = {one.sessions.calendar: one.sessions for one in self._seen.values()}
        sessions = 0
        for watch in watches.values():
            days, count = watch.days(int(state[0]["first_ns"]), int(state[0]["last_ns"]))
            sessions = max(sessions, count)
            for day in days:
                at = np.datetime64(day, "ns").astype(np.int64)
                flag_row(state[0], int(Check.HALF_DAYS), np.int64(0), (np.int64(0), np.int64(0), at, np.int64(0)))
        return sessions

    def _silence_expected(self) -> float:
        """Longest silence that chance gives the first instrument: mean gap times the logarithm of the rows [ns]."""
        if self._bars or not self._seen:
            return 0.0
        state = next(iter(self._seen.values())).state[0]
        rows = max(1, int(state["session_rows"]))
        return int(state["open_ns"]) / rows * float(np.log(rows + 1))


def check_feed(feed: Feed, source: str = "", probe: BookProbe | None = None) -> QualityReport:
    """Scan a feed from start to end.

    Args:
        feed: Any feed.
        source: What to call it; its first path when absent.
        probe: As for :class:`QualityScan`.

    Returns:
        The report; raises what reading the feed raises.
    """
    scan = QualityScan(source or str(next(iter(feed.paths), "")), probe)
    for batch in feed:
        scan.add(batch)
    return scan.report(getattr(feed, "counts", None), getattr(feed, "notes", ()))
