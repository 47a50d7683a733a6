"""The page of ``tradewind alpha features --html``: what each feature says about the label, series by series."""

from __future__ import annotations

import numpy as np

from tradewind.alpha.protocol import Panel
from tradewind.core.dtypes import Array
from tradewind.report.parts import Column, Figure, KeyNumber, KeyNumbers, Page, Section, Table
from tradewind.report.plots import FONT, SERIES, Plot, axis_of, plain_values

__all__ = ["correlations", "features_page"]

SHOWN = 28
LEAST = 100
"""Rows that a series needs for a correlation to be worth drawing."""
ROW_PX = 21


def correlations(panel: Panel) -> Array:
    """Correlation of each feature with the label's return, series by series.

    Args:
        panel: A task.

    Returns:
        Shape (features, symbols and days): NaN where there are too few rows or nothing varies. Long cross-sections are
        taken day by day (a group is a day), short ones series by series.
    """
    group = _groups(panel)
    out = np.full((len(panel.features), int(group.max()) + 1), np.nan)
    for g in range(out.shape[1]):
        rows = group == g
        if rows.sum() < LEAST:
            continue
        value = panel.value[rows]
        for k in range(len(panel.features)):
            x = panel.X[rows, k]
            known = np.isfinite(x)
            if known.sum() >= LEAST and np.std(x[known]) > 0 and np.std(value[known]) > 0:
                out[k, g] = np.corrcoef(x[known], value[known])[0, 1]
    return out


def _groups(panel: Panel) -> Array:
    """A number for each row: its series where there are few, else its month."""
    if len(panel.symbols) <= 60:
        return panel.sample.series
    months = panel.sample.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(np.unique(months, return_inverse=True)[1])


def features_page(panel: Panel) -> Page:
    """The page.

    Args:
        panel: A task.

    Returns:
        What ``tradewind.report.page`` writes.
    """
    told = correlations(panel)
    drawn = np.flatnonzero(np.isfinite(told).any(axis=1))
    mean = np.zeros(len(told))
    mean[drawn] = np.nanmean(told[drawn], axis=1)
    order = drawn[np.argsort(-np.abs(mean[drawn]), kind="stable")]
    numbers = KeyNumbers(
        (
            KeyNumber("rows", f"{len(panel.y):,}", panel.name),
            KeyNumber("features", str(len(panel.features)), ", ".join(sorted(set(panel.modality)))),
            KeyNumber("series", f"{len(panel.symbols):,}", f"{len(set(panel.sample.day.tolist()))} days"),
        )
    )
    what = "symbol and day" if len(panel.symbols) <= 60 else "month"
    caption = (
        f"Correlation of a feature with the return that follows, one dot for each {what}; the strongest {SHOWN} by "
        "their mean. In sample, feature by feature: a look, not a forecast."
    )
    figure = Figure("What each feature says", _plot(panel, told, order[:SHOWN]), caption)
    return Page(
        title=f"Features of {panel.name}",
        sections=(
            Section("Information", "information", (numbers, figure)),
            Section("Every feature", "features", (_table(panel, mean, told),)),
        ),
        footer="Made by tradewind alpha features.",
    )


def _plot(panel: Panel, told: Array, shown: Array) -> Plot:
    names = [panel.features[k] for k in shown]
    data = []
    few = len(panel.symbols) <= 60
    labels = list(panel.symbols) if few else ["all symbols"] * told.shape[1]
    for place, label in enumerate(dict.fromkeys(labels)):
        columns = [g for g in range(told.shape[1]) if labels[g] == label]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": label,
                "x": plain_values(told[shown][:, columns].ravel()),
                "y": [name for name in names for _ in columns],
                "marker": {"color": SERIES[place % len(SERIES)], "size": 8, "opacity": 0.75},
                "hovertemplate": "%{y}: %{x:.3f}<extra>" + label + "</extra>",
            }
        )
    layout = {
        "font": {"family": FONT, "size": 12},
        "height": 90 + ROW_PX * len(names),
        "margin": {"l": 160, "r": 16, "t": 8, "b": 42},
        "xaxis": axis_of({"title": {"text": "correlation with the return that follows"}, "zeroline": True}),
        "yaxis": axis_of({"autorange": "reversed", "categoryorder": "array", "categoryarray": names}),
        "legend": {"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"},
        "showlegend": few,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
    return {"data": data, "layout": layout}


def _table(panel: Panel, mean: Array, told: Array) -> Table:
    heads = (
        Column("feature"),
        Column("modality"),
        *(Column(n, number=True) for n in ("known", "1 %", "median", "99 %")),
    )
    rows = []
    for k, name in enumerate(panel.features):
        x = panel.X[:, k]
        x = x[np.isfinite(x)]
        cuts = [f"{q:.4g}" for q in np.quantile(x, (0.01, 0.5, 0.99))] if len(x) else ["", "", ""]
        ic = f"{mean[k]:+.3f}" if np.isfinite(told[k]).any() else ""
        rows.append((name, panel.modality[k], f"{100 * len(x) / max(len(panel.y), 1):.1f} %", *cuts, ic))
    return Table((*heads, Column("mean correlation", number=True)), tuple(rows))
