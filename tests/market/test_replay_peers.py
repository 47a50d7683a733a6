"""Queue models against hftbacktest: the same feed, the same order, the same moment of the fill."""

from typing import Any

import numpy as np
import pytest

from tradewind.core.dtypes import Array, EventFlag, EventKind, MessageKind
from tradewind.core.random import stream
from tradewind.market.flow.layout import BUFFER
from tradewind.market.replay.layout import LEVEL_SHAPE, TAPE, new_replay
from tradewind.market.replay.queues import Crossing, QueueModel
from tradewind.market.replay.run import open_records, replay_through

MS = 1_000_000
BID, ASK, ROWS = 1000, 1001, 400
PEERS = {
    "back-of-queue": ("risk_adverse_queue_model", False),
    "power": ("power_prob_queue_model", True),
    "power-2": ("power_prob_queue_model2", True),
    "power-3": ("power_prob_queue_model3", True),
    "log-probability": ("log_prob_queue_model", False),
    "log-probability-2": ("log_prob_queue_model2", False),
}


def busy_queue(seed: int) -> Array:
    """A best bid that shrinks and grows by orders and trades; a print comes before the level that it leads to."""
    chance, size, rows = stream(seed, "test/queue"), 60, [(EventKind.LEVEL, 1, BID, 60), (EventKind.LEVEL, -1, ASK, 50)]
    while len(rows) < ROWS:
        word, lots = chance.random(), int(chance.integers(1, 9))
        if word < 0.25:
            rows.append((EventKind.TRADE, -1, BID, lots))
            size -= lots
            if word < 0.05:
                size -= int(chance.integers(0, 4))
        elif word < 0.65:
            size -= lots
        else:
            size += lots
        size = max(size, 5)
        rows.append((EventKind.LEVEL, 1, BID, size))
    tape = np.zeros(len(rows), TAPE)
    tape["kind"], tape["side"], tape["price_ticks"], tape["size_lots"] = np.array(rows).T
    tape["ts_ns"], tape["flags"] = (np.arange(len(rows)) + 1) * MS, EventFlag.LAST
    return tape


def fill_time(tape: Array, model: QueueModel, at: int) -> int:
    """When a bid of one lot, sent between two rows, fills."""
    (markets, replays), buffers = new_replay(LEVEL_SHAPE, 2), np.zeros(1, BUFFER)
    model.write(replays["queues"])
    open_records(markets, replays, tape, buffers, 0)
    sent = at * MS + MS // 2
    replay_through(markets[0], replays[0], tape, buffers[0], sent * 1e-9)
    message = markets["pending"][0][:1]
    message["kind"], message["side"], message["price_ticks"], message["size_lots"] = MessageKind.LIMIT, 1, BID, 1
    message["order_id"], message["owner"], message["ts_ns"] = 7, 1, sent
    markets["pending_count"] = 1
    replay_through(markets[0], replays[0], tape, buffers[0], (len(tape) + 1) * MS * 1e-9)
    filled = int(markets["own_fills_count"][0])
    return int(markets["own_fills"][0]["ts_ns"][0]) if filled else -1


def peer_feed(peer: Any, tape: Array) -> Array:
    """The tape in hftbacktest's own rows."""
    rows = np.zeros(len(tape), peer.event_dtype)
    trade = tape["kind"] == EventKind.TRADE
    kind = np.where(trade, peer.TRADE_EVENT, peer.DEPTH_EVENT)
    side = np.where(tape["side"] > 0, peer.BUY_EVENT, peer.SELL_EVENT)
    rows["ev"] = kind | side | peer.EXCH_EVENT | peer.LOCAL_EVENT
    rows["exch_ts"] = rows["local_ts"] = tape["ts_ns"]
    rows["px"], rows["qty"] = tape["price_ticks"], tape["size_lots"]
    return rows


@pytest.fixture(scope="module")
def first_fill() -> Any:
    """Play hftbacktest from Python-free code: when a bid of one lot, sent at a time, fills."""
    peer = pytest.importorskip("hftbacktest")
    from numba import njit

    limit, good, done = peer.LIMIT, peer.GTC, peer.FILLED

    @njit  # type: ignore[untyped-decorator]
    def play(backtest: Any, sent: int, price: float, step: int) -> int:
        backtest.elapse(sent)
        backtest.submit_buy_order(0, 7, price, 1.0, good, limit, False)
        while backtest.elapse(step) == 0:
            order = backtest.orders(0).get(7)
            if order is not None and order.status == done:
                return order.exch_timestamp  # type: ignore[no-any-return]
        return -1

    def first(tape: Array, model: QueueModel, at: int) -> int:
        name, powered = PEERS[model.model]
        rows = peer_feed(peer, tape)  # read by address: it must outlive the backtest
        asset = peer.BacktestAsset().data([rows]).linear_asset(1.0).constant_order_latency(0, 0)
        asset = getattr(asset, name)(*([model.power] if powered else []))
        asset = asset.no_partial_fill_exchange().trading_value_fee_model(0, 0).tick_size(1.0).lot_size(1.0)
        backtest = peer.ROIVectorMarketDepthBacktest([asset.last_trades_capacity(0).roi_lb(0.0).roi_ub(2000.0)])
        started = int(tape["ts_ns"][0])
        found = play(backtest, at * MS + MS // 2 - started, float(BID), MS)
        backtest.close()
        del rows
        return int(found)

    return first


@pytest.mark.parametrize("model", PEERS)
def test_fills_when_hftbacktest_fills(model: str, first_fill: Any) -> None:
    rules = QueueModel(model=model, power=3.0 if model == "power-3" else 2.0, crossing=Crossing.TOUCH, pair_ms=-1.0)
    ours, theirs = [], []
    for seed in range(12):
        tape = busy_queue(seed)
        for at in (2, 40, 90):
            ours.append(fill_time(tape, rules, at))
            theirs.append(first_fill(tape, rules, at))
    assert sum(t > 0 for t in theirs) > 10
    assert ours == theirs
