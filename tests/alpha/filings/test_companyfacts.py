"""Companyfacts: what is of the quarter, of the year so far, of a moment; when it was known; what is broken is named."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.alpha.text.news_server import news_server
from tests.alpha.text.test_fetch import QUICK, TestClock

from tradewind.alpha.filings.companyfacts import read_acceptance, read_companyfacts
from tradewind.alpha.text.fetch import read_source
from tradewind.core.errors import DataError, FetchError

SECOND = 1_000_000_000
Q1 = {"accn": "0-1", "form": "10-Q", "fp": "Q1", "fy": 2015, "filed": "2015-05-01"}
Q2 = {"accn": "0-2", "form": "10-Q", "fp": "Q2", "fy": 2015, "filed": "2015-08-03"}
FIX = {"accn": "0-3", "form": "10-Q/A", "fp": "Q1", "fy": 2015, "filed": "2015-09-10"}


def stretch(filing: dict[str, Any], start: str, end: str, value: float) -> dict[str, Any]:
    return {**filing, "start": start, "end": end, "val": value}


def document(**changes: Any) -> dict[str, Any]:
    gaap = {
        "Revenues": {
            "units": {
                "USD": [
                    stretch(Q1, "2014-01-01", "2014-03-31", 90.0),
                    stretch(Q1, "2015-01-01", "2015-03-31", 100.0),
                    stretch(Q2, "2015-01-01", "2015-06-30", 230.0),
                    stretch(Q2, "2015-04-01", "2015-06-30", 130.0),
                    stretch(FIX, "2015-01-01", "2015-03-31", 80.0),
                ]
            }
        },
        "NetCashProvidedByUsedInOperatingActivities": {
            "units": {
                "USD": [
                    stretch(Q1, "2015-01-01", "2015-03-31", 10.0),
                    stretch(Q2, "2015-01-01", "2015-06-30", 25.0),
                ]
            }
        },
        "Assets": {
            "units": {
                "USD": [{**Q1, "end": "2015-03-31", "val": 500.0}, {**Q2, "end": "2014-12-31", "val": 480.0}],
            }
        },
        **changes,
    }
    return {"cik": 1, "entityName": "A", "facts": {"us-gaap": gaap}}


def read(content: Any, acceptance: dict[str, int] | None = None):
    return read_companyfacts(json.dumps(content).encode(), "A", "facts.json", acceptance)


def ns(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * SECOND


def test_own_period_and_own_length() -> None:
    first, second, amended = read(document()).reports
    assert first.values == {"revenues": 100.0, "cash_flow_op": 10.0, "assets": 500.0}
    assert second.values == {"revenues": 130.0, "cash_flow_op": 25.0}, (
        "cash flow so far; assets of another day left out"
    )
    assert amended.amended
    assert amended.values == {"revenues": 80.0}
    assert [r.focus for r in (first, second)] == ["Q1", "Q2"]


def test_known_from_acceptance_else_after_the_day_of_filing() -> None:
    accepted = read_acceptance(
        json.dumps(
            {"filings": {"recent": {"accessionNumber": ["0-1"], "acceptanceDateTime": ["2015-05-01T20:05:31.000Z"]}}}
        ).encode(),
        "submissions.json",
    )
    first, second, _ = read(document(), accepted).reports
    assert first.known_ns == ns(2015, 5, 1, 20, 5, 31)
    assert second.known_ns == ns(2015, 8, 4, 5), "midnight in New York after the day it was filed"
    own = document(
        Assets={"units": {"USD": [{**Q1, "end": "2015-03-31", "val": 1.0, "accepted": "2015-05-01T18:00:00Z"}]}}
    )
    assert read(own, accepted).reports[0].known_ns == ns(2015, 5, 1, 18)


def test_one_bad_fact_loses_nothing_else() -> None:
    bad: list[Any] = [
        {**Q1, "end": "soon", "val": 1.0},
        {**Q1, "end": "2015-03-31", "val": "much"},
        {"val": 1.0},
        7,
        {**Q1, "end": "2015-03-31", "val": 500.0},
    ]
    found = read(document(Assets={"units": {"USD": bad}}))
    assert found.reports[0].values["assets"] == 500.0
    assert [p.split(":")[0] for p in found.problems] == [f"facts.json, Assets, fact {k}" for k in (1, 2, 3, 4)]


def test_a_filing_before_its_periods_end_is_left_out() -> None:
    odd = {**Q1, "accn": "0-9", "filed": "2015-01-05"}
    found = read(document(Liabilities={}, Assets={"units": {"USD": [{**odd, "end": "2015-03-31", "val": 1.0}]}}))
    assert len(found.reports) == 3
    assert any("before its period's end" in problem for problem in found.problems)


def test_other_forms_are_passed_over() -> None:
    found = read(document(Assets={"units": {"USD": [{**Q1, "form": "8-K", "end": "2015-03-31", "val": 1.0}]}}))
    assert "assets" not in found.reports[0].values
    assert found.problems == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"facts": {}}', b"\xff"])
def test_another_document_is_refused(body: bytes) -> None:
    with pytest.raises(DataError, match="companyfacts"):
        read_companyfacts(body, "A", "facts.json")
    with pytest.raises(DataError, match="submissions"):
        read_acceptance(body, "submissions.json")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("no_proxy", "127.0.0.1")
        with news_server(pages={"/facts": json.dumps(document()).encode()}) as (where, _):
            yield where


def test_filings_over_the_network(address: str) -> None:
    body = read_source(address + "/facts", TestClock(), QUICK)
    assert len(read_companyfacts(body, "A", address).reports) == 3
    half = read_source(address + "/half/facts", TestClock(), QUICK)
    with pytest.raises(DataError, match="companyfacts"):
        read_companyfacts(half, "A", address)
    with pytest.raises(FetchError, match="cut short"):
        read_source(address + "/cut", TestClock(), QUICK)
