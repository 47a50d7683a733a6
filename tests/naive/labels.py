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
