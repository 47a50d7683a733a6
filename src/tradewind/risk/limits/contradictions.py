"""What contradicts itself in a limits file, and what stands there without ever binding."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator

from tradewind.risk.limits.limits_file import Instrument, Level, LimitsFile
from tradewind.risk.limits.reasons import REDUCIBLE

__all__ = ["contradictions", "remarks"]


def contradictions(limits: LimitsFile) -> list[str]:
    """Every reason why the file cannot mean what it says; one line each, empty for a sound file."""
    return [*_names(limits), *_references(limits), *_policy(limits), *_instruments(limits), *_levels(limits)]


def remarks(limits: LimitsFile) -> list[str]:
    """What is allowed but probably not meant: limits that another one always comes before."""
    return [*_never_binding(limits), *_unused(limits)]


def _doubles(names: Iterable[str], what: str) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"{what} {name!r} stands twice"
        seen.add(name)


def _names(limits: LimitsFile) -> Iterator[str]:
    yield from _doubles((d.name for d in limits.desks), "desk")
    yield from _doubles((s.name for s in limits.strategies), "strategy")
    yield from _doubles((v.name for v in limits.venues), "venue")
    yield from _doubles((i.symbol for i in limits.instruments), "instrument")
    yield from _doubles((p.name for p in limits.people), "person")
    yield from _doubles((p.public_key for p in limits.people), "public key")


def _references(limits: LimitsFile) -> Iterator[str]:
    desks, venues = {d.name for d in limits.desks}, {v.name for v in limits.venues}
    symbols = {i.symbol for i in limits.instruments}
    for strategy in limits.strategies:
        if strategy.desk not in desks:
            yield f"strategy {strategy.name!r}: no desk {strategy.desk!r}; desks: {', '.join(sorted(desks))}"
        if "*" in strategy.instruments and len(strategy.instruments) > 1:
            yield f"strategy {strategy.name!r}: instruments say '*' (all) and name some"
        for symbol in strategy.instruments:
            if symbol not in symbols | {"*"}:
                yield f"strategy {strategy.name!r}: no instrument {symbol!r} in the file"
    for instrument in limits.instruments:
        if instrument.venue not in venues:
            yield f"instrument {instrument.symbol!r}: no venue {instrument.venue!r}; venues: {', '.join(venues)}"


def _policy(limits: LimitsFile) -> Iterator[str]:
    allowed = {reason.name for reason in REDUCIBLE}
    for name in limits.reducing_passes:
        if name not in allowed:
            yield f"reducing_passes: {name!r} cannot be waived; allowed: {', '.join(sorted(allowed))}"
    if not any("rearm" in person.may for person in limits.people):
        yield "people: nobody may rearm, so a kill or halt could never be opened"
    for person in limits.people:
        try:
            size = len(base64.b64decode(person.public_key, validate=True))
        except binascii.Error:
            size = 0
        if size != 32:
            yield f"person {person.name!r}: public_key must be 32 bytes in base64"


def _instruments(limits: LimitsFile) -> Iterator[str]:
    for item in limits.instruments:
        yield from (f"instrument {item.symbol!r}: {problem}" for problem in _instrument(item))


def _instrument(item: Instrument) -> Iterator[str]:
    value = item.tick_value()
    if value != int(value) or value < 1:
        yield (
            f"tick_size x lot_size x multiplier is {value} millionths of the currency, not a whole number of them; "
            "count in larger lots"
        )
    if item.min_price_ticks > item.max_price_ticks:
        yield f"min_price_ticks {item.min_price_ticks} above max_price_ticks {item.max_price_ticks}"
    elif item.max_price_ticks // item.tick_step * item.tick_step < item.min_price_ticks:
        yield f"no multiple of tick_step {item.tick_step} between min_price_ticks and max_price_ticks"
    if item.order_lots < item.lot_step:
        yield f"order_lots {item.order_lots} below lot_step {item.lot_step}: no order could pass"
    if item.min_price_ticks * item.lot_step * value > item.order_notional * 1_000_000:
        yield f"order_notional {item.order_notional} below the value of the smallest order at the lowest price"
    if item.long_lots == 0 and item.short_lots == 0 and not item.restricted:
        yield "long_lots and short_lots are both 0: put it on the restricted list instead"
    if item.cumulative_lots < item.order_lots:
        yield f"order_lots {item.order_lots} above cumulative_lots {item.cumulative_lots}"
    if item.cumulative_notional < item.order_notional:
        yield f"order_notional {item.order_notional} above cumulative_notional {item.cumulative_notional}"


def _levels(limits: LimitsFile) -> Iterator[str]:
    named = [("firm", limits.firm), *((f"desk {d.name!r}", d) for d in limits.desks)]
    named += [(f"strategy {s.name!r}", s) for s in limits.strategies]
    for name, level in named:
        yield from (f"{name}: {problem}" for problem in _level(level))


def _level(level: Level) -> Iterator[str]:
    if level.net > level.gross:
        yield f"net {level.net} above gross {level.gross}: net exposure is never larger than gross"
    if level.burst > level.window_messages and level.window_ms >= 1000:
        yield f"burst {level.burst} above window_messages {level.window_messages}: such a burst could never be sent"


FIELDS = ("cumulative_lots", "cumulative_notional", "gross", "net", "daily_loss", "drawdown", "open_orders")


def _never_binding(limits: LimitsFile) -> Iterator[str]:
    desks = {d.name: d for d in limits.desks}
    pairs: list[tuple[str, Level, str, Level]] = [
        (f"desk {d.name!r}", d, "the firm's", limits.firm) for d in limits.desks
    ]
    pairs += [(f"strategy {s.name!r}", s, "its desk's", desks[s.desk]) for s in limits.strategies if s.desk in desks]
    for name, low, owner, high in pairs:
        for field in FIELDS:
            mine, theirs = getattr(low, field), getattr(high, field)
            if mine > theirs:
                yield f"{name}: {field} {mine} never binds, {owner} is {theirs}"
    for item in limits.instruments:
        if item.order_lots > item.long_lots + item.short_lots:
            yield f"instrument {item.symbol!r}: order_lots {item.order_lots} never binds, positions end before"
        if item.period_collar_bps < item.collar_bps:
            yield f"instrument {item.symbol!r}: period_collar_bps is tighter than collar_bps"


def _unused(limits: LimitsFile) -> Iterator[str]:
    used = {symbol for s in limits.strategies for symbol in s.instruments}
    for item in limits.instruments:
        if item.symbol not in used and "*" not in used:
            yield f"instrument {item.symbol!r}: no strategy may trade it"
        for strategy in limits.strategies:
            if item.restricted and item.symbol in strategy.instruments:
                yield f"strategy {strategy.name!r}: may trade {item.symbol!r}, which is restricted"
    for desk in limits.desks:
        if all(s.desk != desk.name for s in limits.strategies):
            yield f"desk {desk.name!r}: has no strategy"
    for strategy in limits.strategies:
        if not (strategy.instruments and strategy.directions and strategy.order_types):
            yield f"strategy {strategy.name!r}: may trade nothing"
