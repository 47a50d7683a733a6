"""Reports from the SEC's companyfacts JSON, known from their acceptance where it is given, else from the day after.

A filing repeats figures of earlier periods; only those of its own period are taken: the latest period end in it.
Quarters and years are told apart by the length of what a figure is about, never by its label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from tradewind.alpha.filings.reports import DAY_NS, Report, Reports
from tradewind.core.errors import DataError

__all__ = ["TAGS", "read_acceptance", "read_companyfacts"]

TAGS = {
    "revenues": (
        "Revenues",
        "RevenueFromContractWithCustomerExcludingAssessedTax",
        "SalesRevenueNet",
        "SalesRevenueGoodsNet",
    ),
    "op_income": ("OperatingIncomeLoss",),
    "net_income": ("NetIncomeLoss", "ProfitLoss"),
    "eps_basic": ("EarningsPerShareBasic", "EarningsPerShareBasicAndDiluted"),
    "eps_diluted": ("EarningsPerShareDiluted",),
    "dividend": ("CommonStockDividendsPerShareDeclared",),
    "assets": ("Assets",),
    "cur_assets": ("AssetsCurrent",),
    "cur_liab": ("LiabilitiesCurrent",),
    "cash": ("CashAndCashEquivalentsAtCarryingValue",),
    "equity": ("StockholdersEquity", "StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest"),
    "cash_flow_op": ("NetCashProvidedByUsedInOperatingActivities",),
    "cash_flow_inv": ("NetCashProvidedByUsedInInvestingActivities",),
    "cash_flow_fin": ("NetCashProvidedByUsedInFinancingActivities",),
}
"""Tags of US GAAP for each item, the first that a filing has."""
FORMS = ("10-Q", "10-K", "10-Q/A", "10-K/A", "10-KT", "10-QT")
QUARTER, YEAR = (80, 100), (340, 380)
SO_FAR = {"Q1": (80, 100), "Q2": (170, 195), "Q3": (260, 285), "FY": (340, 380)}
EPOCH = date(1970, 1, 1).toordinal()
MIDNIGHT_NS = 5 * 3_600_000_000_000


class _Fact(msgspec.Struct):
    end: str
    val: float
    accn: str
    form: str
    filed: str
    fy: int | None = None
    fp: str | None = None
    start: str | None = None
    accepted: str | None = None


def read_companyfacts(body: bytes, symbol: str, source: str, acceptance: Mapping[str, int] | None = None) -> Reports:
    """Reports of one company.

    Args:
        body: The document of ``data.sec.gov/api/xbrl/companyfacts``.
        symbol: Ticker; the document has none.
        source: Its name in problems and errors.
        acceptance: When each filing was accepted, by accession number [ns UTC], as :func:`read_acceptance` gives it; a
            fact's own ``accepted`` comes first. Without either a filing counts from midnight in New York after its
            day ``filed``.

    Returns:
        One report a filing, in the order in which they became known; facts that cannot be read are named and left out.

    Raises:
        DataError: When it is no companyfacts document.
    """
    try:
        document = msgspec.json.decode(body)
        tags = document["facts"]["us-gaap"]
    except (msgspec.DecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise DataError(source, "a companyfacts document with facts of us-gaap", str(error) or type(error)) from None
    filings: dict[str, dict[str, list[_Fact]]] = defaultdict(dict)
    problems = list[str]()
    for item, names in TAGS.items():
        for name in names:
            mine: dict[str, list[_Fact]] = defaultdict(list)
            for fact in _facts(tags.get(name), f"{source}, {name}", problems):
                mine[fact.accn].append(fact)
            for accession, rows in mine.items():
                filings[accession].setdefault(item, rows)
    reports = []
    for accession, items in filings.items():
        found = _report(symbol, items, (acceptance or {}).get(accession))
        if isinstance(found, Report):
            reports.append(found)
        else:
            problems.append(f"{source}, {accession}: {found}")
    return Reports(sorted(reports, key=lambda report: (report.known_ns, report.period_end)), problems)


def read_acceptance(body: bytes, source: str) -> dict[str, int]:
    """When each filing was accepted, from the SEC's submissions JSON [ns UTC].

    Raises:
        DataError: When it is no submissions document.

    Examples:
        >>> body = b'''{"filings": {"recent": {"accessionNumber": ["0000-1"],
        ...             "acceptanceDateTime": ["1970-01-02T00:00:00.000Z"]}}}'''
        >>> read_acceptance(body, "example")
        {'0000-1': 86400000000000}
    """
    try:
        recent = msgspec.json.decode(body)["filings"]["recent"]
        pairs = zip(recent["accessionNumber"], recent["acceptanceDateTime"], strict=True)
        return {str(accession): _moment(str(when)) for accession, when in pairs}
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise DataError(source, "a submissions document with acceptanceDateTime", str(error)) from None


def _facts(tag: Any, place: str, problems: list[str]) -> list[_Fact]:
    """Facts of one tag, in its first unit; one that cannot be read is named."""
    found = list[_Fact]()
    units = tag.get("units") if isinstance(tag, dict) else None
    if not isinstance(units, dict):
        return found
    for rows in list(units.values())[:1]:
        for number, row in enumerate(rows if isinstance(rows, list) else [], 1):
            try:
                fact = msgspec.convert(row, _Fact)
                _day(fact.end), _day(fact.filed), _day(fact.start or fact.end)
            except (msgspec.ValidationError, ValueError) as error:
                problems.append(f"{place}, fact {number}: {error}")
                continue
            if fact.form in FORMS:
                found.append(fact)
    return found


def _report(symbol: str, items: dict[str, list[_Fact]], accepted_ns: int | None) -> Report | str:
    """One filing as a report, or what is wrong with it."""
    facts = [fact for rows in items.values() for fact in rows]
    first, end = facts[0], max(_day(fact.end) for fact in facts)
    filed = _day(first.filed)
    if filed < end:
        return f"filed on {first.filed}, before its period's end"
    focus = "FY" if first.form.startswith("10-K") else str(first.fp)
    if focus not in SO_FAR:
        return f"expected Q1, Q2, Q3 or FY, got {focus!r}"
    known = next((_moment(fact.accepted) for fact in facts if fact.accepted), accepted_ns)
    values = {}
    for item, rows in items.items():
        spans = SO_FAR[focus] if item.startswith("cash_flow") else YEAR if focus == "FY" else QUARTER
        own = [fact for fact in rows if _day(fact.end) == end and _fits(fact, spans)]
        if own:
            values[item] = own[-1].val
    return Report(
        symbol=symbol,
        period_end=end,
        focus=focus,
        year=first.fy or datetime.fromisoformat(first.end).year,
        amended=first.form.endswith("/A"),
        known_ns=known if known is not None else (filed + 1) * DAY_NS + MIDNIGHT_NS,
        values=values,
    )


def _fits(fact: _Fact, span: tuple[int, int]) -> bool:
    """Whether a figure is of a moment, or of a stretch of the right length."""
    return fact.start is None or span[0] <= _day(fact.end) - _day(fact.start) + 1 <= span[1]


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH


def _moment(text: str) -> int:
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
