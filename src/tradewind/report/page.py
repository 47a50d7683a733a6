"""A page of parts as one HTML file that needs nothing else: style, script and plotly.js are inside."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from tradewind.core.errors import MissingExtraError
from tradewind.core.files import write_durably
from tradewind.report.parts import Page

__all__ = ["render_page", "write_page"]


def render_page(page: Page) -> str:
    """The page as HTML text.

    Light and dark follow the reader's system, with a switch; printed pages are light. plotly.js (4.8 MB) is inside only
    where there are figures.

    Raises:
        MissingExtraError: Without the extra ``report``.
    """
    figures = page.figures()
    plots = {f"plot-{number}": figure.plot for number, figure in enumerate(figures)}
    numbers = {id(figure): name for name, figure in zip(plots, figures, strict=True)}
    html: str = _template().render(
        page=page,
        style=_text("page.css"),
        script=_text("page.js"),
        plotly=_plotly_js() if figures else "",
        plots=_embedded(plots),
        name_of=lambda figure: numbers[id(figure)],
    )
    return html


def write_page(page: Page, path: Path) -> None:
    """Write the page to a file, whole or not at all; raises as :func:`render_page`."""
    html = render_page(page)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, html.encode())


def _embedded(plots: dict[str, Any]) -> str:
    """JSON that may stand inside a script element; NumPy numbers become plain ones."""
    return msgspec.json.encode(plots, enc_hook=lambda number: number.item()).decode().replace("<", "\\u003c")


def _text(name: str) -> str:
    return resources.files("tradewind.report").joinpath(name).read_text(encoding="utf-8")


@cache
def _plotly_js() -> str:
    try:
        file = resources.files("plotly").joinpath("package_data", "plotly.min.js")
    except ImportError:
        raise MissingExtraError("plotly", "report", "an HTML report with plots") from None
    return file.read_text(encoding="utf-8")


@cache
def _template() -> Any:
    try:
        import jinja2
    except ImportError:
        raise MissingExtraError("jinja2", "report", "an HTML report") from None
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.tests["of"] = lambda part, name: type(part).__name__ == name
    return environment.from_string(_text("page.html"))
