"""Real L1 and L2 days: without orders the replayed book is the feed's; with orders every model keeps its bounds."""

from pathlib import Path

import numpy as np
import pytest

from tradewind.book.feeds import L1Book, L2Book
from tradewind.book.view import BookView
from tradewind.core.dtypes import Array, EventKind
from tradewind.core.random import stream
from tradewind.core.types import Instrument
from tradewind.data.reader import ReadOptions
from tradewind.data.readers.binance import BinanceReader
from tradewind.data.readers.nbbo import NbboReader
from tradewind.market.flow.layout import BUFFER
from tradewind.market.replay.layout import new_replay, shape_for
from tradewind.market.replay.market import Replay, Terms
from tradewind.market.replay.queues import MODELS, Crossing, QueueModel
from tradewind.market.replay.run import open_records, replay_through
from tradewind.market.replay.tape import Tape, make_tape

HOUR_NS = 3600 * 10**9


def read(reader: type, path: Path) -> tuple[Instrument, Array]:
    batches = list(reader().open(path, ReadOptions()))
    return batches[0].instrument, np.concatenate([batch.rows for batch in batches])


def nbbo_day(folder: Path, symbol: str, day: str) -> tuple[Instrument, Array]:
    """Quotes and trades of the session's second hour, quotes first at equal times."""
    unit, quotes = read(NbboReader, folder / "equities_nbbo" / f"{symbol}_{day}_quotes.parquet")
    _, trades = read(NbboReader, folder / "equities_nbbo" / f"{symbol}_{day}_trades.parquet")
    rows = np.concatenate([quotes, trades])
    rows = rows[np.argsort(rows["ts_event_ns"], kind="stable")]
    opened = int(np.median(rows["ts_event_ns"])) // HOUR_NS * HOUR_NS
    return unit, rows[(rows["ts_event_ns"] >= opened) & (rows["ts_event_ns"] < opened + HOUR_NS)]


def levels_of(view: BookView, levels: int) -> list[list[tuple[int, int]]]:
    return [[(int(r["price_ticks"]), int(r["size_lots"])) for r in view.depth(side, levels)] for side in (1, -1)]


def check_book(tape: Tape, rows: Array, levels: int) -> None:
    """At 100 times and at the end: the replayed book and the feed's."""
    (markets, replays), buffers = new_replay(shape_for(tape.orders, tape.depth), tape.depth), np.zeros(1, BUFFER)
    book = L1Book() if tape.depth == 1 else L2Book()
    times = np.maximum.accumulate(rows["ts_event_ns"])
    chosen = np.sort(stream(1, "test/times").choice(np.unique(times), 100, replace=False))
    base, done = int(chosen[0]), 0
    open_records(markets, replays, tape.rows, buffers, base)
    for ts in [*chosen.tolist(), int(times[-1])]:
        end = int(np.searchsorted(times, ts, "right"))
        book.apply(rows[done:end])
        done = end
        replay_through(markets[0], replays[0], tape.rows, buffers[0], (ts - base) * 1e-9)
        assert levels_of(BookView(markets["book"]), levels) == levels_of(book, levels)
    assert markets["refused"][0] == replays["queues"]["counts"]["no_room"][0] == 0


@pytest.mark.real_data
@pytest.mark.parametrize("symbol", ["AIG", "IBM"])
def test_quotes_equal_the_feed(real_data: Path, symbol: str) -> None:
    _, rows = nbbo_day(real_data, symbol, "20131008")
    tape = make_tape(rows, 1)
    assert len(tape.rows) < len(rows)
    check_book(tape, rows, levels=1)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["usdm_btcusdt_20230404.dat.gz", "usdm_ethusdt_20240718.gz"])
def test_levels_equal_the_feed(real_data: Path, name: str) -> None:
    _, rows = read(BinanceReader, real_data / "binance_l2" / name)
    tape = make_tape(rows, 2)
    assert (tape.rows["kind"] == EventKind.TRADE).any()
    check_book(tape, rows, levels=5000)


@pytest.mark.real_data
@pytest.mark.parametrize("model", MODELS)
def test_orders_on_a_real_day(real_data: Path, model: str) -> None:
    """A bid and an ask joined every minute: the pessimist never fills more than another model does."""
    unit, rows = nbbo_day(real_data, "AIG", "20131007")
    filled = {}
    for name in ("back-of-queue", model):
        rules = QueueModel(model=name, power=3.0, crossing=Crossing.NEVER)
        replay, filled[name] = Replay(make_tape(rows, 1), unit, Terms(queue=rules)), 0
        replay.advance(1.0)
        for _ in range(40):
            bid, ask = replay.view.best_bid, replay.view.best_ask
            assert bid is not None
            assert ask is not None
            orders = [replay.buy(200, bid[0]), replay.sell(200, ask[0])] if bid[0] < ask[0] else []
            filled[name] += int(replay.advance(60.0)["size_lots"].sum())
            for order in orders:
                replay.cancel(order)
            replay.advance(1.0)
        counts = replay.counters
        assert counts.get("turn_lots", 0) + counts.get("through_lots", 0) == filled[name]
    assert 0 < filled["back-of-queue"] <= filled[model]
