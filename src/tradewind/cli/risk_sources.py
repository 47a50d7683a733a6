"""What the forecasting commands of ``tradewind risk`` share: where prices come from, and how days are told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from tradewind.core.errors import InvalidValueError, NotFoundError

if TYPE_CHECKING:
    from tradewind.report.parts import Page
    from tradewind.risk.prices import Bars

__all__ = ["DataOption", "HtmlOption", "SeedOption", "StartOption", "SymbolOption", "day_number", "load_bars", "write"]

DataOption = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="Parquet or CSV file of bars, a folder of them or of data sets, or arch:sp500 and arch:nasdaq (shipped). "
        "Without it, simulated prices.",
        metavar="PATH",
    ),
]
"""Where prices come from."""
SymbolOption = Annotated[list[str] | None, typer.Option("--symbol", help="Only this symbol; may be given again.")]
"""Which symbols."""
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write a page with plots here.", metavar="FILE")]
"""Where the page goes."""
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of bootstraps and draws.")]
"""The run's one seed."""
StartOption = Annotated[
    str | None,
    typer.Option("--start", help="First day forecast, like 2006-01-03; half of the days before it if not given."),
]
"""First day that is scored."""
SIMULATED_SYMBOLS, SIMULATED_DAYS = ("SIM1", "SIM2", "SIM3", "SIM4"), 2000


def load_bars(
    data: str | None, symbols: Sequence[str] | None, sets: Sequence[str], *, seed: int, most: int | None = None
) -> dict[str, Bars]:
    """Bars by symbol.

    Args:
        data: As ``--data``.
        symbols: As ``--symbol``.
        sets: Data sets looked for in a folder, in this order.
        seed: Of simulated prices.
        most: As of :func:`tradewind.risk.prices.read_bars`.
    """
    from tradewind.risk.prices import index_bars, read_bars
    from tradewind.risk.simulated import simulate_bars

    if data is None:
        found = simulate_bars(SIMULATED_SYMBOLS, SIMULATED_DAYS, seed)
        unknown = [name for name in symbols or () if name not in found]
        if unknown:
            raise NotFoundError(f"no simulated symbol {unknown[0]}: {', '.join(found)}; give --data for real ones")
        return {name: found[name] for name in symbols or found}
    if data.startswith("arch:"):
        names = data.removeprefix("arch:").split(",")
        return {name: index_bars(name) for name in names}
    return read_bars(Path(data), list(symbols or ()), sets=sets, most=most)


def day_number(text: str | None, days: np.ndarray, least: int = 0) -> int:  # type: ignore[type-arg]
    """A day of the command line; if none is given the middle of the days, at least ``least`` after the first."""
    if text is None:
        return int(days[min(max(len(days) // 2, least), len(days) - 1)])
    try:
        return int(np.datetime64(text, "D").astype(np.int64))
    except ValueError:
        raise InvalidValueError("--start", "a day like 2006-01-03", text) from None


def write(page: Page, html: Path | None) -> None:
    """Write the page where one is asked for."""
    if html is not None:
        from tradewind.report.page import write_page

        write_page(page, html)
