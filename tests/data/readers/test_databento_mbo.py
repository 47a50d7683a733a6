from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.writers import events, mbo_records
from tests.naive.databento_mbo import rows_of

from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.errors import InvalidValueError
from tradewind.data.readers.databento_mbo import mbo_rows, open_event
from tradewind.data.readers.databento_records import MBO_RECORD, UNDEFINED_PRICE

TICK = Decimal("0.25")
UNIT = 250_000_000


def records(*messages: tuple[str, str, int, int, int], flags: int = 128, publisher_id: int = 1) -> Array:
    """MBO records from ``(action, side, order, price in ticks, size)``, all of one event, LAST on the final one."""
    made = np.zeros(len(messages), dtype=MBO_RECORD)
    made["ts_event"], made["ts_recv"], made["publisher_id"] = 10**18, 10**18 + 5, publisher_id
    made["sequence"] = 9
    made["flags"][-1:] = flags
    for record, (action, side, order, price, size) in zip(made, messages, strict=True):
        record["action"], record["side"], record["order_id"] = ord(action), ord(side), order
        record["price"], record["size"] = price * UNIT, size
    return made


def short(rows: Array) -> list[tuple[str, int, int, int, bool]]:
    """Kind, side, order, size and LAST of rows."""
    return [
        (
            EventKind(row["kind"]).name,
            int(row["side"]),
            int(row["order_id"]),
            int(row["size_lots"]),
            bool(row["flags"] & 1),
        )
        for row in rows
    ]


def test_a_trade_is_one_execution() -> None:
    rows = mbo_rows(records(("T", "B", 0, 100, 3), ("F", "A", 7, 100, 3), ("C", "A", 7, 100, 3)), TICK)
    assert short(rows) == [("EXECUTE", -1, 7, 3, True)]


def test_a_sweep_is_an_execution_per_order() -> None:
    rows = mbo_rows(
        records(
            ("T", "A", 0, 100, 10),
            ("F", "B", 7, 100, 4),
            ("F", "B", 8, 100, 6),
            ("C", "B", 7, 100, 4),
            ("C", "B", 8, 100, 9),
        ),
        TICK,
    )
    assert short(rows) == [("EXECUTE", 1, 7, 4, False), ("EXECUTE", 1, 8, 6, False), ("REDUCE", 1, 8, 3, True)]


def test_a_partial_fill_keeps_what_the_modification_says() -> None:
    rows = mbo_rows(records(("T", "B", 0, 100, 1), ("F", "A", 7, 100, 1), ("M", "A", 7, 100, 9)), TICK)
    assert short(rows) == [("REPLACE", -1, 7, 10, False), ("EXECUTE", -1, 7, 1, True)]
    assert rows["sequence"].tolist() == [9, 9]


def test_a_modification_to_another_price_is_no_fill() -> None:
    rows = mbo_rows(records(("F", "A", 7, 100, 1), ("M", "A", 7, 101, 9)), TICK)
    assert short(rows) == [("TRADE", 1, 7, 1, False), ("REPLACE", -1, 7, 9, True)]


def test_hidden_size_stays_a_trade() -> None:
    assert short(mbo_rows(records(("T", "N", 0, 100, 5)), TICK)) == [("TRADE", 0, 0, 5, True)]
    rows = mbo_rows(records(("T", "B", 0, 100, 5), ("F", "A", 7, 100, 2), ("C", "A", 7, 100, 2)), TICK)
    assert short(rows) == [("TRADE", 1, 0, 3, False), ("EXECUTE", -1, 7, 2, True)]


def test_a_fill_that_leaves_the_book_alone_is_a_print() -> None:
    assert short(mbo_rows(records(("F", "A", 7, 100, 2)), TICK)) == [("TRADE", 1, 7, 2, True)]
    rows = mbo_rows(records(("F", "A", 7, 100, 5), ("C", "A", 7, 100, 2)), TICK)
    assert short(rows) == [("TRADE", 1, 7, 5, False), ("REDUCE", -1, 7, 2, True)]


def test_a_cancel_of_a_later_event_is_a_cancel() -> None:
    some = records(("F", "A", 7, 100, 2), ("C", "A", 7, 100, 2))
    some["ts_event"][1] += 1
    assert short(mbo_rows(some, TICK)) == [("TRADE", 1, 7, 2, False), ("REDUCE", -1, 7, 2, True)]


