"""What a report is made of: small frozen values that know nothing of HTML or terminals.

One part, two faces: :mod:`tradewind.report.page` turns parts into one self-contained HTML file,
:mod:`tradewind.report.console` prints tables and chips with rich.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

__all__ = [
    "Cell",
    "Chip",
    "Column",
    "Details",
    "Figure",
    "Grid",
    "KeyNumber",
    "KeyNumbers",
    "Link",
    "Meter",
    "Page",
    "Part",
    "Section",
    "Table",
    "Text",
    "Tone",
]


class Tone(StrEnum):
    """What a colour says; never the only thing that says it."""

    PLAIN = "plain"
    """Nothing in particular."""
    NOTE = "note"
    """Worth knowing."""
    GOOD = "good"
    """As it should be."""
    WARN = "warn"
    """Look twice."""
    BAD = "bad"
    """Wrong."""


class Chip(msgspec.Struct, frozen=True, tag="chip"):
    """A short verdict in a coloured pill.

    Attributes:
        text: One or two words.
        tone: Its colour.
    """

    text: str
    tone: Tone = Tone.PLAIN


class Link(msgspec.Struct, frozen=True, tag="link"):
    """A word that leads to a section of the same page.

    Attributes:
        text: What it says.
        anchor: ``Section.anchor`` of where it leads.
    """

    text: str
    anchor: str


class Meter(msgspec.Struct, frozen=True, tag="meter"):
    """A number with a small bar behind it.

    Attributes:
        text: The number.
        share: Length of the bar, 0 to 1.
        tone: Colour of the bar.
    """

    text: str
    share: float
    tone: Tone = Tone.PLAIN


Cell: TypeAlias = str | Chip | Link | Meter
"""What stands in a table."""


class Column(msgspec.Struct, frozen=True):
    """Head of a table's column.

    Attributes:
        title: What it says; units in it.
        number: Aligned to the right, in figures of equal width.
        wide: Takes the room that is left and breaks its lines.
    """

    title: str
    number: bool = False
    wide: bool = False


class Table(msgspec.Struct, frozen=True, tag="table"):
    """A table.

    Attributes:
        columns: Heads.
        rows: Cells, as many in each row as there are columns.
        caption: One line under it.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""


class KeyNumber(msgspec.Struct, frozen=True):
    """A number that is read first.

    Attributes:
        label: What it is.
        value: The number, with its unit.
        note: A few words under it.
    """

    label: str
    value: str
    note: str = ""


class KeyNumbers(msgspec.Struct, frozen=True, tag="numbers"):
    """Key numbers in a row.

    Attributes:
        numbers: Up to eight.
    """

    numbers: tuple[KeyNumber, ...]


class Figure(msgspec.Struct, frozen=True, tag="figure"):
    """A plot, as :mod:`tradewind.report.plots` makes it.

    Attributes:
        title: What it shows.
        plot: Plotly figure: ``data`` and ``layout`` of plain values.
        caption: How to read it, one or two sentences.
    """

    title: str
    plot: dict[str, Any]
    caption: str = ""


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A paragraph.

    Attributes:
        text: Plain text.
    """

    text: str


class Grid(msgspec.Struct, frozen=True, tag="grid"):
    """Parts side by side, under each other where there is no room.

    Attributes:
        parts: Two or three.
    """

    parts: tuple[Part, ...]


class Details(msgspec.Struct, frozen=True, tag="details"):
    """Parts that are folded away until asked for; a print shows them.

    Attributes:
        title: What is inside.
        parts: What is inside.
    """

    title: str
    parts: tuple[Part, ...]


Part: TypeAlias = Table | KeyNumbers | Figure | Text | Grid | Details
"""Anything a section holds."""


class Section(msgspec.Struct, frozen=True):
    """A part of a page with a heading.

    Attributes:
        title: Heading.
        anchor: Name for links, unique in the page.
        parts: What it holds.
        chip: Verdict beside the heading.
        lead: One sentence under the heading.
    """

    title: str
    anchor: str
    parts: tuple[Part, ...] = ()
    chip: Chip | None = None
    lead: str = ""


class Page(msgspec.Struct, frozen=True):
    """A report.

    Attributes:
        title: Heading.
        sections: What it holds.
        subtitle: One line under the heading.
        chip: Verdict beside the heading.
        footer: How it was made.
    """

    title: str
    sections: tuple[Section, ...]
    subtitle: str = ""
    chip: Chip | None = None
    footer: str = ""

    def figures(self) -> list[Figure]:
        """All figures, in reading order."""
        return [figure for section in self.sections for figure in _figures(section.parts)]


def _figures(parts: Iterable[Part]) -> list[Figure]:
    found: list[Figure] = []
    for part in parts:
        if isinstance(part, Figure):
            found.append(part)
        elif isinstance(part, Grid | Details):
            found += _figures(part.parts)
    return found
