"""Fees and rebates, exactly: from a schedule in basis points and currency to whole numbers in kernels and back.

A fill's fee is counted in **fee units**, ten-millionths of a tick times a lot: ``price * size * rate + size * per_lot``
with ``rate`` the schedule's basis points in thousandths, and ``per_lot`` the fee of one lot in ten-millionths of a
tick. Both are whole numbers, so the fee of a fill, and a sum of fees, is exact integer arithmetic; nothing is rounded
fill by fill. Only a fee per unit that is no multiple of ten-millionths of a tick is rounded, once, half to even. An
int64 holds 9.2e11 ticks times lots of fees. Currency appears in :func:`fee_amount` alone, as a decimal.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
import numpy as np

from tradewind.core.dtypes import Array, FillFlag
from tradewind.core.errors import InvalidValueError

__all__ = ["FEE_RATES", "UNITS_PER_TICK_LOT", "Fees", "fee_amount", "fee_rates", "fees_of_fills"]

UNITS_PER_TICK_LOT = 10_000_000
"""Fee units in one tick times one lot."""
BPS_STEPS = 1000
MOST_BPS = 1000

FEE_RATES = np.dtype([("maker_rate", "i8"), ("taker_rate", "i8"), ("maker_per_lot", "i8"), ("taker_per_lot", "i8")])
"""A schedule as kernels read it: thousandths of a basis point, and ten-millionths of a tick for each lot."""


class Fees(msgspec.Struct, frozen=True, kw_only=True):
    """Trading costs; a negative number is a rebate.

    Attributes:
        maker_bps: Of notional, for passive fills [basis points]; a multiple of 0.001 from -1000 to 1000.
        taker_bps: Of notional, for aggressive fills [basis points]; likewise.
        maker_per_unit: Per unit of size (share, contract), for passive fills [currency].
        taker_per_unit: Per unit of size, for aggressive fills [currency].

    Raises:
        InvalidValueError: For a number out of its range, naming it.

    Examples:
        >>> Fees(taker_bps=4.5, maker_bps=-0.5).maker_bps
        -0.5
    """

    maker_bps: float = 0.0
    taker_bps: float = 0.0
    maker_per_unit: float = 0.0
    taker_per_unit: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("maker_bps", "taker_bps"):
            value = getattr(self, name)
            if not -MOST_BPS <= value <= MOST_BPS or _exact(value) * BPS_STEPS % 1 != 0:
                raise InvalidValueError(name, f"a multiple of 0.001 from {-MOST_BPS} to {MOST_BPS}", value)
        for name in ("maker_per_unit", "taker_per_unit"):
            value = getattr(self, name)
            if not np.isfinite(value):
                raise InvalidValueError(name, "a finite number", value)


def _exact(value: float) -> Decimal:
    """The decimal that a person wrote, not the binary fraction nearest to it."""
    return Decimal(str(value))


def fee_rates(fees: Fees, tick_size: Decimal) -> Array:
    """A schedule as kernels read it, for an instrument's tick.

    Args:
        fees: The schedule.
        tick_size: Smallest price step [currency].

    Returns:
        Shape (1,), dtype :data:`FEE_RATES`.

    Raises:
        InvalidValueError: For a fee per unit of more than a million ticks.

    Examples:
        >>> fee_rates(Fees(taker_bps=4.5, maker_per_unit=-0.002), Decimal("0.01"))[0].item()
        (0, 4500, -2000000, 0)
    """
    out = np.zeros(1, FEE_RATES)
    for role in ("maker", "taker"):
        out[f"{role}_rate"] = int(_exact(getattr(fees, f"{role}_bps")) * BPS_STEPS)
        # A lot of L units and a tick times a lot of tick * L cancel to units of a tick: the lot size is not needed.
        per_lot = (_exact(getattr(fees, f"{role}_per_unit")) / tick_size * UNITS_PER_TICK_LOT).to_integral_value()
        if abs(per_lot) > UNITS_PER_TICK_LOT * 10**6:
            raise InvalidValueError(f"{role}_per_unit", "at most a million ticks", getattr(fees, f"{role}_per_unit"))
        out[f"{role}_per_lot"] = int(per_lot)
    return out


def fees_of_fills(fills: Array, rates: Array, owner: int = 0) -> Array:
    """Fees of fills, one number each; the fast way to know them all is :mod:`tradewind.core.booking`, fill by fill.

    Args:
        fills: Shape (n,), dtype ``FILL``; rows flagged SELF_TRADE are no trades and cost nothing.
        rates: Shape (1,), dtype :data:`FEE_RATES`.
        owner: Whose fees; 0 for anyone's but 0's. Who trades with himself pays both.

    Returns:
        Shape (n,), int64 [fee units].

    Examples:
        >>> from tradewind.core.dtypes import FILL
        >>> fills = np.zeros(1, FILL)
        >>> fills["price_ticks"], fills["size_lots"], fills["taker_owner"] = 4937, 100, 1
        >>> fees_of_fills(fills, fee_rates(Fees(taker_bps=1.0), Decimal("0.01"))) / UNITS_PER_TICK_LOT
        array([49.37])
    """
    total = np.zeros(len(fills), np.int64)
    traded = (fills["flags"] & int(FillFlag.SELF_TRADE)) == 0
    for role in ("maker", "taker"):
        who = fills[f"{role}_owner"]
        mine = traded & (who == owner if owner else who != 0)
        fee = fills["size_lots"] * (fills["price_ticks"] * rates[f"{role}_rate"] + rates[f"{role}_per_lot"])
        total += np.where(mine, fee, 0)
    return total


def fee_amount(units: int, tick_size: Decimal, lot_size: Decimal) -> Decimal:
    """Fee units in currency, exactly.

    Args:
        units: Fee units; negative is a rebate.
        tick_size: Smallest price step [currency].
        lot_size: Smallest size step [units of size].

    Returns:
        Amount [currency].

    Examples:
        >>> fee_amount(493_700_000, Decimal("0.01"), Decimal(1))
        Decimal('0.4937')
    """
    return Decimal(int(units)) / UNITS_PER_TICK_LOT * tick_size * lot_size
