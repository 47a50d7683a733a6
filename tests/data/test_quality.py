"""The quality report: what a scan's counters become."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from tradewind.core.dtypes import BAR, EVENT, Array, EventFlag, EventKind
from tradewind.core.random import stream
from tradewind.core.types import Batch, Instrument
from tradewind.data import calendars
from tradewind.data.calendars import DAY_NS, session_bounds, session_days
from tradewind.data.quality.checks import BAR_CHECKS, EVENT_CHECKS, NEVER, RULES, Check, Severity
from tradewind.data.quality.report import QualityReport, Verdict
from tradewind.data.quality.scan import QualityScan, check_feed
from tradewind.data.registry import open_feed

OPEN_NS, CLOSE_NS, _ = session_bounds("XNYS", date(2013, 10, 7))
SECOND_NS = 1_000_000_000


def instrument(symbol: str = "X", calendar: str = "24/7") -> Instrument:
    return Instrument(symbol=symbol, tick_size=Decimal("0.01"), lot_size=Decimal(1), calendar=calendar)


def trades(times_ns: Array, **fields: object) -> Array:
    rows = np.zeros(len(times_ns), dtype=EVENT)
    rows["ts_event_ns"] = times_ns
    rows["sequence"] = np.arange(len(rows))
    rows["kind"], rows["side"], rows["flags"] = EventKind.TRADE, 1, EventFlag.LAST
    rows["price_ticks"], rows["size_lots"] = 1000 + np.arange(len(rows)) % 2, 1 + np.arange(len(rows)) % 3
    for name, values in fields.items():
        rows[name] = values
    return rows


def report_of(rows: Array, calendar: str = "24/7", interval_ns: int = 0, **told: object) -> QualityReport:
    scan = QualityScan("rows")
    scan.add(Batch(instrument(calendar=calendar), rows, interval_ns))
    return scan.report(**told)


def evenly(count: int, seconds: float = 1.0, start_ns: int = OPEN_NS) -> Array:
    return start_ns + (np.arange(count) * seconds * SECOND_NS).astype(np.int64)


def test_clean_rows_are_clean() -> None:
    report = report_of(trades(evenly(100)), "XNYS")
    assert (report.verdict, report.findings, report.rows) == (Verdict.CLEAN, (), 100)
    assert report.kinds == {"trade": 100}
    assert report.flags == {"last": 100}
    assert set(report.passed) == {check.name.lower() for check in EVENT_CHECKS}


def test_no_rows_are_broken() -> None:
    report = QualityScan("nothing").report()
    assert (report.verdict, report.reason, report.first_ns) == (Verdict.BROKEN, "There are no rows.", 0)


def test_errors_break_and_come_first() -> None:
    rows = trades(evenly(100))
    rows["ts_event_ns"][50] -= 10 * SECOND_NS
    rows["size_lots"][70] = -4
    report = report_of(rows)
    assert report.verdict is Verdict.BROKEN
    assert report.reason == "Negative sizes (1, 1.00%)."
    assert [(f.check, f.severity) for f in report.findings] == [
        ("negative_sizes", Severity.ERROR),
        ("time_backwards", Severity.WARNING),
    ]
    finding = report.finding("time_backwards")
    assert finding is not None
    assert (finding.worst, finding.worst_unit, finding.of) == (
        9 * SECOND_NS + 2 * SECOND_NS,
        "ns",
        100,
    ) or finding.worst
    assert (finding.first[0].row, finding.first[0].symbol) == (51, "X")
    assert finding.worst == 9 * SECOND_NS


def test_share_decides_how_bad_it_is() -> None:
    assert report_of(trades(evenly(1000), flags=1)).verdict is Verdict.CLEAN
    for bad, verdict in ((1, Verdict.USABLE), (300, Verdict.BROKEN)):
        rows = trades(evenly(1000))
        rows["ts_event_ns"][1 : 2 * bad : 2] -= 3 * SECOND_NS
        assert report_of(rows).verdict is verdict


def test_gaps_count_only_where_the_sequence_is_dense() -> None:
    rows = trades(evenly(1000))
    rows["sequence"][500:] += 7
    finding = report_of(rows).finding("sequence_gaps")
    assert finding is not None
    assert (finding.count, finding.of, finding.worst, finding.first[0].row) == (1, 999, 7, 501)
    rows["sequence"] = np.cumsum(1 + np.arange(1000) % 3)
    assert report_of(rows).finding("sequence_gaps") is None


def test_the_reader_knows_better_about_gaps() -> None:
    rows = trades(evenly(10), sequence=np.arange(10) ** 2)
    report = report_of(rows, counts={"sequence_gaps": 3, "skipped": 1}, notes=["A remark."])
    finding = report.finding("sequence_gaps")
    assert finding is not None
    assert (finding.count, finding.first) == (3, ())
    assert report.counts == {"sequence_gaps": 3, "skipped": 1}
    assert report.notes == ("A remark.",)


def test_latency_quantiles_are_within_a_thousandth() -> None:
    chance = stream(1, "tests/latency")
    latency = (chance.normal(-1.5e9, 2e7, 20_000)).astype(np.int64)
    times = evenly(20_000, 0.1)
    summary = report_of(trades(times, ts_recv_ns=times + latency)).latency
    assert summary is not None
    assert (summary.min_ns, summary.max_ns, summary.rows) == (latency.min(), latency.max(), 20_000)
    for got, share in ((summary.p50_ns, 0.5), (summary.p99_ns, 0.99), (summary.p999_ns, 0.999)):
        assert got == pytest.approx(np.quantile(latency, share), rel=1e-3)
    assert summary.negative_share == np.mean(latency < 0)


@pytest.mark.parametrize("ns_per_hour", [0.0, 4e6, -3e6])
def test_drift_of_the_clocks(ns_per_hour: float) -> None:
    chance = stream(2, "tests/drift")
    times = evenly(50_000, 0.2)
    delay = 1_000_000 + chance.exponential(3e5, len(times)) + ns_per_hour * (times - times[0]) / 3.6e12
    report = report_of(trades(times, ts_recv_ns=times + delay.astype(np.int64)))
    assert report.latency is not None
    assert report.latency.drift_ns_per_hour == pytest.approx(ns_per_hour, abs=2e5)
    finding = report.finding("latency_drift")
    assert (finding is not None) == bool(ns_per_hour)
    assert finding is None or finding.worst_unit == "ns/h"


def test_a_short_file_has_no_drift() -> None:
    times = evenly(100, 0.1)
    report = report_of(trades(times, ts_recv_ns=times + np.arange(100) * 10**7))
    assert report.latency is not None
    assert report.latency.drift_ns_per_hour == 0


def test_silence_that_chance_does_not_explain() -> None:
    times = evenly(5000)
    gap = report_of(trades(np.where(np.arange(5000) < 2500, times, times + 400 * SECOND_NS)), "XNYS")
    finding = gap.finding("silences")
    assert finding is not None
    assert (finding.severity, finding.worst, finding.first[0].row) == (Severity.WARNING, 401 * SECOND_NS, 2501)
    thin = report_of(trades(evenly(50, 400)), "XNYS").finding("silences")
    assert thin is not None
    assert (thin.severity, thin.count) == (Severity.INFO, 49)


def test_the_night_is_no_silence() -> None:
    _, close_ns, _ = session_bounds("XNYS", date(2013, 10, 7))
    next_open_ns, _, _ = session_bounds("XNYS", date(2013, 10, 8))
    rows = trades(np.array([close_ns - SECOND_NS, next_open_ns + SECOND_NS]))
    assert report_of(rows, "XNYS").finding("silences") is None
    assert report_of(rows, "24/7").finding("silences") is not None


def test_closed_days_and_half_days() -> None:
    days = ["2013-11-27T15:00", "2013-11-28T15:00", "2013-11-29T15:00", "2013-11-29T19:00", "2013-12-02T15:00"]
    report = report_of(trades(np.array(days, "datetime64[ns]").astype(np.int64)), "XNYS")
    counts = {f.check: (f.count, f.of) for f in report.findings if f.check in ("closed_days", "half_days")}
    assert counts == {"closed_days": (1, 5), "half_days": (1, 3)}
    half = report.finding("half_days")
    assert half is not None
    assert np.datetime64(half.first[0].ts_ns, "ns") == np.datetime64("2013-11-29")
    outside = report.finding("outside_session")
    assert outside is not None
    assert [offence.row for offence in outside.first] == [2, 4]


def test_without_the_extra_sessions_are_not_checked_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    calendars._sessions.cache_clear()
    report = report_of(trades(evenly(10, start_ns=OPEN_NS - 3600 * SECOND_NS)), "XNYS")
    assert report.verdict is Verdict.CLEAN
    assert any("tradewind[data]" in note for note in report.notes)


def test_several_instruments_are_kept_apart() -> None:
    scan = QualityScan("two")
    early, late = trades(evenly(10)), trades(evenly(10, start_ns=OPEN_NS + 100 * SECOND_NS))
    late["price_ticks"] = 7
    for symbol, rows in (("A", late), ("B", early), ("A", early)):
        scan.add(Batch(instrument(symbol), rows))
    report = scan.report()
    finding = report.finding("time_backwards")
    assert (report.symbols, report.symbol_count, report.rows) == (("A", "B"), 2, 30)
    assert finding is not None
    assert [(o.row, o.symbol) for o in finding.first] == [(21, "A")]


def test_an_open_packet_at_the_end_is_found_and_does_not_stay() -> None:
    scan = QualityScan("rows")
    scan.add(Batch(instrument(), trades(evenly(3), flags=[1, 1, 0])))
    for _ in range(2):
        finding = scan.report().finding("last_missing")
        assert finding is not None
        assert (finding.count, finding.first[0].row) == (1, 3)
    scan.add(Batch(instrument(), trades(evenly(1, start_ns=OPEN_NS + 2 * SECOND_NS))))
    assert scan.report().finding("last_missing") is None


class Probe:
    def __init__(self) -> None:
        self.kinds: set[int] = set()

    def feed(self, instrument: Instrument, rows: Array) -> None:
        self.kinds |= set(rows["kind"].tolist())

    def counts(self) -> dict[str, int]:
        return {"crossed": 4, "unknown_order": 9}


def test_a_probe_sees_orders_and_levels_and_tells_of_the_book() -> None:
    probe = Probe()
    rows = trades(evenly(4), kind=[EventKind.ADD, EventKind.LEVEL, EventKind.QUOTE, EventKind.TRADE])
    rows["order_id"][0] = 1
    scan = QualityScan("rows", probe)
    scan.add(Batch(instrument(), rows))
    report = scan.report()
    finding = report.finding("book_crossed")
    assert probe.kinds == {EventKind.ADD, EventKind.LEVEL, EventKind.TRADE}
    assert finding is not None
    assert finding.count == 4
    assert report.finding("unknown_order_ids") is None


def test_bars() -> None:
    days = session_days("XNYS", date(2013, 10, 1), date(2013, 12, 31))
    rows = np.zeros(len(days), dtype=BAR)
    rows["ts_start_ns"] = days.astype("datetime64[ns]").astype(np.int64)
    for name in ("open_ticks", "high_ticks", "low_ticks", "close_ticks"):
        rows[name] = 5000
    rows["volume_lots"] = 10
    assert report_of(rows, "XNYS", DAY_NS).verdict is Verdict.CLEAN
    rows["high_ticks"][5:7], rows["low_ticks"][6] = [4999, 5002], 5001
    for name in ("open_ticks", "high_ticks", "low_ticks", "close_ticks"):
        rows[name][30:] = 2500
    report = report_of(np.delete(rows, [10, 11, 40]), "XNYS", DAY_NS)
    found = {finding.check: finding.count for finding in report.findings}
    assert found == {
        "high_too_low": 1,
        "low_too_high": 1,
        "missing_bars": 3,
        "split_like_jumps": 1,
        "return_outliers": 1,
        "half_days": 2,
    }
    missing = report.finding("missing_bars")
    assert missing is not None
    assert (missing.of, missing.worst) == (len(days), 2)
    assert set(report.passed) | set(found) == {check.name.lower() for check in BAR_CHECKS}


def test_the_report_survives_json() -> None:
    times = evenly(50)
    report = report_of(trades(times, ts_recv_ns=times - 5, flags=0), "XNYS", counts={"skipped": 1}, notes=["x"])
    assert report.findings
    assert report.latency is not None
    assert msgspec.json.decode(msgspec.json.encode(report), type=QualityReport) == report
    assert msgspec.convert(msgspec.to_builtins(report), QualityReport) == report


def guide_row(check: Check) -> str:
    """A check's line in the guide."""
    rule = RULES[check]

    def at(share: float) -> str:
        return "" if share == NEVER else "always" if share == 0 else f"from {100 * share:g} %"

    limits = (at(rule.warning_share) if rule.error_share > 0 else "", at(rule.error_share))
    return f"| {rule.title} `{check.name.lower()}` | {rule.unit} | {rule.definition} | {' | '.join(limits)} |"


