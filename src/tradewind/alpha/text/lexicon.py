r"""Tone of a sentence from tradewind's own finance lexicon: polarity, direction of things, comparison of two numbers.

A word's polarity is turned by a negation among the three words before it and scaled by an intensifier beside it. "Up"
and "down" count with the nearest thing they can speak of: profit up and losses down are good, the reverse is bad. "To
13.1 mn from 8.7 mn" is up, whatever the verb. The tone is :math:`s / \sqrt{s^2 + 15}` with *s* the sum over the
sentence, as VADER squashes it (Hutto and Gilbert 2014).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from tradewind.alpha.text import lexicon_words as words
from tradewind.core.dtypes import Array

__all__ = [
    "BAD",
    "DOWN",
    "GOOD",
    "NEGATORS",
    "TONE_FEATURES",
    "UP",
    "comparison",
    "polarity",
    "stem",
    "tokens",
    "tone",
    "tone_features",
]

TONE_FEATURES = (
    "good_words",
    "bad_words",
    "good_moves",
    "bad_moves",
    "numbers_up",
    "numbers_down",
    "negations",
    "numbers",
    "length",
    "tone",
)
"""Columns of :func:`tone_features`."""
TURNED = -0.7
REACH = 3
NEAR = 7
NUMBER = r"(?:eur|usd|\$|€|£|gbp|sek|dkk|nok|rub)?\s?(\d[\d,]*\.?\d*)\s?(%|bn|billion|mn|m|mln|million|k|b)?"
THAN = r"\b(?:from|compared (?:to|with)|against|versus)\b"
FROM_TO = re.compile(rf"\bto\s+(?:\w+\s+){{0,5}}?{NUMBER}.{{0,60}}?{THAN}(?:\s+\w+){{0,5}}?\s+{NUMBER}")
TO_FROM = re.compile(rf"\bfrom\s+(?:\w+\s+){{0,3}}?{NUMBER}.{{0,50}}?\bto\b\s+(?:\w+\s+){{0,3}}?{NUMBER}")
SCALE = {"bn": 1e9, "billion": 1e9, "b": 1e9, "mn": 1e6, "m": 1e6, "mln": 1e6, "million": 1e6, "k": 1e3}
WORD = re.compile(r"[a-z][a-z'\-]*[a-z]|[a-z]")


def tokens(text: str) -> list[str]:
    """Words of a text, lower case, without numbers and marks.

    Examples:
        >>> tokens("Profit didn't rise to 5.2 mn !")
        ['profit', "didn't", 'rise', 'to', 'mn']
    """
    return WORD.findall(text.lower())


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A word without its inflection: a few endings cut, nothing more."""
    for ending in ("ing", "ied", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + ("y" if ending in ("ied", "ies") else "")
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] in "bdgmnprt":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def _set(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())


POLARITY = {
    stem(word): sign * strength
    for sign, table in ((1.0, words.POSITIVE), (-1.0, words.NEGATIVE))
    for strength, line in sorted(table.items())
    for word in line.split()
}
UP = _set(words.UP)
"""Stems of words that say something went up."""
DOWN = _set(words.DOWN)
"""Stems of words that say something went down."""
GOOD = _set(words.GOOD_THINGS)
"""Stems of things whose growth is good news."""
BAD = _set(words.BAD_THINGS)
"""Stems of things whose growth is bad news."""
NEGATORS = frozenset(words.NEGATORS.split())
"""Words that turn what follows."""
INTENSIFIERS, DIMINISHERS = frozenset(words.INTENSIFIERS.split()), frozenset(words.DIMINISHERS.split())


def polarity(word: str) -> float:
    """Polarity of a word, -3 to 3; 0 for a word that the lexicon does not know.

    Examples:
        >>> polarity("plunged"), polarity("improves"), polarity("table")
        (-3.0, 2.0, 0.0)
    """
    return POLARITY.get(stem(word.lower()), 0.0)


