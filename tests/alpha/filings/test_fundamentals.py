"""Fundamentals: point in time under poison, restatements append, quarters and years are told apart."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradewind.alpha.filings.columns import FILING_COLUMNS, filing_features, fundamentals_of
from tradewind.alpha.filings.fundamentals import FUNDAMENTALS, Fundamentals
from tradewind.alpha.filings.reports import DAY_NS, Report, read_reports
from tradewind.alpha.filings.values import values_of
from tradewind.alpha.store.point_in_time import PointInTimeStore
from tradewind.core.errors import DataError, NotFoundError

EPOCH = date(1970, 1, 1)


def report(focus: str, year: int, known: date, amended: bool = False, **values: float) -> Report:
    ends = {"Q1": (3, 31), "Q2": (6, 30), "Q3": (9, 30), "FY": (12, 31)}[focus]
    return Report(
        symbol="A",
        period_end=(date(year, *ends) - EPOCH).days,
        focus=focus,
        year=year,
        amended=amended,
        known_ns=(known - EPOCH).days * DAY_NS,
        values=values,
    )


YEAR = [
    report(
        "Q1", 2014, date(2014, 5, 1), net_income=10, eps_basic=1.0, assets=400, equity=200, cash_flow_op=5, revenues=50
    ),
    report(
        "Q2", 2014, date(2014, 8, 1), net_income=12, eps_basic=1.2, assets=420, equity=210, cash_flow_op=25, revenues=60
    ),
    report(
        "Q3", 2014, date(2014, 11, 1), net_income=8, eps_basic=0.8, assets=430, equity=215, cash_flow_op=30, revenues=40
    ),
    report(
        "FY",
        2014,
        date(2015, 2, 20),
        net_income=45,
        eps_basic=4.5,
        assets=440,
        equity=230,
        cash_flow_op=60,
        revenues=200,
    ),
    report(
        "Q1", 2015, date(2015, 5, 1), net_income=15, eps_basic=1.5, assets=480, equity=240, cash_flow_op=10, revenues=55
    ),
]


def keys(first: date, days: int, price: float = 100.0) -> pl.DataFrame:
    rows = [("A", first + timedelta(days=k), price) for k in range(days)]
    return pl.DataFrame(rows, schema=["symbol", "date", "price"], orient="row")


def as_of(reports: list[Report], day: date, price: float = 100.0) -> dict[str, float]:
    row = fundamentals_of(reports, keys(day, 1, price)).row(0, named=True)
    return {name: row[f"filing_{name}"] for name in FUNDAMENTALS}


def test_by_hand() -> None:
    found = as_of(YEAR, date(2015, 5, 2))
    assert found["earnings_yield"] == pytest.approx(60 / 1000)
    assert found["book_to_price"] == pytest.approx(240 / 1000)
    assert found["sales_to_price"] == pytest.approx(220 / 1000)
    assert found["cash_flow_to_price"] == pytest.approx(40 / 1000)
    assert found["surprise"] == pytest.approx(0.5 / 100)
    assert found["asset_growth"] == pytest.approx(np.log(480 / 400))
    assert found["sales_growth"] == pytest.approx(55 / 50 - 1)
    assert found["accruals"] == pytest.approx((15 - 10) / 480)
    assert found["leverage"] == pytest.approx(0.5)


def test_the_last_quarter_is_the_year_less_the_others() -> None:
    """15 = 45 - 10 - 12 - 8, so the first quarter after it brings no surprise against the quarter before."""
    later = [r for r in YEAR if r.focus != "Q1" or r.year == 2015]
    with_all = as_of(YEAR, date(2015, 3, 1))
    assert with_all["accruals"] == pytest.approx((45 - 60) / 440)
    company = Fundamentals()
    for r in YEAR:
        company.update(r)
    assert company._quarter(YEAR[3], "eps_basic") == pytest.approx(4.5 - 1.0 - 1.2 - 0.8)
    assert as_of(later, date(2015, 5, 2))["surprise"] == pytest.approx((1.5 - 4.5 / 4) / 100)


def test_nothing_is_known_before_its_time() -> None:
    assert np.isnan(as_of(YEAR, date(2014, 4, 30))["leverage"])
    assert as_of(YEAR, date(2014, 5, 1))["leverage"] == pytest.approx(0.5)
    assert as_of(YEAR, date(2014, 8, 1))["return_on_assets"] == pytest.approx(48 / 420)


def test_the_future_does_not_change_the_past() -> None:
    """The poison test: reports known later, whatever they say of whatever period, leave every earlier row alone."""
    asked = keys(date(2014, 4, 1), 500)
    clean = fundamentals_of(YEAR, asked)
    for day in (date(2014, 6, 1), date(2014, 12, 1), date(2015, 4, 1)):
        late = [r for r in YEAR if r.known_ns <= (day - EPOCH).days * DAY_NS]
        poison = [report("Q1", 2014, day + timedelta(days=1), True, net_income=-1e9, assets=1.0, equity=9e9)]
        poison += [report("FY", 2014, day + timedelta(days=2), net_income=9e9, eps_basic=-3.0, assets=7.0)]
        found = fundamentals_of(late + poison, asked)
        past = asked["date"] <= day
        assert clean.filter(past).equals(found.filter(past), null_equal=True)
        assert not clean.equals(found, null_equal=True)


def test_a_restatement_appends() -> None:
    amended = report("Q1", 2014, date(2014, 6, 15), True, net_income=2, eps_basic=0.2, assets=300, equity=200)
    before, after = as_of([*YEAR, amended], date(2014, 6, 14)), as_of([*YEAR, amended], date(2014, 6, 15))
    assert before["return_on_assets"] == pytest.approx(40 / 400)
    assert after["return_on_assets"] == pytest.approx(8 / 300)
    assert (before["amended"], after["amended"]) == (0.0, 1.0)
    values = values_of([*YEAR, amended]).filter(pl.col("event_time") == YEAR[0].period_end * DAY_NS)
    assert values["assets"].to_list() == [400, 300]
    assert values["knowledge_time"].is_sorted()


def test_the_order_of_keys_and_reports_does_not_matter() -> None:
    asked = keys(date(2014, 4, 1), 300)
    assert fundamentals_of(YEAR[::-1], asked.reverse()).reverse().equals(fundamentals_of(YEAR, asked), null_equal=True)


def test_old_news_is_no_news_and_no_price_is_no_value() -> None:
    assert np.isnan(as_of(YEAR, date(2016, 7, 1))["leverage"])
    found = as_of(YEAR, date(2015, 5, 2), price=float("nan"))
    assert np.isnan(found["earnings_yield"])
    assert found["leverage"] == pytest.approx(0.5)


def test_two_filers_under_one_symbol_the_larger_is_kept() -> None:
    other = report("Q1", 2014, date(2014, 5, 1), net_income=1, assets=5.0, equity=1.0)
    for both in ([YEAR[0], other], [other, YEAR[0]]):
        assert as_of(both, date(2014, 5, 2))["leverage"] == pytest.approx(0.5)


def table(folder: Path, **changes: list[object]) -> Path:
    columns: dict[str, list[object]] = {
        "symbol": ["A", "B"],
        "end_date": [date(2015, 3, 31), date(2015, 3, 31)],
        "period_focus": ["Q1", "Q1"],
        "fiscal_year": [2015, 2015],
        "amend": ["False", "True"],
        "assets": [10.0, None],
        "equity": [4.0, 3.0],
        "collected": [date(2015, 5, 1), date(2015, 5, 4)],
    }
    path = folder / "us_daily" / "filings_x.parquet"
    path.parent.mkdir(exist_ok=True)
    pl.DataFrame({**columns, **changes}, strict=False).write_parquet(path)
    return folder


def test_a_table_of_reports_counts_from_the_day_after_collection(tmp_path: Path) -> None:
    found = read_reports(table(tmp_path))
    assert [r.symbol for r in found.reports] == ["A", "B"]
    assert found.reports[0].known_ns == (date(2015, 5, 2) - EPOCH).days * DAY_NS
    assert found.reports[1].amended
    assert found.reports[1].values == {"equity": 3.0}
    rows = filing_features(tmp_path, keys(date(2015, 5, 1), 2))
    assert rows.columns == ["symbol", "date", *FILING_COLUMNS]
    assert np.isnan(rows["filing_leverage"][0])
    assert rows["filing_leverage"][1] == pytest.approx(0.6)


def test_a_close_counts_from_the_day_it_was_collected_on(tmp_path: Path) -> None:
    folder = table(tmp_path, eps_basic=[0.5, 0.5], net_income=[1.0, 1.0])
    closes = {
        "symbol": ["A", "A"],
        "date": [date(2015, 5, 1), date(2015, 5, 4)],
        "close": [10.0, 20.0],
        "collected": [date(2015, 5, 4), date(2015, 5, 5)],
    }
    pl.DataFrame(closes).write_parquet(folder / "us_daily" / "prices_x.parquet")
    asked = keys(date(2015, 5, 2), 15).drop("price").reverse()
    found = filing_features(folder, asked)
    by_day = dict(zip(found["date"], found["filing_earnings_yield"], strict=True))
    assert np.isnan(by_day[date(2015, 5, 3)])
    assert by_day[date(2015, 5, 4)] == pytest.approx(4 * 0.5 / 10.0)
    assert by_day[date(2015, 5, 5)] == pytest.approx(4 * 0.5 / 20.0)
    assert np.isnan(by_day[date(2015, 5, 16)]), "eleven days old"


def test_rows_that_cannot_be_are_named_and_left_out(tmp_path: Path) -> None:
    folder = table(tmp_path, end_date=[date(2016, 12, 31), date(2015, 3, 31)], period_focus=["FY", "Q9"])
    found = read_reports(folder)
    assert found.reports == []
    assert "before its period's end" in found.problems[0]
    assert "Q9" in found.problems[1]


def test_named_errors(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="filings"):
        read_reports(tmp_path)
    path = tmp_path / "a.csv"
    path.write_text("symbol,end_date\nA,2015-03-31\n", encoding="utf-8")
    with pytest.raises(DataError, match="period_focus"):
        read_reports(path)
    with pytest.raises(DataError, match="date"):
        fundamentals_of(YEAR, pl.DataFrame({"symbol": ["A"]}))


@pytest.mark.real_data
def test_recorded_reports(real_data: Path) -> None:
    found = read_reports(real_data)
    assert len(found.reports) > 20_000
    assert 0 < len(found.problems) < 50
    row = fundamentals_of(found.reports, keys(date(2016, 4, 28), 1, 97.82).with_columns(symbol=pl.lit("AAPL"))).row(
        0, named=True
    )
    assert row["filing_earnings_yield"] == pytest.approx(4 * 10.516e9 / (10.516e9 / 1.91 * 97.82), rel=1e-6)
    assert row["filing_surprise"] == pytest.approx((1.91 - 2.34) / 97.82)


def test_reports_go_into_the_store_and_come_out_as_they_were_known(tmp_path: Path) -> None:
    amended = report("Q1", 2014, date(2014, 6, 15), True, assets=300)
    store = PointInTimeStore(tmp_path)
    twin = report("Q1", 2014, date(2014, 5, 1), assets=5.0)
    assert store.append("filings", values_of([amended, *YEAR, twin])) == 6
    known = [report("Q1", 2014, day).known_ns for day in (date(2014, 4, 30), date(2014, 5, 1), date(2014, 6, 15))]
    found = [store.asof(["A"], t, ["filings.assets"])["filings.assets"][0] for t in known]
    assert found == [None, 400, 300]