def test_an_itch_replace_is_a_flagged_pair() -> None:
    pair = [("C", "B", 7, 100, 5), ("A", "B", 8, 101, 5)]
    rows = mbo_rows(records(*pair, publisher_id=2), TICK)
    assert short(rows) == [("DELETE", 1, 7, 5, False), ("ADD", 1, 8, 5, True)]
    assert (rows["flags"] & EventFlag.REPLACED != 0).all()
    other = mbo_rows(records(*pair, publisher_id=1), TICK)
    assert short(other) == [("REDUCE", 1, 7, 5, False), ("ADD", 1, 8, 5, True)]
    assert not (other["flags"] & EventFlag.REPLACED).any()


def test_snapshot_rows_carry_the_time_of_the_snapshot() -> None:
    some = records(("R", "N", 0, 0, 0), ("A", "B", 7, 100, 5))
    some["flags"] = 32 | 8
    some["price"][0] = UNDEFINED_PRICE
    rows = mbo_rows(some, TICK)
    assert rows["ts_event_ns"].tolist() == [10**18 + 5] * 2
    assert rows["ts_recv_ns"].tolist() == [0, 0]
    assert rows["price_ticks"].tolist() == [0, 100]
    assert (rows["flags"] == EventFlag.SNAPSHOT | EventFlag.RECV_ONLY).all()


def test_ids_lose_their_sign_bit_and_prices_off_tick_say_so() -> None:
    some = records(("A", "B", 2**63 + 5, 100, 5))
    some["price"] += 1
    rows = mbo_rows(some, TICK)
    assert (rows["order_id"][0], rows["price_ticks"][0]) == (5, 100)
    assert rows["flags"][0] == EventFlag.OFF_TICK | EventFlag.LAST


def test_a_tick_below_the_unit_of_prices_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="tick_size"):
        mbo_rows(records(("A", "B", 7, 100, 5)), Decimal("2.5e-10"))


def test_the_last_event_may_go_on() -> None:
    some = records(("A", "B", 1, 100, 5), ("A", "B", 2, 100, 5), ("T", "B", 0, 100, 3), ("F", "A", 7, 100, 3))
    some["ts_event"] = [1, 2, 2, 2]
    assert open_event(some) == 1
    assert open_event(some[:2]) == 2
    assert open_event(some[1:]) == 0
    some["ts_event"][3] = 3
    assert open_event(some) == 3


messages = st.lists(
    st.tuples(
        st.sampled_from("ACMTFRN"),
        st.sampled_from("ABN"),
        st.integers(1, 3),
        st.integers(-3, 400).map(lambda eighths: eighths * UNIT // 8),
        st.integers(1, 4),
        st.integers(0, 2),
        st.sampled_from([0, 128, 128 | 8, 32, 16, 32 | 8 | 128]),
        st.booleans(),
    ),
    max_size=25,
)


@settings(max_examples=300)
@given(messages, st.sampled_from([1, 2]))
def test_equal_to_the_naive_twin(some: list[tuple], publisher_id: int) -> None:
    made = np.zeros(len(some), dtype=MBO_RECORD)
    time = sequence = 0
    for record, (action, side, order, price, size, step, flags, undefined) in zip(made, some, strict=True):
        time, sequence = time + (step == 0), sequence + (step == 1)
        record["action"], record["side"], record["order_id"], record["flags"] = ord(action), ord(side), order, flags
        record["price"] = UNDEFINED_PRICE if undefined and action == "R" else price
        record["size"], record["sequence"], record["publisher_id"] = size, sequence, publisher_id
        record["ts_event"], record["ts_recv"] = 10**18 + time, 2**64 - 1 if undefined else 10**18 + time + 3
    rows = mbo_rows(made, TICK)
    assert [tuple(row) for row in rows.tolist()] == [
        tuple(row) for row in rows_of(made, TICK, is_itch=publisher_id == 2)
    ]


def test_read_only_records_are_read_too() -> None:
    some = mbo_records(events([(0, 1, 1, 7, 100, 5), (10, 4, 1, 7, 100, 2)]), tick=UNIT)
    frozen = np.frombuffer(some.tobytes(), dtype=MBO_RECORD)
    assert mbo_rows(frozen, TICK).tobytes() == mbo_rows(some, TICK).tobytes()
    assert short(mbo_rows(frozen, TICK)) == [("ADD", 1, 7, 5, True), ("EXECUTE", 1, 7, 2, True)]
