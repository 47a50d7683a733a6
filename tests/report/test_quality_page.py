"""The page and the tables of quality reports."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from tradewind.core.dtypes import BAR, EVENT, EventFlag, EventKind
from tradewind.core.random import stream
from tradewind.core.types import Batch, Instrument
from tradewind.data.quality.scan import QualityScan
from tradewind.report.console import rich_table
from tradewind.report.page import render_page
from tradewind.report.parts import Figure, Grid, Page
from tradewind.report.quality import Checked, findings_table, quality_page, summary_table

START_NS = 1_381_152_600 * 10**9


def quotes_and_trades(count: int = 3000):
    chance = stream(0, "tests/quality page")
    rows = np.zeros(count, dtype=EVENT)
    rows["ts_event_ns"] = START_NS + np.cumsum(chance.integers(0, 2 * 10**9, count))
    rows["ts_recv_ns"] = rows["ts_event_ns"] + chance.integers(10**5, 10**7, count)
    rows["sequence"] = np.arange(count)
    rows["kind"] = chance.choice([EventKind.QUOTE, EventKind.QUOTE, EventKind.TRADE], count)
    rows["side"] = chance.choice([-1, 1], count)
    rows["price_ticks"] = 5000 - rows["side"] * chance.integers(0, 4, count)
    rows["size_lots"] = chance.integers(1, 900, count)
    rows["flags"] = EventFlag.LAST
    return rows


def checked(rows, calendar: str = "XNYS", interval_ns: int = 0, symbols: tuple[str, ...] = ("X",)) -> Checked:
    scan = QualityScan("folder/some.csv", profiled=2)
    for symbol in symbols:
        instrument = Instrument(symbol=symbol, tick_size=Decimal("0.01"), lot_size=Decimal(1), calendar=calendar)
        scan.add(Batch(instrument, rows, interval_ns))
    return Checked.of(scan.report({"skipped": 3}, ["A remark."]), scan)


def figures_of(page: Page) -> list[str]:
    return [figure.title for figure in page.figures()]


def test_page_of_events_shows_everything_and_plotly_accepts_it() -> None:
    graphs = pytest.importorskip("plotly.graph_objects")
    page = quality_page([checked(quotes_and_trades())], "Data check: X")
    assert figures_of(page) == ["X through time", "Time between packets", "Trade sizes", "Feed latency, ms"]
    panels = [
        note["text"] for note in page.figures()[0].plot["layout"]["annotations"] if note["text"].startswith("<b>")
    ]
    assert panels == [f"<b>{name}</b>" for name in ("Mid quote", "Spread", "Activity", "Feed latency", "Findings")]
    for figure in page.figures():
        graphs.Figure(figure.plot)
    html = render_page(page)
    for text in ("some.csv", "A remark.", "Counted by the reader: skipped 3.", "Locked quotes", "All 35 checks"):
        assert text in html


def test_counts_in_the_plot_are_the_rows() -> None:
    rows = quotes_and_trades()
    page = quality_page([checked(rows)], "x")
    layout = page.figures()[0].plot
    width_minutes = 0.25 * 2 ** round(np.log2((rows["ts_event_ns"][-1] - START_NS) / 15e9 / 384))
    drawn = {trace["name"]: sum(trace["y"]) for trace in layout["data"] if trace.get("stackgroup")}
    for kind in (EventKind.QUOTE, EventKind.TRADE):
        per_minute = drawn[kind.name.lower()]
        assert per_minute * width_minutes == pytest.approx((rows["kind"] == kind).sum(), rel=1e-6)


def test_histograms_hold_all_values() -> None:
    page = quality_page([checked(quotes_and_trades())], "x")
    for figure, least in zip(page.figures()[1:], (0.99, 0.999, 0.98), strict=True):
        shares = figure.plot["data"][0]["y"][1:-1:2]
        assert least < sum(shares) <= 1.000001


def test_page_of_bars() -> None:
    rows = np.zeros(500, dtype=BAR)
    rows["ts_start_ns"] = START_NS // (86_400 * 10**9) * (86_400 * 10**9) + np.arange(500) * 86_400 * 10**9
    rows["open_ticks"] = rows["close_ticks"] = rows["low_ticks"] = 1000
    rows["high_ticks"], rows["volume_lots"] = 1010, 5
    page = quality_page([checked(rows, "24/7", 86_400 * 10**9, ("A", "B", "C"))], "Bars")
    assert figures_of(page) == ["A through time", "B through time"]
    html = render_page(page)
    assert "Plots show the first 2 of 3 instruments." in html


def test_page_of_several_sources_links_them() -> None:
    broken = checked(np.zeros(3, dtype=EVENT))
    page = quality_page([checked(quotes_and_trades()), broken], "Two")
    html = render_page(page)
    assert page.chip is not None
    assert page.chip.text == "broken"
    assert page.subtitle == "2 sources, 3,003 rows: 1 usable, 1 broken."
    assert 'href="#source-2"' in html
    assert 'id="source-2"' in html


def test_page_of_a_stored_report_has_no_plots() -> None:
    stored = Checked(checked(quotes_and_trades()).report)
    page = quality_page([stored], "Stored")
    assert figures_of(page) == []
    assert not any(isinstance(part, Figure | Grid) for section in page.sections for part in section.parts)


def test_tables_on_a_terminal() -> None:
    reports = [checked(quotes_and_trades()).report, checked(np.zeros(3, dtype=EVENT)).report]
    out = StringIO()
    console = Console(file=out, width=160)
    console.print(rich_table(findings_table(reports[0], "America/New_York")))
    console.print(rich_table(summary_table(reports), "All sources"))
    text = out.getvalue()
    locked = reports[0].finding("locked")
    assert locked is not None
    assert f"{locked.count:,}" in text
    assert "2013-10-07 09:3" in text
    assert "● broken" in text
    assert "some.csv" in text
