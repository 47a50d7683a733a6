"""The forecast report as tables and a page: the score, forecast against realised, the cone, the intraday profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tradewind.report.charts import chart, curve, interval
from tradewind.report.parts import Chip, Column, Figure, Grid, KeyNumber, KeyNumbers, Page, Section, Table, Text, Tone
from tradewind.report.plots import SERIES, Panel, band, line, stack_panels

if TYPE_CHECKING:
    from tradewind.cli.risk_forecast import Forecasts
    from tradewind.risk.volatility.realised import TickMeasures
    from tradewind.risk.volatility.score import ForecastScore, ForecastTable
    from tradewind.risk.volatility.walk_forward import OutOfSample
    from tradewind.stats import Interval

__all__ = ["forecast_page", "next_table", "score_table", "ticks_table"]

BEST = "combined"
TRADING_DAYS = 252
MOST_POINTS = 1500
IN_SET = 0.1


def score_table(table: ForecastTable) -> Table:
    """Model, loss, ratios, tests."""
    heads = [Column("model"), *[Column(n, number=True) for n in ("QLIKE", "to log-HAR", "to GARCH", "DM p")]]
    heads += [Column("best set"), Column("bias", number=True), Column("inside 90 %", number=True)]
    rows = tuple(_row(row) for row in table.rows)
    caption = (
        "Ratios of mean loss with 95 % intervals over months. DM: Diebold–Mariano against log-HAR, losses averaged by "
        "day. Best set: model confidence set, 90 %. Bias: realised over forecast."
    )
    return Table(tuple(heads), rows, caption)


def _row(row: ForecastScore) -> tuple[str | Chip, ...]:
    inside = row.confidence_p > IN_SET
    chip = Chip("in", Tone.GOOD) if inside else Chip("out", Tone.PLAIN)
    p = "" if row.against_har is None else f"{row.against_har.p:.2g}"
    ratios = [_ratio(row.to_har), _ratio(row.to_garch)]
    return (row.name, f"{row.qlike.mean:.4f}", *ratios, p, chip, f"{row.bias:.2f}", f"{row.coverage:.0%}")


def _ratio(found: Interval | None) -> str:
    return "" if found is None else f"{found.mean:.3f} ({found.low:.3f}–{found.high:.3f})"


def next_table(following: dict[str, tuple[float, float, float]]) -> Table:
    """Symbol, volatility, quantiles."""
    heads = (Column("symbol"), *[Column(n, number=True) for n in ("volatility a year", "5 %", "95 %")])
    rows = tuple((name, *(f"{100 * v:.1f} %" for v in values)) for name, values in following.items())
    return Table(heads, rows, "At the close of the last day; quantiles of the forecast distribution.")


def ticks_table(found: TickMeasures) -> Table:
    """Measure, daily volatility."""
    names = (
        ("every tick (noise and all)", found.every_tick),
        ("five minutes", found.five_minutes),
        ("bipower (no jumps)", found.bipower),
        ("realised kernel", found.kernel),
    )
    rows = tuple((name, f"{1e4 * value:.3f}", f"{100 * np.sqrt(value):.2f} %") for name, value in names)
    caption = (
        f"{found.ticks:,} ticks; noise of one tick {1e4 * np.sqrt(found.noise):.2f} bps; jumps {found.jump_share:.0%}."
    )
    return Table(
        (Column("measure"), Column("variance [‱]", number=True), Column("volatility", number=True)), rows, caption
    )


def forecast_page(result: Forecasts, found: OutOfSample) -> Page:
    """The page.

    Args:
        result: Scores, cone, profile.
        found: Forecasts beside what came.
    """
    table = result.table
    symbol = table.symbols[0]
    figures = [
        Figure(f"{s}: forecast and realised", _against(found, s), "Ground: 90 % of the forecast.")
        for s in table.symbols[:4]
    ]
    cone = Figure("Volatility cone", _cone(result), "Grey: 5 to 95 % and 25 to 75 % of the past. Blue: forecast, 90 %.")
    sides = [cone]
    if result.profile is not None:
        note = "Mean share of the night and of each hour in the variance of a day."
        sides.append(Figure("Intraday profile", _profile(result), note))
    next_section = Section(f"What comes next: {symbol}", "next", (next_table(result.next), Grid(tuple(sides))))
    ticks = (Section("Realised measures of the ticks", "ticks", (ticks_table(result.ticks),)),) if result.ticks else ()
    return Page(
        title="Volatility forecasts",
        subtitle=f"{', '.join(table.symbols)}, {table.first} to {table.last}, {table.horizon} day(s) ahead.",
        sections=(
            Section("Score out of sample", "score", (_numbers(table), score_table(table), Text(_repairs(result)))),
            next_section,
            Section("Forecast against realised", "against", tuple(figures)),
            *ticks,
        ),
        footer="Made by tradewind risk forecast.",
    )


def _repairs(result: Forecasts) -> str:
    told = ", ".join(f"{name} {count}" for name, count in result.repairs.items())
    return f"Bad prints cut and splits taken off, by what was known at the end of each day: {told}."


def _numbers(table: ForecastTable) -> KeyNumbers:
    best = next(row for row in table.rows if row.name == BEST)
    shown = [KeyNumber("QLIKE, combined", f"{best.qlike.mean:.3f}", f"{best.qlike.low:.3f} to {best.qlike.high:.3f}")]
    for name, ratio, aim in (("log-HAR", best.to_har, 0.92), ("GARCH(1,1)", best.to_garch, 0.75)):
        if ratio is not None:
            shown.append(
                KeyNumber(f"of {name}'s loss", f"{ratio.mean:.3f}", f"aim {aim}; {ratio.low:.3f} to {ratio.high:.3f}")
            )
    return KeyNumbers((*shown, KeyNumber("inside the 90 % interval", f"{best.coverage:.0%}", "of days")))


def _against(found: OutOfSample, symbol: str) -> dict[str, object]:
    rows = np.flatnonzero(found.symbol == found.symbols.index(symbol))[-MOST_POINTS:]
    made = found.forecast(BEST, symbol)
    tail = slice(-len(rows), None)
    day = [str(np.datetime64(int(d), "D")) for d in found.day[rows]]
    low, middle, high = (100 * made.volatility(level)[tail] for level in (0.05, None, 0.95))
    realised = 100 * np.sqrt(TRADING_DAYS * found.realised[rows])
    traces = (
        *band(day, low, high, SERIES[0]),
        line(day, realised, "realised", SERIES[7]),
        line(day, middle, "forecast", SERIES[0]),
    )
    panel = Panel(title=symbol, unit="% a year", traces=traces, height=230, axis={"type": "log"})
    return stack_panels((panel,), {"type": "date"})


def _cone(result: Forecasts) -> dict[str, object]:
    x = [row.horizon for row in result.cone]
    past = 100 * np.array([row.past for row in result.cone])
    ahead = 100 * np.array([(row.low, row.forecast, row.high) for row in result.cone])
    traces = [
        interval(x, list(past[:, 0]), list(past[:, 4]), SERIES[7]),
        interval(x, list(past[:, 1]), list(past[:, 3]), SERIES[7]),
        curve(x, past[:, 2], "median of the past", SERIES[7]),
        interval(x, list(ahead[:, 0]), list(ahead[:, 2]), SERIES[0]),
        curve(x, ahead[:, 1], "forecast", SERIES[0]),
    ]
    ticks = {"tickvals": x, "ticktext": [str(v) for v in x]}
    return chart(traces, {"type": "log", "title": "days ahead", **ticks}, {"title": "volatility, % a year"}, height=300)


def _profile(result: Forecasts) -> dict[str, object]:
    profile = result.profile
    assert profile is not None
    hours = [f"{int(s // 3600):02d}:{int(s % 3600 // 60):02d}" for s in profile.start_s]
    bar = {
        "type": "bar",
        "x": ["night", *hours],
        "y": [float(v) for v in (profile.overnight, *profile.share)],
        "marker": {"color": SERIES[0]},
        "showlegend": False,
    }
    return chart(
        [bar], {"type": "category"}, {"title": "share of variance", "rangemode": "tozero"}, height=300, legend=False
    )
