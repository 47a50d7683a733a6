"""Many markets: independent of the threads and of each other."""

import numpy as np
import pytest

from tradewind.core.dtypes import MESSAGE, MessageKind
from tradewind.core.errors import InvalidValueError
from tradewind.market.batch import MarketBatch
from tradewind.market.scenario import named_scenario


def bytes_of(batch: MarketBatch) -> bytes:
    return batch.markets.tobytes()


def message(kind: MessageKind, side: int, size: int, order_id: int = 1) -> np.void:
    row = np.zeros(1, MESSAGE)
    row["kind"], row["side"], row["size_lots"], row["order_id"] = kind, side, size, order_id
    return row[0]


def test_the_result_does_not_depend_on_threads() -> None:
    results = []
    for threads in (1, 2):
        batch = MarketBatch(
            ["aig", "zero_intelligence"], 6, seed=3, threads=threads, scenarios=[None, named_scenario("volatile")]
        )
        for i in range(6):
            batch.submit(i, message(MessageKind.MARKET, 1, 100))
            batch.advance(2.0)
        results.append(bytes_of(batch))
    assert results[0] == results[1]


def test_markets_do_not_disturb_each_other() -> None:
    one, other = MarketBatch(["aig"], 3, seed=3), MarketBatch(["aig"], 3, seed=3)
    other.submit(1, message(MessageKind.MARKET, 1, 1_000))
    one.advance(5.0)
    other.advance(5.0)
    assert one.markets[0].tobytes() == other.markets[0].tobytes()
    assert one.markets[2].tobytes() == other.markets[2].tobytes()
    assert other.take_fills(1)["size_lots"].sum() == 1_000
    assert other.take_fills(1).size == 0
    assert other.mid_ticks[1] > one.mid_ticks[1] or other.view(1).spread_ticks >= 1


def test_a_reset_market_begins_again_on_its_own_path() -> None:
    batch = MarketBatch(["aig"], 2, seed=5)
    batch.advance(3.0)
    first = batch.markets[0].tobytes()
    batch.reset(np.array([0]))
    assert batch.events[0] == 0
    batch.advance(3.0)
    assert batch.events[0] > 0
    assert batch.markets[0].tobytes() != first


def test_memory_is_small() -> None:
    assert MarketBatch(["aig"], 1, seed=1).memory_bytes < 64 * 1024


@pytest.mark.parametrize(("presets", "count", "threads"), [([], 1, 1), (["aig"], 0, 1), (["aig"], 1, 0)])
def test_bad_arguments_are_refused(presets: list[str], count: int, threads: int) -> None:
    with pytest.raises(InvalidValueError):
        MarketBatch(presets, count, seed=1, threads=threads)
