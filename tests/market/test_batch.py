"""Many markets: independent of the threads and of each other."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from tradewind.core.dtypes import MESSAGE, MessageKind
from tradewind.core.errors import InvalidValueError
from tradewind.market.batch import MarketBatch
from tradewind.market.scenario import named_scenario
from tradewind.market.trading import Latency


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


def traded(threads: int) -> str:
    """Digest of a batch after orders with jitter, resets and time."""
    late = Latency(order_entry_ns=1_000_000, market_data_ns=2_000_000, jitter_ns=5_000_000)
    batch = MarketBatch(["aig"], 5, seed=9, threads=threads, latency=late)
    for turn in range(4):
        messages = np.zeros(5, MESSAGE)
        messages["kind"], messages["side"], messages["size_lots"] = MessageKind.MARKET, 1 - 2 * (turn & 1), 50
        messages["order_id"] = turn + 1
        batch.submit_many(np.arange(5), messages)
        batch.advance(0.5)
        batch.reset(np.array([turn]))
    return hashlib.sha256(bytes_of(batch)).hexdigest()


def test_same_seed_same_bytes_on_any_threads_and_in_another_process() -> None:
    here = traded(1)
    assert traded(2) == here
    code = "from tests.market.test_batch import traded; print(traded(2))"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


def test_jitter_is_each_markets_own() -> None:
    batch = MarketBatch(["aig"], 8, seed=9, latency=Latency(jitter_ns=10_000_000))
    batch.submit_many(np.arange(8), np.repeat(np.array([message(MessageKind.MARKET, 1, 10)], MESSAGE), 8))
    arrivals = batch.markets["pending"]["ts_ns"][:, 0] - batch.markets["base_ns"]
    assert len(set(arrivals.tolist())) == 8
    assert (arrivals > 0).all()


def test_messages_sent_together_are_those_sent_one_by_one() -> None:
    one, many = MarketBatch(["aig"], 3, seed=3), MarketBatch(["aig"], 3, seed=3)
    rows = np.zeros(4, MESSAGE)
    rows["kind"], rows["side"], rows["size_lots"], rows["order_id"] = MessageKind.MARKET, 1, [5, 6, 7, 8], [1, 2, 3, 4]
    where = np.array([2, 0, 2, 1])
    many.submit_many(where, rows)
    for index, row in zip(where, rows, strict=True):
        one.submit(int(index), row)
    assert bytes_of(one) == bytes_of(many)


def test_a_life_depends_on_seed_number_and_count_only() -> None:
    one, other = MarketBatch(["aig"], 3, seed=5), MarketBatch(["aig"], 4, seed=5)
    one.reset(np.array([1]))
    other.advance(1.0)
    other.reset(np.array([3, 1, 0]))
    assert one.markets[1].tobytes() == other.markets[1].tobytes()
    assert one.markets[1].tobytes() != other.markets[0].tobytes()
    streams = np.concatenate([one.markets["streams"].reshape(-1, 4), other.markets["streams"][3]])
    assert len(np.unique(streams, axis=0)) == len(streams)


def test_what_cannot_be_sent_is_named() -> None:
    batch = MarketBatch(["aig"], 2, seed=1, latency=Latency(order_entry_ns=10**9))
    rows = np.repeat(np.array([message(MessageKind.MARKET, 1, 1)], MESSAGE), 33)
    with pytest.raises(InvalidValueError, match=r"messages\[32\]"):
        batch.submit_many(np.ones(33, int), rows)
    for bad in ([2], [-1], [[0]]):
        with pytest.raises(InvalidValueError, match="indices"):
            batch.reset(np.array(bad))


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
