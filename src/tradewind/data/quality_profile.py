"""What the plots of a quality report show: rows, prices, spreads and delays through time, in bins of fixed number.

Bins begin narrow and double in width whenever time runs out of them, so memory is flat and 256 to 512 bins are in use
however long the file is.
"""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.errors import TradewindError
from tradewind.core.kernels import entry, inner, rare
from tradewind.core.types import Batch, Instrument
from tradewind.data.calendars import DAY_NS, time_zone
from tradewind.data.quality_state import FAR, Int, Record

__all__ = ["BINS", "PROFILE", "TimeProfile"]

BINS = 512
"""Time bins of a profile."""
KINDS = 11
FIRST_WIDTH_NS = 29_296_875
"""60 s over 2 to the 11th: doubled, it meets 15 s, 30 s, 1 min, 2 min, ..."""

PROFILE = np.dtype(
    [
        ("start_ns", "i8"),
        ("width_ns", "i8"),
        ("quote", "i8", (2, 2)),
        ("rows", "i8", (BINS, KINDS)),
        ("volume_lots", "i8", (BINS,)),
        ("price_low", "f8", (BINS,)),
        ("price_high", "f8", (BINS,)),
        ("price_last", "f8", (BINS,)),
        ("spread_sum", "f8", (BINS,)),
        ("spreads", "i8", (BINS,)),
        ("latency_low_ns", "f8", (BINS,)),
        ("latency_sum_ns", "f8", (BINS,)),
        ("latencies", "i8", (BINS,)),
    ],
    align=True,
)
"""Time bins of one instrument; ``rows`` is by kind (0: bars), prices are in ticks, NaN where there is none."""

TRADE, EXECUTE, QUOTE, CLEAR = (int(EventKind[name]) for name in ("TRADE", "EXECUTE", "QUOTE", "CLEAR"))
IRREGULAR = int(EventFlag.OUT_OF_SEQUENCE | EventFlag.CORRECTED)
LAST, SNAPSHOT, RECV_ONLY = int(EventFlag.LAST), int(EventFlag.SNAPSHOT), int(EventFlag.RECV_ONLY)


class TimeProfile:
    """Profile of one instrument.

    Args:
        instrument: What the rows are about.
        interval_ns: Length of a bar; 0 for events.
    """

    def __init__(self, instrument: Instrument, interval_ns: int = 0) -> None:
        self.instrument = instrument
        self.interval_ns = interval_ns
        self.state = np.zeros(1, dtype=PROFILE)
        self.state["width_ns"] = interval_ns or FIRST_WIDTH_NS
        self.state["start_ns"] = -FAR
        for name in ("price_low", "price_high", "price_last"):
            self.state[name] = np.nan
        self.state["latency_low_ns"] = np.inf

    def add(self, batch: Batch) -> None:
        """See the next rows."""
        rows = np.ascontiguousarray(batch.rows)
        if self.interval_ns:
            profile_bars(rows, self.state)
        else:
            profile_events(rows, self.state)

    @property
    def zone(self) -> str:
        """Time zone of the instrument's days; UTC for daily bars, or where the calendar is not known."""
        try:
            return "UTC" if self.interval_ns >= DAY_NS else time_zone(self.instrument.calendar)
        except TradewindError:
            return "UTC"

    @property
    def used(self) -> int:
        """Bins from the first to the last that holds a row."""
        filled = np.flatnonzero(self.state[0]["rows"].any(axis=1))
        return int(filled[-1]) + 1 if len(filled) else 0

    def times_ns(self) -> Array:
        """Starts of the bins in use, shape (used,) [ns since 1970-01-01 UTC]."""
        state = self.state[0]
        return np.asarray(state["start_ns"] + np.arange(self.used) * state["width_ns"])

    def column(self, name: str) -> Array:
        """A field of :data:`PROFILE` over the bins in use."""
        return np.asarray(self.state[0][name][: self.used])


