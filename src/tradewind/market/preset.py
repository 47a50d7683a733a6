"""A preset: everything that makes one simulated market, as a typed TOML file.

A preset is data, not code: counted event rates by state of the book, excitation, sizes, depth, metaorders, and where
they were calibrated. The reactive simulator (``market.flow``) compiles it to one record of tables.

Sides are mirrored: every table is written for the bid and read for the ask with "own" and "opposite" exchanged.
"""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from tradewind.core.config import Config, load_config, parse_config
from tradewind.core.dtypes import Array
from tradewind.core.errors import NotFoundError
from tradewind.core.fees import Fees
from tradewind.core.types import Instrument

__all__ = [
    "CELLS",
    "GROUPS",
    "QUEUE_BUCKETS",
    "SPREAD_BUCKETS",
    "TIME_SCALES",
    "VERSION",
    "Clock",
    "Depth",
    "InstrumentSpec",
    "Memory",
    "Metaorders",
    "Preset",
    "Provenance",
    "Sizes",
    "Touch",
    "Value",
    "load_preset",
    "parse_preset",
    "preset_names",
    "preset_text",
    "rounded",
]

VERSION = 3
"""Version of the preset schema that this code reads and writes."""
GROUPS = ("market", "hidden", "improve", "join", "cancel", "deep_limit", "deep_cancel")
"""Kinds of event, each on two sides; for market and hidden the side is the aggressor's."""
SPREAD_BUCKETS = 8
"""Buckets of the spread in a table of rates."""
QUEUE_BUCKETS = 6
"""Buckets of a best queue's size in a table of rates."""
CELLS = SPREAD_BUCKETS * QUEUE_BUCKETS * QUEUE_BUCKETS * 2
"""States of the touch: spread, own queue, opposite queue, whether the last move of the mid was towards the opposite."""
TIME_SCALES = 7
"""Exponential kernels of the excitation; each decays 8 times slower than the one before."""

Rate = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Size = Annotated[int, Field(ge=1, lt=2**31)]
Lots = Annotated[int, Field(ge=0, lt=2**31)]
Share = Annotated[float, Field(ge=0, le=1)]


def _length(expected: int) -> AfterValidator:
    def check(values: Any) -> Any:
        if len(values) != expected:
            raise ValueError(f"should have {expected} values")
        return values

    return AfterValidator(check)


def _rising(values: list[int]) -> list[int]:
    if any(b < a for a, b in pairwise(values)):
        raise ValueError("should not fall")
    return values


Edges = Annotated[list[Size], AfterValidator(_rising)]


class InstrumentSpec(Config):
    """What is traded; see :class:`~tradewind.core.types.Instrument`."""

    symbol: str
    tick_size: Decimal = Field(gt=0)
    lot_size: Decimal = Field(gt=0)
    venue: str = ""
    currency: str = "USD"
    calendar: str = "24/7"
    maker_bps: float = 0.0
    taker_bps: float = 0.0
    maker_per_unit: float = 0.0
    taker_per_unit: float = 0.0


class Provenance(Config):
    """Where a preset's numbers come from, how well they fit, and what could not be fitted.

    Attributes:
        source: The command that makes it again from a catalog of the same data.
        days: Stretches of continuous trading it was counted on.
        rows: Rows of the feed within them.
        events: Events that these rows tell.
        seconds: Their length [s].
        borrowed_from: Preset whose depth is borrowed, for a feed without depth.
        not_fitted: What the data do not show, and what was left out, counted.
        fit: How well it fits, by name.
    """

    source: str
    days: list[str] = Field(default_factory=list)
    rows: int = 0
    events: int = 0
    seconds: float = 0.0
    borrowed_from: str = ""
    not_fitted: list[str] = Field(default_factory=list)
    fit: dict[str, float] = Field(default_factory=dict)


class Clock(Config):
    """When events happen: a profile over the session times a self-exciting activity.

    Attributes:
        resolution_ns: Events are stamped with whole multiples of it, as the source was.
        session_s: Length of a session [s].
        profile: Rate in equal parts of the session, over its mean.
        fastest_s: Time scale of the fastest kernel [s]; kernel ``j`` decays over ``fastest_s * 8**j``.
        branching: Expected events that one event brings about through each kernel. Their sum, the branching
            ratio, must be below 1, or the market would explode.
        deep_excites: Whether events behind the touch excite too (else only those at it).
        mood_std: Standard deviation of the logarithm of a slow random factor on the rate, for what comes and goes
            over minutes without being caused by single events.
        mood_s: Time over which that factor forgets [s].
    """

    resolution_ns: int = Field(ge=1)
    session_s: float = Field(gt=0)
    profile: list[Rate] = Field(min_length=1, max_length=64)
    fastest_s: float = Field(gt=0)
    branching: Annotated[list[Rate], _length(TIME_SCALES)]
    deep_excites: bool = False
    mood_std: float = Field(default=0.0, ge=0, le=2)
    mood_s: float = Field(default=60.0, gt=1)

    @model_validator(mode="after")
    def _stable(self) -> Clock:
        if sum(self.branching) >= 1:
            raise ValueError(f"branching should sum to less than 1 (else activity explodes), sum {sum(self.branching)}")
        if not sum(self.profile) > 0:
            raise ValueError("profile should have a part above 0")
        return self


