"""Labels from their definitions, one moment at a time."""

import math
from fractions import Fraction


def fixed_horizon(price, ts, at, k, threshold):
    out = []
    for row, start in enumerate(at):
        if start + k < len(price):
            value = math.log(price[start + k] / price[start])
            out.append((row, int(value > threshold) - int(value < -threshold), value, ts[start], ts[start + k]))
    return out


def fixed_time(price, ts, at, span, threshold):
    out = []
    for row, start in enumerate(at):
        end = ts[start] + span
        if end <= ts[-1]:
            last = [p for p, t in zip(price, ts, strict=True) if t <= end][-1]
            value = math.log(last / price[start])
            out.append((row, int(value > threshold) - int(value < -threshold), value, ts[start], end))
    return out


def smoothed_mid(price, ts, at, k, threshold):
    price = [Fraction(str(round(float(p), 2))) for p in price]
    out = []
    for row, start in enumerate(at):
        if start + k < len(price) and start - k + 1 >= 0:
            before = sum(price[start - k + 1 : start + 1]) / k
            value = float(sum(price[start + 1 : start + k + 1]) / k / before - 1)
            out.append((row, int(value > threshold) - int(value < -threshold), value, ts[start], ts[start + k]))
    return out


def uniqueness(t0, t1):
    def crowd(t):
        return sum(a <= t <= b for a, b in zip(t0, t1, strict=True))

    out = []
    for a, b in zip(t0, t1, strict=True):
        inside = [t for t in t0 if a <= t <= b]
        out.append(sum(1 / crowd(t) for t in inside) / len(inside))
    return out


def triple_barrier(price, ts, at, k, up, down):  # noqa: PLR0917
    out = []
    for row, start in enumerate(at):
        for step in range(1, k + 1):
            if start + step >= len(price):
                break
            move = math.log(price[start + step]) - math.log(price[start])
            y = 1 if move >= up else -1 if move <= -down else 0
            if y or step == k:
                out.append((row, y, move, ts[start], ts[start + step]))
                break
    return out


def realised_variance(price, ts, at, k):
    out = []
    for row, start in enumerate(at):
        if start + k < len(price):
            steps = [math.log(price[start + i] / price[start + i - 1]) ** 2 for i in range(1, k + 1)]
            out.append((row, math.fsum(steps), math.fsum(steps), ts[start], ts[start + k]))
    return out


def rank(values, groups):
    out = []
    for value, group in zip(values, groups, strict=True):
        peers = [v for v, g in zip(values, groups, strict=True) if g == group and not math.isnan(v)]
        below, equal = sum(v < value for v in peers), sum(v == value for v in peers) - 1
        out.append(
            math.nan if math.isnan(value) else 0.0 if len(peers) == 1 else (below + equal / 2) / (len(peers) - 1) - 0.5
        )
    return out
