"""A limits file into the gate's memory: names become rows, money becomes millionths, state stays."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from tradewind.core.dtypes import Array
from tradewind.core.errors import ConfigError
from tradewind.risk.limits.layout import CAP, DESKS, FIRM, FIRST_DESK, FIRST_STRATEGY, INSTRUMENTS, ORDERS, OrderType
from tradewind.risk.limits.limits_file import Instrument, Level, LimitsFile, Strategy
from tradewind.risk.limits.rates import MESSAGE_TOKENS
from tradewind.risk.limits.reasons import Reason

__all__ = ["Names", "install"]

MILLI, SECOND = 1_000_000, 1_000_000_000


class Names(msgspec.Struct, frozen=True):
    """Rows of the tables by name.

    Attributes:
        desks: Row of each desk.
        strategies: Row of each strategy.
        venues: Row of each venue.
        instruments: Row of each instrument.
        people: Row of each person.
    """

    desks: dict[str, int]
    strategies: dict[str, int]
    venues: dict[str, int]
    instruments: dict[str, int]
    people: dict[str, int]

    @classmethod
    def of(cls, limits: LimitsFile) -> Names:
        """Names of a file, in its order."""
        return cls(
            {d.name: k for k, d in enumerate(limits.desks)},
            {s.name: k for k, s in enumerate(limits.strategies)},
            {v.name: k for k, v in enumerate(limits.venues)},
            {i.symbol: k for k, i in enumerate(limits.instruments)},
            {p.name: k for k, p in enumerate(limits.people)},
        )


def install(state: Array, limits: LimitsFile, before: LimitsFile | None = None) -> Names:
    """Write limits into a gate's memory; positions, open orders, latches and counters stay.

    Args:
        state: Shape (1,), dtype ``STATE``.
        limits: A file without contradictions.
        before: The file that the gate has now; None for a gate that has none.

    Returns:
        Rows by name.

    Raises:
        ConfigError: For another gate, a version that does not grow, or rows that would change their meaning.
    """
    if before is not None:
        _check_succession(limits, before)
    names, gate = Names.of(limits), state[0]
    hours, minutes = limits.day_starts_utc.split(":")
    gate["version"] = limits.version
    gate["day_offset_ns"] = (int(hours) * 3600 + int(minutes) * 60) * SECOND
    gate["tolerance_ns"] = limits.clock_tolerance_ms * MILLI
    gate["reducing_passes"] = sum(1 << Reason[name] for name in limits.reducing_passes)
    gate["max_orders"] = ORDERS - 1
    _level(gate["scopes"][FIRM], limits.firm)
    for k, desk in enumerate(limits.desks):
        _level(gate["scopes"][FIRST_DESK + k], desk)
    for at in range(FIRST_DESK + len(limits.desks), FIRST_DESK + DESKS):
        gate["scopes"][at]["max_loss"] = gate["scopes"][at]["max_drawdown"] = CAP
    for k, venue in enumerate(limits.venues):
        row = gate["venues"][k]
        row["used"] = 1
        row["report_window"] = venue.report_window
    for k, instrument in enumerate(limits.instruments):
        _instrument(gate["instruments"][k], instrument, names.venues[instrument.venue])
    for k, strategy in enumerate(limits.strategies):
        _level(gate["scopes"][FIRST_STRATEGY + k], strategy)
        _strategy(gate["strategies"][k], strategy, names.desks[strategy.desk])
        _permissions(gate["cells"][k * INSTRUMENTS : (k + 1) * INSTRUMENTS], strategy, names.instruments)
    return names


def _check_succession(limits: LimitsFile, before: LimitsFile) -> None:
    problems = []
    if limits.gate != before.gate:
        problems.append(f"gate: expected {before.gate!r}, got {limits.gate!r}")
    if limits.version <= before.version:
        problems.append(f"version: must be above {before.version}, which is in force, got {limits.version}")
    for what, key in (("desks", "name"), ("strategies", "name"), ("venues", "name"), ("instruments", "symbol")):
        old = [getattr(item, key) for item in getattr(before, what)]
        new = [getattr(item, key) for item in getattr(limits, what)][: len(old)]
        if new != old:
            problems.append(
                f"{what}: must begin with those in force, in their order ({', '.join(old)}); add at the end"
            )
    for item, old_item in zip(limits.instruments, before.instruments, strict=False):
        if item.symbol == old_item.symbol and item.tick_value() != old_item.tick_value():
            problems.append(
                f"instrument {item.symbol!r}: tick_size x lot_size x multiplier may not change in a session"
            )
        if item.symbol == old_item.symbol and item.venue != old_item.venue:
            problems.append(f"instrument {item.symbol!r}: venue may not change in a session")
    for venue, old_venue in zip(limits.venues, before.venues, strict=False):
        if venue.name == old_venue.name and venue.report_window != old_venue.report_window:
            problems.append(f"venue {venue.name!r}: report_window may not change in a session")
    for strategy, old_strategy in zip(limits.strategies, before.strategies, strict=False):
        if strategy.name == old_strategy.name and strategy.desk != old_strategy.desk:
            problems.append(f"strategy {strategy.name!r}: desk may not change in a session")
    if problems:
        raise ConfigError(f"limits of gate {limits.gate!r}", problems)


def _micro(money: Decimal) -> int:
    return int(money * 1_000_000)


def _level(row: Any, level: Level) -> None:
    row["max_lots"] = level.cumulative_lots
    row["max_notional"] = _micro(level.cumulative_notional)
    row["max_gross"] = _micro(level.gross)
    row["max_net"] = _micro(level.net)
    row["max_loss"] = _micro(level.daily_loss)
    row["max_drawdown"] = _micro(level.drawdown)
    row["max_open"] = level.open_orders
    row["window_ns"] = level.window_ms * MILLI
    row["window_messages"] = level.window_messages
    row["rate_per_s"] = level.messages_per_s
    row["burst"] = level.burst
    row["fill_ns"] = -(-level.burst * MESSAGE_TOKENS // level.messages_per_s)
    row["tokens"] = (
        min(int(row["tokens"]), level.burst * MESSAGE_TOKENS) if row["used"] else level.burst * MESSAGE_TOKENS
    )
    row["used"] = 1


def _strategy(row: Any, strategy: Strategy, desk: int) -> None:
    row["used"] = 1
    row["desk"] = desk
    row["types"] = sum(1 << OrderType[name.upper()] for name in set(strategy.order_types))
    row["max_position"] = strategy.position_lots
    row["max_repeats"] = strategy.repeats
    row["repeat_ns"] = strategy.repeat_period_s * SECOND
    row["max_identical"] = strategy.identical_orders
    row["identical_ns"] = strategy.identical_window_ms * MILLI
    row["max_rejects"] = strategy.rejects
    row["reject_ns"] = strategy.reject_window_s * SECOND


def _permissions(cells: Array, strategy: Strategy, rows: dict[str, int]) -> None:
    bits = sum({"buy": 1, "sell": 2}[direction] for direction in set(strategy.directions))
    cells["permitted"] = 0
    for symbol, row in rows.items():
        if symbol in strategy.instruments or "*" in strategy.instruments:
            cells["permitted"][row] = bits


def _instrument(row: Any, item: Instrument, venue: int) -> None:
    if not row["used"]:
        row["own_ask"] = CAP
    row["used"] = 1
    row["venue"] = venue
    row["restricted"] = int(item.restricted)
    row["tick_value"] = int(item.tick_value())
    row["tick_step"] = item.tick_step
    row["lot_step"] = item.lot_step
    row["min_ticks"] = item.min_price_ticks
    row["max_ticks"] = item.max_price_ticks
    row["collar_bps"] = item.collar_bps
    row["period_bps"] = item.period_collar_bps
    row["period_ns"] = item.collar_period_s * SECOND
    row["stale_ns"] = item.stale_after_ms * MILLI
    row["max_order_lots"] = item.order_lots
    row["max_order_notional"] = _micro(item.order_notional)
    row["max_long"] = item.long_lots
    row["max_short"] = item.short_lots
    row["max_lots"] = item.cumulative_lots
    row["max_notional"] = _micro(item.cumulative_notional)
    row["max_open"] = item.open_orders
