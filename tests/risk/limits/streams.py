"""Random streams against an honest but unreliable venue, and an invariant checker that knows only the venue's truth.

The driver keeps what really happened: which orders the venue has, what filled, what is asked for and not yet answered.
Reports come late, out of order, twice or never. After every accepted request the checker sums that truth from scratch
and compares it with the limits; none of the gate's own sums is used. Compiled, to run a million streams.
"""

from typing import Any

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry, inner
from tradewind.risk.limits.kernel import apply
from tradewind.risk.limits.layout import DECISION, INPUT
from tradewind.risk.limits.limits_file import LimitsFile

EVENTS = 60
START = 1_700_000_000_000_000_000
ID, WHO, WHAT, SIDE, PRICE, TOTAL, FILLED, OPEN, ASKED_PRICE, ASKED_TOTAL, ASKED, VALUE = range(12)
R_KIND, R_ORDER, R_NUMBER, R_LOTS, R_PRICE, R_TOLD, R_S, R_I, R_SIDE = range(9)
MICRO = 1_000_000
BREACHES = (
    "none",
    "order lots",
    "order notional",
    "restricted or not permitted",
    "price collar",
    "long position",
    "short position",
    "strategy position",
    "cumulative lots of an instrument",
    "cumulative notional of an instrument",
    "open orders of an instrument",
    "cumulative lots of a scope",
    "cumulative notional of a scope",
    "open orders of a scope",
    "gross",
    "net",
    "message window",
    "token bucket",
    "self-match",
    "accepted while closed",
    "cancel refused",
)


def _instrument(item: Any) -> list[int]:
    first = [item.order_lots, int(item.order_notional * MICRO), item.restricted, item.collar_bps]
    first += [item.long_lots, item.short_lots, item.cumulative_lots, int(item.cumulative_notional * MICRO)]
    return [*first, item.open_orders, int(item.tick_value())]


def _scope(level: Any) -> list[int]:
    money = [int(value * MICRO) for value in (level.cumulative_notional, level.gross, level.net)]
    rates = [level.window_ms * MICRO, level.window_messages, level.messages_per_s, level.burst]
    return [level.cumulative_lots, money[0], level.open_orders, *money[1:], *rates]


def tables(file: LimitsFile) -> tuple[Array, Array, Array, Array]:
    """Limits as plain numbers, straight from the file: instruments, scopes, strategies, permissions."""
    instruments = np.array([_instrument(item) for item in file.instruments], np.int64)
    levels: list[Any] = [file.firm, *file.desks, *file.strategies]
    scopes = np.array([_scope(level) for level in levels], np.int64)
    desks = [d.name for d in file.desks]
    strategies = np.array([[desks.index(s.desk), s.position_lots] for s in file.strategies], np.int64)
    permitted = np.array(
        [
            [
                [("*" in s.instruments or i.symbol in s.instruments) and way in s.directions for way in ("buy", "sell")]
                for i in file.instruments
            ]
            for s in file.strategies
        ],
        np.int64,
    )
    return instruments, scopes, strategies, permitted


