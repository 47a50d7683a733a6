"""Words every room shares: sides, order types, instruments, batches."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum

import msgspec

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.fees import Fees

__all__ = ["Batch", "Instrument", "SelfTradePrevention", "Side", "TimeInForce"]


class Side(IntEnum):
    """The side of an order or a level; a plain ``+1`` or ``-1`` in arrays."""

    BUY = 1
    SELL = -1


class TimeInForce(IntEnum):
    """How long an order may rest."""

    GTC = 0
    """Rests until cancelled."""
    IOC = 1
    """Immediate or cancel: trades what it can, the rest is cancelled."""
    FOK = 2
    """Fill or kill: trades in full at once or is rejected."""
    POST_ONLY = 3
    """Rests or is rejected: never takes."""


class SelfTradePrevention(IntEnum):
    """What happens when two orders of one owner would trade."""

    OFF = 0
    CANCEL_OLDEST = 1
    CANCEL_NEWEST = 2
    CANCEL_BOTH = 3


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """What is traded, and what a tick and a lot of it are worth.

    Attributes:
        symbol: The venue's name of it.
        tick_size: Smallest price step [currency].
        lot_size: Smallest size step [units: shares, contracts, coins].
        venue: Where it trades; a MIC where there is one.
        currency: ISO 4217 code or the coin in which prices are quoted.
        calendar: Name of an ``exchange_calendars`` calendar; ``24/7`` for a market that never closes.
        fees: Costs and rebates.

    Raises:
        InvalidValueError: For an empty symbol or a tick or lot size that is not positive.

    Examples:
        >>> aig = Instrument(symbol="AIG", tick_size=Decimal("0.01"), lot_size=Decimal(1), calendar="XNYS")
        >>> aig.to_ticks("49.37")
        4937
        >>> aig.to_price(4937)
        Decimal('49.37')
    """

    symbol: str
    tick_size: Decimal
    lot_size: Decimal
    venue: str = ""
    currency: str = "USD"
    calendar: str = "24/7"
    fees: Fees = Fees()

    def __post_init__(self) -> None:
        """Check what the type alone cannot."""
        if not self.symbol:
            raise InvalidValueError("symbol", "a non-empty name", self.symbol)
        for name, value in (("tick_size", self.tick_size), ("lot_size", self.lot_size)):
            if not value.is_finite() or value <= 0:
                raise InvalidValueError(name, "a positive number", value)

    def to_ticks(self, price: Decimal | str | float) -> int:
        """Nearest whole tick to a price, halves to even.

        Args:
            price: Price [currency]; strings and decimals convert exactly.

        Returns:
            Price [ticks].
        """
        exact = Decimal(str(price)) if isinstance(price, float) else Decimal(price)
        return int((exact / self.tick_size).to_integral_value())

    def to_price(self, ticks: int) -> Decimal:
        """Exact price of a number of ticks [currency]."""
        return int(ticks) * self.tick_size

    def to_lots(self, size: Decimal | str | float) -> int:
        """Nearest whole lot to a size, halves to even.

        Args:
            size: Size [units]; strings and decimals convert exactly.

        Returns:
            Size [lots].
        """
        exact = Decimal(str(size)) if isinstance(size, float) else Decimal(size)
        return int((exact / self.lot_size).to_integral_value())

    def to_size(self, lots: int) -> Decimal:
        """Exact size of a number of lots [units]."""
        return int(lots) * self.lot_size


class Batch(msgspec.Struct, frozen=True):
    """Array of one instrument as a feed yields them.

    Attributes:
        instrument: What the rows are about.
        rows: Shape (n,), dtype ``EVENT`` or ``BAR``, in the order of the source.
        interval_ns: Length of a bar [ns]; 0 for events.
    """

    instrument: Instrument
    rows: Array
    interval_ns: int = 0
