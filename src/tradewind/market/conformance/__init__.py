"""Conformance: books rebuilt from real files against what the exchanges themselves published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tradewind.core.errors import DataError, NotFoundError
from tradewind.data.registry import detect
from tradewind.market.conformance.binance import check_binance
from tradewind.market.conformance.bitstamp import check_bitstamp
from tradewind.market.conformance.coinbase import check_coinbase
from tradewind.market.conformance.databento import check_databento
from tradewind.market.conformance.lobster import check_lobster
from tradewind.market.conformance.result import Conformance, Miss

__all__ = [
    "Conformance",
    "Miss",
    "check_all",
    "check_binance",
    "check_bitstamp",
    "check_coinbase",
    "check_databento",
    "check_lobster",
]


def check_all(folder: Path) -> Iterator[Conformance]:
    """Every check whose files lie in a folder, searched with its subfolders; formats are told from the content.

    ========= ===================================== =========================================================
    format    replayed                              compared with, in the same folder
    ========= ===================================== =========================================================
    binance   ``NAME_DATE``, in the order of dates  bookTicker in the same capture
    bitstamp  order events                          nothing: the book must stay whole and uncrossed
    coinbase  ``messages.json``                     ``ending_level_3.json`` (``beginning_level_3.json`` first)
    databento ``*_mbo.csv``                         ``*_mbp10.csv``
    lobster   ``*_message_N.csv``                   ``*_orderbook_N*.csv``, a row for each message
    ========= ===================================== =========================================================

    Args:
        folder: Where to look.

    Yields:
        One outcome for each pair of files or capture.

    Raises:
        NotFoundError: When there is nothing that can be compared.
        DataError: For a damaged file.
    """
    found: dict[str, list[Path]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            found.setdefault(detect(path).name, []).append(path)
        except DataError:
            continue
    outcomes = 0
    for outcome in _checks(found):
        outcomes += 1
        yield outcome
    if outcomes == 0:
        raise NotFoundError(f"{folder}: no files that a rebuilt book could be compared with")


def _checks(found: dict[str, list[Path]]) -> Iterator[Conformance]:
    captures: dict[str, list[Path]] = {}
    for path in found.get("binance", ()):
        captures.setdefault(path.name.rpartition("_")[0], []).append(path)
    for paths in captures.values():
        yield from check_binance(paths)
    for path in found.get("bitstamp", ()):
        yield check_bitstamp(path)
    for path in found.get("coinbase", ()):
        for end in _beside(path, "messages", "ending_level_3"):
            yield check_coinbase(path, end)
    for path in found.get("databento_csv", ()):
        for levels in _beside(path, "_mbo.", "_mbp10."):
            yield check_databento(path, levels)
    for path in found.get("lobster", ()):
        for quotes in _beside(path, "_message_", "_orderbook_"):
            yield check_lobster(path, quotes)


def _beside(path: Path, mark: str, other: str) -> list[Path]:
    """The file beside one whose name has another word where this one has ``mark``; at most one."""
    before, found, after = path.name.partition(mark)
    if not found:
        return []
    wanted = before + other + after.partition(".")[0]
    return sorted(p for p in path.parent.iterdir() if p.name.startswith(wanted) and p != path)[:1]
