"""What the gate holds, in words and numbers: closed latches, and how much of every limit is used."""

from __future__ import annotations

from typing import Any

import msgspec

from tradewind.core.dtypes import Array
from tradewind.risk.limits.layout import FIRM, FIRST_DESK, FIRST_STRATEGY
from tradewind.risk.limits.limits_file import LimitsFile
from tradewind.risk.limits.reasons import Cause

__all__ = ["Use", "closed_latches", "uses"]


class Use(msgspec.Struct, frozen=True):
    """How much of one limit is used.

    Attributes:
        scope: ``firm``, ``desk NAME``, ``strategy NAME`` or ``instrument SYMBOL``.
        control: The limit, as the file calls it.
        limit: The limit; money in micro-currency.
        used: What counts against it, open orders at their worst.
    """

    scope: str
    control: str
    limit: int
    used: int

    @property
    def share(self) -> float:
        """Used part of the limit; above 1 where reality or a policy went beyond it."""
        return self.used / self.limit if self.limit else float(self.used > 0)


def _scopes(limits: LimitsFile) -> list[tuple[str, int]]:
    found = [("firm", FIRM)]
    found += [(f"desk {desk.name}", FIRST_DESK + k) for k, desk in enumerate(limits.desks)]
    return found + [(f"strategy {s.name}", FIRST_STRATEGY + k) for k, s in enumerate(limits.strategies)]


def uses(state: Array, limits: LimitsFile) -> list[Use]:
    """Use of every limit that sums something, in the order of the file.

    Args:
        state: Shape (1,), dtype ``STATE``.
        limits: The file in force.
    """
    found: list[Use] = []
    for name, at in _scopes(limits):
        row = state["scopes"][0][at]
        pnl = int(row["pnl"])
        found += [
            Use(name, "cumulative_lots", int(row["max_lots"]), int(row["filled_lots"] + row["open_lots"])),
            Use(
                name,
                "cumulative_notional",
                int(row["max_notional"]),
                int(row["filled_notional"] + row["open_notional"]),
            ),
            Use(name, "gross", int(row["max_gross"]), int(row["gross"])),
            Use(name, "net", int(row["max_net"]), max(int(row["high"]), -int(row["low"]), 0)),
            Use(name, "open_orders", int(row["max_open"]), int(row["open_orders"])),
            Use(name, "daily_loss", int(row["max_loss"]), max(0, int(row["day_pnl"]) - pnl)),
            Use(name, "drawdown", int(row["max_drawdown"]), max(0, int(row["peak"]) - pnl)),
        ]
    for k, item in enumerate(limits.instruments):
        row, name = state["instruments"][0][k], f"instrument {item.symbol}"
        found += [
            Use(name, "long_lots", item.long_lots, max(0, int(row["position"] + row["open_buy"]))),
            Use(name, "short_lots", item.short_lots, max(0, int(row["open_sell"] - row["position"]))),
            Use(name, "cumulative_lots", item.cumulative_lots, int(row["filled_lots"] + row["open_lots"])),
            Use(
                name,
                "cumulative_notional",
                int(row["max_notional"]),
                int(row["filled_notional"] + row["open_notional"]),
            ),
            Use(name, "open_orders", item.open_orders, int(row["open_orders"])),
        ]
    return found


def closed_latches(state: Array, limits: LimitsFile) -> list[dict[str, Any]]:
    """Latches that are closed, in the order in which they closed.

    Args:
        state: Shape (1,), dtype ``STATE``.
        limits: The file in force.
    """
    rows = [(f"{name}", "kill", state["scopes"]["kill"][0][at]) for name, at in _scopes(limits)]
    rows += [(f"{name}", "halt", state["scopes"]["halt"][0][at]) for name, at in _scopes(limits)]
    rows += [
        (f"instrument {i.symbol}", "kill", state["instruments"]["kill"][0][k]) for k, i in enumerate(limits.instruments)
    ]
    for word in ("kill", "halt"):
        rows += [(f"venue {v.name}", word, state["venues"][word][0][k]) for k, v in enumerate(limits.venues)]
    people = [p.name for p in limits.people]
    found = [
        {
            "scope": scope,
            "latch": word,
            "number": int(latch["number"]),
            "cause": Cause(int(latch["cause"])).name,
            "limit": int(latch["limit"]),
            "value": int(latch["value"]),
            "ts_ns": int(latch["ts_ns"]),
            "person": people[int(latch["person"])] if 0 <= int(latch["person"]) < len(people) else "",
        }
        for scope, word, latch in rows
        if latch["cause"]
    ]
    return sorted(found, key=lambda item: item["number"])
