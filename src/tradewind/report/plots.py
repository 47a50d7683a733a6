"""Plots in the house style, as plain Plotly figures (``data`` and ``layout``): no colours but those of the series.

Text, grid and ground take the page's colours from its style sheet, so one drawing serves light, dark and paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.report.parts import Tone

__all__ = [
    "FONT",
    "SERIES",
    "TONES",
    "Panel",
    "Plot",
    "axis_of",
    "band",
    "bars",
    "columns",
    "heat",
    "line",
    "log_ticks",
    "plain_values",
    "stack_panels",
]

Plot: TypeAlias = dict[str, Any]
"""A Plotly figure or one of its traces, as plain values."""

FONT = 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
"""Letters of all plots."""
SERIES = ("#4a86d8", "#e08a3c", "#3aa583", "#9a7bd6", "#d6607c", "#4fb3c8", "#b59a3b", "#8490a0", "#7fa650", "#c27ba8")
"""Colours of series, told apart on light and on dark ground."""
TONES = {
    Tone.PLAIN: "#8490a0",
    Tone.NOTE: "#4a86d8",
    Tone.GOOD: "#3aa583",
    Tone.WARN: "#e0912f",
    Tone.BAD: "#d8483e",
}
"""Colours of marks by what they say."""
MOST_TICKS = 6
MARGIN_TOP, MARGIN_BOTTOM, GUTTER, GAP = 8, 42, 172, 26


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One of several plots over the same time axis.

    Attributes:
        title: What it shows.
        traces: What is drawn.
        unit: Of its vertical axis.
        height: Height [px].
        axis: Settings of its vertical axis.
    """

    title: str
    traces: tuple[Plot, ...]
    unit: str = ""
    height: int = 150
    axis: Plot = {}


def plain_values(values: Array | Sequence[Any]) -> list[Any]:
    """Values as JSON knows them; a number that is not one is a gap."""
    array = np.asarray(values)
    if array.dtype.kind == "f":
        return [None if not np.isfinite(value) else float(f"{value:.8g}") for value in array.tolist()]
    found: list[Any] = array.tolist()
    return found


def line(x: Array | Sequence[Any], y: Array, name: str, color: str, *, stacked: bool = False) -> Plot:
    """A line of steps; with ``stacked`` an area on top of those before.

    Args:
        x: Shape (n,), where each step begins.
        y: Shape (n,); NaN is a gap.
        name: For the legend and the pointer.
        color: Of the line.
        stacked: Whether it is an area.
    """
    trace: Plot = {"type": "scatter", "mode": "lines", "name": name, "x": plain_values(x), "y": plain_values(y)}
    trace["line"] = {"color": color, "width": 0 if stacked else 1.4, "shape": "hv"}
    if stacked:
        trace |= {"stackgroup": "all", "fillcolor": color, "opacity": 0.9}
    return trace


def band(x: Array | Sequence[Any], low: Array, high: Array, color: str) -> tuple[Plot, Plot]:
    """The ground between two lines of steps; the pointer and the legend pass it over."""
    quiet = {"showlegend": False, "hoverinfo": "skip"}
    lower = line(x, low, "low", color) | quiet
    upper = line(x, high, "high", color) | quiet | {"fill": "tonexty", "fillcolor": _faded(color, 0.22)}
    lower["line"] = upper["line"] = {"color": color, "width": 0, "shape": "hv"}
    return lower, upper


def bars(edges: Array, heights: Array, color: str, hover: Sequence[str]) -> Plot:
    """A histogram.

    Args:
        edges: Shape (n + 1,), where bars meet.
        heights: Shape (n,).
        color: Of the bars.
        hover: Shape (n,), what the pointer says.
    """
    # Drawn as one outline: bars of unequal width on a log axis would leave seams.
    x = np.repeat(np.asarray(edges, dtype=np.float64), 2)
    y = np.concatenate([[0.0], np.repeat(heights, 2), [0.0]])
    told = ["", *(text for text in hover for _ in range(2)), ""]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": plain_values(x),
        "y": plain_values(y),
        "text": told,
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": color, "width": 1.2},
        "fill": "tozeroy",
        "fillcolor": _faded(color, 0.35),
        "showlegend": False,
    }


def columns(x: Array | Sequence[Any], y: Array, name: str, color: str) -> Plot:
    """Columns over time, for volumes."""
    marker = {"color": color, "line": {"width": 0}}
    return {
        "type": "bar",
        "name": name,
        "x": plain_values(x),
        "y": plain_values(y),
        "marker": marker,
        "showlegend": False,
    }


def heat(x: Array | Sequence[Any], names: Sequence[str], counts: Array, tones: Sequence[Tone]) -> tuple[Plot, ...]:
    """Strips of marks through time: one row per name, the stronger the more there were.

    Args:
        x: Shape (n,), where each bin begins.
        names: Rows, from top to bottom.
        counts: Shape (rows, n).
        tones: What each row's colour says.

    Returns:
        One trace per tone.
    """
    traces = []
    for tone in dict.fromkeys(tones):
        strength = np.where(counts > 0, 0.35 + 0.65 * np.log1p(counts) / np.log1p(max(1, counts.max())), np.nan)
        strength[[other != tone for other in tones]] = np.nan
        traces.append(
            {
                "type": "heatmap",
                "x": plain_values(x),
                "y": list(names),
                "z": [plain_values(row) for row in strength],
                "customdata": counts.tolist(),
                "colorscale": [[0, _faded(TONES[tone], 0.0)], [1, TONES[tone]]],
                "zmin": 0,
                "zmax": 1,
                "showscale": False,
                "ygap": 4,
                "hoverongaps": False,
                "hovertemplate": "%{y}<br>%{x}<br>%{customdata:,}<extra></extra>",
            }
        )
    return tuple(traces)


