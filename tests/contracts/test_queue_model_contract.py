"""What every queue model keeps to, whatever the feed does."""

import numpy as np
import pytest
from tests.naive.replay_pair import Pair

from tradewind.core.dtypes import EventFlag, EventKind, MessageKind
from tradewind.core.errors import InvalidValueError
from tradewind.core.random import stream
from tradewind.market.replay.layout import LEVEL_SHAPE, new_replay
from tradewind.market.replay.queues import MODELS, Crossing, QueueModel, front_after

LAST = int(EventFlag.LAST)
FEEDS = range(20)


class Queue:
    """One bid at 100 with the best ask at 101; an order of ours behind what is there."""

    def __init__(self, model: str, size: int = 50, own: int = 10) -> None:
        rules = QueueModel(model=model, power=2.0, crossing=Crossing.NEVER)
        self.pair, self.size, self.prints, self.ahead = Pair(rules, quotes=False), size, 0, size
        self.level(size)
        self.pair.feed([(EventKind.LEVEL, -1, 101, 40, LAST)])
        self.pair.send(kind=MessageKind.LIMIT, order_id=7, side=1, price_ticks=100, size_lots=own)

    def level(self, size: int) -> None:
        self.pair.now += 10_000_000
        self.pair.feed([(EventKind.LEVEL, 1, 100, size, LAST)])
        self.size = size

    def trade(self, lots: int) -> None:
        self.pair.now += 10_000_000
        self.pair.feed([(EventKind.TRADE, -1, 100, lots, LAST)])
        self.prints += lots

    @property
    def filled(self) -> int:
        return sum(size for _, size, _ in self.pair.told)

    def front(self) -> int:
        """Background size ahead of us."""
        ahead = 0
        for _side, price, order_id, size in self.pair.dump():
            if price == 100 and order_id == 7:
                return ahead
            ahead += size if price == 100 else 0
        return 0


def play(model: str, seed: int) -> list[tuple[int, int]]:
    """(size ahead, filled) after each row of a random feed."""
    chance, queue, seen = stream(seed, "contract"), Queue(model), []
    for _ in range(60):
        word, lots = chance.random(), int(chance.integers(1, 12))
        if word < 0.3:
            queue.trade(lots)
            queue.level(max(queue.size - lots, 1))
        else:
            queue.level(max(queue.size + (lots if word > 0.65 else -lots), 1))
        seen.append((queue.front(), queue.filled))
    return seen


@pytest.mark.parametrize("model", MODELS)
def test_nothing_but_trades_fills(model: str) -> None:
    queue = Queue(model)
    for size in (45, 20, 3, 1, 0, 5):
        queue.level(size)
    assert queue.filled == 0
    queue.trade(1)
    assert queue.filled == 1


@pytest.mark.parametrize("model", MODELS)
def test_size_that_comes_goes_behind(model: str) -> None:
    queue = Queue(model)
    queue.level(500)
    assert queue.front() == 50
    queue.trade(49)
    assert queue.filled == 0
    queue.trade(3)
    assert queue.filled == 2


def test_back_of_queue_never_fills_before_its_turn() -> None:
    for seed in FEEDS:
        chance, queue = stream(seed, "contract"), Queue("back-of-queue")
        bound = 50
        for _ in range(60):
            if chance.random() < 0.5:
                queue.trade(int(chance.integers(1, 6)))
            else:
                queue.level(int(chance.integers(1, 60)))
                bound = min(bound, queue.size + queue.prints)
            assert queue.filled <= max(queue.prints - bound, 0)


@pytest.mark.parametrize("model", MODELS[1:])
def test_the_pessimist_is_behind_every_model(model: str) -> None:
    for seed in FEEDS:
        pairs = zip(play("back-of-queue", seed), play(model, seed), strict=True)
        assert all(last[1] <= other[1] and (last[0] >= other[0] or other[1]) for last, other in pairs)


@pytest.mark.parametrize("model", MODELS)
def test_a_print_fills_no_more_than_it_traded(model: str) -> None:
    for seed in FEEDS:
        chance, queue = stream(seed, "conserve"), Queue(model, own=200)
        for _ in range(40):
            before, lots = queue.filled, int(chance.integers(1, 30))
            queue.trade(lots)
            assert 0 <= queue.filled - before <= lots
            queue.level(int(chance.integers(1, 60)))
            background = sum(size for _, price, order_id, size in queue.pair.dump() if price == 100 and not order_id)
            assert background == queue.size


@pytest.mark.parametrize("model", MODELS)
def test_a_fall_and_its_print_count_once(model: str) -> None:
    """The level that a print leads to comes first: the print takes nothing a second time."""
    queue = Queue(model)
    queue.level(20)
    queue.trade(30)  # another event: 10 ms later
    filled, front = queue.filled, queue.front()
    early = Queue(model)
    early.pair.feed([(EventKind.LEVEL, 1, 100, 20, LAST), (EventKind.TRADE, -1, 100, 30, LAST)])
    assert early.filled == 0
    assert early.front() == 20
    assert (filled, -front) >= (early.filled, -early.front())


@pytest.mark.parametrize("name", ["model", "power", "surfacing", "pair_ms", "borrow_multiple", "borrow_levels"])
def test_bad_parameters_are_refused(name: str) -> None:
    with pytest.raises(InvalidValueError, match=name):
        QueueModel(**{name: "hope" if name == "model" else -7})  # type: ignore[arg-type]


@pytest.mark.parametrize("model", MODELS)
def test_formulas_stay_in_their_range(model: str) -> None:
    queues = new_replay(LEVEL_SHAPE, 2)[1]["queues"]
    QueueModel(model=model, power=2.0).write(queues)
    record = np.rec.array(queues)[0]
    for front in (0.0, 0.4, 3.0, 50.0):
        for back in (0.0, 1.0, 40.0):
            for gone in range(int(front + back) + 1):
                after = front_after.py_func(record, front, back, float(gone), front + back - gone)
                assert max(front - gone, 0.0) - 1e-9 <= after <= min(front, front + back - gone) + 1e-9