class Touch(Config):
    """Rates of events by state of the touch [1/s, at activity 1].

    ``rates[group][cell]`` with ``cell = ((spread * Q + own) * Q + opposite) * 2 + towards`` where ``spread``,
    ``own`` and ``opposite`` are buckets (a value's bucket is the number of edges at or below it) and ``towards``
    is 1 when the last move of the mid went from the own to the opposite side (up, for the bid).
    """

    spread_edges: Annotated[Edges, _length(SPREAD_BUCKETS - 1)]
    queue_edges: Annotated[Edges, _length(QUEUE_BUCKETS - 1)]
    rates: Annotated[dict[str, Annotated[list[Rate], _length(CELLS)]], _length(len(GROUPS) - 1)]

    @model_validator(mode="after")
    def _named(self) -> Touch:
        if set(self.rates) != set(GROUPS[:-1]):
            raise ValueError(f"rates should have the groups {', '.join(GROUPS[:-1])}")
        return self


class Memory(Config):
    """How the mix of events answers what has just happened, as factors on the rates.

    Attributes:
        echo_s: Edges of the time since the last event [s].
        echo: Factor by time bucket, last event's group, own or opposite side, group: shape (3, 7, 2, 7).
        flow_std: Standard deviation of the signed trade flow on each of three time scales.
        flow: Factor by time scale, bucket of own-side flow over its deviation (edges -2.5 … 2.5), group:
            shape (3, 7, 7).
        flow_cap: Largest weight of one trade in the flow, in mean trade sizes.
        trade_lots: Mean size of a trade [lots].
    """

    echo_s: Annotated[list[Rate], _length(2)]
    echo: list[list[list[list[Rate]]]]
    flow_std: Annotated[list[Annotated[float, Field(gt=0)]], _length(3)]
    flow: list[list[list[Rate]]]
    flow_cap: float = Field(gt=0)
    trade_lots: float = Field(gt=0)

    @model_validator(mode="after")
    def _shapes(self) -> Memory:
        for name, values, shape in (("echo", self.echo, (3, 7, 2, 7)), ("flow", self.flow, (3, 7, 7))):
            if _shape(values) != shape:
                raise ValueError(f"{name} should have shape {shape}")
        return self


class Sizes(Config):
    """Sizes [lots] as quantile tables: a uniform number picks an entry.

    Attributes:
        improve: Of orders inside the spread.
        join: Of orders at the best price.
        deep: Of orders behind it.
        hidden: Of trades against hidden size.
        hidden_share: Share of the trades that are against hidden size: how often an order of the agent meets some.
        market: Of market orders that do not aim at the whole best queue, by its bucket; at most the queue trades.
        exact: Probability that a market order aims at exactly the best queue, by its bucket.
        beyond: Probability that it aims at more than the best queue, by its bucket.
        past: How much more.
        extra: What a market order trades against hidden size on top, mostly 0: one that leaves the queue, one that
            empties it.
        cancel: Size that leaves the best queue at once, by its bucket; 0 is one whole order, more than the queue is
            all of it.
        improve_ticks: Ticks inside the spread, by bucket of the spread.
    """

    improve: list[Size] = Field(min_length=1, max_length=256)
    join: list[Size] = Field(min_length=1, max_length=256)
    deep: list[Size] = Field(min_length=1, max_length=256)
    hidden: list[Size] = Field(min_length=1, max_length=256)
    hidden_share: Share = 0.0
    market: Annotated[list[Annotated[list[Size], Field(min_length=1, max_length=64)]], _length(QUEUE_BUCKETS)]
    exact: Annotated[list[Share], _length(QUEUE_BUCKETS)]
    beyond: Annotated[list[Share], _length(QUEUE_BUCKETS)]
    past: list[Size] = Field(min_length=1, max_length=256)
    extra: Annotated[list[Annotated[list[Lots], Field(min_length=1, max_length=256)]], _length(2)]
    cancel: Annotated[list[Annotated[list[Lots], Field(min_length=1, max_length=64)]], _length(QUEUE_BUCKETS)]
    improve_ticks: Annotated[list[Annotated[list[Size], Field(min_length=1, max_length=32)]], _length(SPREAD_BUCKETS)]


class Depth(Config):
    """The book behind the touch.

    Attributes:
        reach_ticks: Background orders further from the best price than this leave; new levels come into view.
        offsets: Quantiles of a deep order's distance from its best price [ticks].
        hazard: Rate at which a deep order is cancelled, by power of two of its distance [1/s, at activity 1].
    """

    reach_ticks: int = Field(ge=4, le=400)
    offsets: list[Size] = Field(min_length=1, max_length=256)
    hazard: Annotated[list[Annotated[float, Field(gt=0)]], _length(9)]