def log_ticks(low: float, high: float, names: Sequence[tuple[float, str]]) -> Plot:
    """A logarithmic axis with ticks that have names.

    Args:
        low: Smallest value shown, above 0.
        high: Largest.
        names: Values and what stands at them; of those in range at most six are used.
    """
    shown = [(value, text) for value, text in names if low <= value <= high]
    shown = shown[:: max(1, -(-len(shown) // MOST_TICKS))]
    ticks = {"tickvals": [value for value, _ in shown], "ticktext": [text for _, text in shown]} if shown else {}
    return {"type": "log", "range": [float(np.log10(low)), float(np.log10(high))], **ticks}


def axis_of(settings: Plot) -> Plot:
    """An axis in the house style, with settings of its own."""
    plain = {
        "zeroline": False,
        "showline": False,
        "tickangle": 0,
        "ticks": "",
        "tickfont": {"size": 11},
        "gridwidth": 1,
    }
    return plain | settings


def stack_panels(
    panels: Sequence[Panel],
    x_axis: Plot,
    shaded: Sequence[tuple[str, str]] = (),
    *,
    left: int = GUTTER,
    bottom: int = MARGIN_BOTTOM,
) -> Plot:
    """Panels under each other over one horizontal axis, moved and zoomed together; their titles in the left gutter.

    Args:
        panels: From top to bottom.
        x_axis: Settings of the horizontal axis.
        shaded: Stretches of the horizontal axis with a darker ground.
        left: Room for titles and labels of the vertical axes [px].
        bottom: Room for labels of the horizontal axis [px].

    Returns:
        A Plotly figure.
    """
    inner = sum(panel.height for panel in panels) + GAP * (len(panels) - 1)
    data: list[Plot] = []
    layout: Plot = {
        "height": inner + MARGIN_TOP + bottom,
        "margin": {"l": left, "r": 10, "t": MARGIN_TOP, "b": bottom},
        "font": {"family": FONT, "size": 12},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "x",
        "bargap": 0,
        "annotations": [],
        "shapes": [_shade(start, end) for start, end in shaded],
    }
    used = 0
    for number, panel in enumerate(panels, start=1):
        suffix = "" if number == 1 else str(number)
        top, low = 1 - used / inner, max(0.0, 1 - (used + panel.height) / inner)
        used += panel.height + GAP
        layout[f"yaxis{suffix}"] = axis_of({"domain": [low, top], "fixedrange": True, **panel.axis})
        layout[f"legend{suffix}"] = _legend(top - 36 / inner)
        layout["annotations"] += _title(panel, top, left)
        data += _placed(panel, suffix)
        layout["xaxis"] = axis_of(
            {"anchor": f"y{suffix}", "showgrid": False, "ticks": "outside", "ticklen": 4, **x_axis}
        )
    return {"data": data, "layout": layout}


def _placed(panel: Panel, suffix: str) -> list[Plot]:
    """Traces on the axes of their panel; a single line needs no legend."""
    named = [trace for trace in panel.traces if trace.get("showlegend", trace["type"] != "heatmap")]
    found = []
    for trace in panel.traces:
        place = {"xaxis": "x", "yaxis": f"y{suffix}"}
        if trace["type"] != "heatmap":
            place["legend"] = f"legend{suffix}"
        found.append(trace | place | ({"showlegend": False} if len(named) < 2 else {}))
    return found


def _legend(top: float) -> Plot:
    """In the gutter, under the title of its panel."""
    place = {"xref": "container", "x": 0, "xanchor": "left", "y": top, "yanchor": "top"}
    return place | {"font": {"size": 11}, "bgcolor": "rgba(0,0,0,0)", "itemwidth": 30, "traceorder": "normal"}


def _title(panel: Panel, top: float, left: int) -> list[Plot]:
    """In the gutter, at the top of its panel; the unit under it."""
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": top, "xanchor": "left", "yanchor": "top", "xshift": -left}
    place |= {"showarrow": False, "align": "left", "borderpad": 0}
    title = place | {"text": f"<b>{panel.title}</b>", "yshift": 3, "font": {"size": 12}}
    unit = place | {"text": panel.unit, "yshift": -14, "font": {"size": 11}, "opacity": 0.65}
    return [title, unit] if panel.unit else [title]


def _shade(start: str, end: str) -> Plot:
    """A darker ground through all panels."""
    place = {"type": "rect", "xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1}
    return place | {"layer": "below", "fillcolor": "rgba(128,138,150,0.10)", "line": {"width": 0}}


def _faded(color: str, opacity: float) -> str:
    red, green, blue = (int(color[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
