"""Keys of a cross-section, made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from tradewind.core.errors import InvalidValueError

__all__ = ["keys_of"]


def keys_of(symbols: Sequence[str], day: str, price: float = 0.0) -> pl.DataFrame:
    """Keys of some symbols on one day.

    Args:
        symbols: Tickers.
        day: As ``2016-03-31``.
        price: Last price of each; 0 where it is not known.

    Raises:
        InvalidValueError: For a day that is none.

    Examples:
        >>> keys_of(["A", "B"], "2016-03-31").shape
        (2, 3)
    """
    try:
        when = date.fromisoformat(day)
    except ValueError:
        raise InvalidValueError("date", "a day as 2016-03-31", day) from None
    columns = {"symbol": list(symbols), "date": [when] * len(symbols), "price": [price] * len(symbols)}
    return pl.DataFrame(columns, schema={"symbol": pl.String, "date": pl.Date, "price": pl.Float64})
