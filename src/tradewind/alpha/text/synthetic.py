"""Labelled sentences made from templates: what the shipped head is trained on, because it may be given to everyone.

No sentence of any data set stands here. A sentence is good, bad or neutral news by construction: a thing whose growth
is good moves up or down, a thing whose growth is bad moves up or down, an event happens, or a plain fact is told.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.random import stream

__all__ = ["synthetic_sentences"]


def _options(text: str) -> list[str]:
    """Options between semicolons; line breaks count as spaces."""
    return [" ".join(part.split()) for part in text.split(";")]


FIRST = _options("""
    Nord; Alpine; Delta; Harbour; Granite; Summit; Baltic; Pioneer;
    Silver; Orion; Maple; Vertex; Cedar; Atlas; Polar; Lumen
""")
SECOND = _options("""
    Steel; Foods; Bank; Telecom; Energy; Pharma; Logistics; Paper; Systems; Motors; Retail; Shipping; Media;
    Software
""")
LAST = ("Inc", "plc", "Oyj", "AB", "Group", "Corp", "SA", "Holdings", "")
GOOD_THINGS = _options("""
    net sales; operating profit; net profit; earnings per share; revenue; turnover; pretax profit; order
    intake; EBITDA; cash flow from operations; market share; the order book; net interest income; demand for
    its products; passenger traffic; sales of its main brand; the operating margin; subscriber numbers;
    production; the dividend; exports; fee income
""")
BAD_THINGS = _options("""
    the net loss; operating costs; net debt; credit losses; restructuring charges; raw material costs; the
    pretax loss; impairment charges; customer complaints; the number of defaults; interest expenses;
    warranty claims; the cash burn
""")
UP = _options("""
    rose; increased; grew; climbed; jumped; went up; improved; surged; were higher; advanced; soared
""")
DOWN = _options("""
    fell; decreased; declined; dropped; went down; slipped; shrank; plunged; were lower; tumbled; weakened
""")
GOOD_EVENTS = _options("""
    has won a {money} order from {company}; received approval for its new drug; raised its full-year
    guidance; signed a long-term supply agreement with {company} worth {money}; beat analysts' expectations
    for the {period}; was upgraded to buy at {company}; returned to profit in the {period}; announced a
    share buyback of {money}; will hire {count} new employees as demand grows; expects profit to improve in
    {year}; opened a record number of stores; reported its best {period} ever; was awarded a contract by
    {company}; settled the dispute on favourable terms; is to strengthen its position in {place}; sees
    strong growth in {place}; shares jumped {percent} after the results
""")
BAD_EVENTS = _options("""
    will lay off {count} employees; issued a profit warning for the {period}; cut its full-year guidance;
    filed for bankruptcy protection; missed analysts' expectations for the {period}; was downgraded to sell
    at {company}; swung to a loss in the {period}; lost a {money} contract to {company}; is under
    investigation for fraud; will close its plant in {place}; has suspended its dividend; recalled {count}
    products after complaints; expects weaker demand in {year}; was fined {money} by regulators; sued
    {company} over unpaid invoices; warned that the market in {place} is deteriorating; shares slumped
    {percent} after the results; halted production
""")
FACTS = _options("""
    is headquartered in {place}; will publish its results for the {period} on {day}; employs {count} people
    in {place}; makes machines for the paper industry; was founded in {year}; has a subsidiary in {place};
    held its annual general meeting on {day}; appointed a new member to its board; is listed on the stock
    exchange; will present its products at a fair in {place}; has {count} shares outstanding; moved its head
    office to {place}; said that the value of the contract was not disclosed; will invest {money} in a plant
    in {place}; has agreed to acquire {company} for {money}; declined to comment on the report; changed its
    name to {company}; and {company} have signed a letter of intent; is owned by {company}; offers services
    to customers in {place}; said that the transaction will be completed in the {period}; published a stock
    exchange release on {day}; said that operating costs were {money} in the {period}; has {count} customers
    in {place}; said that net sales were {money} in {year}; issued {count} new shares; will pay the purchase
    price in cash
""")
PLACES = _options("""
    Finland; Sweden; Poland; Germany; Texas; China; Brazil; Russia; Estonia; India; Canada; Spain; Vietnam; Norway
