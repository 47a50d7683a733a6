"""Real feeds replayed through the matching engine without you: the book is the historical one, order by order."""

from pathlib import Path

import numpy as np
import pytest

from tradewind.book.audit import Fault, audit, list_orders
from tradewind.book.feeds import L3Book
from tradewind.book.ids import ids_dtype
from tradewind.book.layout import aligned_zeros
from tradewind.book.replay import rebuild_ids
from tradewind.core.dtypes import Array
from tradewind.data.registry import open_feed
from tradewind.market.opening import with_opening_orders
from tradewind.market.replay.market import Replay, Terms
from tradewind.market.replay.tape import make_tape

FILES = {
    "lobster": "lobster_l3/AAPL_2012-06-21_message_50.csv.gz",
    "coinbase": "coinbase_l3/messages.json.gz",
    "databento": "databento_csv/ARL_2025-07-17_mbo.csv.gz",
    "bitstamp": "bitstamp_l3/2015-05-01_orders.csv.gz",
}
LOOKS = 40


def fault_of(replay: Replay) -> Fault:
    """What is broken in the book's memory: slow and complete, the account of lots included."""
    books = replay._markets["book"]
    tables = aligned_zeros(1, ids_dtype(books["orders"].shape[1]))
    rebuild_ids(books, tables)
    return audit(books, tables)


def orders_of(replay: Replay, side: int) -> Array:
    rows = list_orders(replay._markets["book"])
    rows = rows[rows["ladder"] == (1 - side) // 2]
    return rows[np.argsort(-side * rows["price_ticks"], kind="stable")]


@pytest.mark.real_data
@pytest.mark.parametrize("name", FILES)
def test_without_you_the_book_is_the_recorded_one_at_every_look(name: str, real_data: Path) -> None:
    batches = list(open_feed(real_data / FILES[name]))
    rows = np.concatenate([batch.rows for batch in batches])
    if name == "lobster":
        rows = with_opening_orders(rows)
    tape = make_tape(rows, hindsight=False)
    replay = Replay(tape, batches[0].instrument, Terms(start_ns=int(tape.rows["ts_ns"][0])))
    clock = np.maximum.accumulate(rows["ts_event_ns"])
    book, done, compared = L3Book(), 0, 0
    for share in range(1, LOOKS + 1):
        until = replay.start_ns + (replay.end_ns - replay.start_ns) * share // LOOKS
        replay.advance((until - replay.now_ns) * 1e-9)
        next_row = int(np.searchsorted(clock, until, side="right"))
        book.apply(rows[done:next_row])
        done = next_row
        for side in (1, -1):
            ours, theirs = orders_of(replay, side), book.orders(side)
            for field in ("order_id", "price_ticks", "size_lots"):
                assert (ours[field] == theirs[field]).all(), (name, share, side, field)
            compared += len(theirs)
    assert done == len(rows)
    assert compared > LOOKS
    assert set(replay.counters) <= {"rows", "cleared_orders"}
    assert fault_of(replay) == Fault.NONE
