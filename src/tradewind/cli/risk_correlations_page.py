"""The correlations report as a table and a page: scores, a heat map through time, the break alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tradewind.report.charts import chart
from tradewind.report.parts import Chip, Column, Figure, Grid, KeyNumber, KeyNumbers, Page, Section, Table, Tone
from tradewind.report.plots import SERIES, Panel, line, plain_values, stack_panels

if TYPE_CHECKING:
    from tradewind.cli.risk_correlations import Correlations
    from tradewind.core.dtypes import Array
    from tradewind.risk.correlations.alarm import CorrelationBreaks

__all__ = ["correlations_page", "covariance_table"]

COLOURS = [[0, "#3f6fb5"], [0.5, "#f4f1ea"], [1, "#c2473d"]]
MOST_NAMES = 20
EVERY = 22


def covariance_table(result: Correlations) -> Table:
    """Model, volatility of its minimum-variance portfolio, density."""
    heads = [Column("model")]
    heads += [Column(n, number=True) for n in ("volatility, % a year", "to sample", "density", "gain", "turnover")]
    rows = []
    for row in result.scores:
        v, ratio, gain = row.volatility, row.against_first, row.density_gain
        rows.append(
            (
                row.name,
                f"{v.mean:.2f} ({v.low:.2f}–{v.high:.2f})",
                f"{ratio.mean:.3f} ({ratio.low:.3f}–{ratio.high:.3f})",
                f"{row.log_density:.3f}",
                f"{gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})",
                f"{row.turnover:.0%}",
            )
        )
    caption = (
        "Volatility: minimum-variance portfolio, rebalanced weekly. Density: mean log density of a day's returns in %, "
        "by symbol; gain over the sample covariance. 95 % block bootstrap. Turnover: one way, at a rebalancing."
    )
    return Table(tuple(heads), tuple(rows), caption)


def correlations_page(result: Correlations, day: Array, returns: Array, breaks: CorrelationBreaks) -> Page:
    """The page.

    Args:
        result: Scores and forecast.
        day: Shape (n,), days.
        returns: Shape (n, k), daily returns.
        breaks: The alarm.
    """
    chip = Chip("break", Tone.BAD) if result.alarm else Chip("no break", Tone.GOOD)
    numbers = (
        KeyNumber("average correlation, month", f"{result.average:.2f}"),
        KeyNumber("average correlation, year", f"{result.usual:.2f}"),
        KeyNumber("days in alarm", f"{result.alarms} of {result.days}"),
    )
    through = Figure(
        "Correlations through time",
        _through_time(result, day, returns),
        "Each row is one pair of symbols, correlation of the quarter before.",
    )
    now = Figure("Forecast for the next day", _matrix(result), "Density forecast.")
    weights = Figure("Minimum-variance weights", _weights(result), "Weights forecast.")
    return Page(
        title="Correlations",
        subtitle=f"{len(result.names)} symbols, {result.first} to {result.last}.",
        sections=(
            Section("Score out of sample", "score", (KeyNumbers(numbers), covariance_table(result)), chip),
            Section("Through time", "time", (through, Figure("Break alarm", _alarm(day, breaks)))),
            Section("What comes next", "next", (Grid((now, weights)),)),
        ),
        footer="Made by tradewind risk correlations.",
    )


def _through_time(result: Correlations, day: Array, returns: Array) -> dict[str, object]:
    k = min(len(result.names), MOST_NAMES)
    first, second = np.triu_indices(k, 1)
    ends = np.arange(66, len(day) + 1, EVERY)
    table = np.array([np.corrcoef(returns[e - 66 : e, :k], rowvar=False)[first, second] for e in ends]).T
    order = np.argsort(table.mean(axis=1))
    names = [f"{result.names[i]} {result.names[j]}" for i, j in zip(first[order], second[order], strict=True)]
    heat = {
        "type": "heatmap",
        "x": [str(np.datetime64(int(day[e - 1]), "D")) for e in ends],
        "y": names,
        "z": [plain_values(row) for row in table[order]],
        "zmin": -1,
        "zmax": 1,
        "colorscale": COLOURS,
        "colorbar": {"thickness": 12, "tickfont": {"size": 11}},
    }
    few = len(names) <= 30
    return chart([heat], {"type": "date"}, {"showticklabels": few, "type": "category"}, height=380, legend=False)


def _alarm(day: Array, breaks: CorrelationBreaks) -> dict[str, object]:
    x = [str(np.datetime64(int(d), "D")) for d in day]
    on = np.where(breaks.alarm, breaks.average, np.nan)
    traces = (
        line(x, breaks.usual, "year", SERIES[7]),
        line(x, breaks.average, "month", SERIES[0]),
        line(x, on, "alarm", SERIES[4]) | {"line": {"color": SERIES[4], "width": 3, "shape": "hv"}},
    )
    return stack_panels((Panel(title="Average correlation", traces=traces, height=180),), {"type": "date"})


def _matrix(result: Correlations) -> dict[str, object]:
    names = list(result.names)
    heat = {"type": "heatmap", "x": names, "y": names[::-1], "z": result.correlation[::-1], "zmin": -1, "zmax": 1}
    heat |= {"colorscale": COLOURS, "colorbar": {"thickness": 12, "tickfont": {"size": 11}}}
    return chart([heat], {"type": "category"}, {"type": "category"}, height=360, legend=False)


def _weights(result: Correlations) -> dict[str, object]:
    bar = {"type": "bar", "x": list(result.names), "y": result.weights, "marker": {"color": SERIES[0]}}
    return chart([bar], {"type": "category"}, {"title": "weight"}, height=360, legend=False)
