"""The order of the checks: a message that breaks every rule is mended rule by rule, and every reason comes in turn."""

import pytest

from tradewind.bench.naive_book import NaiveBook
from tradewind.book.engine import MatchingEngine
from tradewind.book.reasons import Reason
from tradewind.core.dtypes import MESSAGE, MessageKind, TradingState
from tradewind.core.errors import InvalidValueError
from tradewind.core.types import TimeInForce

BOUGHT, ASKED, STOPPED = 1, 2, 3
FREE = 77
K, R, T = MessageKind, Reason, TimeInForce
Table = list[tuple[Reason, dict[str, int]]]

NEW: Table = [
    (R.UNKNOWN_KIND, {"state": TradingState.CLOSED, "kind": 0, "side": 0, "tif": 9, "size_lots": -1}),
    (R.MARKET_CLOSED, {}),  # the table's kind is set here
    (R.MARKET_HALTED, {"state": TradingState.HALTED}),
    (R.INVALID_SIDE, {"state": TradingState.OPEN}),
    (R.INVALID_TIF, {"side": 1}),
]
SIZES: Table = [(R.INVALID_SIZE, {"order_id": ASKED}), (R.OFF_LOT, {"size_lots": 3})]
LIMITS: Table = [(R.PRICE_OUT_OF_BAND, {"size_lots": 40, "price_ticks": 1}), (R.OFF_TICK, {"price_ticks": 111})]
TABLES: dict[str, tuple[MessageKind, Table]] = {
    "limit": (
        K.LIMIT,
        [
            *NEW,
            (R.INVALID_ORDER_ID, {"tif": T.POST_ONLY, "display_lots": 50}),
            *SIZES,
            *LIMITS,
            (R.INVALID_DISPLAY, {"price_ticks": 110}),
            (R.DUPLICATE_ORDER_ID, {"display_lots": 10}),
            (R.POST_ONLY_WOULD_TAKE, {"order_id": FREE}),
            (R.FOK_UNFILLABLE, {"tif": T.FOK, "display_lots": 0}),
            (R.BOOK_FULL, {"tif": T.GTC, "price_ticks": 90}),
            (R.ACCEPTED, {"price_ticks": 110}),
        ],
    ),
    "market": (
        K.MARKET,
        [
            *NEW,
            (R.INVALID_ORDER_ID, {"tif": T.FOK, "display_lots": 50}),
            *SIZES,
            (R.INVALID_DISPLAY, {"size_lots": 40}),
            (R.DUPLICATE_ORDER_ID, {"display_lots": 0}),
            (R.FOK_UNFILLABLE, {"order_id": FREE}),
            (R.ACCEPTED, {"tif": T.IOC}),
        ],
    ),
    "stop": (
        K.STOP,
        [
            *NEW,
            (R.INVALID_ORDER_ID, {"tif": T.IOC, "display_lots": 10, "trigger_ticks": 111}),
            *SIZES,
            (R.INVALID_DISPLAY, {"size_lots": 40}),
            (R.INVALID_TRIGGER, {"display_lots": 0}),
            (R.DUPLICATE_ORDER_ID, {"trigger_ticks": 105}),
            (R.TRIGGER_REACHED, {"order_id": FREE}),
            (R.BOOK_FULL, {"trigger_ticks": 110}),
        ],
    ),
    "stop-limit": (
        K.STOP_LIMIT,
        [
            *NEW,
            (R.INVALID_ORDER_ID, {"tif": T.GTC, "display_lots": 10, "trigger_ticks": 1}),
            *SIZES,
            *LIMITS,
            (R.INVALID_DISPLAY, {"price_ticks": 110}),
            (R.INVALID_TRIGGER, {"display_lots": 0}),
            (R.DUPLICATE_ORDER_ID, {"trigger_ticks": 100}),
            (R.TRIGGER_REACHED, {"order_id": FREE}),
            (R.BOOK_FULL, {"trigger_ticks": 115}),
        ],
    ),
    "cancel": (
        K.CANCEL,
        [
            *NEW[:2],
            (R.UNKNOWN_ORDER_ID, {"state": TradingState.HALTED, "order_id": FREE}),
            (R.ACCEPTED, {"order_id": BOUGHT}),
        ],
    ),
    "reduce": (
        K.REDUCE,
        [
            *NEW[:2],
            (R.UNKNOWN_ORDER_ID, {"state": TradingState.HALTED, "order_id": FREE}),
            (R.INVALID_SIZE, {"order_id": BOUGHT}),
            (R.OFF_LOT, {"size_lots": 3}),
            (R.ACCEPTED, {"size_lots": 2}),
        ],
    ),
    "replace": (
        K.REPLACE,
        [
            *NEW[:3],
            (R.UNKNOWN_ORDER_ID, {"state": TradingState.OPEN, "order_id": FREE}),
            (R.INVALID_TIF, {"order_id": BOUGHT}),
            (R.INVALID_SIZE, {"tif": T.POST_ONLY, "display_lots": -1}),
            (R.OFF_LOT, {"size_lots": 3}),
            *LIMITS,
            (R.INVALID_DISPLAY, {"price_ticks": 110}),
            (R.POST_ONLY_WOULD_TAKE, {"display_lots": 0}),
            (R.ACCEPTED, {"tif": T.GTC}),
        ],
    ),
    "replace a stop": (
        K.REPLACE,
        [
            *NEW[:3],
            (R.UNKNOWN_ORDER_ID, {"state": TradingState.OPEN, "order_id": FREE}),
            (R.INVALID_TIF, {"order_id": STOPPED, "tif": T.POST_ONLY}),
            (R.INVALID_SIZE, {"tif": T.GTC, "display_lots": 2, "trigger_ticks": 111}),
            (R.OFF_LOT, {"size_lots": 3}),
            *LIMITS,
            (R.INVALID_DISPLAY, {"price_ticks": 110}),
            (R.INVALID_TRIGGER, {"display_lots": 0}),
            (R.TRIGGER_REACHED, {"trigger_ticks": 100}),
            (R.ACCEPTED, {"trigger_ticks": 0}),
        ],
    ),
}


