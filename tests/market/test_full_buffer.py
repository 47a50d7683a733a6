"""A market that has no room for another fill of an order tells it with the last two: lots and value stay exact."""

import numpy as np

from tradewind.core.dtypes import FILL
from tradewind.core.kernels import entry
from tradewind.market.flow.layout import OWN_FILLS
from tradewind.market.flow.orders import fold


@entry
def fold_all(fills: np.ndarray, more: np.ndarray) -> int:
    """How many were taken in."""
    done = 0
    for k in range(len(more)):
        done += fold(fills, more[k])
    return done


def value_and_lots(*parts: np.ndarray) -> tuple[int, int]:
    values = sum(int((part["size_lots"] * part["price_ticks"]).sum()) for part in parts)
    return values, sum(int(part["size_lots"].sum()) for part in parts)


def test_lots_and_value_stay_exact() -> None:
    fills, more = np.zeros(OWN_FILLS, FILL), np.zeros(7, FILL)
    for rows in (fills, more):
        rows["taker_id"], rows["taker_owner"] = 9, 1
    fills["size_lots"], fills["price_ticks"] = 5, 1000 + np.arange(OWN_FILLS)
    more["size_lots"], more["price_ticks"] = np.arange(1, 8), 1100 + 3 * np.arange(7)
    expected = value_and_lots(fills, more)
    assert fold_all(fills, more) == len(more)
    assert value_and_lots(fills) == expected
    assert fills["price_ticks"][-1] == fills["price_ticks"][-2] + 1


def test_fills_of_another_order_are_not_mixed_in() -> None:
    fills, more = np.zeros(OWN_FILLS, FILL), np.zeros(1, FILL)
    fills["taker_id"], fills["taker_owner"], more["taker_id"], more["taker_owner"] = 9, 1, 8, 1
    assert fold_all(fills, more) == 0
