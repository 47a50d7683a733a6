"""The kernel against its naive twin: sessions, arbitrary messages, pieces of any size, colliding order references."""

from decimal import Decimal

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import event, given, settings
from tests.naive.itch import NaiveProjection, messages, project

from tradewind.core.dtypes import EVENT, Array, EventFlag, EventKind, TradingState
from tradewind.core.errors import DataError, InvalidValueError
from tradewind.core.random import stream
from tradewind.data.itch.dtypes import MESSAGES
from tradewind.data.itch.project import by_instrument
from tradewind.data.itch.projection import ROWS_AT_LEAST, Projection, parse_events
from tradewind.data.itch.rows import LOCATES, Status
from tradewind.data.itch.synthetic import session

MIDNIGHT_NS = 1_548_824_400 * 10**9
STOCKS = {1: b"GALE    ", 2: b"LULL    ", 3: b"GUST    "}


def framed(parts: list[bytes], prefix: int = 2) -> bytes:
    return b"".join(len(part).to_bytes(2, "big") * (prefix == 2) + part for part in parts)


def assert_same(rows: Array, naive: NaiveProjection) -> None:
    expected = np.array(naive.rows, dtype=EVENT)
    assert len(rows) == len(expected)
    different = np.flatnonzero(rows != expected)
    assert not len(different), (rows[different[0]], expected[different[0]])


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("symbol", [None, "GUST"])
def test_a_session_equals_the_twin(seed: int, symbol: str | None) -> None:
    data = session(seed, messages=8_000)
    rows = parse_events(data, midnight_ns=MIDNIGHT_NS, symbol=symbol)
    naive = project(data, midnight_ns=MIDNIGHT_NS, symbol=symbol)
    assert_same(rows, naive)
    assert set(rows["kind"].tolist()) == {1, 2, 3, 4, 6, 10}
    assert naive.unknown == naive.duplicate == naive.overfilled == 0


STEP = st.tuples(
    st.sampled_from("AAAAFEECXXDDUUUPQHhRSBI"),
    st.integers(1, 3),
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(0, 500),
    st.integers(0, 2**31 - 1) | st.integers(0, 20_000),
    st.integers(0, 11),
)
"""Type, locate, two order references, shares, price, and a choice of letters."""


