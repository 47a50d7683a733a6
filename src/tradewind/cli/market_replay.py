"""``tradewind market replay``: a recorded day with your orders in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from tradewind.cli.data_import import CatalogOption
from tradewind.cli.output import JsonFlag, emit, progress_bar
from tradewind.core.dtypes import MESSAGE, Array, MessageKind
from tradewind.core.errors import DataError, InvalidValueError, NotFoundError, UsageError
from tradewind.core.types import Instrument
from tradewind.data.calendars import time_zone
from tradewind.data.store.catalog import Catalog
from tradewind.data.store.moments import format_moment, parse_day, parse_moment

if TYPE_CHECKING:
    from tradewind.market.replay.trial import Trial

__all__ = ["read_orders", "replay_market"]

SIDES = {"buy": 1, "sell": -1}
IMPACTS = {"off": (False,), "on": (True,), "both": (False, True)}
PART = 1000


def replay_market(
    symbol: Annotated[str, typer.Option(help="Symbol, as tradewind data list shows it.")],
    day: Annotated[str, typer.Option(help="Trading day, such as 2012-06-21.")],
    start: Annotated[
        str | None, typer.Option(help="Time at which the replay starts, such as 09:45 in the market's zone, or ns.")
    ] = None,
    end: Annotated[str | None, typer.Option(help="Time at which it ends.")] = None,
    *,
    order: Annotated[
        list[str] | None,
        typer.Option(
            help="An order of yours: buy|sell,SIZE,PRICE|market[,TIME], in units and currency; at the start without a "
            "time; may be given several times."
        ),
    ] = None,
    orders: Annotated[
        Path | None,
        typer.Option(help="Parquet or CSV file of MESSAGE rows (ticks, lots, ts_ns).", metavar="FILE"),
    ] = None,
    impact: Annotated[
        str, typer.Option(help="Your trades shift the recorded prices: off, on, or both side by side.")
    ] = "off",
    depth: Annotated[
        int | None, typer.Option(help="3 every order, 2 levels, 1 quotes and trades; the deepest there is when absent.")
    ] = None,
    queue_model: Annotated[
        str | None,
        typer.Option(
            help="Of a replay of levels or quotes: back-of-queue (default), proportional, power, power-2, power-3, "
            "log-probability or log-probability-2."
        ),
    ] = None,
    latency_us: Annotated[
        float, typer.Option(min=0, help="From sending an order to its arrival, in microseconds.")
    ] = 0,
    catalog: CatalogOption,
    as_json: JsonFlag = False,
) -> None:
    """Replay a recorded day with your orders in it: what becomes of them, what they cost, what history gave way to."""
    from tradewind.market.replay.market import Replay, Terms, tape_of_day
    from tradewind.market.replay.propagator import fit_propagator
    from tradewind.market.replay.queues import QueueModel
    from tradewind.market.replay.trial import run_orders
    from tradewind.market.trading import Latency

    if impact not in IMPACTS:
        raise UsageError(f"--impact must be one of {', '.join(IMPACTS)}, got {impact}")
    store = Catalog(catalog, purpose="tradewind market replay")
    queue = None if queue_model is None else QueueModel(model=queue_model)
    unit = store.instrument(symbol)
    zone = time_zone(unit.calendar)
    messages = np.concatenate([_spoken(order or [], unit, day, zone), _from_file(orders)])
    with progress_bar() as bar:
        task = bar.add_task("reading", total=None)
        tape = tape_of_day(store, symbol, parse_day(day), depth)
        times = [None if text is None else _moment(text, day, zone) for text in (start, end)]
        propagator = fit_propagator(tape) if impact != "off" else None
        trials = []
        for on in IMPACTS[impact]:
            bar.update(task, description=f"replaying, impact {'on' if on else 'off'}", total=PART, completed=0)
            latency = Latency(order_entry_ns=round(latency_us * 1000))
            shift = propagator if on else None
            terms = Terms(start_ns=times[0], end_ns=times[1], latency=latency, impact=shift, queue=queue)
            replay = Replay(tape, unit, terms)
            trials.append(run_orders(replay, messages, lambda done: bar.update(task, completed=int(PART * done))))
    result: dict[str, Any] = {
        "symbol": symbol,
        "day": day,
        "depth": tape.depth,
        "start_ns": replay.start_ns,
        "end_ns": replay.end_ns,
        "rows": len(tape.rows),
        "issues": tape.issues,
        "notes": tape.notes,
        "queue": replay.terms.queue,
        "propagator": propagator,
        "trials": trials,
    }
    emit(result, as_json=as_json, show=lambda console: _show(console, result, unit, zone))


def _moment(text: str, day: str, zone: str) -> int:
    """A time of the day, or a full one."""
    return parse_moment(f"{day}T{text}" if ":" in text and "-" not in text[:5] else text, zone)


def _spoken(orders: list[str], unit: Instrument, day: str, zone: str) -> Array:
    """Orders of the command line as messages, numbered from 1."""
    out = np.zeros(len(orders), MESSAGE)
    for row, text in zip(out, orders, strict=True):
        parts = [part.strip() for part in text.split(",")]
        if len(parts) not in (3, 4) or parts[0] not in SIDES:
            raise InvalidValueError("--order", "buy|sell,SIZE,PRICE|market[,TIME], such as buy,100,585.33", text)
        row["side"] = SIDES[parts[0]]
        row["kind"] = MessageKind.MARKET if parts[2] == "market" else MessageKind.LIMIT
        try:
            row["size_lots"] = unit.to_lots(parts[1])
            row["price_ticks"] = 0 if parts[2] == "market" else unit.to_ticks(parts[2])
        except ArithmeticError:
            raise InvalidValueError("--order", "numbers for size and price, such as buy,100,585.33", text) from None
        if row["size_lots"] < 1 or (parts[2] != "market" and row["price_ticks"] < 1):
            smallest = f"a size of at least {unit.lot_size} and a price of at least {unit.tick_size}"
            raise InvalidValueError("--order", smallest, text)
        row["ts_ns"] = _moment(parts[3], day, zone) if len(parts) == 4 else 0
    out["order_id"] = np.arange(1, len(out) + 1)
    return out


def _from_file(path: Path | None) -> Array:
    return np.zeros(0, MESSAGE) if path is None else read_orders(path)


def read_orders(path: Path) -> Array:
    """Messages of a file.

    Args:
        path: Parquet or CSV; columns are fields of ``MESSAGE``, of which ``kind`` must be there; others are 0.

    Returns:
        Shape (n,), dtype ``MESSAGE``.

    Raises:
        NotFoundError: When there is no such file.
        DataError: When it is no such table.
    """
    import polars as pl

    if not path.is_file():
        raise NotFoundError(f"{path}: no such file of orders")
    try:
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(path, "a Parquet or CSV table of MESSAGE rows", str(error).split("\n", 1)[0]) from None
    names = MESSAGE.names or ()
    if "kind" not in frame.columns or not set(frame.columns) <= set(names):
        raise DataError(path, f"columns among {', '.join(names)}, kind one of them", ", ".join(frame.columns))
    out = np.zeros(len(frame), MESSAGE)
    for name in frame.columns:
        if not frame[name].dtype.is_integer() or frame[name].null_count():
            raise DataError(path, "whole numbers without gaps", str(frame[name].dtype), field=name)
        limits, column = np.iinfo(MESSAGE[name]), frame[name].to_numpy()
        if len(column) and not limits.min <= column.min() <= column.max() <= limits.max:
            raise DataError(path, f"numbers from {limits.min} to {limits.max}", str(column.max()), field=name)
        out[name] = column
    return out


def _show(console: Console, result: dict[str, Any], unit: Instrument, zone: str) -> None:
    tape_rows, span = result["rows"], (result["end_ns"] - result["start_ns"]) / 1e9
    console.print(
        f"{result['symbol']} {result['day']}: {tape_rows:,} rows of depth {result['depth']}, {span:,.0f} s replayed "
        f"from {format_moment(result['start_ns'], zone)}"
    )
    for trial in result["trials"]:
        _show_trial(console, trial, unit, zone)


def _show_trial(console: Console, trial: Trial, unit: Instrument, zone: str) -> None:
    title = f"impact {'on' if trial.impact else 'off'}"
    table = Table(title=title, title_justify="left")
    for name in ("order", "side", "size", "price", "sent", "mid", "answer", "ahead", "filled", "average", "slippage"):
        table.add_column(name, justify="left" if name in ("side", "answer") else "right")
    for order in trial.orders:
        price = "market" if order.price_ticks is None else str(unit.to_price(order.price_ticks))
        table.add_row(
            str(order.order_id),
            "buy" if order.side > 0 else "sell",
            str(unit.to_size(order.size_lots)),
            price,
            format_moment(order.sent_ns, zone, offset=False).partition(" ")[2][:15],
            _price(order.mid_ticks, unit),
            order.answer,
            "" if order.ahead_lots is None else str(unit.to_size(order.ahead_lots)),
            str(unit.to_size(order.filled_lots)),
            "" if order.average_ticks is None else _price(order.average_ticks, unit),
            "" if order.slippage_ticks is None else f"{order.slippage_ticks:.2f} ticks",
        )
    if trial.orders:
        console.print(table)
    shift = f", recorded prices shifted by {trial.end_shift_ticks} ticks at the end" if trial.impact else ""
    console.print(f"{title}: cost {trial.cost:.4f}, fees {trial.fees:.4f} {unit.currency}{shift}")
    counted = ", ".join(f"{name} {count:,}" for name, count in trial.counters.items())
    console.print(f"{title}: {counted}")


def _price(ticks: float, unit: Instrument) -> str:
    return "" if np.isnan(ticks) else f"{ticks * float(unit.tick_size):.6g}"
