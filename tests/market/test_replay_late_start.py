"""A replay that starts hours into its tape: the past is not yours, and the impact overlay knows nothing of it."""

import numpy as np

from tradewind.core.dtypes import EVENT, EventFlag, EventKind
from tradewind.market.preset import load_preset
from tradewind.market.replay import Replay, Terms, make_tape
from tradewind.market.replay.propagator import Propagator

HOUR = 3600 * 10**9
OPEN = 1_381_132_800 * 10**9


def test_the_overlay_starts_at_rest_and_answers_you_only() -> None:
    rows = np.zeros(3 * 400, EVENT)
    quotes, trades = rows.reshape(400, 3)[:, :2], rows.reshape(400, 3)[:, 2]
    quotes["kind"], quotes["side"], quotes["price_ticks"], quotes["size_lots"] = (
        EventKind.QUOTE,
        [1, -1],
        [100, 101],
        50,
    )
    quotes["flags"] = [0, EventFlag.LAST]
    trades["kind"], trades["side"], trades["price_ticks"], trades["size_lots"] = EventKind.TRADE, 1, 101, 5
    trades["flags"] = EventFlag.LAST
    rows["ts_event_ns"] = OPEN + np.repeat(np.arange(400) * (8 * HOUR // 400), 3)
    impact = Propagator(volatility_ticks=50.0, volume_lots=1000.0)
    start = OPEN + 6 * HOUR
    instrument = load_preset("aig").trading_instrument()
    replay = Replay(make_tape(rows, 1), instrument, Terms(start_ns=start, impact=impact))
    replay.advance(60.0)
    assert replay.shift_ticks == 0
    assert replay.view.best_bid == (100, 50)
    replay.buy(size_lots=20)
    replay.advance(1.0)
    assert replay.shift_ticks > 0
    assert (replay.view.best_bid or (0, 0))[0] == 100 + replay.shift_ticks
