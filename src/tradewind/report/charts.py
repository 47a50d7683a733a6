"""Single plots of curves, in the house style: for small multiples and for pictures beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.report.plots import FONT, Plot, axis_of, plain_values

__all__ = ["chart", "curve", "interval"]


def curve(x: Array | Sequence[Any], y: Array | Sequence[Any], name: str, color: str, *, marks: bool = True) -> Plot:
    """A curve through points; gaps where a value is not known.

    Args:
        x: Shape (n,).
        y: Shape (n,).
        name: For the legend.
        color: Of the curve.
        marks: Whether the points are marked.
    """
    values = np.array([np.nan if v is None else v for v in y], dtype=np.float64)
    trace: Plot = {"type": "scatter", "mode": "lines+markers" if marks else "lines", "name": name}
    trace |= {"x": plain_values(x), "y": plain_values(values), "line": {"color": color, "width": 1.6}}
    return trace | {"marker": {"color": color, "size": 5}}


def interval(x: Array | Sequence[Any], low: Sequence[float], high: Sequence[float], color: str) -> Plot:
    """The ground between two curves, without a place in the legend."""
    red, green, blue = (int(color[k : k + 2], 16) for k in (1, 3, 5))
    ends = plain_values(x)
    trace: Plot = {"type": "scatter", "mode": "lines", "x": ends + ends[::-1], "y": [*high, *list(low)[::-1]]}
    trace |= {"fill": "toself", "fillcolor": f"rgba({red},{green},{blue},0.18)", "line": {"width": 0}}
    return trace | {"showlegend": False, "hoverinfo": "skip"}


def chart(traces: Sequence[Plot], x_axis: Plot, y_axis: Plot, *, height: int = 230, legend: bool = True) -> Plot:
    """One plot.

    Args:
        traces: What is drawn.
        x_axis: Settings of the horizontal axis; ``title`` may be plain text.
        y_axis: Settings of the vertical axis.
        height: Height [px].
        legend: Whether the names stand above it.

    Returns:
        A Plotly figure.
    """
    layout: Plot = {
        "height": height,
        "margin": {"l": 52, "r": 12, "t": 26 if legend else 8, "b": 40},
        "font": {"family": FONT, "size": 12},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "closest",
        "showlegend": legend,
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": 11}},
        "xaxis": axis_of({"ticks": "outside", "ticklen": 4, **_titled(x_axis)}),
        "yaxis": axis_of(_titled(y_axis)),
    }
    return {"data": list(traces), "layout": layout}


def _titled(axis: Plot) -> Plot:
    title = axis.get("title")
    return axis | {"title": {"text": title, "font": {"size": 11}, "standoff": 6}} if isinstance(title, str) else axis
