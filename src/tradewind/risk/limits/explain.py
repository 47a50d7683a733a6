"""A limits file in words: what each part allows, for the person who must sign it."""

from __future__ import annotations

from decimal import Decimal

from tradewind.risk.limits.limits_file import Instrument, Level, LimitsFile, Strategy

__all__ = ["explained"]


def explained(limits: LimitsFile) -> dict[str, list[str]]:
    """Sentences by part of the file: ``gate``, ``firm``, ``desk NAME``, ``strategy NAME``, ``instrument SYMBOL``.

    Positions, exposures and what is traded in a day count open orders as if their worst came true.
    """
    unit = limits.currency
    found = {"gate": _gate(limits), "firm": _level(limits.firm, unit)}
    found |= {f"desk {desk.name}": _level(desk, unit) for desk in limits.desks}
    found |= {f"strategy {s.name}": _strategy(s) + _level(s, unit) for s in limits.strategies}
    return found | {f"instrument {item.symbol}": _instrument(item, unit) for item in limits.instruments}


def _money(value: Decimal, unit: str) -> str:
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return f"{text} {unit}"


def _gate(limits: LimitsFile) -> list[str]:
    rearm = ", ".join(p.name for p in limits.people if "rearm" in p.may) or "nobody"
    adjust = ", ".join(p.name for p in limits.people if "adjust" in p.may) or "nobody"
    passes = ", ".join(limits.reducing_passes) or "nothing"
    return [
        f"Version {limits.version} of the limits of gate {limits.gate!r}, in {limits.currency}.",
        f"A new day begins at {limits.day_starts_utc} UTC; a clock may be {limits.clock_tolerance_ms} ms behind.",
        f"A kill or halt is opened by {rearm} and nobody else; positions are set by {adjust}.",
        f"An order that only reduces its strategy's position passes in spite of: {passes}.",
    ]


def _level(level: Level, unit: str) -> list[str]:
    rate = f"{level.messages_per_s} a second in the long run, {level.burst} at once"
    return [
        f"Trades at most {level.cumulative_lots:,} lots and {_money(level.cumulative_notional, unit)} a day.",
        f"Stands to own at most {_money(level.gross, unit)} gross and {_money(level.net, unit)} net.",
        f"Halts when it has lost {_money(level.daily_loss, unit)} today.",
        f"Halts when it has lost {_money(level.drawdown, unit)} from its peak.",
        f"Has at most {level.open_orders} open orders.",
        f"Sends at most {level.window_messages} messages in {level.window_ms} ms; {rate}.",
    ]


def _strategy(s: Strategy) -> list[str]:
    what = "any instrument" if "*" in s.instruments else ", ".join(s.instruments) or "nothing"
    how = " and ".join(s.directions) or "do nothing"
    return [
        f"Belongs to desk {s.desk}; may {how} {what} with {', '.join(s.order_types) or 'no'} orders.",
        f"Holds at most {s.position_lots:,} lots of one instrument, long or short.",
        f"Halts when it does the same (instrument and side) more than {s.repeats} times in {s.repeat_period_s} s.",
        f"Halts when a venue rejects more than {s.rejects} of its messages in {s.reject_window_s} s.",
        f"Sends an identical order at most {s.identical_orders} times in {s.identical_window_ms} ms.",
    ]


def _instrument(item: Instrument, unit: str) -> list[str]:
    if item.restricted:
        return [f"On the restricted list (venue {item.venue})."]
    low, high = item.min_price_ticks * item.tick_size, item.max_price_ticks * item.tick_size
    tick, lot = item.tick_step * item.tick_size, item.lot_step * item.lot_size
    near, far = f"{item.collar_bps / 100:g} %", f"{item.period_collar_bps / 100:g} %"
    return [
        f"Trades at {item.venue} in steps of {tick} and {lot} units, between {low:f} and {high:f}.",
        f"A limit price may be {near} beyond the middle of the market.",
        f"It may be {far} beyond where the middle was when the {item.collar_period_s} s began.",
        f"A quote older than {item.stale_after_ms} ms, crossed or with a side missing stops every order.",
        f"One order is at most {item.order_lots:,} lots and {_money(item.order_notional, unit)}.",
        f"At most {item.open_orders} orders are open.",
        f"The firm is long at most {item.long_lots:,} and short at most {item.short_lots:,} lots.",
        f"The firm trades at most {item.cumulative_lots:,} lots and {_money(item.cumulative_notional, unit)} a day.",
    ]