def message_of(step: tuple[str, int, int, int, int, int, int]) -> bytes:
    """A valid message; locates and references are few, so that messages meet, and not all orders are known."""
    code, locate, reference, new, shares, price, choice = step
    values = {
        "order_reference": reference,
        "new_order_reference": new,
        "shares": shares,
        "executed_shares": shares,
        "cancelled_shares": shares,
        "round_lot_size": 100,
        "price_e4": price,
        "execution_price_e4": price,
        "cross_price_e4": price,
        "stock": STOCKS[locate],
        "side": b"BS"[choice % 2 :][:1],
        "printable": b"YN"[choice % 2 :][:1],
        "market_code": b"QB"[choice % 2 :][:1],
        "trading_state": b"HPQT"[choice % 4 :][:1],
        "operational_halt_action": b"HT"[choice // 2 % 2 :][:1],
        "event_code": b"OSQMEC"[choice % 6 :][:1],
    }
    message = MESSAGES[code]
    defaults = {"a": b"", "u": 7}
    fields = [values.get(field.name, defaults[field.kind]) for field in message.fields[3:]]
    return message.pack(locate, choice, price * 1_000, *fields)


@given(
    steps=st.lists(STEP, min_size=1, max_size=50),
    tick_e4=st.sampled_from([1, 3, 100, 250]),
    symbol=st.sampled_from([None, "LULL"]),
)
@settings(max_examples=200, deadline=None)
def test_arbitrary_messages_equal_the_twin(
    steps: list[tuple[str, int, int, int, int, int, int]], tick_e4: int, symbol: str | None
) -> None:
    data = framed([message_of(step) for step in steps])
    tick = Decimal(tick_e4) / 10_000
    naive = project(data, tick_e4=tick_e4, symbol=symbol)
    rows = parse_events(data, tick_size=tick, symbol=symbol)
    assert_same(rows, naive)
    projection = Projection(2, 0, tick, symbol)
    run_in_pieces(projection, data, len(data))
    counts = projection.counts()
    expected = (naive.unknown, naive.duplicate, naive.overfilled)
    assert tuple(counts.get(n, 0) for n in ("unknown_references", "duplicate_references", "overfilled_orders")) == (
        expected
    )


def run_in_pieces(projection: Projection, data: bytes, piece: int) -> Array:
    """Feed a stream through a window of some bytes, as a reader of a file does."""
    rows = np.empty(ROWS_AT_LEAST + 200, dtype=EVENT)
    found = []
    held = b""
    for start in range(0, len(data), piece):
        held += data[start : start + piece]
        source = np.frombuffer(held, dtype=np.uint8)
        status, position = Status.ROWS_FULL, 0
        while status == Status.ROWS_FULL:
            status, position, filled = projection.run(source, len(source), position, rows, 0)
            found.append(rows[:filled].copy())
        assert status == Status.MORE_BYTES
        held = held[position:]
    assert held == b""
    return np.concatenate(found)


@pytest.mark.parametrize("piece", [1, 7, 53, 4096])
def test_pieces_of_any_size_give_the_same_rows(piece: int) -> None:
    data = session(2, messages=400)
    assert np.array_equal(run_in_pieces(Projection(), data, piece), parse_events(data))


def test_bare_messages_give_the_same_rows() -> None:
    data = session(2, messages=400)
    assert np.array_equal(parse_events(framed(messages(data), prefix=0)), parse_events(data))


def test_rows_that_do_not_fit_come_later() -> None:
    data = session(3, messages=70_000, live_orders=50)
    pieces = run_in_pieces(Projection(), data, len(data))
    assert len(pieces) > ROWS_AT_LEAST
    assert np.array_equal(pieces, parse_events(data))


GOLD = 0x9E3779B97F4A7C15


@pytest.mark.parametrize("first_home", [100, 4090])
def test_references_that_collide(first_home: int) -> None:
    """Orders whose search begins in the same few slots, also around the end of the table, in random order."""
    inverse = pow(GOLD, -1, 2**64)
    references = []
    random = stream(1, "tests/itch/collide")
    while len(references) < 400:
        home = (first_home + int(random.integers(0, 12))) % 4096
        reference = ((home << 52) + int(random.integers(0, 2**52))) * inverse % 2**64
        if 0 < reference < 2**63:
            references.append(reference)
    alive: list[int] = []
    parts = []
    for _ in range(4_000):
        if references and (random.random() < 0.5 or not alive):
            reference = references.pop(int(random.integers(len(references))))
            alive.append(reference)
            parts.append(MESSAGES["A"].pack(1, 0, 0, reference, b"B", 100, STOCKS[1], 10_000))
        else:
            reference = alive.pop(int(random.integers(len(alive))))
            references.append(reference)
            parts.append(MESSAGES["D"].pack(1, 0, 0, reference))
    data = framed(parts)
    naive = project(data)
    assert naive.unknown == 0
    assert_same(parse_events(data), naive)


def test_the_table_of_orders_grows() -> None:
    parts = [MESSAGES["A"].pack(1, 0, 0, 5 * k + 1, b"S", 100, STOCKS[1], 10_000) for k in range(30_000)]
    projection = Projection()
    rows = run_in_pieces(projection, framed(parts), 10_000)
    assert projection.live_orders == len(rows) == 30_000
    rows = run_in_pieces(projection, framed([MESSAGES["D"].pack(1, 0, 0, 5 * k + 1) for k in range(30_000)]), 10_000)
    assert projection.live_orders == 0
    assert (rows["size_lots"] == 100).all()


def test_prices_between_ticks_are_rounded_half_to_even_and_flagged() -> None:
    prices = [10_000, 10_049, 10_050, 10_051, 10_150]
    parts = [MESSAGES["A"].pack(1, 0, 0, k + 1, b"B", 1, STOCKS[1], price) for k, price in enumerate(prices)]
    rows = parse_events(framed(parts))
    assert rows["price_ticks"].tolist() == [100, 100, 100, 101, 102]
    assert ((rows["flags"] & EventFlag.OFF_TICK) > 0).tolist() == [False, True, True, True, True]
    exact = parse_events(framed(parts), tick_size=Decimal("0.0001"))
    assert exact["price_ticks"].tolist() == prices
    assert (exact["flags"] == EventFlag.LAST).all()


def test_a_replace_of_an_unknown_order_adds_nothing() -> None:
    parts = [
        MESSAGES["A"].pack(1, 0, 0, 1, b"B", 100, STOCKS[1], 10_000),
        MESSAGES["U"].pack(1, 0, 0, 7, 8, 100, 10_000),
        MESSAGES["D"].pack(1, 0, 0, 8),
    ]
    projection = Projection()
    rows = run_in_pieces(projection, framed(parts), 1_000)
    assert rows["kind"].tolist() == [EventKind.ADD]
    assert projection.counts() == {"unknown_references": 2}


def test_system_hours_end_for_every_instrument() -> None:
    rows = parse_events(session(0, messages=0))
    closed = rows[(rows["kind"] == EventKind.STATUS) & (rows["size_lots"] == TradingState.CLOSED)]
    assert closed["instrument_id"].tolist() == [1, 2, 3, 4, 5]
    assert len(set(closed["sequence"].tolist())) == 1


def broken_at(part: bytes, *, status: str) -> DataError:
    good = MESSAGES["A"].pack(1, 0, 0, 1, b"B", 100, STOCKS[1], 10_000)
    with pytest.raises(DataError, match=status) as caught:
        parse_events(framed([good, good]) + part)
    assert caught.value.row == 3
    assert "at byte 76" in str(caught.value)
    return caught.value


def test_broken_messages_are_named_with_their_place() -> None:
    broken_at(b"\0\x0cZ" + b"\0" * 11, status="expected one of the message types")
    broken_at(b"\0\x0dS" + b"\0" * 12, status="expected the length of its message type")
    broken_at(b"\x01\x00S" + b"\0" * 12, status="expected the length of its message type")
    values = (b"B", 100, STOCKS[1], 10_000)
    bad = MESSAGES["A"].pack(1, 0, 0, 0, *values)
    assert broken_at(framed([bad]), status="an order reference from 1").field == "order_reference"
    bad = MESSAGES["A"].pack(1, 0, 0, 2**63, *values)
    assert broken_at(framed([bad]), status="an order reference from 1").field == "order_reference"
    bad = MESSAGES["A"].pack(1, 0, 0, 5, b"C", *values[1:])
    assert broken_at(framed([bad]), status=r"B \(buy\) or S").field == "side"
    bad = MESSAGES["A"].pack(1, 0, 0, 5, *values[:3], 2**31)
    assert broken_at(framed([bad]), status="a price of at most").field == "price_e4"
    bad = MESSAGES["U"].pack(1, 0, 0, 1, 0, 100, 10_000)
    broken_at(framed([bad]), status="an order reference from 1")
    bad = MESSAGES["U"].pack(1, 0, 0, 1, 2, 100, 2**31)
    broken_at(framed([bad]), status="a price of at most")
    bad = MESSAGES["H"].pack(1, 0, 0, STOCKS[1], b"X", b" ", b"    ")
    assert broken_at(framed([bad]), status="a trading state").field == "trading_state"


DAY = session(9, messages=40, live_orders=10)


@given(
    flips=st.lists(st.tuples(st.integers(0, len(DAY) - 1), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.integers(0, len(DAY)),
)
@settings(max_examples=150, deadline=None)
def test_damaged_bytes_give_rows_or_an_error_and_nothing_else(flips: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(DAY)
    for at, value in flips:
        data[at] = value
    most = len(messages(DAY))
    try:
        rows = parse_events(bytes(data[:cut]))
    except DataError as error:
        event(error.expected)
        wrong = error.row is None or not 1 <= error.row <= most + 1
    else:
        wrong = len(rows) > 2 * most + LOCATES
    assert not wrong


def test_a_cut_last_message() -> None:
    data = session(0, messages=10)
    with pytest.raises(DataError, match="expected a whole message of 12 bytes, got 'the end of the file after 11"):
        parse_events(data[:-1])
    assert len(parse_events(data + b"\0\0")) == len(parse_events(data))


def test_options_that_cannot_be() -> None:
    with pytest.raises(InvalidValueError, match=r"tick_size must be a multiple of 0\.0001"):
        Projection(tick_size=Decimal("0.00005"))
    with pytest.raises(InvalidValueError, match="symbol must be at most 8"):
        Projection(symbol="TOOLONGNAME")


@given(locates=st.lists(st.sampled_from([0, 1, 2, 77, LOCATES - 1]), max_size=50))
@settings(max_examples=50, deadline=None)
def test_rows_by_instrument_keep_their_order(locates: list[int]) -> None:
    rows = np.zeros(len(locates), dtype=EVENT)
    rows["instrument_id"] = locates
    rows["sequence"] = np.arange(len(locates))
    ordered, ends = np.empty_like(rows), np.zeros(LOCATES, dtype=np.int64)
    by_instrument(rows, ordered, ends)
    assert np.array_equal(ordered, rows[np.argsort(rows["instrument_id"], kind="stable")])
    assert ends[-1] == len(rows)
    assert np.array_equal(np.diff(ends, prepend=0), np.bincount(np.array(locates, dtype=np.int64), minlength=LOCATES))
