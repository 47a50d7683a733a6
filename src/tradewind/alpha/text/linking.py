"""Which instruments a text speaks of: cashtags, exchange tickers and names from a table of aliases.

A name that is also an everyday word ("Apple", "Target", "Gap") or stands for several symbols, and a cashtag of one
letter, count only with context: a sure link to the same symbol, a company suffix, or words of the market beside it.
What cannot be settled is left out, never guessed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import polars as pl

from tradewind.core.errors import DataError, InvalidValueError, NotFoundError

__all__ = ["Alias", "AliasTable", "Link", "aliases_of", "read_table"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


SUFFIXES = _set("""
    inc corp corporation co company plc ltd limited group holdings holding sa ag nv se ab oyj lp llc trust the
    class incorporated intl international technologies industries enterprises
""")
EVERYDAY = _set("""
    apple target gap visa ford general best square block chase shell sprint oracle delta united southern
    dominion intel caterpillar amazon cigna progressive discover capital key regions allstate travelers unum
    loews macys kroger coach fossil guess snap match box zoom twitter meta alphabet priceline express southwest
    american first total principal entergy diamond hershey crown ball eaton cooper stanley morgan wells fargo
    public global national standard pure prime life home trip news fox time twenty sun star west pilgrim nice
    five big lots dollar tree boston beer monster beverage under armour hess marathon valero phillips noble
""")
MARKET_WORDS = _set("""
    share shares stock stocks earnings eps profit revenue sales guidance analyst analysts upgrade upgraded
    downgrade downgraded quarter quarterly q1 q2 q3 q4 dividend ceo cfo nasdaq nyse ticker price target rating
    buyback ipo acquire acquires acquisition merger results outlook forecast bullish bearish calls puts option
    options buy sell investors investor market markets trading