def prepared() -> tuple[MatchingEngine, NaiveBook]:
    """Ticks of 5, lots of 2, a full pool of three orders, a last trade at 105."""
    engine = MatchingEngine(price_band=(50, 500), steps=(5, 2), levels=64, orders=3)
    twin = NaiveBook(price_band=(50, 500), tick_step=5, lot_step=2, capacity=3, max_lots=1 << 41)
    for fields in (
        {"kind": K.LIMIT, "order_id": 9, "side": -1, "price_ticks": 105, "size_lots": 2},
        {"kind": K.MARKET, "order_id": 10, "side": 1, "size_lots": 2},
        {"kind": K.LIMIT, "order_id": BOUGHT, "side": 1, "price_ticks": 90, "size_lots": 4},
        {"kind": K.LIMIT, "order_id": ASKED, "side": -1, "price_ticks": 110, "size_lots": 4},
        {
            "kind": K.STOP_LIMIT,
            "order_id": STOPPED,
            "side": 1,
            "price_ticks": 120,
            "trigger_ticks": 115,
            "size_lots": 4,
        },
    ):
        assert send(engine, twin, fields) == Reason.ACCEPTED
    return engine, twin


def send(engine: MatchingEngine, twin: NaiveBook, fields: dict[str, int]) -> Reason:
    reason = engine.submit(**fields).reason
    assert twin.apply(tuple(int(fields.get(name, 0)) for name in MESSAGE.names or ())) == reason
    return reason


@pytest.mark.parametrize("name", TABLES)
def test_reasons_come_in_the_order_of_the_table(name: str) -> None:
    kind, table = TABLES[name]
    engine, twin = prepared()
    fields: dict[str, int] = {}
    seen = []
    for expected, mend in table:
        state = mend.get("state")
        if state is not None:
            engine.set_state(TradingState(state))
            twin.state = state
        fields |= {field: value for field, value in mend.items() if field != "state"}
        if expected == Reason.MARKET_CLOSED:
            fields["kind"] = kind
        before = engine.dump().tolist()
        reason = send(engine, twin, fields)
        assert reason == expected, f"{name}: {fields}"
        assert reason == Reason.ACCEPTED or engine.dump().tolist() == before, "a refusal changes nothing"
        engine.check()
        seen.append(reason)
    refusals = [reason for reason in seen if reason]
    assert refusals == sorted(set(refusals)), "numbers follow the order of the checks"
    assert engine.rejects == dict.fromkeys(refusals, 1)


def test_every_reason_is_in_a_table() -> None:
    assert {reason for _, table in TABLES.values() for reason, _ in table} == set(Reason)


def test_wrong_arguments_are_refused() -> None:
    engine = MatchingEngine(levels=64, orders=8)
    with pytest.raises(InvalidValueError, match="colour"):
        engine.submit(colour=3)
    with pytest.raises(InvalidValueError, match="owner"):
        engine.submit(owner=1 << 40)
    with pytest.raises(InvalidValueError, match="state"):
        engine.set_state(TradingState.AUCTION)
    with pytest.raises(InvalidValueError, match="price_band"):
        engine.set_price_band(5, 4)
    for wrong in ({"steps": (0, 1)}, {"fill_rows": 0}, {"levels": 100}):
        with pytest.raises(InvalidValueError):
            MatchingEngine(**{"levels": 64, "orders": 8, **wrong})
    with pytest.raises(InvalidValueError, match="snapshot"):
        MatchingEngine.restore(b"something else")
    with pytest.raises(InvalidValueError, match="snapshot"):
        MatchingEngine.restore(engine.snapshot()[:-1])