def tone(text: str) -> float:
    """Tone of a text, -1 (bad) to 1 (good).

    Examples:
        >>> tone("Operating profit rose sharply.") > 0, tone("Losses rose sharply.") < 0
        (True, True)
        >>> tone("The results are not good.") < 0, tone("The meeting is on Monday.")
        (True, 0.0)
    """
    return float(tone_features([text])[0, -1])


def tone_features(texts: Sequence[str]) -> Array:
    """What the lexicon sees in each text.

    Returns:
        Shape (n, 10), float64, columns :data:`TONE_FEATURES`.
    """
    out = np.zeros((len(texts), len(TONE_FEATURES)))
    for row, text in enumerate(texts):
        out[row] = _seen(text.lower())
    return out


def _seen(text: str) -> list[float]:
    found = WORD.findall(text)
    stems = [stem(word) for word in found]
    good = bad = moved_well = moved_badly = 0.0
    for at, (word, root) in enumerate(zip(found, stems, strict=True)):
        direction = (root in UP) - (root in DOWN)
        value = 0.0 if word in NEGATORS or root in BAD else POLARITY.get(root, 0.0)
        if not direction and not value:
            bad += float(root in BAD and _alone(stems, at))
            continue
        thing = _thing(stems, at) if direction else 0
        factor = _factor(found, at)
        if thing:
            move = direction * thing * factor
            moved_well, moved_badly = moved_well + max(move, 0.0), moved_badly + max(-move, 0.0)
        else:
            good, bad = good + max(value * factor, 0.0), bad + max(-value * factor, 0.0)
    higher, lower = comparison(text, stems)
    negations = float(sum(word in NEGATORS for word in found))
    numbers = float(len(re.findall(r"\d[\d.,]*", text)))
    total = good - bad + 2.0 * (moved_well - moved_badly) + 2.0 * (higher - lower)
    squashed = total / math.sqrt(total * total + 15.0)
    return [good, bad, moved_well, moved_badly, higher, lower, negations, numbers, math.log1p(len(found)), squashed]


def _factor(found: list[str], at: int) -> float:
    beside = found[max(0, at - 1) : at + 2]
    factor = 1.0
    if not INTENSIFIERS.isdisjoint(beside):
        factor = 1.5
    elif not DIMINISHERS.isdisjoint(beside):
        factor = 0.6
    return factor if NEGATORS.isdisjoint(found[max(0, at - REACH) : at]) else factor * TURNED


def _thing(stems: list[str], at: int) -> int:
    """Whether the nearest thing that a direction can speak of is good (1), bad (-1) or missing (0)."""
    for distance in range(1, NEAR + 1):
        for place in (at - distance, at + distance):
            if 0 <= place < len(stems) and stems[place] in BAD:
                return -1
            if 0 <= place < len(stems) and stems[place] in GOOD:
                return -1 if {"loss", "cost", "expens", "debt"} & set(stems[place + 1 : place + 3]) else 1
    return 0


def _alone(stems: list[str], at: int) -> bool:
    """Whether no direction stands near a bad thing."""
    return not (UP | DOWN) & set(stems[max(0, at - NEAR) : at + NEAR + 1])


def comparison(text: str, stems: list[str]) -> tuple[float, float]:
    """Whether a number is said to be better or worse than the one of before, by what was counted.

    Args:
        text: Lower case.
        stems: Of its words.

    Returns:
        1.0 for better, 1.0 for worse; both 0.0 where no two numbers are compared.

    Examples:
        >>> comparison("sales rose to eur 5.2 mn from eur 4.1 mn", ["sal", "ros"])
        (1.0, 0.0)
    """
    if (match := FROM_TO.search(text)) is not None:
        now, then = _number(match, 1), _number(match, 3)
    elif (match := TO_FROM.search(text)) is not None:
        then, now = _number(match, 1), _number(match, 3)
    else:
        return 0.0, 0.0
    if now == then:
        return 0.0, 0.0
    better = (now > then) != bool(set(stems) & {"loss", "cost", "expens", "debt"})
    return float(better), float(not better)


def _number(match: re.Match[str], group: int) -> float:
    digits = match.group(group).replace(",", "").rstrip(".")
    return float(digits or 0) * SCALE.get(match.group(group + 1) or "", 1.0)