class Metaorders(Config):
    """Hidden metaorders behind the signs of market orders (Lillo, Mike and Farmer, 2005).

    Attributes:
        active: How many are being worked at any time.
        exponent: Tail exponent of their length; signs then correlate as lag ** (1 - exponent).
        shortest: Fewest market orders of a metaorder.
    """

    active: int = Field(ge=1, le=64)
    exponent: float = Field(gt=1, le=10)
    shortest: float = Field(ge=1)


class Value(Config):
    """A hidden value that the flow leans to: news moves it, and the flow moves the price after it.

    With 0 for ``lean`` there is none, and only the flow itself moves the price.

    Attributes:
        lean: How strongly the flow leans: with the value ``d`` ticks above the mid, buyers act ``1 + y`` and sellers
            ``1 - y`` times as often as without, ``y = a / sqrt(1 + a * a)`` with ``a = lean * d`` [1/tick].
        volatility: Of the value [ticks per square root of a second, at the session's mean activity].
        vol_std: Standard deviation of the logarithm of a slow random factor on that volatility.
        vol_s: Time over which that factor forgets [s].
        jump_share: Share of the variance of news that comes all at once.
        jump_s: Mean time between such news, at the session's mean activity [s].
        reveal: What a trade of mean size is taken to reveal: buys raise the value that the flow leans to, sells lower
            it, by the root of their size [ticks].
        forget_s: Time over which that is forgotten [s].
    """

    lean: Rate = 0.0
    volatility: Rate = 0.0
    vol_std: float = Field(default=0.0, ge=0, le=2)
    vol_s: float = Field(default=60.0, gt=1)
    jump_share: float = Field(default=0.0, ge=0, lt=1)
    jump_s: float = Field(default=200.0, gt=2)
    reveal: Rate = 0.0
    forget_s: float = Field(default=900.0, gt=1)


class Preset(Config):
    """A whole market; see the module and the fields' classes."""

    version: int
    name: str
    price_ticks: int = Field(ge=1, lt=2**30)
    instrument: InstrumentSpec
    provenance: Provenance
    clock: Clock
    touch: Touch
    memory: Memory
    sizes: Sizes
    depth: Depth
    metaorders: Metaorders
    value: Value

    @model_validator(mode="before")
    @classmethod
    def _version(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("version") != VERSION:
            raise ValueError(f"version should be {VERSION}, got {values.get('version')!r}; calibrate it again")
        return values

    def trading_instrument(self) -> Instrument:
        """The instrument as every other room knows it."""
        spec = self.instrument.model_dump()
        fees = Fees(**{name: spec.pop(name) for name in Fees.__struct_fields__})
        return Instrument(**spec, fees=fees)


def _shape(values: Any) -> tuple[int, ...]:
    try:
        return np.asarray(values, float).shape
    except ValueError:
        return ()


def preset_names() -> list[str]:
    """Names of the presets that ship with tradewind, sorted.

    Examples:
        >>> "zero_intelligence" in preset_names()
        True
    """
    folder = resources.files("tradewind.market") / "presets"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def load_preset(name_or_path: str | Path) -> Preset:
    """A shipped preset by name, or any preset file.

    Args:
        name_or_path: One of :func:`preset_names`, or a path that ends in ``.toml``.

    Returns:
        The preset, checked.

    Raises:
        NotFoundError: When there is no such preset or file.
        ConfigError: When the file is not TOML or a value is out of range: each problem with its name.

    Examples:
        >>> load_preset("zero_intelligence").metaorders.active
        1
    """
    text = str(name_or_path)
    if not text.endswith(".toml"):
        if text not in preset_names():
            raise NotFoundError(f"{text}: no such preset; there are {', '.join(preset_names())}, or give a .toml file")
        with resources.as_file(resources.files("tradewind.market") / "presets" / f"{text}.toml") as path:
            return load_config(Preset, path)
    return load_config(Preset, Path(text))


def preset_text(preset: Preset) -> str:
    """A preset as TOML: text that :func:`load_preset` reads back to an equal preset."""
    values = preset.model_dump()
    lines = [f"{key} = {_toml(value)}" for key, value in values.items() if not isinstance(value, dict)]
    for key, table in values.items():
        if isinstance(table, dict):
            lines += ["", f"[{key}]"]
            lines += [f"{name} = {_toml(value)}" for name, value in table.items()]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return json.dumps(value if isinstance(value, bool | int | float) else str(value), ensure_ascii=False)


def rounded(values: Array, digits: int = 4) -> Any:
    """Nested lists of an array with few significant digits, so that preset files stay small."""
    flat = [float(f"{v:.{digits}g}") for v in np.asarray(values, float).ravel()]
    return np.array(flat).reshape(np.shape(values)).tolist()


def parse_preset(values: dict[str, Any], source: str = "preset") -> Preset:
    """Check plain values as a preset; see :func:`load_preset`."""
    return parse_config(Preset, values, source)
