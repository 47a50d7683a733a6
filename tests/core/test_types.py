from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.core.dtypes import BAR, EVENT, FILL, MESSAGE
from tradewind.core.errors import InvalidValueError
from tradewind.core.types import Instrument


@given(ticks=st.integers(-(10**12), 10**12), digits=st.integers(0, 9), factor=st.sampled_from([1, 5, 25]))
def test_prices_and_ticks_convert_exactly(ticks: int, digits: int, factor: int) -> None:
    step = Decimal(factor).scaleb(-digits)
    instrument = Instrument(symbol="X", tick_size=step, lot_size=step)
    assert instrument.to_ticks(instrument.to_price(ticks)) == ticks
    assert instrument.to_lots(str(instrument.to_size(ticks))) == ticks


@pytest.mark.parametrize(
    ("field", "value"), [("tick_size", Decimal(0)), ("lot_size", Decimal(-1)), ("tick_size", Decimal("NaN"))]
)
def test_a_wrong_step_is_refused(field: str, value: Decimal) -> None:
    good = {"symbol": "X", "tick_size": Decimal(1), "lot_size": Decimal(1)}
    with pytest.raises(InvalidValueError, match=f"{field} must be a positive number"):
        Instrument(**{**good, field: value})


def test_an_empty_symbol_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="symbol"):
        Instrument(symbol="", tick_size=Decimal(1), lot_size=Decimal(1))


@pytest.mark.parametrize(("dtype", "size"), [(EVENT, 56), (BAR, 48), (MESSAGE, 56), (FILL, 56)])
def test_rows_have_no_padding_and_aligned_fields(dtype: np.dtype, size: int) -> None:
    assert dtype.itemsize == size
    fields = [dtype.fields[name] for name in dtype.names]
    assert sum(kind.itemsize for kind, _ in fields) == size
    assert all(offset % kind.alignment == 0 for kind, offset in fields)