""")
CASHTAG = re.compile(r"(?<![\w$])\$\s?([A-Za-z]{1,6}(?:\.[A-Za-z])?)(?![\w])")
EXCHANGE = re.compile(r"\b(?:NYSE|NASDAQ|NasdaqGS|AMEX|NYSEARCA|OTC)\s?:\s?([A-Z]{1,6}(?:\.[A-Z])?)\b", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z0-9&'’]+(?:\.[A-Za-z]+)?")
NEAR = 6


class Alias(msgspec.Struct, frozen=True):
    """A way to name an instrument.

    Attributes:
        symbol: Ticker.
        name: Words as they stand in texts.
        sure: It needs no context.
    """

    symbol: str
    name: str
    sure: bool = True


class Link(msgspec.Struct, frozen=True):
    """A mention of an instrument.

    Attributes:
        symbol: Ticker.
        start: Where the mention begins [characters].
        end: Where it ends.
        how: ``cashtag``, ``exchange`` or ``name``.
    """

    symbol: str
    start: int
    end: int
    how: Literal["cashtag", "exchange", "name"]


class AliasTable:
    """Finds mentions.

    Args:
        aliases: Names; symbols known by them are also found as cashtags and after an exchange's name.
        symbols: Further symbols, without a name.

    Examples:
        >>> table = AliasTable(aliases_of([("AAPL", "Apple Inc."), ("IBM", "International Business Machines")]))
        >>> [link.symbol for link in table.links("An apple a day; $IBM fell")]
        ['IBM']
        >>> [link.how for link in table.links("Apple shares fell (NASDAQ: AAPL)")]
        ['name', 'exchange']
    """

    def __init__(self, aliases: Iterable[Alias], symbols: Sequence[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], Alias]]] = defaultdict(list)
        found = list(dict.fromkeys(aliases))
        owners: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for alias in found:
            words = _words(alias.name)
            if not words:
                raise InvalidValueError("alias", f"a name of {alias.symbol} with a letter in it", alias.name)
            owners[words].add(alias.symbol)
        for alias in found:
            words = _words(alias.name)
            sure = alias.sure and len(owners[words]) == 1
            self._by_first[words[0]].append((words, Alias(alias.symbol, alias.name, sure)))
        for options in self._by_first.values():
            options.sort(key=lambda option: -len(option[0]))
        self.symbols = frozenset(alias.symbol for alias in found) | frozenset(symbols)

    def links(self, text: str) -> list[Link]:
        """Mentions in a text, in the order of their place; a symbol may be mentioned often."""
        sure = list[Link]()
        weak = list[Link]()
        for match in CASHTAG.finditer(text):
            symbol = match.group(1).upper()
            if symbol in self.symbols:
                known = len(symbol) > 1 or self._context(text, match.start(), match.end())
                (sure if known else weak).append(Link(symbol, match.start(), match.end(), "cashtag"))
        for match in EXCHANGE.finditer(text):
            if (symbol := match.group(1).upper()) in self.symbols:
                sure.append(Link(symbol, match.start(), match.end(), "exchange"))
        for link, is_sure in self._names(text):
            (sure if is_sure else weak).append(link)
        named = {link.symbol for link in sure}
        both = {link.symbol for link in weak if link.how == "cashtag"} & {
            link.symbol for link in weak if link.how == "name"
        }
        settled = [link for link in weak if link.symbol in named | both]
        return sorted(sure + settled, key=lambda link: (link.start, link.symbol))

    def symbols_of(self, text: str) -> list[str]:
        """Symbols that a text speaks of, each once, in the order of their first mention."""
        return list(dict.fromkeys(link.symbol for link in self.links(text)))

    def _names(self, text: str) -> Iterable[tuple[Link, bool]]:
        spots = list(WORD.finditer(text))
        words = [_plain(spot.group()) for spot in spots]
        at = 0
        while at < len(words):
            hit = [o for o in self._by_first.get(words[at], ()) if tuple(words[at : at + len(o[0])]) == o[0]]
            longest = len(hit[0][0]) if hit else 1
            for _, alias in (option for option in hit if len(option[0]) == longest):
                start, end = spots[at].start(), spots[at + longest - 1].end()
                suffix = at + longest < len(words) and words[at + longest] in SUFFIXES
                capital = text[start].isupper()
                context = alias.sure or (suffix and capital) or (capital and self._context(text, start, end))
                yield Link(alias.symbol, start, end, "name"), context and not self._shared(hit, longest)
            at += longest

    @staticmethod
    def _shared(hit: list[tuple[tuple[str, ...], Alias]], longest: int) -> bool:
        """Whether a name stands for several symbols: only a cashtag can settle it."""
        return len({alias.symbol for words, alias in hit if len(words) == longest}) > 1

    @staticmethod
    def _context(text: str, start: int, end: int) -> bool:
        before, after = text[:start].split()[-NEAR:], text[end:].split()[:NEAR]
        return any(_plain(word.strip(".,:;!?()\"'’")) in MARKET_WORDS for word in before + after)


def aliases_of(names: Iterable[tuple[str, str]]) -> list[Alias]:
    """Aliases of companies from their full names: the name without what companies are called, sure or not.

    Args:
        names: Symbol and full name.

    Examples:
        >>> aliases_of([("TGT", "Target Corporation"), ("ENTG", "Entegris, Inc.")])
        [Alias(symbol='TGT', name='target', sure=False), Alias(symbol='ENTG', name='entegris', sure=True)]
    """
    found = list[Alias]()
    for symbol, name in names:
        words = list(_words(name))
        while len(words) > 1 and words[-1] in SUFFIXES:
            words.pop()
        while len(words) > 1 and words[0] == "the":
            words.pop(0)
        if not words:
            continue
        plain = len(words) == 1 and (words[0] in EVERYDAY or len(words[0]) <= 3)
        found.append(Alias(symbol, " ".join(words), not plain))
    return found


def read_table(path: Path) -> AliasTable:
    """A table of aliases from a file with columns ``symbol`` and ``name``.

    Raises:
        NotFoundError: When there is no such file.
        DataError: When it has no such columns.
    """
    if not path.is_file():
        raise NotFoundError(f"{path}: no such file of names")
    frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
    for column in ("symbol", "name"):
        if column not in frame.columns:
            raise DataError(path, f"a column {column}", ", ".join(frame.columns), field=column)
    rows = frame.select("symbol", "name").drop_nulls().unique(maintain_order=True)
    return AliasTable(aliases_of(rows.iter_rows()))


def _words(name: str) -> tuple[str, ...]:
    return tuple(word for word in (_plain(match.group()) for match in WORD.finditer(name)) if word)


def _plain(word: str) -> str:
    """A word without case, possessive and dots."""
    return word.lower().replace("’", "'").removesuffix("'s").removesuffix(".com").replace("'", "").replace(".", "")