""")
PERIODS = [
    "first quarter",
    "second quarter",
    "third quarter",
    "fourth quarter",
    "first half",
    "financial year",
    "nine-month period",
]
DAYS = _options("""
    2 May; 14 October; 31 January; 7 August; 19 June; 25 November; 3 March
""")
OPENINGS = (
    "",
    "",
    "",
    "",
    "In the {period} of {year} , ",
    "In {place} , ",
    "According to the company , ",
    "On {day} , ",
)


def synthetic_sentences(count: int, seed: int = 0) -> tuple[list[str], Array]:
    """Labelled sentences, a third of each class.

    Args:
        count: How many.
        seed: The same seed gives the same sentences.

    Returns:
        Sentences and labels, shape (count,): -1 bad, 0 neutral, 1 good news.

    Examples:
        >>> texts, labels = synthetic_sentences(6, seed=1)
        >>> len(texts), sorted(labels.tolist())
        (6, [-1, -1, 0, 0, 1, 1])
    """
    chance = stream(seed, "alpha/text/synthetic")
    labels = np.arange(count) % 3 - 1
    makers: dict[int, Callable[[np.random.Generator], str]] = {0: _fact, 1: _good, -1: _bad}
    return [makers[int(label)](chance) for label in labels], labels.astype(np.int64)


def _good(chance: np.random.Generator) -> str:
    if chance.random() < 0.5:
        return _event(chance, GOOD_EVENTS)
    return _move(chance, GOOD_THINGS, UP, True) if chance.random() < 0.7 else _move(chance, BAD_THINGS, DOWN, False)


def _bad(chance: np.random.Generator) -> str:
    if chance.random() < 0.5:
        return _event(chance, BAD_EVENTS)
    return _move(chance, GOOD_THINGS, DOWN, False) if chance.random() < 0.6 else _move(chance, BAD_THINGS, UP, True)


def _fact(chance: np.random.Generator) -> str:
    return _event(chance, FACTS)


def _event(chance: np.random.Generator, events: list[str]) -> str:
    return _filled(chance, f"{_one(chance, OPENINGS)}{{company}} {_one(chance, events)} .")


def _move(chance: np.random.Generator, things: list[str], verbs: list[str], up: bool) -> str:
    """A thing that moved, told in one of a few ways."""
    then = float(chance.uniform(2, 400))
    now = then * float(chance.uniform(1.03, 1.8) if up else chance.uniform(0.4, 0.97))
    thing, verb = _one(chance, things), _one(chance, verbs)
    ways = (
        f"{thing} {verb} to EUR {now:.1f} mn from EUR {then:.1f} mn a year earlier .",
        f"{thing} of {{company}} {verb} by {{percent}} in the {{period}} .",
        f"{{company}} said that {thing} {verb} {{percent}} to {{money}} .",
        f"{thing} {verb} {{percent}} year-on-year , {{company}} said .",
        f"{{company}} : {thing} {verb} in the {{period}} .",
    )
    text = _one(chance, OPENINGS[:5]) + _one(chance, ways)
    return _filled(chance, text[:1].upper() + text[1:])


def _one(chance: np.random.Generator, options: list[str] | tuple[str, ...]) -> str:
    return options[int(chance.integers(len(options)))]


def _filled(chance: np.random.Generator, text: str) -> str:
    company = " ".join(_one(chance, part) for part in (FIRST, SECOND, LAST)).strip()
    other = " ".join(_one(chance, part) for part in (SECOND, LAST)).strip()
    currency, unit = _one(chance, ("EUR", "USD", "$", "SEK", "GBP")), _one(chance, ("mn", "million", "m", "billion"))
    values = {
        "money": f"{currency} {chance.uniform(1, 300):.1f} {unit}",
        "percent": f"{chance.uniform(1, 60):.1f} %",
        "count": str(int(chance.integers(20, 5000))),
        "period": _one(chance, PERIODS),
        "place": _one(chance, PLACES),
        "day": _one(chance, DAYS),
        "year": str(int(chance.integers(2005, 2026))),
    }
    first, _, rest = text.partition("{company}")
    return (first + company + rest.replace("{company}", other) if "{company}" in text else text).format(**values)
