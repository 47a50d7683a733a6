"""Limits files for tests, small enough to run into, and rows by name."""

from typing import Any

import numpy as np

from tradewind.core.config import parse_config
from tradewind.core.dtypes import Array
from tradewind.risk.limits.layout import INPUT
from tradewind.risk.limits.limits_file import LimitsFile

LEVEL: dict[str, Any] = {
    "cumulative_lots": 400,
    "cumulative_notional": "1000",
    "gross": "250",
    "net": "200",
    "daily_loss": "5",
    "drawdown": "4",
    "open_orders": 12,
    "messages_per_s": 50,
    "burst": 20,
    "window_ms": 1000,
    "window_messages": 30,
}
STRATEGY: dict[str, Any] = LEVEL | {
    "desk": "one",
    "instruments": ["*"],
    "directions": ["buy", "sell"],
    "order_types": ["limit", "market", "ioc", "post_only"],
    "position_lots": 100,
    "repeats": 30,
    "repeat_period_s": 10,
    "identical_orders": 2,
    "identical_window_ms": 500,
    "rejects": 2,
    "reject_window_s": 5,
}
INSTRUMENT: dict[str, Any] = {
    "venue": "X",
    "restricted": False,
    "tick_size": "0.01",
    "lot_size": "1",
    "multiplier": "1",
    "tick_step": 1,
    "lot_step": 1,
    "min_price_ticks": 10,
    "max_price_ticks": 1000,
    "collar_bps": 500,
    "period_collar_bps": 800,
    "collar_period_s": 5,
    "stale_after_ms": 2000,
    "order_lots": 50,
    "order_notional": "60",
    "long_lots": 120,
    "short_lots": 90,
    "cumulative_lots": 300,
    "cumulative_notional": "400",
    "open_orders": 8,
}


def limits(**changes: Any) -> LimitsFile:
    """Two desks, three strategies, three instruments on two venues; ``firm__gross="1"`` changes one value.

    The first word of a change is ``firm``, a name (``one``, ``a``, ``AA``, ``X``), or ``file``.
    """
    names = {"one": dict(LEVEL), "two": dict(LEVEL), "firm": LEVEL | {"open_orders": 14, "gross": "300"}}
    strategies = {
        "a": dict(STRATEGY),
        "b": STRATEGY | {"open_orders": 5, "gross": "90", "net": "60"},
        "c": STRATEGY | {"desk": "two", "instruments": ["AA", "BB"], "directions": ["buy"], "order_types": ["limit"]},
    }
    instruments = {
        "AA": dict(INSTRUMENT),
        "BB": INSTRUMENT | {"venue": "Y", "tick_step": 2, "lot_step": 3, "multiplier": "2"},
        "CC": INSTRUMENT | {"restricted": True},
    }
    venues = {"X": {"report_window": 4}, "Y": {"report_window": 8}}
    file: dict[str, Any] = {"gate": "test", "version": 1, "currency": "USD", "clock_tolerance_ms": 1}
    file |= {
        "day_starts_utc": "00:00",
        "reducing_passes": ["HALTED_STRATEGY", "RESTRICTED", "CUMULATIVE_LOTS_STRATEGY"],
    }
    tables = {"file": file} | names | strategies | instruments | venues
    for key, value in changes.items():
        table, field = key.split("__")
        tables[table][field] = value
    file["people"] = file.get("people", [{"name": "Ada", "public_key": "A" * 43 + "=", "may": ["rearm", "adjust"]}])
    file["firm"] = names["firm"]
    file["desks"] = [{"name": n} | names[n] for n in ("one", "two")]
    file["strategies"] = [{"name": n} | v for n, v in strategies.items()]
    file["venues"] = [{"name": n} | v for n, v in venues.items()]
    file["instruments"] = [{"symbol": n} | v for n, v in instruments.items()]
    return parse_config(LimitsFile, file)


def row(**fields: int) -> Array:
    """One row of ``INPUT``; ``extra`` of a report is -1 unless said."""
    found = np.zeros(1, INPUT)
    for name, value in fields.items():
        found[name] = value
    return found
