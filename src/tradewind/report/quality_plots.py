"""Plots of a quality report: what happened through time, and three distributions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import polars as pl

from tradewind.core.dtypes import Array, EventKind
from tradewind.core.errors import TradewindError
from tradewind.data.calendars import ALWAYS_OPEN, DAY_NS, session_edges, trading_day
from tradewind.data.quality_checks import Check, Severity
from tradewind.data.quality_profile import TimeProfile
from tradewind.data.quality_report import QualityReport
from tradewind.data.quality_state import FINE, bucket_bounds
from tradewind.report.parts import Figure, Tone
from tradewind.report.plots import SERIES, Panel, Plot, band, bars, columns, heat, line, log_ticks, stack_panels
from tradewind.report.wording import count_text, duration_text, share_text, short_count

__all__ = ["TONE_OF", "latency_figure", "size_figure", "time_figure", "wait_figure"]

TONE_OF = {Severity.INFO: Tone.NOTE, Severity.WARNING: Tone.WARN, Severity.ERROR: Tone.BAD}
"""Colour of a finding."""
KIND_COLORS = {
    EventKind.ADD: SERIES[0],
    EventKind.DELETE: SERIES[1],
    EventKind.EXECUTE: SERIES[2],
    EventKind.TRADE: SERIES[5],
    EventKind.REDUCE: SERIES[6],
    EventKind.REPLACE: SERIES[4],
    EventKind.LEVEL: SERIES[3],
    EventKind.QUOTE: SERIES[7],
    EventKind.STATUS: SERIES[8],
    EventKind.CLEAR: SERIES[9],
}
MINUTE_NS = 60_000_000_000
SHADED_AT_MOST = 60
STRIP_PX = 19
TIME_NAMES = (
    *((10.0**k, duration_text(10.0**k)) for k in range(10)),
    *((6e10, "1 min"), (6e11, "10 min"), (3.6e12, "1 h"), (3.6e13, "10 h")),
)
CITIES = {"America/New_York": "New York", "America/Chicago": "Chicago", "Asia/Singapore": "Singapore"}


def time_figure(report: QualityReport, profile: TimeProfile, state: Array) -> Figure | None:
    """Price, spread, activity, latency and findings through time, one panel each.

    Args:
        report: What was found.
        profile: Time bins of the instrument; of others in the file only the findings are shown.
        state: Shape (1,), dtype :data:`~tradewind.data.quality_state.FILE_STATE`.

    Returns:
        The figure; None where no row has a time.
    """
    if not profile.used:
        return None
    calendar, zone, daily = profile.instrument.calendar, profile.zone, profile.interval_ns >= DAY_NS
    times = profile.times_ns()
    x = clock(times, zone)
    panels = [p for p in (_price(profile, x), _spread(profile, x), _activity(profile, x), _delay(profile, x)) if p]
    end_ns = int(times[-1]) + int(profile.state[0]["width_ns"])
    strip = _strip(report, state, zone, end_ns)
    panels += [strip] if strip else []
    shaded = [] if daily else _closed(calendar, int(times[0]), end_ns, zone)
    width = duration_text(int(profile.state[0]["width_ns"]))
    city = CITIES.get(zone, zone.rpartition("/")[2].replace("_", " "))
    ends = clock(np.array([times[0], end_ns]), zone)
    caption = f"Bins of {width}; times of {city if zone != 'UTC' else 'UTC'}."
    caption += " Shaded: outside trading hours." if shaded else ""
    caption += " Drag to zoom, double-click to go back."
    plot = stack_panels(panels, {"type": "date", "range": ends}, shaded)
    return Figure(f"{profile.instrument.symbol} through time", plot, caption)


def clock(times_ns: Array, zone: str) -> list[str]:
    """Times as a clock in a zone shows them, to the millisecond, as Plotly reads dates."""
    local = pl.Series(times_ns).cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(zone)
    return local.dt.strftime("%Y-%m-%d %H:%M:%S%.3f").to_list()


def _closed(calendar: str, start_ns: int, end_ns: int, zone: str) -> list[tuple[str, str]]:
    """Stretches outside trading hours; none where there would be too many to see."""
    if calendar == ALWAYS_OPEN:
        return []
    first, last = trading_day(np.array([start_ns, end_ns]), calendar)
    try:
        edges = session_edges(calendar, first.item() - timedelta(days=4), last.item() + timedelta(days=4))
    except TradewindError:
        return []
    shut = [(max(a, start_ns), min(b, end_ns)) for a, b in zip(edges[1::2], edges[2::2], strict=False)]
    shut = [(a, b) for a, b in shut if a < b]
    if len(shut) > SHADED_AT_MOST:
        return []
    return [(a, b) for a, b in (clock(np.array(pair), zone) for pair in shut)]


def _filled(values: Array) -> Array:
    """The last value there was, where there is none."""
    return pl.Series(values).fill_nan(None).forward_fill().to_numpy()


def _price(profile: TimeProfile, x: Sequence[str]) -> Panel | None:
    tick = float(profile.instrument.tick_size)
    last = _filled(profile.column("price_last")) * tick
    seen = ~np.isnan(profile.column("price_last"))
    if not seen.any():
        return None
    low = np.where(seen, profile.column("price_low") * tick, last)
    high = np.where(seen, profile.column("price_high") * tick, last)
    what = "Price" if profile.interval_ns else "Mid quote" if profile.column("spreads").any() else "Trade price"
    traces = (*band(x, low, high, SERIES[0]), line(x, last, what.lower(), SERIES[0]))
    bounds = np.nanquantile(np.concatenate([low[seen], high[seen]]), [0.004, 0.996])
    room = 0.12 * max(bounds[1] - bounds[0], tick)
    axis = {"range": [bounds[0] - room, bounds[1] + room], "nticks": 5, "hoverformat": ",.8~g"}
    return Panel(title=what, unit=profile.instrument.currency, traces=traces, height=170, axis=axis)


def _spread(profile: TimeProfile, x: Sequence[str]) -> Panel | None:
    count = profile.column("spreads")
    if not count.any():
        return None
    mean = _filled(np.where(count > 0, profile.column("spread_sum") / np.maximum(count, 1), np.nan))
    low, high = float(np.nanmin(mean)), float(np.nanmax(mean))
    axis: Plot = {"range": [min(0.0, low), 1.15 * high], "nticks": 4}
    if low > 0 and high > 30 * low:
        axis = log_ticks(low / 1.3, 1.3 * high, [(10.0**k, f"{10.0**k:g}") for k in range(-2, 7)])
    return Panel(
        title="Spread",
        unit="ticks, mean",
        traces=(line(x, mean, "spread", SERIES[3]),),
        height=90,
        axis=axis | {"hoverformat": ".3~g"},
    )


def _activity(profile: TimeProfile, x: Sequence[str]) -> Panel:
    width_ns = int(profile.state[0]["width_ns"])
    if profile.interval_ns:
        volume = profile.column("volume_lots") * float(profile.instrument.lot_size)
        axis = {"nticks": 4, "tickformat": "~s", "rangemode": "tozero"}
        return Panel(
            title="Volume", unit="units", traces=(columns(x, volume, "volume", SERIES[7]),), height=100, axis=axis
        )
    unit_ns, name = (MINUTE_NS, "minute") if width_ns >= 1_000_000_000 else (1_000_000_000, "second")
    rows = profile.column("rows")
    order = sorted(EventKind, key=lambda kind: -int(rows[:, kind].sum()))
    traces = tuple(
        line(x, rows[:, kind] * (unit_ns / width_ns), kind.name.lower(), KIND_COLORS[kind], stacked=True)
        for kind in order
        if rows[:, kind].any()
    )
    axis = {"nticks": 4, "tickformat": "~s", "rangemode": "tozero", "hoverformat": ",.3~s"}
    return Panel(title="Activity", unit=f"rows per {name}", traces=traces, height=130, axis=axis)


def _delay(profile: TimeProfile, x: Sequence[str]) -> Panel | None:
    count = profile.column("latencies")
    if not count.any():
        return None
    low = np.where(count > 0, profile.column("latency_low_ns"), np.nan)
    mean = np.where(count > 0, profile.column("latency_sum_ns") / np.maximum(count, 1), np.nan)
    size = float(np.nanquantile(np.abs(mean), 0.9))
    scale, unit = next(((s, u) for s, u in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")) if size >= s), (1.0, "ns"))
    top = float(np.nanquantile(mean, 0.99)) / scale
    bottom = min(0.0, float(np.nanquantile(low, 0.01)) / scale)
    room = 0.1 * (top - bottom or 1.0)
    traces = (
        line(x, _filled(mean / scale), "mean", SERIES[1]),
        line(x, _filled(low / scale), "smallest", SERIES[7]),
    )
    axis = {"range": [bottom - (room if bottom else 0), top + room], "nticks": 4, "hoverformat": ".3~g"}
    return Panel(title="Feed latency", unit=unit, traces=traces, height=110, axis=axis)


def _strip(report: QualityReport, state: Array, zone: str, end_ns: int) -> Panel | None:
    """Where in time each finding's rows are."""
    marks = state[0]["marks"]
    shown = [f for f in report.findings if marks["counts"][Check[f.check.upper()]].any()]
    if not shown:
        return None
    counts = np.stack([marks["counts"][Check[f.check.upper()]] for f in shown])
    used = int(np.flatnonzero(counts.any(axis=0))[-1]) + 1
    width = int(marks["width_ns"])
    middles = int(marks["start_ns"]) + np.arange(used) * width + width // 2
    keep = middles <= end_ns + width
    names = [f.title for f in shown]
    traces = heat(clock(middles[keep], zone), names, counts[:, :used][:, keep], [TONE_OF[f.severity] for f in shown])
    axis = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": names[::-1],
        "range": [-0.5, len(names) - 0.5],
        "tickmode": "array",
        "tickvals": names,
        "showgrid": False,
    }
    return Panel(title="Findings", traces=traces, height=STRIP_PX * len(names) + 6, axis=axis)