@entry
def profile_events(rows: Array, profiles: Array) -> None:
    """Put ``EVENT`` rows into their bins; snapshot rows and rows without a time are passed over."""
    profile = profiles[0]
    quote = profile.quote
    for i in range(len(rows)):
        row = rows[i]
        kind = np.int64(row.kind)
        if row.ts_event_ns <= 0 or row.flags & SNAPSHOT != 0 or kind >= KINDS:
            continue
        place = bin_of(profile, row.ts_event_ns)
        profile.rows[place, kind] += 1
        if kind == QUOTE:
            side = 0 if row.side > 0 else 1
            quote[side, 0] = row.price_ticks
            quote[side, 1] = row.size_lots
            if row.flags & LAST != 0 and quote[0, 1] > 0 and quote[1, 1] > 0:
                put_price(profile, place, 0.5 * (quote[0, 0] + quote[1, 0]))
                profile.spread_sum[place] += quote[1, 0] - quote[0, 0]
                profile.spreads[place] += 1
        elif kind in (TRADE, EXECUTE) and row.flags & IRREGULAR == 0 and row.price_ticks > 0 and row.size_lots > 0:
            profile.volume_lots[place] += row.size_lots
            if quote[0, 1] == 0 or quote[1, 1] == 0:
                put_price(profile, place, np.float64(row.price_ticks))
        if row.ts_recv_ns > 0 and row.flags & RECV_ONLY == 0:
            latency_ns = np.float64(row.ts_recv_ns - row.ts_event_ns)
            profile.latency_low_ns[place] = min(profile.latency_low_ns[place], latency_ns)
            profile.latency_sum_ns[place] += latency_ns
            profile.latencies[place] += 1


@entry
def profile_bars(rows: Array, profiles: Array) -> None:
    """Put ``BAR`` rows into their bins."""
    profile = profiles[0]
    for i in range(len(rows)):
        bar = rows[i]
        if bar.ts_start_ns > 0:
            place = bin_of(profile, bar.ts_start_ns)
            profile.rows[place, 0] += 1
            profile.volume_lots[place] += bar.volume_lots
            put_price(profile, place, np.float64(bar.high_ticks))
            put_price(profile, place, np.float64(bar.low_ticks))
            put_price(profile, place, np.float64(bar.close_ticks))


@inner
def put_price(profile: Record, place: Int, price: float) -> None:
    """A price widens the range of its bin and is its last for now."""
    if np.isnan(profile.price_last[place]):
        profile.price_low[place] = price
        profile.price_high[place] = price
    profile.price_low[place] = min(profile.price_low[place], price)
    profile.price_high[place] = max(profile.price_high[place], price)
    profile.price_last[place] = price


@inner
def bin_of(profile: Record, at_ns: Int) -> Int:
    """Bin of a moment; one before the first row goes into the first bin."""
    if profile.start_ns < 0:
        profile.start_ns = at_ns // profile.width_ns * profile.width_ns
    while at_ns - profile.start_ns >= BINS * profile.width_ns:
        halve(profile)
    return max(np.int64(0), (at_ns - profile.start_ns) // profile.width_ns)


@rare
def halve(profile: Record) -> None:
    """Twice the width, half the bins."""
    for place in range(BINS):
        left, right = 2 * place, 2 * place + 1
        inside = right < BINS
        for kind in range(KINDS):
            profile.rows[place, kind] = profile.rows[left, kind] + profile.rows[right, kind] if inside else 0
        for sums in (profile.volume_lots, profile.spreads, profile.latencies):
            sums[place] = sums[left] + sums[right] if inside else 0
        for sums in (profile.spread_sum, profile.latency_sum_ns):
            sums[place] = sums[left] + sums[right] if inside else 0.0
        low = profile.latency_low_ns
        low[place] = min(low[left], low[right]) if inside else np.inf
        if not inside:
            profile.price_low[place] = np.nan
            profile.price_high[place] = np.nan
            profile.price_last[place] = np.nan
        elif np.isnan(profile.price_last[right]):
            profile.price_low[place] = profile.price_low[left]
            profile.price_high[place] = profile.price_high[left]
            profile.price_last[place] = profile.price_last[left]
        else:
            one, other = profile.price_low[left], profile.price_low[right]
            profile.price_low[place] = other if np.isnan(one) else min(one, other)
            one, other = profile.price_high[left], profile.price_high[right]
            profile.price_high[place] = other if np.isnan(one) else max(one, other)
            profile.price_last[place] = profile.price_last[right]
    profile.width_ns *= 2
