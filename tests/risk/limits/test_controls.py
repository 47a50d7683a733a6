"""Each control by itself: the reason, the limit, the value, the headroom; and what latches, releases and passes."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.risk.limits.made_up import limits

from tradewind.core.clock import SimulatedClock
from tradewind.core.errors import NotFoundError
from tradewind.risk.limits.gate import Decision, Gate
from tradewind.risk.limits.layout import InputKind, OrderType, Scope
from tradewind.risk.limits.limits_file import SignedLimits
from tradewind.risk.limits.reasons import Cause, Reason
from tradewind.risk.limits.signing import Signature

START = 1_700_000_000_000_000_000


class Desk:
    """A gate with a clock, quotes at 99 and 101, and ids that grow."""

    def __init__(self, **changes: Any) -> None:
        self.clock = SimulatedClock(START)
        self.gate = Gate(SignedLimits(limits(**changes), b"", Signature("t", ""), "t"), self.clock)
        self.id = self.number = 0
        for symbol in ("AA", "BB", "CC"):
            self.gate.quote(symbol, 99, 101)

    def buy(self, lots: int = 3, price: int = 100, symbol: str = "AA", strategy: str = "a", **more: Any) -> Decision:
        self.id += 1
        self.clock.advance(1)
        open_before = self.gate.state["live"][0].item()
        order_type = more.get("kind", OrderType.LIMIT)
        answer = self.gate.order(self.id, strategy, symbol, more.get("side", 1), lots, price, order_type)
        assert self.gate.state["live"][0] == open_before + answer.accepted, "a refusal reserves nothing"
        return answer

    def sell(self, lots: int = 3, price: int = 100, **more: Any) -> Decision:
        return self.buy(lots, price, side=-1, **more)

    def fill(self, order_id: int, lots: int, price: int = 100, number: int | None = None, **more: Any) -> None:
        self.number = self.number + 1 if number is None else number
        self.gate.report(InputKind.FILL, self.number, order_id, lots, price, **more)

    def report(self, kind: InputKind, order_id: int, lots: int = 0, price: int = 0, **more: Any) -> None:
        self.number += 1
        self.gate.report(kind, self.number, order_id, lots, price, **more)

    def position(self, s: int = 0, i: int = 0) -> int:
        return int(self.gate.state["cells"]["position"][0][s * 256 + i])

    def halt(self, scope: str) -> str:
        return next((latch["cause"] for latch in self.gate.latches() if latch["scope"] == scope), "")


def loose(**more: Any) -> dict[str, Any]:
    """Changes that leave room for everything but what a test is about."""
    big: dict[str, Any] = {}
    for name in ("one", "two", "firm", "a", "b", "c"):
        big |= {
            f"{name}__{key}": "1000000" for key in ("cumulative_notional", "gross", "net", "daily_loss", "drawdown")
        }
        big |= {
            f"{name}__cumulative_lots": 10**9,
            f"{name}__open_orders": 1000,
            f"{name}__burst": 30,
            f"{name}__repeats": 10**6,
        }
        big |= {f"{name}__position_lots": 10**9, f"{name}__identical_orders": 16}
    for name in ("firm", "one", "two"):
        for key in ("repeats", "position_lots", "identical_orders"):
            del big[f"{name}__{key}"]
    for name in ("AA", "BB", "CC"):
        big |= {f"{name}__{key}": 10**9 for key in ("long_lots", "short_lots", "cumulative_lots", "order_lots")}
        big |= {f"{name}__{key}": "1000000" for key in ("cumulative_notional", "order_notional")}
        big |= {f"{name}__open_orders": 1000}
    return big | more


def flood(desk: Desk, count: int, **order: Any) -> Decision:
    answer = desk.buy(**order)
    for k in range(count - 1):
        answer = desk.buy(**order | {"price": 97 + k % 3})
    return answer


def killed(scope: Scope, name: str) -> Callable[[Desk], Decision]:
    def play(desk: Desk) -> Decision:
        desk.gate.kill(scope, name)
        return desk.buy()

    return play


def lost(**order: Any) -> Callable[[Desk], Decision]:
    def play(desk: Desk) -> Decision:
        desk.buy(lots=60, price=100, **order)
        desk.fill(desk.id, 60, 100)
        desk.gate.quote("AA", 79, 81)
        return desk.buy(price=78)

    return play


def quoted(bid: float, ask: float) -> Callable[[Desk], Decision]:
    def play(desk: Desk) -> Decision:
        desk.gate.quote("AA", bid, ask)
        return desk.buy()

    return play


def later(nanoseconds: int) -> Callable[[Desk], Decision]:
    def play(desk: Desk) -> Decision:
        desk.clock.advance(nanoseconds)
        return desk.buy()

    return play


def gone_back(desk: Desk) -> Decision:
    desk.gate._clock = SimulatedClock(START - 5_000_000)
    return desk.buy()


def drifted(desk: Desk) -> Decision:
    for middle in (104, 108, 110):
        desk.gate.quote("AA", middle - 1, middle + 1)
    return desk.buy(price=110)


def missing(desk: Desk) -> Decision:
    desk.buy()
    for number in (1, 7):
        desk.gate.report(InputKind.ACK, number, desk.id)
    return desk.buy()


def twice(desk: Desk) -> Decision:
    desk.buy()
    desk.id -= 1
    return desk.buy()


def crossing(desk: Desk) -> Decision:
    desk.buy(price=100)
    return desk.sell(price=100, strategy="b")


def full(desk: Desk) -> Decision:
    desk.gate.state["max_orders"] = 0
    return desk.buy()


def tight(word: str) -> Callable[[Desk], Decision]:
    def play(desk: Desk) -> Decision:
        desk.gate.tighten(0 if word == "size" else 1000, 1000, -1 if word == "size" else 0)
        return desk.buy()

    return play


Play = Callable[[Desk], Decision]
ONE_LOT, FOUR = {"price": 100, "lots": 1}, 4
BROKEN: dict[Reason, tuple[dict[str, Any], Play]] = {
    Reason.MALFORMED: ({}, lambda d: d.buy(lots=float("nan"))),  # type: ignore[arg-type]
    Reason.UNKNOWN_STRATEGY: ({}, lambda d: d.buy(strategy="nobody")),
    Reason.UNKNOWN_INSTRUMENT: ({}, lambda d: d.buy(symbol="ZZ")),
    Reason.CLOCK_WENT_BACK: ({}, gone_back),
    Reason.DUPLICATE_ID: ({}, twice),
    Reason.UNKNOWN_ORDER: ({}, lambda d: d.gate.replace(77, "a", 3, 100)),
    Reason.KILLED_STRATEGY: ({}, killed(Scope.STRATEGY, "a")),
    Reason.KILLED_DESK: ({}, killed(Scope.DESK, "one")),
    Reason.KILLED_FIRM: ({}, killed(Scope.ALL, "")),
    Reason.KILLED_INSTRUMENT: ({}, killed(Scope.INSTRUMENT, "AA")),
    Reason.KILLED_VENUE: ({}, killed(Scope.VENUE, "X")),
    Reason.HALTED_STRATEGY: (loose(a__daily_loss="5", AA__collar_bps=5000, AA__period_collar_bps=5000), lost()),
    Reason.HALTED_DESK: (loose(one__drawdown="5"), lost()),
    Reason.HALTED_FIRM: (loose(firm__daily_loss="5"), lost()),
    Reason.HALTED_VENUE: ({}, missing),
    Reason.RESTRICTED: ({}, lambda d: d.buy(symbol="CC")),
    Reason.NOT_PERMITTED: ({}, lambda d: d.sell(strategy="c")),
    Reason.TYPE_NOT_PERMITTED: ({}, lambda d: d.buy(strategy="c", kind=OrderType.IOC)),
    Reason.POSTURE: ({}, tight("size")),
    Reason.INVALID_LOTS: ({}, lambda d: d.buy(lots=0)),
    Reason.OFF_LOT: ({}, lambda d: d.buy(lots=4, symbol="BB")),
    Reason.INVALID_PRICE: ({}, lambda d: d.buy(price=-1)),
    Reason.OFF_TICK: ({}, lambda d: d.buy(price=99, symbol="BB")),
    Reason.NO_MARKET_DATA: ({}, quoted(float("nan"), 101)),
    Reason.STALE_MARKET_DATA: ({}, later(3 * 10**9)),
    Reason.CROSSED_MARKET_DATA: ({}, quoted(102, 101)),
    Reason.PRICE_COLLAR: ({}, lambda d: d.buy(price=106)),
    Reason.PERIOD_COLLAR: ({}, drifted),
    Reason.ORDER_LOTS: ({}, lambda d: d.buy(lots=51)),
    Reason.ORDER_NOTIONAL: ({"AA__order_notional": "40"}, lambda d: d.buy(lots=41)),
    Reason.DUPLICATE_ORDER: ({}, lambda d: [d.buy() for _ in range(3)][-1]),
    Reason.SELF_MATCH: ({}, crossing),
    Reason.REPEATED_EXECUTION: ({"a__repeats": 2}, lambda d: flood(d, 3)),
    Reason.OPEN_ORDERS_INSTRUMENT: (loose(AA__open_orders=3), lambda d: flood(d, 4)),
    Reason.OPEN_ORDERS_STRATEGY: (loose(a__open_orders=3), lambda d: flood(d, 4)),
    Reason.OPEN_ORDERS_DESK: (loose(one__open_orders=3), lambda d: flood(d, 4)),
    Reason.OPEN_ORDERS_FIRM: (loose(firm__open_orders=3), lambda d: flood(d, 4)),
    Reason.POSITION_LONG: (loose(AA__long_lots=10), lambda d: flood(d, 4)),
    Reason.POSITION_SHORT: (loose(AA__short_lots=10), lambda d: flood(d, 4, side=-1)),
    Reason.POSITION_STRATEGY: (loose(a__position_lots=10), lambda d: flood(d, 4)),
    Reason.CUMULATIVE_LOTS_INSTRUMENT: (loose(AA__cumulative_lots=10), lambda d: flood(d, 4)),
    Reason.CUMULATIVE_LOTS_STRATEGY: (loose(a__cumulative_lots=10), lambda d: flood(d, 4)),
    Reason.CUMULATIVE_LOTS_DESK: (loose(one__cumulative_lots=10), lambda d: flood(d, 4)),
    Reason.CUMULATIVE_LOTS_FIRM: (loose(firm__cumulative_lots=10), lambda d: flood(d, 4)),
    Reason.CUMULATIVE_NOTIONAL_INSTRUMENT: (loose(AA__cumulative_notional="10"), lambda d: flood(d, 4)),
    Reason.CUMULATIVE_NOTIONAL_STRATEGY: (loose(a__cumulative_notional="10"), lambda d: flood(d, 4)),
    Reason.CUMULATIVE_NOTIONAL_DESK: (loose(one__cumulative_notional="10"), lambda d: flood(d, 4)),
    Reason.CUMULATIVE_NOTIONAL_FIRM: (loose(firm__cumulative_notional="10"), lambda d: flood(d, 4)),
    Reason.GROSS_STRATEGY: (loose(a__gross="10"), lambda d: flood(d, 4)),
    Reason.GROSS_DESK: (loose(one__gross="10"), lambda d: flood(d, 4)),
    Reason.GROSS_FIRM: (loose(firm__gross="10"), lambda d: flood(d, 4)),
    Reason.NET_STRATEGY: (loose(a__net="10"), lambda d: flood(d, 4)),
    Reason.NET_DESK: (loose(one__net="10"), lambda d: flood(d, 4)),
    Reason.NET_FIRM: (loose(firm__net="10"), lambda d: flood(d, 4)),
    Reason.RATE_WINDOW_STRATEGY: (loose(a__window_messages=3), lambda d: flood(d, 4)),
    Reason.RATE_WINDOW_DESK: (loose(one__window_messages=3), lambda d: flood(d, 4)),
    Reason.RATE_WINDOW_FIRM: (loose(firm__window_messages=3), lambda d: flood(d, 4)),
    Reason.RATE_BUCKET_STRATEGY: (loose(a__burst=3), lambda d: flood(d, 4)),
    Reason.RATE_BUCKET_DESK: (loose(one__burst=3), lambda d: flood(d, 4)),
    Reason.RATE_BUCKET_FIRM: (loose(firm__burst=3), lambda d: flood(d, 4)),
    Reason.TABLE_FULL: ({}, full),
}


NO_AMOUNT = {
    Reason.MALFORMED,
    Reason.UNKNOWN_STRATEGY,
    Reason.UNKNOWN_INSTRUMENT,
    Reason.NOT_PERMITTED,
    Reason.TYPE_NOT_PERMITTED,
    Reason.POSTURE,
    Reason.OFF_LOT,
    Reason.OFF_TICK,
    Reason.SELF_MATCH,
}


def test_every_reason_has_a_case() -> None:
    assert set(BROKEN) == set(Reason) - {Reason.ACCEPTED}


@pytest.mark.parametrize("reason", BROKEN, ids=lambda r: r.name)
def test_each_control_refuses_with_its_reason(reason: Reason) -> None:
    changes, play = BROKEN[reason]
    desk = Desk(**changes)
    answer = play(desk)
    assert answer.reason is reason
    assert abs(answer.headroom) == abs(answer.limit - answer.value)
    latched = reason.name.startswith(("KILLED", "HALTED"))
    assert latched or answer.headroom < 0 or reason in NO_AMOUNT


def test_the_first_broken_check_is_named() -> None:
    """One order that breaks everything: mending what is named leads through the checks in their order."""
    desk, seen = Desk(), []
    desk.gate.kill(Scope.VENUE, "X")
    seen.append(desk.buy(lots=400, price=2000, symbol="CC").reason)
    desk = Desk()
    seen += [desk.buy(lots=400, price=2000, symbol="CC").reason, desk.buy(lots=400, price=2000).reason]
    seen += [desk.buy(lots=400, price=150).reason, desk.buy(lots=400).reason]
    assert seen == sorted(seen)
    assert len(set(seen)) == 5


def test_a_sent_order_counts_before_any_answer_and_is_released_once() -> None:
    desk = Desk(AA__long_lots=10)
    assert desk.buy(lots=10).accepted
    assert desk.buy(lots=1).reason is Reason.POSITION_LONG
    desk.gate.report(InputKind.CANCELLED, 1, 1)
    assert desk.buy(lots=10, price=99).accepted
    desk.gate.report(InputKind.CANCELLED, 1, 3, strategy="a", symbol="AA")
    assert desk.buy(lots=1).reason is Reason.POSITION_LONG, "the same report again releases nothing"
    desk.gate.report(InputKind.REJECTED, 2, 3)
    assert desk.buy(lots=10, price=98).accepted


def test_slicing_does_not_evade_cumulative_limits() -> None:
    desk, sent = Desk(**loose(AA__cumulative_lots=100, a__identical_orders=16)), 0
    for k in range(300):
        desk.clock.advance(100_000_000)
        desk.gate.quote("AA", 99, 101)
        if desk.buy(lots=1, price=95 + k % 6).accepted:
            sent += 1
            desk.fill(desk.id, 1, 100)
    assert sent == 100


def test_a_replace_counts_at_its_worst_until_answered() -> None:
    desk = Desk(AA__long_lots=20)
    desk.buy(lots=10, price=98)
    assert desk.gate.replace(1, "a", 15, 99).accepted
    assert desk.buy(lots=6).reason is Reason.POSITION_LONG
    assert desk.gate.replace(1, "a", 2, 97).accepted, "smaller, but the larger one may still come true"
    assert desk.buy(lots=6).reason is Reason.POSITION_LONG
    desk.report(InputKind.REPLACED, 1, 15, 99)
    desk.report(InputKind.REPLACED, 1, 2, 97)
    assert desk.buy(lots=18).accepted


def test_answers_to_replaces_may_come_out_of_order() -> None:
    desk = Desk(AA__long_lots=20)
    desk.buy(lots=10, price=98)
    desk.gate.replace(1, "a", 12, 99)
    desk.gate.replace(1, "a", 15, 100)
    desk.gate.report(InputKind.REPLACED, 2, 1, 15, 100)
    desk.gate.report(InputKind.REPLACED, 1, 1, 12, 99)
    assert desk.buy(lots=6, price=97).reason is Reason.POSITION_LONG, "the later report counts: 15 are open"
    assert desk.sell(price=100).reason is Reason.SELF_MATCH


def test_a_replace_that_would_cross_or_grow_too_far_is_refused() -> None:
    desk = Desk()
    desk.sell(price=102)
    desk.buy(price=98)
    assert desk.gate.replace(2, "a", 3, 102).reason is Reason.SELF_MATCH
    assert desk.gate.replace(2, "a", 51, 98).reason is Reason.ORDER_LOTS
    assert desk.gate.replace(2, "b", 3, 98).reason is Reason.UNKNOWN_ORDER, "another strategy's order"


def test_cancels_always_pass_and_count() -> None:
    desk = Desk(a__window_messages=2)
    desk.buy()
    desk.gate.kill(Scope.ALL)
    assert all(desk.gate.cancel(1, "a").accepted for _ in range(5))
    assert int(desk.gate.state["scopes"]["sent"][0][0]) == 6


def test_fills_count_once_whatever_comes_twice_or_late() -> None:
    desk = Desk()
    desk.buy(lots=10)
    desk.fill(1, 4, number=2)
    desk.fill(1, 3, number=1)
    for number in (1, 2, 2):
        desk.gate.report(InputKind.FILL, number, 1, 5, 100)
    assert desk.position() == 7
    assert int(desk.gate.state["venues"]["duplicates"][0][0]) == 3


def test_a_fill_that_was_never_reported_shows_in_the_total() -> None:
    desk = Desk()
    desk.buy(lots=10)
    desk.report(InputKind.CANCELLED, 1, total_filled=6)
    assert desk.position() == 6
    assert desk.halt("strategy a") == "REPORTS_MISSING"


@pytest.mark.parametrize("last", [InputKind.CANCELLED, InputKind.FILL])
def test_a_fill_told_of_before_its_report_counts_once(last: InputKind) -> None:
    """Two fills of 4 and 6 lots; what comes last in truth is heard first, also when the order is over by then."""
    desk = Desk(**loose())
    desk.buy(lots=10)
    if last == InputKind.CANCELLED:
        desk.gate.report(last, 3, 1, total_filled=10)
    else:
        desk.gate.report(last, 2, 1, 6, 100, total_filled=10)
    assert desk.position() == 10
    assert int(desk.gate.state["live"][0]) == 0
    desk.gate.report(InputKind.FILL, 1, 1, 4, 100, total_filled=4, strategy="a", symbol="AA", side=1)
    if last == InputKind.CANCELLED:
        desk.gate.report(InputKind.FILL, 2, 1, 6, 100, total_filled=10, strategy="a", symbol="AA", side=1)
    assert desk.position() == 10
    assert int(desk.gate.state["owed_lots"][0]) == 0
    desk.gate.report(InputKind.FILL, 4, 1, 1, 100, strategy="a", symbol="AA", side=1)
    assert desk.position() == 11, "one lot more than anybody was told of is booked"


def test_a_replace_that_may_add_to_what_the_venue_has_is_checked_again() -> None:
    """A smaller size is asked for and not answered yet: asking for the old one again may add to it."""
    desk = Desk(**loose(a__net="31"))
    desk.sell(lots=30)
    assert desk.gate.replace(1, "a", 27, 100).accepted
    desk.gate.quote("AA", 104, 106)
    answer = desk.gate.replace(1, "a", 30, 100)
    assert (answer.reason, answer.limit) == (Reason.NET_STRATEGY, 31_000_000)
    assert desk.gate.replace(1, "a", 27, 100).accepted, "what cannot add is not refused"


def test_a_desk_of_a_long_and_an_equal_short_loses_nothing() -> None:
    """No loss is looked at while only one of two strategies has its new value."""
    desk = Desk(**loose(one__daily_loss="1", one__drawdown="1", firm__daily_loss="1", firm__drawdown="1"))
    desk.gate.report(InputKind.FILL, 1, 90, 50, 100, strategy="a", symbol="AA", side=-1)
    desk.gate.report(InputKind.FILL, 2, 91, 50, 100, strategy="b", symbol="AA", side=1)
    desk.gate.quote("AA", 149, 151)
    assert desk.halt("desk one") == desk.halt("firm") == ""


def test_a_fill_that_nobody_sent_is_booked_and_halts() -> None:
    desk = Desk()
    desk.fill(5, 4, strategy="a", symbol="AA", side=-1)
    assert desk.position() == -4
    assert desk.halt("strategy a") == "UNEXPLAINED_REPORT"
    with pytest.raises(NotFoundError, match="order 99 is not open"):
        desk.fill(99, 1)


def test_too_many_rejects_halt() -> None:
    desk = Desk()
    for _ in range(3):
        desk.buy()
        desk.report(InputKind.REJECTED, desk.id)
        desk.clock.advance(600_000_000)
    assert desk.halt("strategy a") == "REJECT_RATE"
    assert desk.buy().cause is Cause.REJECT_RATE


def test_a_halt_stays_when_the_loss_is_gone() -> None:
    desk = Desk(**loose(a__drawdown="5"))
    lost()(desk)
    desk.gate.quote("AA", 109, 111)
    assert desk.halt("strategy a") == "DRAWDOWN"


def test_what_reduces_passes_where_the_policy_says_so() -> None:
    for passes, reason in ((["HALTED_STRATEGY"], Reason.ACCEPTED), ([], Reason.HALTED_STRATEGY)):
        desk = Desk(**loose(a__daily_loss="5", file__reducing_passes=passes, AA__period_collar_bps=5000))
        lost()(desk)
        assert desk.sell(lots=61, price=80).reason is Reason.HALTED_STRATEGY, "more than the position"
        assert desk.sell(lots=20, price=80).reason is reason
    desk = Desk(**loose(a__daily_loss="5", file__reducing_passes=["HALTED_STRATEGY"], AA__period_collar_bps=5000))
    lost()(desk)
    desk.gate.kill(Scope.STRATEGY, "a")
    assert desk.sell(lots=20, price=80).reason is Reason.KILLED_STRATEGY, "a kill stops everything"


def test_a_new_day_begins_anew_but_open_orders_stay() -> None:
    desk = Desk(**loose(AA__cumulative_lots=10, AA__stale_after_ms=86_400_000))
    desk.buy(lots=6)
    desk.fill(1, 6)
    desk.buy(lots=4, price=99)
    assert desk.buy(lots=1).reason is Reason.CUMULATIVE_LOTS_INSTRUMENT
    desk.clock.advance(86_400 * 10**9)
    desk.gate.quote("AA", 99, 101)
    assert desk.buy(lots=7).reason is Reason.CUMULATIVE_LOTS_INSTRUMENT
    assert desk.buy(lots=6, price=98).accepted


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1 << 70, "many", None, 1.5])
def test_what_is_no_whole_number_is_malformed(value: Any) -> None:
    desk = Desk()
    assert desk.buy(lots=value).reason is Reason.MALFORMED
    assert desk.buy(price=value).reason is Reason.MALFORMED


@pytest.mark.parametrize("lots", [1 << 62, (1 << 63) - 1, -(1 << 63), 1 << 50])
@pytest.mark.parametrize("price", [1 << 62, -(1 << 63), (1 << 63) - 1, 100])
def test_huge_values_are_refused_and_change_nothing(lots: int, price: int) -> None:
    desk = Desk()
    before = desk.gate.state["cells"].tobytes()
    assert not desk.buy(lots=lots, price=price).accepted
    assert desk.gate.state["cells"].tobytes() == before


def test_arithmetic_out_of_range_halts_the_firm() -> None:
    desk = Desk()
    for _ in range(3):
        desk.fill(0, 10**18, 10**15, strategy="a", symbol="AA", side=1)
    assert desk.halt("firm") == "OVERFLOW"
    assert desk.buy(strategy="b").reason is Reason.HALTED_FIRM


def test_posture_shrinks_limits_and_never_widens_them() -> None:
    desk = Desk()
    desk.gate.tighten(500, 1000)
    assert desk.buy(lots=26).limit == 25
    assert desk.buy(lots=25).accepted
    desk.gate.tighten(99_999, 99_999)
    assert desk.buy(lots=51).limit == 50
