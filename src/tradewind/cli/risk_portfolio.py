"""``tradewind risk portfolio``: exposure, whose risk it is, stress, unwinding and margin of a positions file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
import polars as pl
import typer
from rich.console import Console

from tradewind.cli.output import JsonFlag, emit
from tradewind.core.errors import DataError, NotFoundError

if TYPE_CHECKING:
    from tradewind.core.dtypes import Array
    from tradewind.report.parts import Page, Table
    from tradewind.risk.portfolio.exposure import Parts
    from tradewind.risk.portfolio.stress import Stressed

__all__ = ["risk_portfolio"]

HALF_SPREAD = 5e-4


def risk_portfolio(  # noqa: PLR0917
    positions: Annotated[
        Path, typer.Argument(help="CSV or Parquet: symbol, quantity; optional shock (a return) and half_spread.")
    ],
    data: Annotated[Path, typer.Option(help="Daily bars of many symbols: symbol, date, close, volume.")],
    market: Annotated[
        str | None, typer.Option(help="Symbol of the market; the mean of all symbols by default.")
    ] = None,
    days: Annotated[int, typer.Option(min=60, help="Days of history, ending with the last.")] = 500,
    level: Annotated[float, typer.Option(help="Tail probability of value at risk and expected shortfall.")] = 0.01,
    participation: Annotated[float, typer.Option(help="Share of the volume when unwinding.")] = 0.1,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures.", metavar="FILE")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Take a portfolio apart: exposure, value at risk by position, crises, what it costs to get out, margin."""
    from tradewind.cli.alarm_sources import daily_panel
    from tradewind.risk.portfolio.exposure import exposure, historical_parts, normal_parts
    from tradewind.risk.portfolio.liquidity import Liquidity, scan_margin, unwind
    from tradewind.risk.portfolio.stress import CRISES, shock, stress

    held = _positions(positions)
    panel = daily_panel(data, held["symbol"].to_list(), market, days)
    values = held["quantity"].cast(pl.Float64).to_numpy() * panel.close[-1]
    covariance = np.atleast_2d(np.cov(panel.returns.T))
    betas = panel.returns.T @ panel.market / float(panel.market @ panel.market)
    residual = (panel.returns - np.outer(panel.market, betas)).std(axis=0)
    half = held["half_spread"].to_numpy() if "half_spread" in held.columns else np.full(len(values), HALF_SPREAD)
    deviations = panel.returns.std(axis=0)
    way = Liquidity(daily_volume=panel.traded, daily_volatility=deviations, half_spread=half)
    out = unwind(values, covariance, way, participation=participation, level=level)
    crises = [stress(values, betas, crisis, residual) for crisis in CRISES.values()]
    if "shock" in held.columns:
        crises.append(shock(values, held["shock"].cast(pl.Float64).to_numpy()))
    parts = {
        "normal": normal_parts(values, covariance, level),
        "historical": historical_parts(values, panel.returns, level),
    }
    result: dict[str, Any] = {
        "positions": held["symbol"].to_list(),
        "values": values.tolist(),
        "betas": betas.tolist(),
        "exposure": msgspec.to_builtins(exposure(values, betas)),
        "risk": {name: _plain(part) for name, part in parts.items()},
        "stress": [_plain(one) for one in crises],
        "unwinding": _plain(out),
        "margin": scan_margin(values, deviations * np.sqrt(2)),
        "history_days": len(panel.returns),
    }
    if html is not None:
        from tradewind.report.page import write_page

        write_page(_page(result, crises, parts["historical"]), html)
        result["html"] = str(html)
    emit(result, as_json=as_json, show=lambda console: _show(console, result))


def _positions(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise NotFoundError(f"{path}: no such file; it must hold the columns symbol and quantity")
    held = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
    if not {"symbol", "quantity"} <= set(held.columns):
        raise DataError(path, "columns symbol and quantity", ", ".join(held.columns))
    if not len(held) or held["symbol"].is_duplicated().any():
        raise DataError(
            path, "one row for each symbol, at least one", f"{len(held)} rows, {held['symbol'].n_unique()} symbols"
        )
    return held


def _plain(struct: Any) -> dict[str, Any]:
    """A struct with arrays as plain values."""
    values = {name: getattr(struct, name) for name in struct.__struct_fields__}
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}


