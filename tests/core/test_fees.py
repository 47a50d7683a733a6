"""Fees: exact, the same from arrays and from kernels, refused when out of range."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.booking import ACCOUNT, book_fill
from tradewind.core.dtypes import FILL, Array, FillFlag
from tradewind.core.errors import InvalidValueError
from tradewind.core.fees import FEE_RATES, Fees, fee_amount, fee_rates, fees_of_fills
from tradewind.core.kernels import entry


@entry
def book_all(accounts: Array, rates: Array, fills: Array) -> None:
    for k in range(len(fills)):
        book_fill(accounts[0], rates[0], fills[k])


FILLS = st.lists(
    st.tuples(
        st.integers(1, 10**7),
        st.integers(1, 10**6),
        st.sampled_from([(0, 1), (1, 0), (1, 1), (0, 0)]),
        st.sampled_from([-1, 1]),
        st.sampled_from([0, int(FillFlag.SELF_TRADE), int(FillFlag.MAKER_DONE)]),
    ),
    max_size=20,
)


@settings(deadline=None)
@given(
    fills=FILLS,
    bps=st.tuples(st.integers(-20_000, 20_000), st.integers(-20_000, 20_000)),
    per_unit=st.tuples(st.integers(-50_000, 50_000), st.integers(-50_000, 50_000)),
    tick=st.sampled_from(["0.01", "0.1", "1", "0.0001"]),
    lot=st.sampled_from(["1", "0.001", "100"]),
)
def test_arrays_kernel_and_decimals_agree_exactly(
    fills: list[tuple[int, int, tuple[int, int], int, int]],
    bps: tuple[int, int],
    per_unit: tuple[int, int],
    tick: str,
    lot: str,
) -> None:
    tick_size, lot_size = Decimal(tick), Decimal(lot)
    fees = Fees(
        maker_bps=bps[0] / 1000,
        taker_bps=bps[1] / 1000,
        maker_per_unit=per_unit[0] / 1e6,
        taker_per_unit=per_unit[1] / 1e6,
    )
    rows, expected, position, cash = np.zeros(len(fills), FILL), Decimal(0), 0, 0
    for row, (price, size, (maker, taker), side, flags) in zip(rows, fills, strict=True):
        row["price_ticks"], row["size_lots"], row["side"], row["flags"] = price, size, side, flags
        row["maker_owner"], row["taker_owner"] = maker, taker
        if flags == int(FillFlag.SELF_TRADE):
            continue
        notional = price * tick_size * size * lot_size
        for who, role, sign in ((maker, "maker", -side), (taker, "taker", side)):
            if who:
                rate = Decimal(str(getattr(fees, f"{role}_bps"))) / 10_000
                expected += notional * rate + size * lot_size * Decimal(str(getattr(fees, f"{role}_per_unit")))
                position += sign * size
                cash -= sign * size * price
    rates, accounts = fee_rates(fees, tick_size), np.zeros(1, ACCOUNT)
    book_all(accounts, rates, rows)
    assert int(accounts["fee_units"][0]) == int(fees_of_fills(rows, rates).sum())
    assert fee_amount(int(accounts["fee_units"][0]), tick_size, lot_size) == expected
    assert (int(accounts["position_lots"][0]), int(accounts["cash_tick_lots"][0])) == (position, cash)


def test_fees_of_one_owner() -> None:
    rows = np.zeros(2, FILL)
    rows["price_ticks"], rows["size_lots"], rows["taker_owner"] = 100, 10, [1, 2]
    rates = fee_rates(Fees(taker_bps=1.0), Decimal(1))
    assert fees_of_fills(rows, rates, owner=2).tolist() == [0, 1_000_000]
    assert rates.dtype == FEE_RATES


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("maker_bps", float("nan"), "0.001"),
        ("taker_bps", 1000.5, "-1000 to 1000"),
        ("taker_bps", 0.0005, "0.001"),
        ("maker_per_unit", float("inf"), "finite"),
        ("taker_per_unit", float("nan"), "finite"),
    ],
)
def test_a_bad_fee_is_refused_by_name(name: str, value: float, allowed: str) -> None:
    with pytest.raises(InvalidValueError, match=f"{name}.*{allowed}"):
        Fees(**{name: value})


def test_a_fee_beyond_whole_numbers_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="maker_per_unit"):
        fee_rates(Fees(maker_per_unit=1e9), Decimal("0.01"))
