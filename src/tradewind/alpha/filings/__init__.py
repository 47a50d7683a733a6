"""Filings: reports as they became known, and fundamentals from them, point in time."""

from tradewind.alpha.filings.columns import filing_features
from tradewind.alpha.filings.companyfacts import read_acceptance, read_companyfacts
from tradewind.alpha.filings.fundamentals import Fundamentals
from tradewind.alpha.filings.reports import Report, read_reports
from tradewind.alpha.filings.values import values_of

__all__ = [
    "Fundamentals",
    "Report",
    "filing_features",
    "read_acceptance",
    "read_companyfacts",
    "read_reports",
    "values_of",
]
