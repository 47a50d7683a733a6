"""Numbers as people read them."""

from __future__ import annotations

import math

__all__ = ["bytes_text", "count_text", "duration_text", "share_text", "short_count"]

UNITS_NS = (
    ("d", 86_400e9),
    ("h", 3_600e9),
    ("min", 60e9),
    ("s", 1e9),
    ("ms", 1e6),
    ("µs", 1e3),
    ("ns", 1.0),
)


def count_text(count: int) -> str:
    """A whole number with its thousands apart.

    Examples:
        >>> count_text(1079934)
        '1,079,934'
    """
    return f"{count:,}"


def short_count(count: float) -> str:
    """A number in three figures.

    Examples:
        >>> short_count(1079934), short_count(950), short_count(12_500)
        ('1.08 M', '950', '12.5 k')
    """
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(count) >= size * 0.9995:
            return f"{_three(count / size)} {unit}"
    return _three(count)


def _three(value: float) -> str:
    """A number in three figures, without zeros that say nothing."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    decimals = max(0, 2 - math.floor(math.log10(abs(value)) + 1e-12))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share_text(share: float) -> str:
    """A share in percent; small ones keep two figures, and are never rounded to nothing.

    Examples:
        >>> share_text(0.0257), share_text(0.000184), share_text(0.0), share_text(4e-8)
        ('2.6 %', '0.018 %', '0 %', '< 0.001 %')
    """
    percent = 100 * share
    if percent == 0:
        return "0 %"
    if abs(percent) < 0.001:
        return "< 0.001 %"
    if abs(percent) >= 99.95:
        return f"{percent:.0f} %"
    decimals = max(1, 1 - math.floor(math.log10(abs(percent))))
    return f"{percent:.{decimals}f} %"


def duration_text(duration_ns: float) -> str:
    """A length of time in three figures and the unit that suits it.

    Examples:
        >>> duration_text(1_250_000), duration_text(-43e6), duration_text(0), duration_text(5400e9)
        ('1.25 ms', '-43 ms', '0 s', '1.5 h')
    """
    if duration_ns == 0:
        return "0 s"
    for unit, size in UNITS_NS:
        if abs(duration_ns) >= size * 0.9995:
            return f"{_three(duration_ns / size)} {unit}"
    return f"{_three(duration_ns)} ns"


def bytes_text(size_bytes: int) -> str:
    """A size in decimal units.

    Examples:
        >>> bytes_text(61_139_728), bytes_text(420)
        ('61.1 MB', '420 B')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= size * 0.9995:
            return f"{_three(size_bytes / size)} {unit}"
    return f"{size_bytes} B"
