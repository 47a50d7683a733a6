"""The limits file: signed, versioned TOML, the only way to configure the gate. Every limit must be there: no defaults.

Money is in the file's currency, prices and sizes of instruments in ticks and lots, times in milliseconds or seconds.
Unknown keys are refused; what contradicts itself is found by :mod:`tradewind.risk.limits.contradictions`.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
from pydantic import Field

from tradewind.core.config import Config, parse_config
from tradewind.core.errors import ConfigError, NotFoundError
from tradewind.risk.limits.layout import DESKS, INSTRUMENTS, ORDERS, REJECTS, RING, STRATEGIES, VENUES, WINDOW
from tradewind.risk.limits.signing import PublicKey, Signature, read_signature, verified_signer

__all__ = [
    "Desk",
    "Instrument",
    "Level",
    "LimitsFile",
    "Person",
    "SignedLimits",
    "Strategy",
    "Venue",
    "draft",
    "load_signed",
    "parse_limits",
    "read_signed",
]

LARGEST = 10**18
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\n\r\t]+$")]
Count: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=LARGEST)]
CountOrNone: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=LARGEST)]
Millis: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=86_400_000)]
Seconds: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=86_400)]
Money: TypeAlias = Annotated[Decimal, Field(gt=0, le=10**12, decimal_places=6, allow_inf_nan=False)]
Size: TypeAlias = Annotated[Decimal, Field(gt=0, le=10**9, allow_inf_nan=False)]
Basis: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=10_000)]
TypeName: TypeAlias = Literal["limit", "market", "ioc", "post_only"]


class Person(Config):
    """Someone who may open latches or set positions.

    Attributes:
        name: The person.
        public_key: 32 bytes, base64 (``tradewind risk limits keygen``).
        may: ``rearm`` a kill or halt, ``adjust`` a position.
    """

    name: Name
    public_key: str
    may: tuple[Literal["rearm", "adjust"], ...]


class Level(Config):
    """Limits that the firm, every desk and every strategy have.

    Attributes:
        cumulative_lots: Traded in a day and open [lots].
        cumulative_notional: Value traded in a day and open [currency].
        gross: Gross exposure, open orders at their worst [currency].
        net: Net exposure, open orders at their worst, long or short [currency].
        daily_loss: Loss since the day began, unrealised included, that halts [currency].
        drawdown: Fall from the peak of profit and loss that halts [currency].
        open_orders: Open orders.
        messages_per_s: Token bucket: messages a second in the long run.
        burst: Token bucket: messages at once.
        window_ms: Sliding window [ms].
        window_messages: Messages within the window, at most 512.
    """

    cumulative_lots: Count
    cumulative_notional: Money
    gross: Money
    net: Money
    daily_loss: Money
    drawdown: Money
    open_orders: Annotated[int, Field(strict=True, ge=1, le=ORDERS - 1)]
    messages_per_s: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    burst: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    window_ms: Millis
    window_messages: Annotated[int, Field(strict=True, ge=1, le=RING)]


class Desk(Level):
    """A desk: strategies under one head.

    Attributes:
        name: The desk.
    """

    name: Name


class Strategy(Level):
    """A strategy: whoever sends orders under one name.

    Attributes:
        name: The strategy.
        desk: Its desk.
        instruments: Symbols it may trade; ``["*"]`` for all.
        directions: ``buy``, ``sell``.
        order_types: ``limit``, ``market``, ``ioc``, ``post_only``.
        position_lots: Position in one instrument, long or short, open orders at their worst [lots].
        repeats: Orders of one instrument and side, executed or still able to, in a period; one more halts.
        repeat_period_s: That period [s].
        identical_orders: Orders alike in everything within the window.
        identical_window_ms: That window [ms].
        rejects: Rejects by the venue within the window; one more halts.
        reject_window_s: That window [s].
    """

    name: Name
    desk: Name
    instruments: tuple[Name, ...]
    directions: tuple[Literal["buy", "sell"], ...]
    order_types: tuple[TypeName, ...]
    position_lots: Count
    repeats: Count
    repeat_period_s: Seconds
    identical_orders: Annotated[int, Field(strict=True, ge=1, le=16)]
    identical_window_ms: Millis
    rejects: Annotated[int, Field(strict=True, ge=1, le=REJECTS - 1)]
    reject_window_s: Seconds


class Venue(Config):
    """A venue.

    Attributes:
        name: The venue.
        report_window: Execution report numbers that may come out of order before one counts as missing.
    """

    name: Name
    report_window: Annotated[int, Field(strict=True, ge=1, le=WINDOW)]


class Instrument(Config):
    """An instrument.

    Attributes:
        symbol: Its name.
        venue: Where it trades.
        restricted: Whether it is on the restricted list.
        tick_size: What prices are counted in [currency].
        lot_size: What sizes are counted in [units].
        multiplier: Currency that one unit moves when its price moves by one; 1 for shares.
        tick_step: Prices are multiples of this [ticks].
        lot_step: Sizes are multiples of this [lots].
        min_price_ticks: Lowest sane price [ticks].
        max_price_ticks: Highest sane price [ticks].
        collar_bps: Furthest aggressive price from the middle of the market [bps].
        period_collar_bps: Furthest aggressive price from the middle when the period began [bps].
        collar_period_s: That period [s].
        stale_after_ms: Age at which a quote is stale [ms].
        order_lots: One order [lots].
        order_notional: One order [currency].
        long_lots: Long position of the firm, open buys counted [lots].
        short_lots: Short position of the firm, open sells counted [lots].
        cumulative_lots: Traded in a day and open [lots].
        cumulative_notional: Value traded in a day and open [currency].
        open_orders: Open orders.
    """

    symbol: Name
    venue: Name
    restricted: bool
    tick_size: Size
    lot_size: Size
    multiplier: Size
    tick_step: Count
    lot_step: Count
    min_price_ticks: Count
    max_price_ticks: Annotated[int, Field(strict=True, ge=1, le=1 << 50)]
    collar_bps: Basis
    period_collar_bps: Basis
    collar_period_s: Seconds
    stale_after_ms: Millis
    order_lots: Annotated[int, Field(strict=True, ge=1, le=1 << 50)]
    order_notional: Money
    long_lots: CountOrNone
    short_lots: CountOrNone
    cumulative_lots: Count
    cumulative_notional: Money
    open_orders: Annotated[int, Field(strict=True, ge=1, le=ORDERS - 1)]

    def tick_value(self) -> Decimal:
        """What one lot gains when its price rises by one tick [micro-currency]."""
        return self.tick_size * self.lot_size * self.multiplier * 1_000_000


class LimitsFile(Config):
    """A limits file.

    Attributes:
        gate: Name of the gate it is for.
        version: Grows by at least one from file to file.
        currency: Currency of all money in it.
        clock_tolerance_ms: How far a request's clock may be behind the gate's [ms].
        day_starts_utc: ``HH:MM``: when the sums of the day begin anew.
        reducing_passes: Names of reasons that do not stop an order that only reduces its strategy's position.
        people: Who may open latches.
        firm: Limits of the firm.
        desks: At most 8.
        strategies: At most 16.
        venues: At most 8.
        instruments: At most 256.
    """

    gate: Name
    version: Count
    currency: Name
    clock_tolerance_ms: Annotated[int, Field(strict=True, ge=0, le=60_000)]
    day_starts_utc: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    reducing_passes: tuple[str, ...]
    people: tuple[Person, ...]
    firm: Level
    desks: Annotated[tuple[Desk, ...], Field(min_length=1, max_length=DESKS)]
    strategies: Annotated[tuple[Strategy, ...], Field(min_length=1, max_length=STRATEGIES)]
    venues: Annotated[tuple[Venue, ...], Field(min_length=1, max_length=VENUES)]
    instruments: Annotated[tuple[Instrument, ...], Field(min_length=1, max_length=INSTRUMENTS)]


class SignedLimits(msgspec.Struct, frozen=True):
    """A limits file with its signature checked.

    Attributes:
        limits: What it says.
        content: Its bytes, as signed.
        signature: Its signature.
        signer: The trusted person who signed it.
    """

    limits: LimitsFile
    content: bytes
    signature: Signature
    signer: str


def parse_limits(content: bytes, source: str = "limits file") -> LimitsFile:
    """Read a limits file's bytes, without looking at signature or contradictions.

    Raises:
        ConfigError: With one line for every problem.
    """
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(source, [f"not TOML: {error}"]) from None
    return parse_config(LimitsFile, values, source)


def read_signed(content: bytes, signature: Signature, trusted: list[PublicKey], source: str) -> SignedLimits:
    """Check a limits file's signature, keys, values and sense.

    Raises:
        IntegrityError: When no trusted person signed these bytes.
        ConfigError: For unknown keys, values out of range and contradictions, all of them.
    """
    from tradewind.risk.limits.contradictions import contradictions

    signer = verified_signer(content, signature, trusted, source)
    limits = parse_limits(content, source)
    if problems := contradictions(limits):
        raise ConfigError(source, problems)
    return SignedLimits(limits, content, signature, signer)


def draft(content: bytes, source: str = "draft") -> SignedLimits:
    """A limits file that nobody has signed yet, to try things with; says so wherever a signer is named.

    Raises:
        ConfigError: As :func:`read_signed`.
    """
    from tradewind.risk.limits.contradictions import contradictions

    limits = parse_limits(content, source)
    if problems := contradictions(limits):
        raise ConfigError(source, problems)
    return SignedLimits(limits, content, Signature("nobody (draft)", ""), "nobody (draft)")


def load_signed(path: Path, trusted: list[PublicKey]) -> SignedLimits:
    """Read ``PATH`` and ``PATH.sig``.

    Args:
        path: The limits file.
        trusted: Whose signature counts.

    Raises:
        NotFoundError: When there is no such file.
        IntegrityError: When it is not signed, or wrongly.
        ConfigError: As :func:`read_signed`.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"{path}: no such limits file") from None
    return read_signed(content, read_signature(path.with_name(path.name + ".sig")), trusted, str(path))