def _spread_out(counts: Array, bounds: Array, edges: Array) -> Array:
    """Counts of a sketch's buckets over other bins, each bucket spread evenly, as shares of all."""
    below = np.concatenate([[0.0], np.cumsum(counts)])
    return np.asarray(np.diff(np.interp(edges, bounds, below)) / max(1, below[-1]))


def _small(trace: Plot, axis: Plot) -> Plot:
    """A histogram by itself; heights are shares of all."""
    panel = Panel(title="", traces=(trace,), height=190, axis={"tickformat": ".0%", "nticks": 4})
    return stack_panels([panel], axis, left=42)


def _log_figure(sketch: Array, color: str, names: Sequence[tuple[float, str]], told: Plot) -> tuple[Plot, float]:
    """Histogram of a sketch on a log axis from 1 up; returns the plot and the share of zeros."""
    bounds = bucket_bounds()
    filled = np.flatnonzero(sketch[1:]) + 1
    low = np.floor(8 * np.log10(bounds[filled[0]])) / 8
    high = np.ceil(8 * np.log10(bounds[filled[-1] + 1])) / 8
    edges = 10 ** np.arange(low, high + 0.0625, 0.125)
    positive = sketch.astype(np.float64)
    positive[0] = 0
    shares = _spread_out(positive, bounds, edges) * positive.sum() / sketch.sum()
    say = told["say"]
    hover = [f"{say(a)} to {say(b)}: {share_text(s)}" for a, b, s in zip(edges[:-1], edges[1:], shares, strict=True)]
    trace = bars(edges, shares, color, hover)
    axis = log_ticks(edges[0], edges[-1], names)
    return _small(trace, axis), sketch[0] / sketch.sum()


