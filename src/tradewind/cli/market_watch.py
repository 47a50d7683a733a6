"""``tradewind market watch``: a live ladder of a simulated or a recorded market."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live

from tradewind.cli.data_import import CatalogOption
from tradewind.cli.ladder import draw_frame
from tradewind.cli.output import JsonFlag, console, emit
from tradewind.core.clock import SystemClock
from tradewind.core.errors import NotFoundError, UsageError
from tradewind.data.calendars import time_zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.core.types import Instrument
    from tradewind.market.trading import Latency
    from tradewind.market.watch import Frame, Watched, Watcher

__all__ = ["watch_market"]

FRAMES_A_SECOND = 5
PRINTED_FRAMES = 3


def watch_market(  # noqa: PLR0917
    preset: Annotated[str, typer.Option(help="Name of a shipped preset, or a preset file.")] = "aig",
    scenario: Annotated[
        str | None,
        typer.Option(help="Regime: calm, volatile, thin, trending, flash_crash, halt or luld."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed: the same seed shows the same market.")] = 7,
    seconds: Annotated[float, typer.Option(help="How much market time to watch [s].")] = 60.0,
    speed: Annotated[float, typer.Option(help="Market seconds a second; 10 is ten times as fast.")] = 1.0,
    levels: Annotated[int, typer.Option(min=1, max=40, help="Price levels of each side.")] = 10,
    quote: Annotated[float, typer.Option(min=0, help="Keep an order of this size at both best prices [units].")] = 0.0,
    latency_us: Annotated[float, typer.Option(min=0, help="From sending an order to its arrival [microseconds].")] = 0,
    data_latency_us: Annotated[float, typer.Option(min=0, help="From an event to seeing it [microseconds].")] = 0,
    symbol: Annotated[str | None, typer.Option(help="Watch a recorded day of this symbol of the catalog.")] = None,
    day: Annotated[str | None, typer.Option(help="With --symbol: the trading day; the first there is.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Write the last frame as an SVG picture.", metavar="FILE")
    ] = None,
    *,
    catalog: CatalogOption,
    as_json: JsonFlag = False,
) -> None:
    """Watch a market live: depth on both sides, your orders and what is ahead of them, the latest trades.

    Where stdout is not a terminal a few frames are printed; ``--json`` prints the last one as data.
    """
    from tradewind.market.trading import Latency
    from tradewind.market.watch import Watcher

    for name, value in (("--seconds", seconds), ("--speed", speed)):
        if not 0 < value < float("inf"):
            raise UsageError(f"{name} must be more than 0, got {value}")
    latency = Latency(order_entry_ns=round(latency_us * 1000), market_data_ns=round(data_latency_us * 1000))
    if symbol is None:
        market, title = _simulated(preset, scenario, seed, latency)
    else:
        market, title = _recorded(catalog, symbol, day, latency)
    unit = market.instrument
    zone = time_zone(unit.calendar) if symbol else "UTC"
    watcher = Watcher(market, unit.to_lots(quote))

    def draw(frame: Frame) -> object:
        return draw_frame(frame, unit, title, levels, zone)

    if as_json or not sys.stdout.isatty():
        _printed(watcher, seconds, levels, None if as_json else lambda frame: console().print(draw(frame)))
    else:
        _live(watcher, seconds, speed, levels, draw)
    last = watcher.frame(levels)
    if picture is not None:
        _save(picture, draw(last), unit)
    if as_json:
        emit(last, as_json=True, show=lambda _: None)


def _simulated(preset: str, scenario: str | None, seed: int, latency: Latency) -> tuple[Watched, str]:
    from tradewind.market.reactive import Market
    from tradewind.market.scenario import named_scenario

    regime = named_scenario(scenario) if scenario else None
    market = Market(preset, seed, scenario=regime, latency=latency, record=True)
    return market, f"{market.instrument.symbol}: preset {market.preset.name}, {scenario or 'plain'}, seed {seed}"


def _recorded(catalog: Path, symbol: str, day: str | None, latency: Latency) -> tuple[Watched, str]:
    from tradewind.data.store.catalog import Catalog
    from tradewind.market.replay.market import Replay

    store = Catalog(catalog, purpose="tradewind market watch")
    days = store.days(symbol)
    if not days:
        raise NotFoundError(f"{catalog}: no day of {symbol}; see tradewind data list")
    chosen = day or days[0].isoformat()
    return Replay.from_catalog(store, symbol, chosen, latency=latency, record=True), f"{symbol}: replay of {chosen}"


def _printed(watcher: Watcher, seconds: float, levels: int, show: Callable[[Frame], None] | None) -> None:
    """A few frames, evenly spaced, as fast as the market runs."""
    steps = max(PRINTED_FRAMES, round(seconds * FRAMES_A_SECOND))
    for step in range(1, steps + 1):
        watcher.step(seconds / steps)
        if show is not None and step * PRINTED_FRAMES // steps > (step - 1) * PRINTED_FRAMES // steps:
            show(watcher.frame(levels))


def _live(watcher: Watcher, seconds: float, speed: float, levels: int, draw: Callable[[Frame], object]) -> None:
    """Frames at a steady pace, in place."""
    clock, wall_ns = SystemClock(), 10**9 // FRAMES_A_SECOND
    steps = max(1, round(seconds / speed * FRAMES_A_SECOND))
    watcher.step(0.0)
    begun = clock.monotonic_ns()
    with Live(draw(watcher.frame(levels)), auto_refresh=False, screen=False) as live:  # type: ignore[arg-type]
        for step in range(1, steps + 1):
            watcher.step(seconds / steps)
            live.update(draw(watcher.frame(levels)), refresh=True)  # type: ignore[arg-type]
            clock.sleep_ns(begun + step * wall_ns - clock.monotonic_ns())


def _save(path: Path, drawing: object, unit: Instrument) -> None:
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        paper = Console(record=True, width=124, file=nowhere, force_terminal=True)
        paper.print(drawing)
    path.write_text(paper.export_svg(title=f"tradewind market watch: {unit.symbol}"), encoding="utf-8")
