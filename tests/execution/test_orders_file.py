from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tradewind.core.errors import DataError, NotFoundError
from tradewind.core.fees import Fees
from tradewind.core.types import Instrument
from tradewind.execution.fills import ORDER_FILL
from tradewind.execution.orders_file import OrderBundle, read_orders, write_orders
from tradewind.execution.tca import ORDER_MARKS


def bundle(strategy: str = "twap", *, twin: bool = True) -> OrderBundle:
    marks = np.zeros(3, ORDER_MARKS)
    marks["side"], marks["quantity_lots"] = [1, -1, 1], [10, 20, 30]
    marks["decision_half_ticks"], marks["twap_ticks"] = 201, 100.25
    fills = np.array([(5, 101, 4, 100, 101, 0), (6, 101, 6, 100, 102, 1), (7, 100, 30, 100, 101, 0)], ORDER_FILL)
    return OrderBundle(
        strategy=strategy,
        instrument=Instrument(symbol="X", tick_size=Decimal("0.010"), lot_size=Decimal(1)),
        fees=Fees(taker_bps=0.3),
        marks=marks,
        fills=fills,
        first=np.array([0, 2, 2, 3]),
        twin_half_ticks=np.array([201, 200, 202]) if twin else None,
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    assert write_orders(path, [bundle(), bundle("vwap", twin=False)]) == 6
    back = read_orders(path)
    assert [b.strategy for b in back] == ["twap", "vwap"]
    for one, other in zip(back, (bundle(), bundle("vwap", twin=False)), strict=True):
        np.testing.assert_array_equal(one.marks, other.marks)
        np.testing.assert_array_equal(one.fills, other.fills)
        np.testing.assert_array_equal(one.first, other.first)
        assert one.instrument == other.instrument
        assert one.fees == other.fees
    np.testing.assert_array_equal(back[0].twin_half_ticks, [201, 200, 202])
    assert back[1].twin_half_ticks is None


def test_only_four_columns_are_needed(tmp_path: Path) -> None:
    path = tmp_path / "own.parquet"
    fill = {"price_ticks": 101, "size_lots": 10, "bid_ticks": 100, "ask_ticks": 101, "passive": 0}
    pl.DataFrame({"side": [1], "quantity_lots": [10], "decision_half_ticks": [201], "fills": [[fill]]}).write_parquet(
        path
    )
    (found,) = read_orders(path)
    assert found.marks["arrival_half_ticks"][0] == 201
    assert found.fills["size_lots"].tolist() == [10]


def test_bad_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_orders(tmp_path / "none.parquet")
    text = tmp_path / "text.parquet"
    text.write_text("hello")
    with pytest.raises(DataError, match="a Parquet file of orders"):
        read_orders(text)
    for columns, message in (
        ({"side": [1]}, "quantity_lots"),
        ({"side": [1], "quantity_lots": [1], "decision_half_ticks": [1], "fills": [1]}, "list of structs"),
        ({"side": [1], "quantity_lots": [1], "decision_half_ticks": [1], "fills": [[{"a": 1}]]}, "price_ticks"),
    ):
        pl.DataFrame(columns).write_parquet(text)
        with pytest.raises(DataError, match=message):
            read_orders(text)