def wait_figure(state: Array) -> Figure | None:
    """How long after a packet the next one comes, on a log axis; None without two packets."""
    sketch = state[0]["waits"]
    if not sketch[1:].any():
        return None
    plot, zeros = _log_figure(sketch, SERIES[0], TIME_NAMES, {"say": duration_text})
    caption = f"Event time from packet to packet of one instrument. {share_text(zeros)} come at the same time."
    return Figure("Time between packets", plot, caption)


def size_figure(state: Array, unit: str) -> Figure | None:
    """Sizes of trades, on a log axis; None without trades.

    Args:
        state: Shape (1,), dtype :data:`~tradewind.data.quality_state.FILE_STATE`.
        unit: What a lot is.
    """
    sketch = state[0]["sizes"]
    if not sketch[1:].any():
        return None
    names = [(10.0**k, short_count(10.0**k)) for k in range(18)]
    plot, _ = _log_figure(sketch, SERIES[5], names, {"say": short_count})
    return Figure("Trade sizes", plot, f"In lots; a lot is {unit}. {count_text(int(sketch.sum()))} trades.")


def latency_figure(report: QualityReport, state: Array) -> Figure | None:
    """Receive time minus event time, from the 0.2 % to the 99 % quantile; None without two clocks."""
    if report.latency is None:
        return None
    bounds = bucket_bounds(FINE)
    both = np.concatenate([-bounds[:0:-1], bounds])
    counts = np.concatenate([state[0]["latency"][1][::-1], state[0]["latency"][0]]).astype(np.float64)
    # A latency of exactly zero is in the first bucket that is not negative: the mirrored one ends at zero.
    below = np.cumsum(counts) / counts.sum()
    low = float(both[int(np.searchsorted(below, 0.002))])
    high = float(both[int(np.searchsorted(below, 0.99)) + 1])
    edges = np.linspace(low, high if high > low else low + 1, 61)
    shares = _spread_out(counts, both, edges)
    size = max(abs(low), abs(high))
    scale, unit = next(((s, u) for s, u in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")) if size >= s), (1.0, "ns"))
    hover = [
        f"{duration_text(a)} to {duration_text(b)}: {share_text(s)}"
        for a, b, s in zip(edges[:-1], edges[1:], shares, strict=True)
    ]
    trace = bars(edges / scale, shares, SERIES[1], hover)
    caption = (
        f"Receive time minus event time: median {duration_text(report.latency.p50_ns)}, 99 % within "
        f"{duration_text(report.latency.p99_ns)}, {share_text(report.latency.negative_share)} negative."
    )
    return Figure(f"Feed latency, {unit}", _small(trace, {}), caption)
