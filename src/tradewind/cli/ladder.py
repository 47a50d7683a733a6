"""A frame of a market as a ladder on the terminal: depth on both sides, your orders in their queues, the tape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tradewind.core.types import Instrument
from tradewind.data.store.moments import format_moment

if TYPE_CHECKING:
    from tradewind.market.watch import Frame, Level

__all__ = ["draw_frame"]

BAR = 12
BUY, SELL = "green", "red"


def draw_frame(frame: Frame, unit: Instrument, title: str, levels: int = 10, zone: str = "UTC") -> RenderableType:
    """A frame as something rich can print.

    Args:
        frame: The market at one instant.
        unit: What is traded.
        title: What is watched.
        levels: Price levels of each side.
        zone: Time zone of the clock.

    Returns:
        A panel of ladder, tape and a line about you.
    """
    clock = format_moment(frame.ts_ns, zone, offset=False)[:23]
    state = "" if frame.state == "open" else f"  [bold reverse red] {frame.state} [/]"
    spread = "" if frame.spread_ticks is None else f"spread {frame.spread_ticks:.0f}"
    lean = "" if frame.imbalance is None else f"imbalance {frame.imbalance:+.2f}"
    head = Text.from_markup(f"{clock}{state}   {spread}   {lean}   volume {_lots(frame.volume_lots, unit)}")
    you = f"you: position {_lots(frame.position_lots, unit)}, cash {frame.cash}, fees {frame.fees} {unit.currency}"
    body = Table.grid(padding=(0, 4))
    body.add_row(_ladder(frame, unit, levels), _tape(frame, unit, zone, 2 * levels))
    return Panel(Group(head, Text(), body, Text(), Text(you)), title=title, title_align="left", expand=False)


def _ladder(frame: Frame, unit: Instrument, levels: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, justify in (("yours (ahead)", "right"), ("bid", "right"), ("price", "center"), ("ask", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("yours (ahead)")
    largest = max((level.size_lots for level in (*frame.bids, *frame.asks)), default=1)
    asks: list[Level | None] = [None] * (levels - len(frame.asks)) + list(reversed(frame.asks))
    for level in asks:
        table.add_row("", "", *_price(level, unit, SELL), *_ask(level, frame, unit, largest))
    bids: list[Level | None] = [*frame.bids, *[None] * (levels - len(frame.bids))]
    for level in bids:
        bar, own = _bar(level, unit, largest, BUY, left=True), _own(level, frame, 1, unit)
        table.add_row(own, bar, *_price(level, unit, BUY), "", "")
    return table


def _ask(level: Level | None, frame: Frame, unit: Instrument, largest: int) -> tuple[Text, str]:
    return _bar(level, unit, largest, SELL, left=False), _own(level, frame, -1, unit)


def _price(level: Level | None, unit: Instrument, colour: str) -> tuple[Text]:
    return (Text("" if level is None else str(unit.to_price(level.price_ticks)), style=f"bold {colour}"),)


def _bar(level: Level | None, unit: Instrument, largest: int, colour: str, *, left: bool) -> Text:
    if level is None:
        return Text()
    size = Text(f"{_lots(level.size_lots, unit)} ({level.orders})")
    bar = Text("█" * max(1, round(BAR * level.size_lots / largest)), style=colour)
    gap = " " * (BAR - len(bar))
    return Text.assemble(size, " ", gap, bar) if left else Text.assemble(bar, gap, " ", size)


def _own(level: Level | None, frame: Frame, side: int, unit: Instrument) -> str:
    if level is None:
        return ""
    mine = [o for o in frame.orders if o.side == side and o.price_ticks == level.price_ticks]
    return " ".join(f"[bold yellow]{_lots(o.size_lots, unit)}[/] ({_lots(o.ahead_lots, unit)})" for o in mine)


def _tape(frame: Frame, unit: Instrument, zone: str, rows: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("trades", "price", "size", ""):
        table.add_column(name, justify="left" if name in ("trades", "") else "right")
    for trade in frame.prints[:rows]:
        colour = {1: BUY, -1: SELL}.get(trade.side, "white")
        clock = format_moment(trade.ts_ns, zone, offset=False).partition(" ")[2][:12]
        price = Text(str(unit.to_price(trade.price_ticks)), style=colour)
        table.add_row(clock, price, _lots(trade.size_lots, unit), "[bold yellow]you[/]" if trade.yours else "")
    return table


def _lots(lots: int, unit: Instrument) -> str:
    return f"{unit.to_size(lots):,}"
