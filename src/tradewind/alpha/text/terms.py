"""Terms of a text for the expert on words: stems, pairs of stems, moves of things, what is negated, comparisons."""

from __future__ import annotations

from itertools import pairwise

from tradewind.alpha.text.lexicon import BAD, DOWN, GOOD, NEGATORS, UP, comparison, stem, tokens

__all__ = ["terms"]

NEAR = 7
TURNED = 3


def terms(text: str) -> list[str]:
    """Terms of a text, repeats included.

    Examples:
        >>> terms("Profit fell")
        ['profit', 'fell', 'profit fell', 'down:profit']
    """
    found = tokens(text)
    stems = [stem(word) for word in found]
    out = [*stems, *(f"{first} {second}" for first, second in pairwise(stems))]
    for at, (word, root) in enumerate(zip(found, stems, strict=True)):
        if root in UP or root in DOWN:
            mark = "up:" if root in UP else "down:"
            near = stems[max(0, at - NEAR) : at + NEAR + 1]
            out.extend(mark + thing for thing in near if thing in GOOD or thing in BAD)
        if word in NEGATORS:
            out.extend("not:" + thing for thing in stems[at + 1 : at + 1 + TURNED])
    higher, lower = comparison(text.lower(), stems)
    return out + ["more:than"] * int(higher) + ["less:than"] * int(lower)
