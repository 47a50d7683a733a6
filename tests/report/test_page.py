"""Pages are whole: everything inside, nothing from elsewhere, text escaped, plots that Plotly accepts."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tradewind.core.errors import MissingExtraError
from tradewind.report import page as page_module
from tradewind.report.page import render_page, write_page
from tradewind.report.parts import (
    Chip,
    Column,
    Details,
    Figure,
    Grid,
    KeyNumber,
    KeyNumbers,
    Link,
    Meter,
    Page,
    Section,
    Table,
    Text,
    Tone,
)
from tradewind.report.plots import Panel, band, bars, columns, heat, line, log_ticks, stack_panels

X = np.arange(5.0)


def small_plot():
    panels = [
        Panel(title="a", traces=(*band(X, X, X + 1, "#4a86d8"), line(X, X, "a", "#4a86d8")), unit="USD"),
        Panel(title="b", traces=(line(X, X, "b", "#e08a3c", stacked=True), columns(X, X, "c", "#8490a0"))),
        Panel(title="c", traces=heat(X, ["p", "q"], np.arange(10).reshape(2, 5), [Tone.WARN, Tone.NOTE])),
    ]
    return stack_panels(panels, {"type": "linear"}, [("1", "2")])


def small_page(text: str = "words") -> Page:
    table = Table(
        (Column("A"), Column("B", number=True), Column("C", wide=True)),
        ((Chip("clean", Tone.GOOD), Meter("3 %", 0.03, Tone.BAD), text), (Link("down", "two"), "1", "x\ny")),
        caption="A caption.",
    )
    histogram = stack_panels([Panel(title="", traces=(bars(X, X[:-1], "#4a86d8", list("abcd")),))], log_ticks(1, 9, []))
    parts = (
        KeyNumbers((KeyNumber("Rows", "5", "all of them"),)),
        table,
        Figure("A figure", small_plot(), "How to read it."),
        Grid((Figure("Another", histogram), Text("beside it"))),
        Details("More", (Text("folded away"), Figure("Third", small_plot()))),
    )
    return Page("A title", (Section("One", "one", parts, Chip("bad", Tone.BAD), "Lead."), Section("Two", "two")))


class Tags(HTMLParser):
    """Counts tags, checks that they close, and collects what points elsewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.outside: list[str] = []
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href") and not value.startswith("#"):
                self.outside.append(value)
            if name == "href":
                self.links.add(value[1:])
            if name == "id":
                assert value not in self.anchors
                self.anchors.add(value)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_page_is_whole_and_asks_for_nothing() -> None:
    html = render_page(small_page())
    tags = Tags(html)
    assert tags.open == []
    assert tags.outside == []
    assert tags.links <= tags.anchors
    assert tags.seen.count("figure") == 3
    style = html.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert "plotly.js v" in html[:20_000_000]


def test_without_figures_there_is_no_plotly() -> None:
    html = render_page(Page("Small", (Section("One", "one", (Text("words"),)),)))
    assert len(html) < 40_000


def test_text_is_escaped_everywhere() -> None:
    nasty = "<script>alert('x')</script>&"
    table = Table((Column(nasty),), ((nasty,), (Chip(nasty),), (Meter(nasty, 1.0),)), nasty)
    figure = Figure(nasty, {"data": [{"x": [nasty]}], "layout": {}}, nasty)
    parts = (table, figure, Text(nasty), KeyNumbers((KeyNumber(nasty, nasty, nasty),)), Details(nasty, ()))
    html = render_page(Page(nasty, (Section(nasty, "a", parts, Chip(nasty), nasty),), nasty, Chip(nasty), nasty))
    ours = html.replace(page_module._plotly_js(), "")
    assert "<script>alert" not in ours
    assert ours.count("</script>") == 3


def test_plotly_accepts_every_plot() -> None:
    graphs = pytest.importorskip("plotly.graph_objects")
    for figure in small_page().figures():
        shown = graphs.Figure(figure.plot)
        assert len(shown.data) == len(figure.plot["data"])


def test_panels_share_the_axis_and_leave_no_gap_unfilled() -> None:
    layout = small_plot()["layout"]
    domains = [layout[name]["domain"] for name in ("yaxis", "yaxis2", "yaxis3")]
    assert domains[0][1] == 1
    assert domains[2][0] == 0
    assert all(upper[0] > lower[1] for upper, lower in pairwise(domains))
    assert {trace["xaxis"] for trace in small_plot()["data"]} == {"x"}


def test_light_and_dark_have_the_same_tokens() -> None:
    style = page_module._text("page.css")
    blocks = re.findall(r"\{((?:\s*--[a-z-]+: [^;]+;)+)\s*\}", style)
    names = [set(re.findall(r"--[a-z-]+", block)) - {"--sans"} for block in blocks]
    assert len(names) == 4
    assert all(block == names[0] for block in names)
    used = set(re.findall(r"var\((--[a-z-]+)\)", style))
    assert used <= names[0] | {"--sans"}


def test_writing_leaves_nothing_half_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "deep" / "page.html"
    write_page(small_page("first"), target)
    assert "first" in target.read_text(encoding="utf-8")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        write_page(small_page("second"), target)
    assert "first" in target.read_text(encoding="utf-8")
    assert [path.name for path in target.parent.iterdir()] == ["page.html"]


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    page_module._template.cache_clear()
    with pytest.raises(MissingExtraError, match=r"tradewind\[report\]"):
        render_page(Page("x", ()))
    page_module._template.cache_clear()
