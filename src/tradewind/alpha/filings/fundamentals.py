r"""Fundamentals of one company, updated report by report in the order in which they became known.

Flows are brought to a year: a quarter counts four times, the last quarter is the year less its three quarters where all
are known. Cash flows of a quarter's report are those of the fiscal year so far and scaled by it. Value needs the
market's value, price × shares, with shares taken from income and earnings per share. "Surprise" is against the
company's own past, not against analysts: the change of quarterly earnings over the quarter a year before, or the
quarter before where that one is not known, per price (Foster, Olsen and Shevlin 1984; Bernard and Thomas 1990).
Accruals follow Sloan (1996),
:math:`(\mathrm{income} - \mathrm{cash\ flow}) / \mathrm{assets}`.
"""

from __future__ import annotations

import math

from tradewind.alpha.filings.reports import DAY_NS, Report

__all__ = ["FUNDAMENTALS", "PER_PRICE", "Fundamentals"]

PER_PRICE = ("earnings_yield", "book_to_price", "sales_to_price", "cash_flow_to_price", "dividend_yield", "surprise")
"""Features that divide by a price: value, and surprise."""
FUNDAMENTALS = (
    *PER_PRICE,
    "return_on_assets",
    "return_on_equity",
    "operating_margin",
    "current_ratio",
    "cash_to_assets",
    "leverage",
    "asset_growth",
    "sales_growth",
    "earnings_growth",
    "accruals",
    "report_age_days",
    "amended",
)
"""Features of :meth:`Fundamentals.value`."""
QUARTERS = {"Q1": 1, "Q2": 2, "Q3": 3, "FY": 4}
YEAR_DAYS = (330, 400)
QUARTER_DAYS = 80
FEWEST_CENTS = 0.01
STALE_DAYS = 400


