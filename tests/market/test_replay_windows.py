"""Windows of recorded days: opened once, replayed by many, the same on any number of threads."""

from decimal import Decimal

import numpy as np
import pytest

from tradewind.core.dtypes import EVENT, MESSAGE, Array, EventFlag, EventKind, MessageKind
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.core.types import Instrument
from tradewind.market.replay.market import Replay, Terms
from tradewind.market.replay.tape import make_tape
from tradewind.market.replay.windows import DayTape, ReplayBatch, ReplayWindows

UNIT = Instrument(symbol="X", tick_size=Decimal("0.01"), lot_size=Decimal(1))
S = 1_000_000_000


def quotes(seed: int, seconds: int = 120) -> Array:
    """A day of best quotes and trades that wanders."""
    chance, rows, bid = stream(seed, "test/windows"), [], 1000
    for k in range(seconds * 5):
        bid += int(chance.integers(-1, 2)) if chance.random() < 0.3 else 0
        ts, sizes = k * S // 5, chance.integers(1, 50, 2)
        rows.append((ts, EventKind.QUOTE, 1, bid, int(sizes[0]), 0))
        rows.append((ts, EventKind.QUOTE, -1, bid + 1 + k % 2, int(sizes[1]), EventFlag.LAST))
        if chance.random() < 0.5:
            rows.append((ts + 1, EventKind.TRADE, 1 - 2 * (k % 2), bid + 1 - k % 2, int(chance.integers(1, 40)), 1))
    out = np.zeros(len(rows), EVENT)
    for k, name in enumerate(("ts_event_ns", "kind", "side", "price_ticks", "size_lots", "flags")):
        out[name] = [row[k] for row in rows]
    return out


@pytest.fixture(scope="module")
def days() -> list[DayTape]:
    return [DayTape(UNIT, str(k), make_tape(quotes(k)), 0, 119 * S) for k in range(2)]


def order(side: int, price: int, size: int) -> np.void:
    row = np.zeros(1, MESSAGE)
    row["kind"], row["side"], row["price_ticks"], row["size_lots"] = MessageKind.LIMIT, side, price, size
    row["order_id"] = 1 << 41
    return row[0]


def play(windows: ReplayWindows, threads: int) -> ReplayBatch:
    batch = ReplayBatch(windows, 6, seed=3, threads=threads)
    for i in range(6):
        best = batch.view(i).best_bid
        assert best is not None
        batch.submit(i, order(1, best[0], 30 + i))
    batch.advance(10.0)
    return batch


def test_the_result_does_not_depend_on_threads(days: list[DayTape]) -> None:
    windows = ReplayWindows(days, 20.0, every_s=10.0)
    one, two = play(windows, 1), play(windows, 2)
    assert one.markets.tobytes() == two.markets.tobytes()
    assert one.replays.tobytes() == two.replays.tobytes()
    assert one.rows > 0


def test_a_window_is_the_day_from_its_start(days: list[DayTape]) -> None:
    windows = ReplayWindows(days[:1], 20.0, every_s=10.0)
    assert len(windows) == 10
    batch = ReplayBatch(windows, len(windows), seed=1)
    batch.reset(np.arange(10), np.arange(10))
    price = batch.view(4).best_bid
    assert price is not None
    batch.submit(4, order(1, price[0], 25))
    batch.advance(20.0)
    alone = Replay(days[0].tape, UNIT, Terms(start_ns=40 * S))
    alone.submit(np.array([order(1, price[0], 25)], MESSAGE))
    fills = alone.advance(20.0)
    assert batch.take_fills(4)[["ts_ns", "price_ticks", "size_lots"]].tolist() == (
        fills[["ts_ns", "price_ticks", "size_lots"]].tolist()
    )
    assert batch.view(4).best_bid == alone.view.best_bid
    assert batch.markets["volume_lots"][4] > 0


def test_reset_begins_again(days: list[DayTape]) -> None:
    windows = ReplayWindows(days, 20.0)
    batch = ReplayBatch(windows, 2, seed=5)
    before = windows.markets[3]["book"].tobytes()
    batch.reset(np.array([0]), 3)
    batch.submit(0, order(-1, 1, 5))
    batch.advance(5.0)
    assert batch.markets[0]["book"].tobytes() != before
    batch.reset(np.array([0]), 3)
    assert batch.markets[0]["book"].tobytes() == before == windows.markets[3]["book"].tobytes()
    assert batch.markets["pending_count"][0] == batch.markets["own_count"][0] == 0


def test_seeds_choose_windows(days: list[DayTape]) -> None:
    windows = ReplayWindows(days, 20.0, every_s=5.0)
    chosen = [ReplayBatch(windows, 16, seed=s).window.tolist() for s in (1, 1, 2)]
    assert chosen[0] == chosen[1] != chosen[2]
    assert len(set(chosen[0])) > 4


def test_bad_windows_are_refused(days: list[DayTape]) -> None:
    for arguments in ({"horizon_s": 0.0}, {"horizon_s": 1e6}, {"horizon_s": 10.0, "every_s": -1.0}):
        with pytest.raises(InvalidValueError):
            ReplayWindows(days, **arguments)
    with pytest.raises(InvalidValueError):
        ReplayWindows([], 10.0)
    batch = ReplayBatch(ReplayWindows(days, 20.0), 1, seed=1)
    with pytest.raises(InvalidValueError):
        batch.reset(np.array([0]), 10**6)
    with pytest.raises(InvalidValueError):
        batch.advance(-1.0)
