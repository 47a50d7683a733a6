"""A replay with your orders in it equals its naive twin: the book order by order, your fills, every counter."""

from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive.replay_market import NaiveReplay

from tradewind.book.audit import Fault, audit, list_orders
from tradewind.book.ids import ids_dtype
from tradewind.book.layout import aligned_zeros
from tradewind.book.replay import rebuild_ids
from tradewind.core.dtypes import EVENT, MESSAGE, Array, EventFlag, EventKind, MessageKind
from tradewind.core.types import Instrument
from tradewind.market.replay.market import Replay, Terms
from tradewind.market.replay.propagator import Propagator
from tradewind.market.replay.tape import make_tape

UNIT = Instrument(symbol="X", tick_size=Decimal("0.01"), lot_size=Decimal(1))
STEP_NS = 1000
number = st.integers(0, 2**20)
STEPS = st.lists(st.tuples(st.sampled_from("aaaaadrxxxohpAMC"), number, number, number), min_size=1, max_size=60)
"""What happens, one step each: add, delete, reduce, execute, execute out of turn, hidden print, replace (prices); and
what you do: a limit order, a market order, a cancel."""


def history(steps: list[tuple[str, int, int, int]]) -> tuple[Array, list[dict[str, int]]]:
    """Rows that a market could have sent, and your messages between them."""
    twin, rows, mine = NaiveReplay(), [], []
    opening = [("a", 0, 10, 5), ("a", 1, 10, 5)]
    for at, (word, a, b, c) in enumerate(opening + steps):
        ts = (at + 1) * STEP_NS
        sign, price, lots = 1 - 2 * (a & 1), 100 + b % 12, 1 + c % 9
        live = [(s, p, i, z) for s, p, i, _, z in twin.past.dump()]
        if word in "AMC":
            kind = {"A": MessageKind.LIMIT, "M": MessageKind.MARKET, "C": MessageKind.CANCEL}[word]
            mine.append({"ts_ns": ts, "kind": kind, "side": sign, "price_ticks": price, "size_lots": lots, "id": b % 5})
            continue
        row = np.zeros(1, EVENT)[0]
        row["ts_event_ns"], row["sequence"], row["flags"] = ts, at, EventFlag.LAST
        if word == "a":
            best = twin.past.sides[-sign].best()
            price = price if best is None or (best - price) * sign > 0 else best - sign
            chosen = (EventKind.ADD, sign, price, at + 1, lots)
        elif word == "h":
            chosen = (EventKind.TRADE, sign, price, 0, lots)
            row["flags"] |= EventFlag.HIDDEN
        elif not live:
            continue
        else:
            side, at_price, order_id, size = live[b % len(live)]
            if word == "x":
                firsts = [twin.past.first(s) for s in (side, -side)]
                side = side if firsts[0] else -side
                at_price, first = firsts[0] or firsts[1]
                order_id, size = first.order_id, first.size
            kind = {"d": EventKind.DELETE, "r": EventKind.REDUCE, "p": EventKind.REPLACE}.get(word, EventKind.EXECUTE)
            size = {"d": size, "p": lots}.get(word, 1 + c % size)
            if word == "p":
                best = twin.past.sides[-side].best()
                at_price = price if best is None or (best - price) * side > 0 else best - side
            chosen = (kind, side, at_price, order_id, size)
        for name, value in zip(("kind", "side", "price_ticks", "order_id", "size_lots"), chosen, strict=True):
            row[name] = value
        twin.apply(row)
        rows.append(row)
    return np.array(rows, dtype=EVENT), mine


def message(one: dict[str, int], order_id: int) -> Array:
    out = np.zeros(1, MESSAGE)
    for name in ("ts_ns", "kind", "side", "price_ticks", "size_lots"):
        out[name] = one[name]
    out["order_id"] = order_id
    return out


