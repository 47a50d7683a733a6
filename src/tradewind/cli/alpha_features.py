"""``tradewind alpha features``: the catalogue of features; with data, the features themselves as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tradewind.cli.output import JsonFlag, emit, progress_bar
from tradewind.core.errors import UsageError

if TYPE_CHECKING:
    from tradewind.alpha.features.feature import Feature
    from tradewind.alpha.protocol import Panel

__all__ = ["features"]

TASKS = ("ticks", "daily", "hourly", "auction", "sgx", "binance")
FOLDERS = {"daily": "us_daily", "hourly": "us_hourly"}


def features(  # noqa: PLR0917 (options of a command)
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of data, or a file: compute features instead of listing them.")
    ] = None,
    catalog: Annotated[
        Path | None, typer.Option("--catalog", help="Catalog to take ticks from, instead of --data.")
    ] = None,
    symbol: Annotated[
        list[str] | None, typer.Option("--symbol", help="Which symbols (repeat); ticks: AIG, IBM.")
    ] = None,
    day: Annotated[
        list[str] | None, typer.Option("--day", help="Which days of ticks (repeat); all when absent.")
    ] = None,
    task: Annotated[str, typer.Option("--task", help=f"What to compute: {', '.join(TASKS)}.")] = "ticks",
    horizon: Annotated[
        int, typer.Option("--horizon", min=1, help="How far labels look: changes, or sessions (daily).")
    ] = 10,
    out: Annotated[Path, typer.Option("--out", help="Parquet file to write.")] = Path("features.parquet"),
    html: Annotated[Path | None, typer.Option("--html", help="Also write a page: what each feature says.")] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="List only: touch, depth, market, daily or hourly.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """List every feature with its unit, range, formula and source; with --data or --catalog write them to a file.

    The file has a row for each moment: symbol, times of birth and of the label's end, label, return, and the features.
    """
    if data is None and catalog is None:
        _list(group, as_json)
        return
    with progress_bar() as bar:
        step = bar.add_task("reading", total=None)
        panel = _panel((data, catalog), task, (symbol, day), horizon, lambda text: bar.update(step, description=text))
    frame = _frame(panel)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.draft")
    frame.write_parquet(draft)
    draft.replace(out)
    if html is not None:
        from tradewind.cli.alpha_features_page import features_page
        from tradewind.report.page import write_page

        write_page(features_page(panel), html)
    summary = {
        "task": panel.name,
        "rows": len(panel.y),
        "series": len(panel.symbols),
        "symbols": sorted(set(panel.symbols))[:20],
        "features": len(panel.features),
        "days": len(set(panel.sample.day.tolist())),
        "file": str(out),
        "page": None if html is None else str(html),
    }
    emit(summary, as_json=as_json, show=lambda screen: screen.print(_sentence(summary)))


def _list(group: str | None, as_json: bool) -> None:
    from tradewind.alpha.features.catalogue import CATALOGUE

    groups = sorted({feature.group for feature in CATALOGUE})
    if group is not None and group not in groups:
        raise UsageError(f"--group: expected one of {', '.join(groups)}, got {group!r}")
    chosen = [feature for feature in CATALOGUE if group in (None, feature.group)]
    emit([_plain(feature) for feature in chosen], as_json=as_json, show=lambda screen: _table(screen, chosen))


def _plain(feature: Feature) -> dict[str, Any]:
    """A feature as JSON can say it: a bound that is infinite is null."""
    row = {name: getattr(feature, name) for name in feature.__struct_fields__}
    return row | {name: None if abs(row[name]) == float("inf") else row[name] for name in ("low", "high")}


def _table(screen: Console, chosen: list[Feature]) -> None:
    table = Table(title=f"{len(chosen)} features", title_justify="left")
    for name in ("feature", "group", "unit", "range", "formula", "source"):
        table.add_column(name, overflow="fold")
    for f in chosen:
        table.add_row(f.name, f.group, f.unit, f"{f.low:g} … {f.high:g}", f.formula, f.source)
    screen.print(table)


def _panel(where: tuple[Path | None, Path | None], task: str, which: tuple[Any, Any], horizon: int, tell: Any) -> Panel:
    from tradewind.alpha import datasets
    from tradewind.data.store.catalog import Catalog

    data, catalog = where
    symbols, days = which
    if task not in TASKS:
        raise UsageError(f"--task: expected one of {', '.join(TASKS)}, got {task!r}")
    if catalog is not None:
        if task != "ticks" or data is not None:
            raise UsageError("--catalog goes with --task ticks and without --data")
        return datasets.book_ticks(Catalog(catalog), symbols or ["AIG", "IBM"], days, horizon=horizon, progress=tell)
    if data is None:
        raise UsageError("expected --data or --catalog")
    folder = data / FOLDERS[task] if task in FOLDERS and (data / FOLDERS[task]).is_dir() else data
    if task == "ticks":
        return datasets.book_ticks(folder, symbols or ["AIG", "IBM"], days, horizon=horizon, progress=tell)
    if task == "daily":
        return datasets.daily_cross_section(folder, horizon=horizon, progress=tell)
    if task == "hourly":
        return datasets.hourly_variance(folder, symbols)
    if task == "auction":
        return datasets.closing_auction(folder)
    if task == "sgx":
        return datasets.sgx_l2(folder, horizon=horizon)
    return datasets.binance_l2(folder, symbol=(symbols or ["BTCUSDT-PERP"])[0], horizon=horizon)


def _frame(panel: Panel) -> Any:
    import numpy as np
    import polars as pl

    sample = panel.sample
    head = {
        "symbol": np.asarray(panel.symbols)[sample.series],
        "day": sample.day.astype("datetime64[D]"),
        "t0_ns": sample.t0,
        "t1_ns": sample.t1,
        "weight": sample.weight,
        "label": panel.y,
        "value": panel.value,
        "spread": panel.spread,
    }
    return pl.DataFrame(head | {name: panel.X[:, k] for k, name in enumerate(panel.features)})


def _sentence(summary: dict[str, Any]) -> str:
    return (
        f"{summary['task']}: {summary['rows']:,} rows of {summary['features']} features, {summary['series']} series on "
        f"{summary['days']} days, written to {summary['file']}"
    )