@inner
def draw(seed: Any, below: int) -> int:
    """A whole number below a bound (xorshift64*)."""
    x = seed[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    seed[0] = x
    return np.int64((x * np.uint64(2685821657736338717)) >> np.uint64(33)) % below


@inner
def worst(order: Any) -> tuple[int, int, int]:
    """Lots that may still fill, highest and lowest price that may be live."""
    total, high, low = order[TOTAL], order[PRICE], order[PRICE]
    if order[ASKED]:
        total, high, low = max(total, order[ASKED_TOTAL]), max(high, order[ASKED_PRICE]), min(low, order[ASKED_PRICE])
    return max(0, total - order[FILLED]), high, low


@inner
def in_scope(scope: int, s: int, desks: int, strategies: Any) -> bool:
    """Whether a strategy belongs to a scope (0 firm, then desks, then strategies)."""
    return scope == 0 or scope == 1 + strategies[s, 0] or scope == 1 + desks + s


@inner
def instrument_breach(orders: Any, count: int, i: int, s: int, tabs: Any) -> int:
    """Sums of one instrument, from scratch."""
    rules, strategies = tabs[0], tabs[2]
    position = buys = sells = lots = live = mine = mine_buys = mine_sells = 0
    value = 0
    for k in range(count):
        order = orders[k]
        if order[WHAT] != i:
            continue
        left, high, _ = worst(order)
        left = left if order[OPEN] else 0
        position += order[SIDE] * order[FILLED]
        lots += order[FILLED] + left
        value += (order[VALUE] + left * high) * rules[i, 9]
        live += order[OPEN]
        buys += left if order[SIDE] > 0 else 0
        sells += left if order[SIDE] < 0 else 0
        if order[WHO] == s:
            mine += order[SIDE] * order[FILLED]
            mine_buys += left if order[SIDE] > 0 else 0
            mine_sells += left if order[SIDE] < 0 else 0
    if position + buys > rules[i, 4]:
        return 5
    if sells - position > rules[i, 5]:
        return 6
    if mine + mine_buys > strategies[s, 1] or mine_sells - mine > strategies[s, 1]:
        return 7
    if lots > rules[i, 6]:
        return 8
    if value > rules[i, 7]:
        return 9
    return 10 if live > rules[i, 8] else 0


@inner
def exposures(orders: Any, count: int, scope: int, marks: Any, tabs: Any) -> tuple[int, int, int]:
    """Gross, highest and lowest net exposure of a scope, from scratch."""
    rules, strategies, gross, high, low = tabs[0], tabs[2], 0, 0, 0
    for s in range(len(strategies)):
        if not in_scope(scope, s, len(tabs[1]) - 1 - len(strategies), strategies):
            continue
        for i in range(len(rules)):
            position = buys = sells = 0
            for k in range(count):
                order = orders[k]
                if order[WHAT] == i and order[WHO] == s:
                    left = worst(order)[0] if order[OPEN] else 0
                    position += order[SIDE] * order[FILLED]
                    buys += left if order[SIDE] > 0 else 0
                    sells += left if order[SIDE] < 0 else 0
            unit = marks[i] * rules[i, 9]
            gross += max(abs(position + buys), abs(position - sells)) * unit
            high += (position + buys) * unit
            low += (position - sells) * unit
    return gross, high, low


@inner
def scope_breach(orders: Any, count: int, scope: int, sent: Any, sends: int, now: int, tabs: Any) -> int:  # noqa: PLR0917
    """Sums and rates of one scope, from scratch. ``sent``: time, strategy, whether it was a request."""
    scopes, strategies = tabs[1], tabs[2]
    desks, lots, value, live = len(scopes) - 1 - len(strategies), 0, 0, 0
    for k in range(count):
        order = orders[k]
        if in_scope(scope, order[WHO], desks, strategies):
            left, high, _ = worst(order)
            left = left if order[OPEN] else 0
            lots += order[FILLED] + left
            value += (order[VALUE] + left * high) * tabs[0][order[WHAT], 9]
            live += order[OPEN]
    if lots > scopes[scope, 0]:
        return 11
    if value > scopes[scope, 1]:
        return 12
    if live > scopes[scope, 2]:
        return 13
    inside = requests = 0
    for k in range(sends - 1, -1, -1):
        if in_scope(scope, sent[k, 1], desks, strategies):
            inside += 1 if sent[k, 0] > now - scopes[scope, 5] else 0
            requests += sent[k, 2]
            # Over any stretch of time: at most a full bucket and what ran in since.
            if requests * 1_000_000_000 > scopes[scope, 8] * 1_000_000_000 + (now - sent[k, 0]) * scopes[scope, 7]:
                return 17
    return 16 if inside > scopes[scope, 6] else 0


@inner
def crossed(orders: Any, count: int) -> bool:
    """Whether two open orders of the firm could trade with each other."""
    for a in range(count):
        for b in range(count):
            if (
                orders[a, OPEN]
                and orders[b, OPEN]
                and orders[a, SIDE] > orders[b, SIDE]
                and orders[a, WHAT] == orders[b, WHAT]
            ) and worst(orders[a])[1] >= worst(orders[b])[2]:
                return True
    return False


@inner
def breach(orders: Any, counts: Any, k: int, row: Any, before: Any, marks: Any, sent: Any, tabs: Any) -> int:  # noqa: PLR0917
    """What the accepted request of order ``k`` broke, or 0."""
    rules, scopes, strategies = tabs[0], tabs[1], tabs[2]
    i, s, side, count = orders[k, WHAT], orders[k, WHO], orders[k, SIDE], counts[0]
    if row.lots > rules[i, 0]:
        return 1
    if row.lots * row.price_ticks * rules[i, 9] > rules[i, 1]:
        return 2
    if rules[i, 2] or not tabs[3][s, i, 0 if side > 0 else 1]:
        return 3
    if side * (row.price_ticks - marks[i]) * 10_000 > marks[i] * rules[i, 3]:
        return 4
    found = instrument_breach(orders, count, i, s, tabs)
    if found:
        return found
    for scope in range(len(scopes)):
        if in_scope(scope, s, len(scopes) - 1 - len(strategies), strategies):
            found = scope_breach(orders, count, scope, sent, counts[5], counts[6], tabs)
            if found:
                return found
            gross, high, low = exposures(orders, count, scope, marks, tabs)
            if gross > before[scope, 0] and gross > scopes[scope, 3]:
                return 14
            if (high > before[scope, 1] and high > scopes[scope, 4]) or (
                low < before[scope, 2] and -low > scopes[scope, 4]
            ):
                return 15
    return 18 if crossed(orders, count) else 0


@inner
def queue_report(queue: Any, counts: Any, kind: int, order: Any, lots: int, price: int) -> None:  # noqa: PLR0917
    """The venue says something; it will arrive later, or never."""
    at, venue = counts[1], order[WHAT] % 2
    counts[3 + venue] += 1
    queue[at, R_KIND] = kind
    queue[at, R_ORDER] = order[ID]
    queue[at, R_NUMBER] = counts[3 + venue]
    queue[at, R_LOTS] = lots
    queue[at, R_PRICE] = price
    queue[at, R_TOLD] = order[FILLED]
    queue[at, R_S] = order[WHO]
    queue[at, R_I] = order[WHAT]
    queue[at, R_SIDE] = order[SIDE]
    counts[1] += 1


@inner
def venue_acts(orders: Any, k: int, queue: Any, counts: Any, seed: Any) -> None:
    """One open order: a replace is done or refused, it fills in part or in full, or it is cancelled or refused."""
    order, what = orders[k], draw(seed, 10)
    if order[ASKED]:
        if what < 7:
            order[PRICE], order[TOTAL] = order[ASKED_PRICE], max(order[ASKED_TOTAL], order[FILLED])
            queue_report(queue, counts, 9, order, order[TOTAL], order[PRICE])
        else:
            queue_report(queue, counts, 10, order, 0, 0)
        order[ASKED] = 0
        order[OPEN] = 1 if order[TOTAL] > order[FILLED] else 0
    elif what < 7:
        left = order[TOTAL] - order[FILLED]
        lots = left if what < 3 else 1 + draw(seed, left)
        order[FILLED] += lots
        order[VALUE] += lots * order[PRICE]
        order[OPEN] = 1 if order[TOTAL] > order[FILLED] else 0
        queue_report(queue, counts, 6, order, lots, order[PRICE])
    else:
        order[OPEN] = 0
        queue_report(queue, counts, 8 if what == 7 and order[FILLED] == 0 else 7, order, 0, 0)


@inner
def pick_open(orders: Any, count: int, seed: Any) -> int:
    """An open order, or -1."""
    for _ in range(4):
        k = draw(seed, max(count, 1))
        if k < count and orders[k, OPEN]:
            return k
    return -1


@inner
def clean(row: Any, now: int) -> None:
    """An empty row."""
    row.ts_ns = now
    row.kind = row.order_id = row.exec_id = row.instrument = row.strategy = row.side = row.type = 0
    row.price_ticks = row.lots = row.extra = row.flags = row.person = 0


@inner
def compose(row: Any, what: int, orders: Any, counts: Any, queue: Any, marks: Any, seed: Any) -> int:  # noqa: PLR0917
    """Write the next row; the order it is about, or -1."""
    k = -1
    if what < 50:
        row.kind, row.order_id = 1, counts[2] + 1
        row.strategy, row.instrument = draw(seed, 3), draw(seed, 3)
        row.side = 1 - 2 * draw(seed, 2)
        row.lots = 1 + draw(seed, 12) if what < 40 else 1 + draw(seed, 90)
        row.lots = 3 * row.lots if row.instrument == 1 else row.lots
        row.price_ticks = marks[row.instrument] - row.side * (draw(seed, 6) - (1 if what < 40 else 5))
        row.price_ticks -= row.price_ticks % 2 if row.instrument == 1 else 0
    elif what < 60:
        k = pick_open(orders, counts[0], seed)
        if k >= 0 and not orders[k, ASKED]:
            order = orders[k]
            row.kind, row.order_id, row.strategy, row.instrument = 2, order[ID], order[WHO], order[WHAT]
            row.lots = max(1, order[TOTAL] - 10 + draw(seed, 40))
            row.lots += -row.lots % 3 if order[WHAT] == 1 else 0
            row.price_ticks = order[PRICE] + 2 * (draw(seed, 5) - 2)
    elif what < 66:
        k = pick_open(orders, counts[0], seed)
        if k >= 0:
            row.kind, row.order_id, row.strategy = 3, orders[k, ID], orders[k, WHO]
    elif what < 90 and counts[1] > 0:
        at = draw(seed, counts[1]) if draw(seed, 3) == 0 else 0
        report = queue[at]
        row.kind, row.order_id, row.exec_id = report[R_KIND], report[R_ORDER], report[R_NUMBER]
        row.lots, row.price_ticks, row.extra = report[R_LOTS], report[R_PRICE], report[R_TOLD]
        row.strategy, row.instrument, row.side = report[R_S], report[R_I], report[R_SIDE]
        if draw(seed, 12):
            for later in range(at, counts[1] - 1):
                queue[later] = queue[later + 1]
            counts[1] -= 1
    elif what < 94:
        i = draw(seed, 3)
        marks[i] = max(60, marks[i] + draw(seed, 5) - 2)
        row.kind, row.instrument, row.price_ticks, row.extra = 4, i, marks[i] - 1, marks[i] + 1
    return k


@inner
def keep_truth(row: Any, k: int, orders: Any, counts: Any, sent: Any) -> int:
    """An accepted request is at the venue; the order it is about."""
    if row.kind == 1:
        k = counts[0]
        order = orders[k]
        order[:] = 0
        order[ID], order[WHO], order[WHAT], order[SIDE] = row.order_id, row.strategy, row.instrument, row.side
        order[PRICE], order[TOTAL], order[OPEN] = row.price_ticks, row.lots, 1
        counts[0] += 1
    elif row.kind == 2:
        orders[k, ASKED_PRICE], orders[k, ASKED_TOTAL], orders[k, ASKED] = row.price_ticks, row.lots, 1
    sent[counts[5], 0], sent[counts[5], 1] = counts[6], row.strategy
    sent[counts[5], 2] = 0 if row.kind == 3 else 1
    counts[5] += 1
    return k


@inner
def rearm_what_fits(states: Any, rows: Any, answers: Any) -> None:
    """A person re-arms every breaker but those whose positions are in doubt: these need a reconciliation first."""
    state = states[0]
    for at in range(len(state.scopes)):
        halt = state.scopes[at].halt
        if halt.cause != 0 and halt.cause not in (6, 7):
            rows[0].kind, rows[0].lots = 13, halt.number
            apply(states, rows, answers, 1)
    for v in range(2):
        if state.venues[v].halt.cause:
            rows[0].kind, rows[0].lots = 13, state.venues[v].halt.number
            apply(states, rows, answers, 1)


@entry
def run_streams(template: Array, first: int, streams: int, tabs: Any, told: Array) -> int:
    """Play streams until one breaks a limit.

    Args:
        template: Shape (1,), dtype ``STATE``: a gate with limits and nothing else.
        first: Number of the first stream; a stream depends on its number alone.
        streams: How many.
        tabs: From :func:`tables`.
        told: Shape (4,), int64: counts of accepted and refused requests; stream and breach that ended it.
    """
    states, rows, answers = template.copy(), np.zeros(1, INPUT), np.zeros(1, DECISION)
    orders, queue, sent = (
        np.zeros((EVENTS, 12), np.int64),
        np.zeros((2 * EVENTS, 9), np.int64),
        np.zeros((EVENTS, 3), np.int64),
    )
    counts, marks, seed = np.zeros(7, np.int64), np.zeros(3, np.int64), np.zeros(1, np.uint64)
    before = np.zeros((len(tabs[1]), 3), np.int64)
    row = rows[0]
    for number in range(first, first + streams):
        states[0] = template[0]
        seed[0] = np.uint64(number + 1) * np.uint64(0x9E3779B97F4A7C15)
        counts[:] = 0
        now, killed = START, 0
        for i in range(3):
            marks[i] = 100
            clean(row, now)
            row.kind, row.instrument, row.price_ticks, row.extra = 4, i, 99, 101
            apply(states, rows, answers, 1)
        for _ in range(EVENTS):
            now += draw(seed, 3) * draw(seed, 40) * 1_000_000 + (draw(seed, 3) - 1) * 500_000
            counts[6] = max(counts[6], now)
            what = draw(seed, 100)
            clean(row, now)
            if what >= 99:
                killed = 1 - killed
                row.kind, row.lots = (12, 0) if killed else (13, states[0].scopes[0].kill.number)
                apply(states, rows, answers, 1)
                continue
            if what >= 96:
                rearm_what_fits(states, rows, answers)
                continue
            k = compose(row, what, orders, counts, queue, marks, seed)
            if row.kind == 0:
                k = pick_open(orders, counts[0], seed)
                if k >= 0:
                    venue_acts(orders, k, queue, counts, seed)
                continue
            for scope in range(len(before)):
                gross, high, low = exposures(orders, counts[0], scope, marks, tabs)
                before[scope, 0], before[scope, 1], before[scope, 2] = gross, high, low
            apply(states, rows, answers, 1)
            if row.kind > 3:
                continue
            counts[2] += 1 if row.kind == 1 else 0
            if answers[0].reason != 0:
                told[1] += 1
                if row.kind == 3:
                    told[2], told[3] = number, 20
                    return 20
                continue
            told[0] += 1
            k = keep_truth(row, k, orders, counts, sent)
            if row.kind < 3:
                found = 19 if killed else breach(orders, counts, k, row, before, marks, sent, tabs)
                if found:
                    told[2], told[3] = number, found
                    return found
    return 0