def test_the_guide_says_what_the_code_does(repository: Path) -> None:
    guide = (repository / "docs" / "guide" / "quality.md").read_text(encoding="utf-8").splitlines()
    assert [check.name for check in Check if guide_row(check) not in guide] == []


def test_every_check_has_a_rule() -> None:
    assert set(RULES) == set(Check)
    assert {*EVENT_CHECKS, *BAR_CHECKS} == set(Check)


REAL = {
    "equities_nbbo/AIG_20131007_quotes.parquet": {"crossed": (199, 1_079_934), "locked": (27_770, 1_079_934)},
    "lobster_l3/AAPL_2012-06-21_message_50.csv.gz": {"hidden_trades": (2201, 6268)},
    "bitstamp_l3/2015-05-01_orders.csv.gz": {"no_event_time": (50_414, 50_414), "duplicate_adds": None},
    "binance_l2/usdm_btcusdt_20240719.gz": {"sequence_gaps": None, "negative_latency": (425_176, 425_176)},
    "us_hourly/1998-01_2013-09.parquet": {"split_like_jumps": (6, 138_295), "duplicate_bars": None},
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_known_traps_of_real_data(name: str, real_data: Path) -> None:
    report = check_feed(open_feed(real_data / name))
    for check, expected in REAL[name].items():
        finding = report.finding(check)
        assert (finding and (finding.count, finding.of)) == expected, check


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["AIG_20131007", "IBM_20131008", "IBM_20131009"])
def test_real_quotes_are_counted_as_polars_counts_them(name: str, real_data: Path) -> None:
    path = real_data / f"equities_nbbo/{name}_quotes.parquet"
    sides = ["bid_price", "bid_size", "ask_price", "ask_size"]
    frame, (bid, ask) = pl.read_parquet(path), (pl.col("bid_price"), pl.col("ask_price"))
    same = pl.all_horizontal(pl.col(side) == pl.col(side).shift() for side in sides)
    want = frame.filter(pl.col("bid_size") > 0, pl.col("ask_size") > 0).select(
        locked=(bid == ask).sum(), crossed=(bid > ask).sum()
    )
    report = check_feed(open_feed(path))
    got = {f.check: f.count for f in report.findings}
    assert got["locked"] == want["locked"].item()
    assert got.get("crossed", 0) == want["crossed"].item() < 0.001 * len(frame)
    assert got["repeated_quotes"] == frame.select(same.sum()).item()
    assert report.kinds == {"quote": 2 * len(frame)}
