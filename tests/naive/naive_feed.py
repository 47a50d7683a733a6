"""The feed monitor once more, in plain Python."""

import math

from tradewind.risk.anomalies.feed import FeedRules


def flags_of(rules: FeedRules, quotes: list[tuple[int, float, float]]) -> list[int]:
    told = []
    last = since = None
    slow = spread = None
    rate = usual = 0.0
    before = (0.0, 0.0)
    for number, (now, bid, ask) in enumerate(quotes):
        flags = 0
        if last is None:
            last = since = now
            seconds = 0.0
        else:
            if now < last:
                flags |= 1
            seconds = max(now - last, 0) / 1e9
            if seconds > rules.gap_s:
                flags |= 8
            last = max(now, last)
            rate = rate * math.exp(-seconds) + 1
            usual = usual * math.exp(-seconds / 300) + 1 / 300
        judged = number >= rules.warm_rows
        if not all(math.isfinite(x) and x > 0 for x in (bid, ask)):
            flags |= 128
        elif bid > ask:
            flags |= 2
        else:
            flags |= 4 if bid == ask else 0
            mid = (bid + ask) / 2
            if slow is None:
                slow, spread = mid, ask - bid
            if judged and abs(mid - slow) > rules.outlier * max(spread, 1e-12):
                flags |= 32
            slow += max(1 - math.exp(-seconds / 60), 1e-3) * (mid - slow)
            spread += 0.005 * (ask - bid - spread)
        if number and (bid, ask) == before:
            flags |= 16 if (last - since) / 1e9 > rules.stale_s else 0
        else:
            since = last
        if judged and rate > rules.stuffing * max(usual, 1.0):
            flags |= 64
        before = (bid, ask)
        told.append(flags)
    return told
