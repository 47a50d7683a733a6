"""Rules of a replay, one small scene each; docs/guide/replay.md tells them in words."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tradewind.book.reasons import Reason
from tradewind.core.dtypes import EVENT, MESSAGE, Array, EventFlag, EventKind, MessageKind, TradingState
from tradewind.core.errors import InvalidValueError, UsageError
from tradewind.core.fees import Fees
from tradewind.core.types import Instrument
from tradewind.market.rebuild import rebuild
from tradewind.market.replay.market import Replay, Terms
from tradewind.market.replay.propagator import Propagator, fit_propagator
from tradewind.market.replay.queues import QueueModel
from tradewind.market.replay.tape import make_tape
from tradewind.market.replay.trial import run_orders
from tradewind.market.trading import Latency

UNIT = Instrument(symbol="X", tick_size=Decimal("0.01"), lot_size=Decimal(1))
SECOND = 10**9
OPENING = ((0, "add", 1, 1, 100, 5), (0, "add", -1, 2, 102, 5), (0, "add", -1, 3, 102, 4), (0, "add", -1, 4, 103, 9))
"""A bid of 5 at 100; asks of 5 and 4 at 102 and of 9 at 103."""


def rows_of(*told: tuple[Any, ...]) -> Array:
    """Rows as (second, kind, side, order, price, size[, flags])."""
    rows = np.zeros(len(told), EVENT)
    for at, (row, (second, kind, side, order_id, price, size, *flags)) in enumerate(zip(rows, told, strict=True)):
        row["ts_event_ns"], row["sequence"], row["kind"] = second * SECOND, at, EventKind[kind.upper()]
        row["side"], row["order_id"], row["price_ticks"], row["size_lots"] = side, order_id, price, size
        row["flags"] = EventFlag.LAST | (flags[0] if flags else 0)
    return rows


def scene(*told: tuple[Any, ...], **terms: Any) -> Replay:
    """The opening, then some rows, then a quiet print that ends the tape after 100 seconds."""
    tape = make_tape(rows_of(*OPENING, *told, (100, "status", 0, 0, 0, TradingState.OPEN)), hindsight=False)
    return Replay(tape, UNIT, Terms(start_ns=0, **terms))


def pairs(fills: Array) -> list[tuple[int, int]]:
    return [(int(f["price_ticks"]), int(f["size_lots"])) for f in fills]


def counted(replay: Replay) -> dict[str, int]:
    return {name: count for name, count in replay.counters.items() if name != "rows"}


def test_your_order_fills_when_its_turn_comes():
    replay = scene((1, "execute", -1, 2, 102, 5), (2, "execute", -1, 3, 102, 4), (3, "add", -1, 5, 102, 7))
    replay.sell(6, 102)
    assert replay.orders()["ahead_lots"].tolist() == []
    assert pairs(replay.advance(2.5)) == []
    assert replay.orders()["ahead_lots"].tolist() == [0]
    replay = scene(
        (1, "execute", -1, 2, 102, 5),
        (2, "execute", -1, 3, 102, 4),
        (3, "add", -1, 5, 102, 7),
        (4, "execute", -1, 5, 102, 7),
    )
    replay.sell(6, 102)
    assert pairs(replay.advance(5.0)) == [(102, 6)]
    assert replay.view.level(-1, 102) == (6, 1), "what you took was not taken from the order that history names"
    assert counted(replay) == {"yours_lots": 6}


def test_a_better_price_is_first_and_the_recorded_order_stays():
    replay = scene((1, "execute", 1, 1, 100, 3), (2, "delete", 1, 1, 100, 2))
    replay.buy(2, 101)
    assert pairs(replay.advance(1.5)) == [(101, 2)]
    assert replay.view.best_bid == (100, 4)
    replay.advance(1.0)
    assert replay.view.best_bid is None
    assert counted(replay) == {"yours_lots": 2, "larger_cancels": 1}


def test_what_you_took_is_gone_for_history():
    replay = scene((2, "execute", -1, 2, 102, 5), (3, "delete", -1, 3, 102, 4), (4, "reduce", -1, 4, 103, 2))
    replay.buy(7)
    assert pairs(replay.advance(1.0)) == [(102, 5), (102, 2)]
    replay.advance(10.0)
    assert replay.view.depth(-1, 3)["size_lots"].tolist() == [7]
    told = {"redirected_executions": 1, "redirected_lots": 2, "short_executions": 1, "dropped_lots": 3}
    assert counted(replay) == told | {"dropped_cancels": 1}


def test_a_new_order_that_crosses_yours_trades_with_it():
    replay = scene((1, "add", 1, 6, 101, 8), (2, "delete", 1, 6, 101, 8))
    replay.sell(3, 101)
    assert pairs(replay.advance(1.5)) == [(101, 3)]
    assert replay.view.best_bid == (101, 5)
    replay.advance(1.0)
    assert counted(replay) == {"crossing_adds": 1, "crossing_yours_lots": 3, "smaller_cancels": 1}


def test_a_hidden_print_fills_you_only_while_you_are_first():
    hidden = EventFlag.HIDDEN
    replay = scene((1, "trade", -1, 0, 101, 4, hidden), (2, "trade", -1, 0, 100, 9, hidden))
    replay.buy(6, 101)
    replay.buy(5, 100)
    assert pairs(replay.advance(1.5)) == [(101, 4)]
    assert pairs(replay.advance(1.0)) == [(101, 2)], "the recorded bid at 100 stands before your second order"
    assert replay.view.level(1, 100) == (10, 2)
    assert counted(replay) == {"hidden_yours_lots": 6}


@pytest.mark.parametrize(
    ("flags", "side", "lots"),
    [
        (EventFlag.AUCTION, -1, 0),
        (EventFlag.CORRECTED, -1, 0),
        (EventFlag.OUT_OF_SEQUENCE, -1, 0),
        (EventFlag.OFF_TICK, -1, 0),
        (EventFlag.HIDDEN, 0, 0),
        (EventFlag.HIDDEN, -1, 4),
    ],
)
def test_prints_that_are_no_evidence_fill_nothing(flags: EventFlag, side: int, lots: int):
    replay = scene((1, "trade", side, 0, 101, 4, flags))
    replay.buy(6, 101)
    assert sum(size for _, size in pairs(replay.advance(2.0))) == lots


def test_a_print_without_a_side_is_signed_by_the_quotes():
    hidden = EventFlag.HIDDEN
    replay = scene(
        (1, "trade", 0, 0, 100, 4, hidden), (2, "trade", 0, 0, 102, 3, hidden), (3, "trade", 0, 0, 101, 5, hidden)
    )
    replay.buy(6, 101)
    assert pairs(replay.advance(5.0)) == [(101, 4)], "below the recorded mid-price sells, at it nobody knows"
    assert counted(replay) == {"hidden_yours_lots": 4}
    assert replay.tape.notes["unsided"] == 1


def test_an_execution_out_of_turn_trades_by_name_after_yours():
    replay = scene((1, "execute", -1, 4, 103, 9))
    assert replay.tape.notes["by_name"] == 1
    replay.advance(2.0)
    assert replay.view.depth(-1, 3)["price_ticks"].tolist() == [102]
    replay.reset()
    replay.sell(2, 101)
    assert pairs(replay.advance(2.0)) == [(101, 2)]
    assert replay.view.depth(-1, 3)["size_lots"].tolist() == [9, 2]


def test_a_replaced_order_that_you_took_stays_gone():
    replay = scene((1, "replace", -1, 2, 104, 5), (2, "delete", -1, 2, 104, 5))
    replay.buy(5)
    replay.advance(5.0)
    assert replay.view.depth(-1, 9)["price_ticks"].tolist() == [102, 103]
    assert counted(replay) == {"dropped_cancels": 2}


def test_a_snapshot_within_the_tape_puts_you_behind_it():
    snapshot = EventFlag.SNAPSHOT
    replay = scene(
        (1, "clear", 0, 0, 0, 0),
        (1, "add", 1, 8, 100, 3, snapshot),
        (1, "add", -1, 9, 102, 3, snapshot),
        (2, "execute", 1, 8, 100, 3),
    )
    replay.buy(2, 100)
    assert pairs(replay.advance(3.0)) == []
    assert replay.view.level(1, 100) == (2, 1)
    assert counted(replay) == {"cleared_orders": 4}


def test_a_halt_refuses_your_orders():
    replay = scene((1, "status", 0, 0, 0, TradingState.HALTED))
    replay.advance(1.5)
    replay.buy(1, 100)
    replay.advance(1.0)
    assert [answer.reason for answer in replay.answers()] == [Reason.MARKET_HALTED]


def test_a_window_starts_from_the_book_of_its_time_and_resets_to_it():
    rows = rows_of(*OPENING, (1, "execute", -1, 2, 102, 5), (2, "delete", -1, 3, 102, 4), (9, "add", 1, 7, 101, 1))
    replay = Replay.from_rows(rows, UNIT, start_ns=2 * SECOND, latency=Latency(order_entry_ns=SECOND), seed=3)
    assert replay.view.best_ask == (103, 9)
    opening = replay._markets.tobytes(), replay._replays.tobytes()
    replay.buy(3)
    assert pairs(replay.advance(7.0)) == [(103, 3)]
    assert replay.ended
    replay.reset()
    assert (replay._markets.tobytes(), replay._replays.tobytes()) == opening
    with pytest.raises(InvalidValueError, match="what is recorded ends there"):
        replay.advance(7.5)


def test_cutting_time_changes_nothing():
    told = [(at, "add", 1 - 2 * (at % 2), 10 + at, 100 + 2 * (at % 2), 1 + at % 3) for at in range(1, 60)]
    propagator = Propagator(volatility_ticks=50.0, volume_lots=100.0, temporary=1.0, decaying=0.0, permanent=0.0)
    digests = set()
    for parts in (1, 7, 64):
        replay = scene(*told, impact=propagator)
        replay.buy(8)
        for _ in range(parts):
            replay.advance(60.0 / parts)
        replay.fills()
        replay._markets["own_fills"] = 0
        replay._markets["now_s"] = 0
        digests.add(replay._markets.tobytes() + replay._replays.tobytes())
    assert len(digests) == 1


def test_recorded_rows_rebuild_the_book_with_you_in_it():
    replay = scene((1, "add", 1, 6, 101, 8), (2, "execute", 1, 6, 101, 3), record=True)
    replay.sell(3, 101)
    replay.buy(2, 100)
    replay.advance(5.0)
    book = rebuild(replay.rows())
    for side in (1, -1):
        assert book.depth(side, 9).tolist() == replay.view.depth(side, 9).tolist()
    with pytest.raises(UsageError, match="record"):
        Terms(record=True, impact=Propagator(volatility_ticks=1.0, volume_lots=1.0))


def test_impact_shifts_prices_and_decays():
    propagator = Propagator(
        volatility_ticks=8.0,
        volume_lots=4.0,
        exponent=1.0,
        temporary=0.5,
        temporary_s=10.0,
        decaying=0.0,
        permanent=0.5,
        passive=0.0,
    )
    replay = scene((90, "add", 1, 7, 99, 1), impact=propagator)
    assert propagator.peak_ticks(4) == 8.0
    replay.buy(4)
    replay.advance(0.0)
    assert replay.shift_ticks == 8
    assert replay.view.best_bid == (108, 5)
    assert replay.view.best_ask == (110, 5)
    shifts = []
    for _ in range(4):
        replay.advance(10.0)
        shifts.append(replay.shift_ticks)
    assert shifts == [5, 5, 4, 4], "4 stay, 4 decay over 10 s"
    replay.advance(55.0)
    assert replay.view.level(1, 99 + 4) == (1, 1), "rows that come later are shifted too"


def test_a_price_that_comes_back_to_you_trades_with_you():
    propagator = Propagator(
        volatility_ticks=8.0,
        volume_lots=4.0,
        exponent=1.0,
        temporary=1.0,
        temporary_s=10.0,
        decaying=0.0,
        permanent=0.0,
        passive=0.0,
    )
    replay = scene(impact=propagator)
    replay.buy(4)
    replay.advance(0.0)
    replay.buy(3, 106)
    fills = replay.advance(60.0)
    assert pairs(fills) == [(106, 1), (106, 2)], "asks from 110 and 111 fall back through 106"
    assert replay.view.best_ask == (102, 2)
    assert counted(replay)["crossing_yours_lots"] == 3


def test_the_fitted_propagator_knows_volatility_and_volume():
    steps = np.random.PCG64(5).random_raw(2000) % 2
    told = [
        (at + 1, "trade", 1, 0, 1000 + int(p), 7, EventFlag.HIDDEN)
        for at, p in enumerate(np.cumsum(2 * steps.astype(int) - 1))
    ]
    tape = make_tape(rows_of(*OPENING, *told), hindsight=False)
    propagator = fit_propagator(tape, strength=0.5)
    assert propagator.volume_lots == 2000 * 7
    assert propagator.volatility_ticks == pytest.approx(2000**0.5, rel=0.2)
    assert propagator.peak_ticks(140) == pytest.approx(0.5 * propagator.volatility_ticks * 0.01**0.489)
    with pytest.raises(UsageError, match="too few"):
        fit_propagator(scene().tape)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"exponent": 2.0}, "exponent"),
        ({"volatility_ticks": -1.0}, "volatility_ticks"),
        ({"temporary_s": 0.0}, "temporary_s"),
        ({"permanent": 0.9}, "at most 1"),
        ({"strength": float("nan")}, "strength"),
    ],
)
def test_a_propagator_out_of_range_is_refused(change: dict[str, float], named: str):
    with pytest.raises(InvalidValueError, match=named):
        Propagator(**({"volatility_ticks": 1.0, "volume_lots": 1.0} | change))


def test_orders_tried_on_a_replay():
    replay = scene((1, "execute", 1, 1, 100, 5), (2, "execute", -1, 2, 102, 5), fees=Fees(taker_per_unit=0.01))
    plan = np.zeros(4, MESSAGE)
    plan["ts_ns"], plan["kind"] = (
        [0, SECOND // 2, 3 * SECOND, 3 * SECOND],
        [MessageKind.LIMIT] * 2 + [MessageKind.MARKET, MessageKind.CANCEL],
    )
    plan["side"], plan["price_ticks"] = [1, 1, 1, 0], [100, 101, 0, 0]
    plan["size_lots"], plan["order_id"] = [3, 2, 4, 0], [1, 2, 3, 1]
    done = run_orders(replay, plan)
    first, second, third = done.orders
    assert (first.ahead_lots, first.filled_lots, first.resting_lots) == (5, 0, 0)
    assert (second.ahead_lots, second.filled_lots, second.passive_lots, second.slippage_ticks) == (0, 2, 2, 0.0)
    assert (third.filled_lots, third.average_ticks, third.passive_lots) == (4, 102.0, 0)
    assert (done.position_lots, done.fees, done.cost) == (6, Decimal("0.04"), Decimal("0.04"))
    assert [fill["passive"] for fill in done.fills] == [1, 0]
    for wrong, named in (({"order_id": 1}, "order_id"), ({"ts_ns": 200 * SECOND}, "ts_ns")):
        bad = plan.copy()
        for name, value in wrong.items():
            bad[name] = value
        with pytest.raises(InvalidValueError, match=named):
            run_orders(scene(), bad)


def test_what_cannot_be_replayed_is_refused():
    with pytest.raises(UsageError, match="no orders, no levels, no quotes"):
        make_tape(rows_of((0, "status", 0, 0, 0, 1)))
    with pytest.raises(UsageError, match="only books of depth 3"):
        make_tape(rows_of(*OPENING), 2)
    tape = make_tape(rows_of(*OPENING))
    with pytest.raises(InvalidValueError, match="start_ns"):
        Replay(tape, UNIT, Terms(start_ns=5 * SECOND))
    with pytest.raises(InvalidValueError, match="end_ns"):
        Replay(tape, UNIT, Terms(end_ns=5 * SECOND))
    with pytest.raises(UsageError, match="queue model"):
        Replay(tape, UNIT, Terms(queue=QueueModel()))
