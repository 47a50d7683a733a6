"""Tables of a backtest, for the terminal and the report alike."""

from __future__ import annotations

import math

from tradewind.execution.tca import PARTS
from tradewind.report.parts import Cell, Chip, Column, Table, Tone
from tradewind.rl.evaluate.result import REGIMES, Backtest
from tradewind.rl.evaluate.statistics import Outcome, Verdict
from tradewind.stats.intervals import Interval

__all__ = [
    "detail_table",
    "elsewhere_table",
    "group_table",
    "interval_text",
    "main_table",
    "parts_table",
    "reduction_text",
    "regime_table",
    "verdict_table",
]

TONES = {Outcome.BEAT: Tone.GOOD, Outcome.DID_NOT_BEAT: Tone.BAD, Outcome.UNDECIDED: Tone.WARN}
MOST = 10_000_000
WIDEST = 4.0
"""A share whose interval is wider than this, 400 %, says nothing."""


def number_text(value: float, digits: int = 2) -> str:
    """A number, or a dash where there is none.

    Examples:
        >>> number_text(1.234), number_text(float("nan")), number_text(-0.0001)
        ('1.23', '–', '0.00')
    """
    if not math.isfinite(value):
        return "–"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def interval_text(found: Interval, digits: int = 2, scale: float = 1.0) -> str:
    """An estimate with half the width of its interval where that is even, else with both ends.

    Examples:
        >>> interval_text(Interval(1.0, 0.9, 1.1)), interval_text(Interval(1.0, float("nan"), float("nan")))
        ('1.00 ± 0.10', '1.00')
    """
    mean, low, high = (scale * x for x in (found.mean, found.low, found.high))
    if not math.isfinite(mean):
        return "–"
    if not (math.isfinite(low) and math.isfinite(high)):
        return number_text(mean, digits)
    return f"{number_text(mean, digits)} ± {number_text((high - low) / 2, digits)}"


def reduction_text(found: Interval) -> str:
    """A share that is saved; a dash where it is a share of next to nothing.

    Examples:
        >>> reduction_text(Interval(0.25, 0.2, 0.3)), reduction_text(Interval(10.3, -9000.0, 9000.0))
        ('25 ± 5 %', '–')
    """
    if not found.high - found.low <= WIDEST:
        return "–"
    return f"{interval_text(found, 0, 100)} %"


def _share(value: float) -> str:
    return "–" if not math.isfinite(value) else f"{100 * value:.0f} %"


def main_table(result: Backtest) -> Table:
    """The table a trader looks for: a row per strategy."""
    columns = (
        Column("Strategy"),
        Column("Implementation shortfall", number=True),
        Column("Market impact cost", number=True),
        Column("Timing risk", number=True),
        Column("Worst 5 %", number=True),
        Column("Saves of TWAP", number=True),
        Column("Adaptability", number=True),
        Column("Worst regime", number=True),
    )
    rows: list[tuple[Cell, ...]] = []
    for row in result.strategies:
        worst = f"{number_text(row.regimes[row.worst_regime])} {row.worst_regime}"
        reference = row.name == "twap"
        rows.append(
            (
                Chip(row.title, Tone.NOTE) if row.is_policy else row.title,
                interval_text(row.shortfall),
                interval_text(row.impact),
                interval_text(row.timing_risk),
                number_text(row.cvar),
                "" if reference else reduction_text(row.reduction),
                "" if reference else f"{row.adaptability} of {len(REGIMES)}",
                worst,
            )
        )
    caption = (
        "Basis points of the order's value, positive is a cost; ± is half a 95 % interval. Impact: temporary + "
        "permanent, by the twin. Timing risk: standard deviation of the shortfall. Adaptability: regimes of volatility "
        "and liquidity with less shortfall than crossing TWAP."
    )
    return Table(columns, tuple(rows), caption)