class Fundamentals:
    """Fundamentals of one company.

    Examples:
        >>> company = Fundamentals()
        >>> company.update(Report(symbol="A", period_end=0, focus="Q1", year=1970, amended=False, known_ns=40 * DAY_NS,
        ...                       values={"net_income": 1.0, "eps_basic": 0.5, "assets": 100.0, "equity": 50.0}))
        >>> found = company.value(41 * DAY_NS, price=20.0)
        >>> found["earnings_yield"], found["return_on_assets"], found["leverage"]
        (0.1, 0.04, 0.5)
    """

    def __init__(self) -> None:
        self._periods: dict[tuple[int, int], Report] = {}
        self._latest: Report | None = None
        self._known_ns = -(2**62)

    def update(self, report: Report) -> None:
        """Learn of a report; an amended one takes the place of what was known of its period, from now on.

        Two first reports of one period on one ticker (two filers under one symbol) cannot be told apart: the one
        with the larger assets is kept.
        """
        key = (report.year, QUARTERS[report.focus])
        known = self._periods.get(key)
        if known is not None and not report.amended and _assets(report) < _assets(known):
            return
        self._periods[key] = report
        self._known_ns = report.known_ns
        if self._latest is None or report.period_end >= self._latest.period_end:
            self._latest = report

    def value(self, now_ns: int, price: float) -> dict[str, float]:
        """Features as of a time.

        Args:
            now_ns: When; every report told so far must have been known by then [ns UTC].
            price: Last price that was known, NaN where none was.

        Returns:
            By name of :data:`FUNDAMENTALS`; NaN where it cannot be said, and everywhere once the last report is over
            400 days old.
        """
        report = self._latest
        if report is None or now_ns - report.known_ns > STALE_DAYS * DAY_NS:
            return dict.fromkeys(FUNDAMENTALS, math.nan)
        v = report.values
        income, sales = self._yearly(report, "net_income"), self._yearly(report, "revenues")
        cash_flow = v.get("cash_flow_op", math.nan) * 4 / QUARTERS[report.focus]
        assets, equity = v.get("assets", math.nan), v.get("equity", math.nan)
        market = self._shares(report) * price if price > 0 else math.nan
        before = self._before(report)
        return {
            "earnings_yield": _ratio(income, market),
            "book_to_price": _ratio(equity, market),
            "sales_to_price": _ratio(sales, market),
            "cash_flow_to_price": _ratio(cash_flow, market),
            "dividend_yield": _ratio(self._yearly(report, "dividend"), price),
            "surprise": _ratio(self._surprise(report), price),
            "return_on_assets": _ratio(income, assets),
            "return_on_equity": _ratio(income, equity) if equity > 0 else math.nan,
            "operating_margin": _ratio(self._yearly(report, "op_income"), sales) if sales > 0 else math.nan,
            "current_ratio": _ratio(v.get("cur_assets", math.nan), v.get("cur_liab", math.nan)),
            "cash_to_assets": _ratio(v.get("cash", math.nan), assets),
            "leverage": _ratio(assets - equity, assets),
            "asset_growth": self._asset_growth(report),
            "sales_growth": _growth(sales, self._yearly(before, "revenues") if before else math.nan),
            "earnings_growth": _ratio(income - self._yearly(before, "net_income"), assets) if before else math.nan,
            "accruals": _ratio(self._so_far(report, "net_income") - v.get("cash_flow_op", math.nan), assets),
            "report_age_days": (now_ns - report.known_ns) / DAY_NS,
            "amended": float(report.amended),
        }

    def _quarter(self, report: Report, item: str) -> float:
        """A flow of the report's last quarter; of a year's report the year less its three quarters."""
        flow = report.values.get(item, math.nan)
        if report.focus != "FY":
            return flow
        parts = [self._periods.get((report.year, k)) for k in (1, 2, 3)]
        if None in parts:
            return flow / 4
        return flow - sum(part.values.get(item, math.nan) for part in parts if part is not None)

    def _yearly(self, report: Report, item: str) -> float:
        """A flow at the rate of a year: of the year itself, or four times the quarter."""
        flow = report.values.get(item, math.nan)
        return flow if report.focus == "FY" else 4 * flow

    def _so_far(self, report: Report, item: str) -> float:
        """A flow of the fiscal year up to the report, as cash flows are given; NaN where a quarter is not known."""
        if report.focus == "FY":
            return report.values.get(item, math.nan)
        parts = [self._periods.get((report.year, k)) for k in range(1, QUARTERS[report.focus])]
        if None in parts:
            return math.nan
        return report.values.get(item, math.nan) + sum(p.values.get(item, math.nan) for p in parts if p is not None)

    def _before(self, report: Report) -> Report | None:
        """The same period a year before, where it is known and about a year away."""
        found = self._periods.get((report.year - 1, QUARTERS[report.focus]))
        if found is None or not YEAR_DAYS[0] <= report.period_end - found.period_end <= YEAR_DAYS[1]:
            return None
        return found

    def _asset_growth(self, report: Report) -> float:
        """Log growth of assets at the rate of a year, since the earliest report of the last thirteen months."""
        earliest, longest = QUARTER_DAYS, YEAR_DAYS[1]
        spans = [(report.period_end - r.period_end, r) for r in self._periods.values()]
        known = [(days, r) for days, r in spans if earliest <= days <= longest and r.values.get("assets", 0.0) > 0]
        if not known or not report.values.get("assets", 0.0) > 0:
            return math.nan
        days, then = max(known, key=lambda pair: pair[0])
        return math.log(report.values["assets"] / then.values["assets"]) * 365 / days

    def _surprise(self, report: Report) -> float:
        """Change of quarterly earnings per share over the year before, else over the quarter before."""
        number = QUARTERS[report.focus]
        earlier = self._before(report) or self._periods.get(
            (report.year, number - 1) if number > 1 else (report.year - 1, 4)
        )
        return math.nan if earlier is None else self._quarter(report, "eps_basic") - self._quarter(earlier, "eps_basic")

    def _shares(self, report: Report) -> float:
        """Mean shares of the period: income per earnings per share; NaN where a cent or less says nothing."""
        per_share = report.values.get("eps_basic", math.nan)
        if not abs(per_share) > FEWEST_CENTS:
            return math.nan
        shares = report.values.get("net_income", math.nan) / per_share
        return shares if shares > 0 else math.nan


def _assets(report: Report) -> float:
    return report.values.get("assets", -math.inf)


def _ratio(above: float, below: float) -> float:
    return above / below if below else math.nan


def _growth(now: float, then: float) -> float:
    return now / then - 1 if then > 0 else math.nan