def _table(result: dict[str, Any]) -> Table:
    from tradewind.report.parts import Column, Table

    heads = ("Value", "Beta", "VaR part", "ES part", "Days out", "Cost out")
    risk, out = result["risk"]["historical"], result["unwinding"]
    cells = zip(
        result["positions"],
        result["values"],
        result["betas"],
        risk["component"],
        risk["component_shortfall"],
        out["days"],
        out["cost"],
        strict=True,
    )
    rows = tuple(
        (symbol, f"{value:,.0f}", f"{beta:.2f}", f"{var:,.0f}", f"{es:,.0f}", f"{days:.2f}", f"{cost:,.0f}")
        for symbol, value, beta, var, es, days, cost in cells
    )
    total = sum(result["values"])
    whole = ("total", f"{total:,.0f}", "", f"{risk['value_at_risk']:,.0f}", f"{risk['expected_shortfall']:,.0f}")
    rows += ((*whole, f"{out['total_days']:.2f}", f"{out['total_cost']:,.0f}"),)
    caption = f"Historical, {risk['level']:.0%} of {result['history_days']} days; parts sum to the total."
    return Table((Column("Position"), *(Column(h, number=True) for h in heads)), rows, caption)


def _stress_table(result: dict[str, Any]) -> Table:
    from tradewind.report.parts import Column, Table

    rows = tuple((one["name"], f"{one['profit']:,.0f}", f"{one['worst']:,.0f}") for one in result["stress"])
    return Table((Column("Stress"), Column("At its end", number=True), Column("Worst", number=True)), rows)


def _show(console: Console, result: dict[str, Any]) -> None:
    from tradewind.report.console import rich_table

    whole = result["exposure"]
    console.print(
        f"gross {whole['gross']:,.0f}, net {whole['net']:,.0f}, beta {whole['beta']:.2f} of gross, "
        f"{whole['effective_positions']:.1f} effective positions, margin {result['margin']:,.0f}, "
        f"liquidity-adjusted VaR {result['unwinding']['liquidity_adjusted']:,.0f}"
    )
    console.print(rich_table(_table(result)))
    console.print(rich_table(_stress_table(result)))
    if "html" in result:
        console.print(f"written to {result['html']}")


def _page(result: dict[str, Any], crises: list[Stressed], parts: Parts) -> Page:
    from tradewind.report.charts import chart, curve
    from tradewind.report.parts import Figure, Grid, KeyNumber, KeyNumbers, Page, Section
    from tradewind.report.plots import SERIES

    whole = result["exposure"]
    numbers = KeyNumbers(
        (
            KeyNumber("gross", f"{whole['gross']:,.0f}", f"net {whole['net']:,.0f}"),
            KeyNumber("value at risk", f"{parts.value_at_risk:,.0f}", f"{parts.level:.0%}, a day, historical"),
            KeyNumber(
                "liquidity-adjusted", f"{result['unwinding']['liquidity_adjusted']:,.0f}", "with what getting out costs"
            ),
            KeyNumber("margin", f"{result['margin']:,.0f}", "scanned, two days"),
        )
    )
    order = np.argsort(parts.component)[::-1][:20]
    names = [result["positions"][k] for k in order]
    bars = [
        {"type": "bar", "name": name, "x": names, "y": x[order].tolist(), "marker": {"color": color}}
        for name, x, color in _bars(parts, SERIES)
    ]
    paths = [curve(list(range(1, len(c.path) + 1)), c.path, c.name, SERIES[k]) for k, c in enumerate(crises)]
    left = Figure("Whose risk it is", chart(bars, {"type": "category"}, {"title": "currency"}, height=300))
    right = Figure("Held through crises", chart(paths, {"title": "step"}, {"title": "profit"}, height=300))
    tables = (_table(result), _stress_table(result))
    section = Section("Portfolio", "portfolio", (numbers, Grid((left, right)), *tables))
    return Page(title="Portfolio risk", sections=(section,), footer="Made by tradewind risk portfolio.")


def _bars(parts: Parts, colors: tuple[str, ...]) -> tuple[tuple[str, Array, str], ...]:
    return (("value at risk", parts.component, colors[0]), ("shortfall", parts.component_shortfall, colors[1]))