def book_of(replay: Replay) -> list[tuple[int, ...]]:
    rows = list_orders(replay._markets["book"])
    told = [(1 - 2 * r["ladder"], r["price_ticks"], r["order_id"], r["owner"], r["size_lots"]) for r in rows]
    return sorted((tuple(int(v) for v in row) for row in told), key=lambda row: (-row[0], -row[0] * row[1]))


def run(rows: Array, mine: list[dict[str, int]], **options: Any) -> tuple[Replay, NaiveReplay, Array]:
    replay, twin, fills, at = Replay(make_tape(rows), UNIT, Terms(start_ns=STEP_NS, **options)), NaiveReplay(), [], 0
    ids: list[int] = []
    for one in [*mine, {"ts_ns": int(rows["ts_event_ns"][-1]), "kind": 0}]:
        until = min(one["ts_ns"], replay.end_ns)
        while at < len(rows) and rows["ts_event_ns"][at] <= until:
            twin.apply(rows[at])
            at += 1
        fills.append(replay.advance((until - replay.now_ns) * 1e-9))
        if one["kind"] == 0 or one["ts_ns"] > replay.end_ns:
            continue
        if one["kind"] == MessageKind.CANCEL:
            order_id = ids[one["id"] % len(ids)] if ids else 999_999
            twin.cancel(order_id)
        else:
            ids.append(order_id := 10_000 + len(ids))
            send = (one["side"], one["price_ticks"], one["size_lots"])
            if one["kind"] == MessageKind.LIMIT:
                twin.limit(order_id, *send)
            else:
                twin.market(order_id, one["side"], one["size_lots"])
        replay.submit(message(one, order_id))
        fills.append(replay.advance(0.0))
    return replay, twin, np.concatenate(fills)


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_replay_equals_its_naive_twin(steps: list[tuple[str, int, int, int]]) -> None:
    rows, mine = history(steps)
    replay, twin, fills = run(rows, mine)
    assert book_of(replay) == twin.now.dump()
    books = replay._markets["book"].copy()
    books["orders"]["order_id"] += books["orders"]["owner"] * 10**6  # ids of yours may be those of the feed
    tables = aligned_zeros(1, ids_dtype(books["orders"].shape[1]))
    rebuild_ids(books, tables)
    assert audit(books, tables) == Fault.NONE
    told = [
        (int(f["maker_id"]), int(f["taker_id"]), int(f["price_ticks"]), int(f["size_lots"]), int(f["side"]))
        for f in fills
    ]
    assert told == twin.fills
    ours = {name: count for name, count in replay.counters.items() if name != "rows"}
    assert ours == {name: count for name, count in twin.counts.items() if count}


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_without_you_the_book_is_the_recorded_one(steps: list[tuple[str, int, int, int]]) -> None:
    rows, _ = history(steps)
    replay, twin, fills = run(rows, [])
    assert book_of(replay) == twin.past.dump()
    assert set(replay.counters) <= {"rows"}
    assert not len(fills)


@given(STEPS, number)
@settings(max_examples=60, deadline=None)
def test_a_shifted_book_is_the_book_shifted(steps: list[tuple[str, int, int, int]], lots: int) -> None:
    """A permanent impact and no resting orders of yours: every recorded order stands where it stands without the
    overlay, plus the shift."""
    rows, mine = history(steps)
    takers = [one | {"size_lots": 1} for one in mine if one["kind"] == MessageKind.MARKET]
    flat, _, _ = run(rows, takers)
    bent = Propagator(volatility_ticks=3.0, volume_lots=1.0, exponent=1.0, temporary=0.0, decaying=0.0, permanent=1.0)
    shifted, _, fills = run(rows, takers, impact=bent)
    signed = int((fills["side"] * fills["size_lots"]).sum())
    assert shifted.shift_ticks == 3 * signed
    moved = [(side, price + 3 * signed, *rest) for side, price, *rest in book_of(flat)]
    assert book_of(shifted) == moved
