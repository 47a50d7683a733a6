"""Checked integer arithmetic: sums and products that saturate at ``CAP`` and never wrap."""

from __future__ import annotations

from tradewind.core.kernels import inner
from tradewind.risk.limits.layout import CAP, Int

__all__ = ["plus", "scaled", "times"]

NEAR_CAP = 4.1e18


@inner
def plus(a: Int, b: Int) -> Int:
    """Sum of two numbers within ``CAP``, saturated: two capped numbers never leave an int64."""
    return min(max(a + b, -CAP), CAP)


@inner
def times(a: Int, b: Int) -> Int:
    """Product of two numbers within ``CAP``, saturated.

    The float product decides, with a margin that its rounding cannot cross: up to 4.1e18 the integer product fits.
    """
    size = float(a) * float(b)
    if size > NEAR_CAP:
        return CAP
    if size < -NEAR_CAP:
        return -CAP
    return min(max(a * b, -CAP), CAP)


@inner
def scaled(limit: Int, permille: Int) -> Int:
    """A limit times thousandths (0 to 1000), rounded down; no product leaves an int64."""
    return (limit // 1000) * permille + (limit % 1000) * permille // 1000
