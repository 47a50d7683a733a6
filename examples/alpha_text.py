"""Tone, links and repeats of a few headlines, offline: own lexicon and the shipped head."""

from tradewind.alpha.text import AliasTable, aliases_of, near_duplicates, scorer_named, tone_of

HEADLINES = [
    "Apple shares fall as analysts cut price targets",
    "RT @desk: Apple shares fall as analysts cut price targets!!",
    "Entegris, Inc. operating profit rose to USD 13.1 mn from USD 8.7 mn",
]
table = AliasTable(aliases_of([("AAPL", "Apple Inc."), ("ENTG", "Entegris, Inc.")]))
tones = {name: tone_of(scorer_named(name).score(HEADLINES)) for name in ("lexicon", "default")}
for k, (text, first) in enumerate(zip(HEADLINES, near_duplicates(HEADLINES), strict=True)):
    print(
        *table.symbols_of(text), {n: round(float(t[k]), 2) for n, t in tones.items()}, "repeat" if first < k else text
    )
