"""Parts of a report on a terminal, with rich."""

from __future__ import annotations

from rich import box
from rich.table import Table as RichTable
from rich.text import Text as RichText

from tradewind.report.parts import Cell, Chip, Link, Meter, Table, Tone

__all__ = ["rich_chip", "rich_table"]

STYLES = {
    Tone.PLAIN: "dim",
    Tone.NOTE: "blue",
    Tone.GOOD: "green",
    Tone.WARN: "yellow",
    Tone.BAD: "bold red",
}


def rich_chip(chip: Chip) -> RichText:
    """A verdict as coloured text.

    Examples:
        >>> rich_chip(Chip("clean", Tone.GOOD)).plain
        '● clean'
    """
    return RichText(f"● {chip.text}", style=STYLES[chip.tone], no_wrap=True)


def rich_table(table: Table, title: str = "") -> RichTable:
    """A table without lines, one rule under its head.

    Args:
        table: What to show; its caption goes under it.
        title: Line above it.
    """
    shown = RichTable(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        title=RichText(title) if title else None,
        title_justify="left",
        title_style="bold",
        caption=RichText(table.caption) if table.caption else None,
        caption_justify="left",
    )
    for column in table.columns:
        shown.add_column(
            column.title,
            justify="right" if column.number else "left",
            overflow="fold",
            ratio=1 if column.wide else None,
        )
    for row in table.rows:
        shown.add_row(*(_cell(cell) for cell in row))
    return shown


def _cell(cell: Cell) -> RichText:
    if isinstance(cell, Chip):
        return rich_chip(cell)
    if isinstance(cell, Meter | Link):
        return RichText(cell.text)
    return RichText(cell)