def verdict_table(result: Backtest) -> Table:
    """The policy against each baseline."""
    columns = (
        Column("Against"),
        Column("Verdict"),
        Column("Difference, bps", number=True),
        Column("95 % interval", number=True),
        Column("Less shortfall", number=True),
        Column("Episodes", number=True),
        Column("Would settle it", number=True),
    )
    rows = []
    for verdict in result.verdicts:
        name = result.strategy(verdict.baseline).title
        best = " (best baseline)" if verdict.baseline == result.best_baseline else ""
        found = verdict.difference_bps
        rows.append(
            (
                name + best,
                verdict_chip(verdict),
                number_text(found.mean, 3),
                f"{number_text(found.low, 3)} to {number_text(found.high, 3)}",
                reduction_text(verdict.reduction),
                f"{verdict.episodes:,}",
                episodes_text(verdict),
            )
        )
    caption = (
        "Paired: the same orders in the same markets. Difference: the policy's shortfall less the baseline's. Would "
        "settle it: orders with which a difference of this size excludes 0 four times in five."
    )
    return Table(columns, tuple(rows), caption)


def verdict_chip(verdict: Verdict) -> Chip:
    """How it ended, in its colour."""
    return Chip(verdict.outcome.value, TONES[verdict.outcome])


def episodes_text(verdict: Verdict) -> str:
    """How many orders would settle it."""
    return "over 10 million" if verdict.episodes_needed >= MOST else f"{verdict.episodes_needed:,}"


def parts_table(result: Backtest) -> Table:
    """Parts of the shortfall, which sum to it."""
    columns = (Column("Strategy"), *(Column(p.capitalize(), number=True) for p in PARTS), Column("Sum", number=True))
    rows = tuple(
        (row.title, *(number_text(row.parts[p], 3) for p in PARTS), number_text(row.shortfall.mean, 3))
        for row in result.strategies
    )
    return Table(columns, rows, "Basis points of the order's value. Without a twin, permanent impact is inside drift.")


def detail_table(result: Backtest) -> Table:
    """How strategies traded, and slippage against other prices."""
    names = ("Done", "Completed", "Resting", "Share of volume", "Seconds", "v TWAP", "v VWAP", "v close", "Reversion")
    rows = []
    for row in result.strategies:
        shares = [_share(row.shares[n]) for n in ("fill_rate", "completed", "passive_share", "participation")]
        slips = [number_text(row.slippage[n]) for n in ("twap", "vwap", "close", "reversion")]
        rows.append((row.title, *shares, number_text(row.seconds, 1), *slips))
    caption = (
        "Slippage of the average fill against the market's own TWAP, VWAP and price at the horizon, and reversion of "
        "the mid after it [bps]."
    )
    return Table((Column("Strategy"), *(Column(n, number=True) for n in names)), tuple(rows), caption)


def regime_table(result: Backtest) -> Table:
    """Mean shortfall by regime."""
    columns = (Column("Strategy"), *(Column(r.capitalize(), number=True) for r in REGIMES))
    rows = tuple((row.title, *(number_text(row.regimes[r]) for r in REGIMES)) for row in result.strategies)
    return Table(
        columns, rows, "Shortfall [bps] by terciles of volatility and of liquidity of the same market without you."
    )


def group_table(result: Backtest, *, by: str) -> Table:
    """Mean shortfall by day or by symbol.

    Args:
        result: The backtest.
        by: ``days`` or ``symbols``.
    """
    names = list(getattr(result.strategies[0], by))
    rows = tuple((row.title, *(interval_text(getattr(row, by)[n]) for n in names)) for row in result.strategies)
    return Table((Column("Strategy"), *(Column(n, number=True) for n in names)), rows, "Shortfall [bps].")


def elsewhere_table(result: Backtest) -> Table:
    """The policy on other ground."""
    columns = (
        Column("Check"),
        Column("Where"),
        Column("Policy, bps", number=True),
        Column("TWAP, bps", number=True),
        Column("Less than TWAP", number=True),
        Column("Best baseline"),
        Column("Its bps", number=True),
        Column("Against it"),
    )
    rows = tuple(
        (
            row.what,
            row.where,
            interval_text(row.policy_bps),
            interval_text(row.reference_bps),
            reduction_text(row.reduction),
            row.best_baseline,
            number_text(row.best_bps),
            verdict_chip(row.verdict),
        )
        for row in result.elsewhere
    )
    return Table(columns, rows)
