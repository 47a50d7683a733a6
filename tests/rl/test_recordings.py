"""Episodes in recorded markets: the recording when nobody trades, fills at its prices, horizons that fit."""

from decimal import Decimal

import numpy as np
import pytest

from tradewind.core.dtypes import EVENT, EventFlag, EventKind
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.core.types import Instrument
from tradewind.execution.actions import ACTIONS
from tradewind.market.replay.tape import make_tape
from tradewind.rl.env.batch import ExecutionBatch
from tradewind.rl.env.stages import Recording
from tradewind.rl.env.task import parse_task

SECONDS = 600
SECOND = 1_000_000_000
UNIT = Instrument(symbol="X", tick_size=Decimal("0.01"), lot_size=Decimal(1))


def recording(name: str = "day") -> tuple[Recording, np.ndarray]:
    """Best quotes that change every second and trade half a second later; and the bid of each second."""
    chance = stream(3, "test/recording")
    bids = 1000 + np.cumsum(chance.integers(-1, 2, SECONDS))
    rows = np.zeros(3 * SECONDS, EVENT)
    rows["kind"] = np.tile([EventKind.QUOTE, EventKind.QUOTE, EventKind.TRADE], SECONDS)
    rows["side"] = np.tile([1, -1, 1], SECONDS)
    rows["ts_event_ns"] = np.repeat(np.arange(SECONDS) * SECOND, 3) + np.tile([0, 0, SECOND // 2], SECONDS)
    rows["price_ticks"] = np.repeat(bids, 3) + np.tile([0, 1, 1], SECONDS)
    rows["size_lots"] = np.tile([500, 500, 20], SECONDS)
    rows["flags"] = np.tile([0, EventFlag.LAST, EventFlag.LAST], SECONDS)
    rows["sequence"] = np.arange(len(rows))
    return Recording(name=name, tape=make_tape(rows, 1), instrument=UNIT), bids


def batch_of(count: int = 3, seed: int = 5, threads: int = 1, horizon: float = 20.0) -> ExecutionBatch:
    task = parse_task({"order": {"horizon_s": [horizon, horizon], "share": [0.1, 0.3]}, "market": {"snapshots": 4}})
    return ExecutionBatch(task, count, seed, threads=threads, recordings=[recording()[0], recording("again")[0]])


def test_without_orders_the_market_is_the_recording() -> None:
    batch, bids = batch_of(), recording()[1]
    starts = set()
    for _ in range(100):
        batch.step(np.zeros(3, np.int32))
        for row in batch.episodes:
            second = int(row["now_s"] + 1e-9)
            assert row["memory"]["half"] == 2 * bids[second] + 1
            starts.add(float(row["start_s"]))
    assert len(starts) > 8
    assert batch.scales["unit_ticks"][0] == pytest.approx(1.0)
    assert batch.scales["volume_per_s"][0] == pytest.approx(20.0, rel=0.02)


def test_a_crossing_order_trades_at_the_recorded_touch() -> None:
    batch = batch_of()
    rows = []
    while len(rows) < 8:
        batch.step(np.full(3, ACTIONS.index("cross_3"), np.int32))
        rows += list(batch.finished())
    for row in rows:
        assert row["left_lots"] == 0
        assert row["paid_ticks"] == row["touch_ticks"]
        assert row["taker_lots"] == row["quantity_lots"]


def test_threads_and_restoring_change_nothing() -> None:
    one, two = batch_of(4), batch_of(4, threads=2)
    for k in range(45):
        if k == 20:
            state = one.state()
        one.step(np.full(4, (1, 0, 6)[k % 3], np.int32))
        two.step(np.full(4, (1, 0, 6)[k % 3], np.int32))
    assert one.episodes.tobytes() == two.episodes.tobytes()
    two.restore(state)
    for k in range(20, 45):
        two.step(np.full(4, (1, 0, 6)[k % 3], np.int32))
    assert one.episodes.tobytes() == two.episodes.tobytes()


def test_a_horizon_past_the_recording_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="horizon_s"):
        batch_of(horizon=500.0)


def test_an_order_that_many_small_trades_fill_in_one_step_is_told_in_full() -> None:
    """Two hundred prints a second at the bid: more than a market keeps as single fills."""
    each, lots = 200, 2
    rows = np.zeros((SECONDS, 2 + each), EVENT)
    rows["kind"], rows["side"] = EventKind.TRADE, -1
    rows["kind"][:, :2], rows["side"][:, 0], rows["side"][:, 1] = EventKind.QUOTE, 1, -1
    rows["ts_event_ns"] = np.arange(SECONDS)[:, None] * SECOND + np.arange(2 + each) * (SECOND // (3 * each))
    rows["price_ticks"], rows["size_lots"] = 1000 + (np.arange(SECONDS)[:, None] >= SECONDS // 2), lots
    rows["price_ticks"][:, 1] += 1
    rows["flags"] = EventFlag.LAST
    rows = rows.ravel()
    rows["sequence"] = np.arange(len(rows))
    tape = make_tape(rows, 1)
    task = {"order": {"side": "buy", "horizon_s": [20, 20], "quantity_lots": 1000}, "market": {"snapshots": 4}}
    places = [Recording(name=name, tape=tape, instrument=UNIT) for name in ("day", "again")]
    batch, ended = ExecutionBatch(parse_task(task), 3, 5, recordings=places), []
    while len(ended) < 3:
        batch.step(np.full(3, ACTIONS.index("join"), np.int32))
        ended += list(batch.finished())
    for row in ended:
        assert row["maker_lots"] == 1000
        assert 1000 * row["maker_lots"] <= row["maker_ticks"] <= 1001 * row["maker_lots"]
        assert 0 < row["fills"] < row["maker_lots"] / lots
