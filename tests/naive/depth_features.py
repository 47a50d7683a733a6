"""Features of the levels beneath the touch, from their definitions. Books are (bids, asks) of (price, size)."""

import itertools
import math


def level(side, k):
    return side[k] if k < len(side) else (None, 0.0)


def flow(before, now, k):
    """Order-flow imbalance of level k: what the book says at that level, then and now."""
    total = 0.0
    for sign, side in ((1, 0), (-1, 1)):
        (p0, q0), (p1, q1) = level(before[side], k), level(now[side], k)
        better = p1 is not None and (p0 is None or sign * p1 >= sign * p0)
        worse = p0 is not None and (p1 is None or sign * p1 <= sign * p0)
        total += sign * (better * q1 - worse * q0)
    return total


def depth(books):
    bids, asks = books[-1]
    mid = (bids[0][0] + asks[0][0]) / 2

    def size(side, n):
        return sum(q for _, q in side[:n])

    mean = 0.0
    for n, (b, a) in enumerate(books, 1):
        mean += ((size(b, 10) + size(a, 10)) / (len(b) + len(a)) - mean) / min(n, 1000)
    flows = [[flow(x, y, k) for k in range(10)] for x, y in itertools.pairwise(books)]
    out = [(size(bids, n) - size(asks, n)) / (size(bids, n) + size(asks, n)) for n in (3, 5, 10)]
    out += [sum(sum(f[:3]) for f in flows[-w:]) / mean for w in (10, 100)]
    out += [sum(sum(f) for f in flows[-w:]) / mean for w in (10, 100)]
    out.append(1e4 * sum(q * (mid - p) for p, q in bids) / size(bids, 10) / mid)
    out.append(1e4 * sum(q * (p - mid) for p, q in asks) / size(asks, 10) / mid)
    out.append(1e4 * (bids[0][0] - bids[1][0]) / mid if len(bids) > 1 else math.nan)
    out.append(1e4 * (asks[1][0] - asks[0][0]) / mid if len(asks) > 1 else math.nan)
    return [*out, math.log2((size(bids, 10) + size(asks, 10)) / (20 * mean))]
