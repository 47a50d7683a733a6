"""The report of a backtest: one page, the table a trader looks for first."""

from __future__ import annotations

from tradewind.report.parts import (
    Chip,
    Column,
    Details,
    Grid,
    KeyNumber,
    KeyNumbers,
    Page,
    Part,
    Section,
    Table,
    Text,
)
from tradewind.rl.evaluate.plots import (
    attribution_figure,
    gain_figure,
    inventory_figure,
    map_figure,
    order_figure,
    shortfall_figure,
)
from tradewind.rl.evaluate.result import REFERENCE, Backtest
from tradewind.rl.evaluate.scenes import Scenes
from tradewind.rl.evaluate.statistics import Outcome
from tradewind.rl.evaluate.tables import (
    detail_table,
    elsewhere_table,
    group_table,
    interval_text,
    main_table,
    parts_table,
    reduction_text,
    regime_table,
    verdict_chip,
    verdict_table,
)

__all__ = ["backtest_page", "headline"]


def headline(result: Backtest) -> str:
    """The result in one sentence."""
    if not result.policy:
        row = result.strategy(result.best_baseline)
        return f"{row.title} is the cheapest baseline: {interval_text(row.shortfall)} bps, {result.episodes:,} orders."
    beaten = sum(v.outcome is Outcome.BEAT for v in result.verdicts)
    lost = sum(v.outcome is Outcome.DID_NOT_BEAT for v in result.verdicts)
    open_ = len(result.verdicts) - beaten - lost
    best = next(v for v in result.verdicts if v.baseline == result.best_baseline)
    found = best.difference_bps
    word = "less" if found.mean < 0 else "more"
    apart = f"{abs(found.mean):.2f} ± {(found.high - found.low) / 2:.2f} bps {word}"
    return (
        f"Beat {beaten} of {len(result.verdicts)} baselines, did not beat {lost}, not distinguishable from {open_}; "
        f"{apart} shortfall than the best of them ({result.strategy(best.baseline).title}), over {result.episodes:,} "
        "paired orders."
    )


def backtest_page(result: Backtest, scenes: Scenes, footer: str = "") -> Page:
    """The page.

    Args:
        result: Rows and verdicts.
        scenes: What is drawn.
        footer: How it was made.
    """
    sections = [
        Section("Result", "result", (KeyNumbers(_key_numbers(result)), main_table(result))),
        *([Section("Verdicts", "verdicts", (verdict_table(result),), lead=headline(result))] if result.policy else []),
        Section(
            "Where the cost comes from",
            "parts",
            (gain_figure(result), _folded("Parts in numbers", parts_table(result))),
        ),
        Section("How orders were worked", "orders", tuple(_worked(result, scenes))),
        Section("Regimes, days, symbols", "regimes", tuple(_groups(result))),
    ]
    if scenes.policy_map is not None or scenes.attributions:
        shown: list[Part] = [map_figure(scenes.policy_map)] if scenes.policy_map is not None else []
        shown += [attribution_figure(scenes)] if scenes.attributions else []
        sections.append(Section("The policy", "policy", tuple(shown)))
    if result.elsewhere:
        lead = "The same policy where it was trained, where it was selected, and where it has never been."
        sections.append(Section("Other ground", "elsewhere", (elsewhere_table(result),), lead=lead))
    sections.append(Section("How this was measured", "method", tuple(_method(result))))
    title = f"{result.policy or 'Baselines'} on {result.market}"
    return Page(title, tuple(sections), headline(result), _chip(result), footer)


def _chip(result: Backtest) -> Chip | None:
    best = [v for v in result.verdicts if v.baseline == result.best_baseline]
    return verdict_chip(best[0]) if best else None


def _folded(title: str, table: Table) -> Details:
    return Details(title, (table,))


def _key_numbers(result: Backtest) -> tuple[KeyNumber, ...]:
    first = result.strategies[0]
    found = [KeyNumber("Implementation shortfall", f"{interval_text(first.shortfall)} bps", first.title)]
    if result.policy:
        found.append(KeyNumber("Less than crossing TWAP", reduction_text(first.reduction), "shortfall"))
        twap = result.strategy(REFERENCE)
        if twap.impact.mean == twap.impact.mean and twap.impact.mean > 0:
            saved = 100 * (1 - first.impact.mean / twap.impact.mean)
            found.append(KeyNumber("Less impact", f"{saved:.0f} %", "than crossing TWAP"))
        risk = 100 * (1 - first.timing_risk.mean / twap.timing_risk.mean)
        found.append(KeyNumber("Less timing risk", f"{risk:.0f} %", "than crossing TWAP"))
    found.append(KeyNumber("Orders", f"{result.episodes:,}", f"{result.clusters:,} independent groups"))
    return tuple(found)


def _worked(result: Backtest, scenes: Scenes) -> list[Part]:
    shown: list[Part] = [Grid((inventory_figure(result, scenes), shortfall_figure(result, scenes)))]
    figures = [order_figure(order, k) for k, order in enumerate(scenes.orders, start=1)]
    shown += figures[:1]
    if figures[1:]:
        shown.append(Details(f"{len(figures) - 1} more orders", tuple(figures[1:])))
    shown.append(detail_table(result))
    return shown


def _groups(result: Backtest) -> list[Part]:
    shown: list[Part] = [regime_table(result)]
    if len(result.strategies[0].days) > 1:
        shown.append(_folded("By day", group_table(result, by="days")))
    if len(result.strategies[0].symbols) > 1:
        shown.append(_folded("By symbol", group_table(result, by="symbols")))
    return shown


def _method(result: Backtest) -> list[Part]:
    facts = {**result.task, **result.fitted, "seed": str(result.seed)}
    columns = (Column("What"), Column("Value", wide=True))
    rows = tuple((name.capitalize(), value) for name, value in facts.items())
    return [Table(columns, rows), *(Text(note) for note in result.notes)]
