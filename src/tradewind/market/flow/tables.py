"""A preset compiled: one record of tables that every market of that preset shares, and how a state finds its row."""

from __future__ import annotations

import numpy as np

from tradewind.book.layout import Int, Record
from tradewind.core.dtypes import Array
from tradewind.core.kernels import inner
from tradewind.market.flow.lanes import LANES
from tradewind.market.flow.layout import NEAR_TICKS
from tradewind.market.flow.ziggurat import ZIGGURAT, ziggurat_tables
from tradewind.market.preset import CELLS, GROUPS, QUEUE_BUCKETS, SPREAD_BUCKETS, TIME_SCALES, Preset

__all__ = [
    "FLOW_SCALES",
    "HAZARD_UNIT",
    "LEAN",
    "LIMIT_LANE",
    "MOOD_STEP_S",
    "QUANTILES",
    "TABLES",
    "TOUCH_LANE",
    "cell_of",
    "compile_preset",
    "kernel_rates",
    "queue_bucket",
    "spread_bucket",
]

QUANTILES = 256
"""Entries of a size table: one random byte picks one."""
FLOW_SCALES = (3, 5, 6)
"""Time scales of the excitation (by index) on which the signed trade flow is kept."""
PROFILE = 64
HAZARD_UNIT = 2.0**-40
"""Hazards of single orders are whole numbers of this [1/s]: sums of them are exact."""
TOUCH_GROUPS = 5
LIMIT_LANE = 5
"""Lane of a row of rates that holds the limit orders behind the best."""
CANCEL_LANE = 6
TOUCH_LANE = 7
"""Lane of a row of rates that holds the sum of the groups at the touch; it weighs nothing, as its echo is 0."""
MOOD_STEP_S = 1.0
"""The slow factor on the rate and the value that the flow leans to change this often [s]."""
LEAN = (1.0, 1.0, 1.0, 0.5, -0.5, 0.0, 0.0, 0.0)
"""How much each group of a side answers a value beyond the mid, market orders 1; what is placed inside the spread as
much, joins half as much, and cancels the other way."""

TABLES = np.dtype(
    [
        ("rates", "f4", (CELLS, LANES)),
        ("echo", "f4", (3 * len(GROUPS) * 2, LANES)),
        ("flow", "f4", (3, 7, LANES)),
        ("decay", "f8", (LANES,)),
        ("kick", "f8", (LANES,)),
        ("spread_edges", "i8", (SPREAD_BUCKETS - 1,)),
        ("queue_edges", "i8", (QUEUE_BUCKETS - 1,)),
        ("baseline", "f8"),
        ("kick_total", "f8"),
        ("mood_std", "f8"),
        ("mood_keep", "f8"),
        ("lean", "f8"),
        ("lean_lanes", "f8", (LANES,)),
        ("value_step", "f8"),
        ("value_std", "f8"),
        ("value_keep", "f8"),
        ("jump_chance", "f8"),
        ("jump_size", "f8"),
        ("calm_size", "f8"),
        ("reveal", "f8"),
        ("forget", "f8"),
        ("hidden_share", "f8"),
        ("profile", "f8", (PROFILE,)),
        ("profile_parts", "i8"),
        ("part_s", "f8"),
        ("echo_s", "f8", (2,)),
        ("flow_per_std", "f8", (3,)),
        ("flow_cap", "f8"),
        ("trade_mean_lots", "f8"),
        ("improve", "i4", (QUANTILES,)),
        ("join", "i4", (QUANTILES,)),
        ("deep", "i4", (QUANTILES,)),
        ("hidden", "i4", (QUANTILES,)),
        ("extra", "i4", (2, QUANTILES)),
        ("past", "i4", (QUANTILES,)),
        ("cancel", "i4", (QUEUE_BUCKETS, QUANTILES)),
        ("market", "i4", (QUEUE_BUCKETS, QUANTILES)),
        ("exact", "f8", (QUEUE_BUCKETS,)),
        ("beyond", "f8", (QUEUE_BUCKETS,)),
        ("improve_ticks", "i4", (SPREAD_BUCKETS, QUANTILES)),
        ("offsets", "i4", (QUANTILES,)),
        ("hazard", "f8", (9,)),
        ("hazard_near", "i8", (NEAR_TICKS,)),
        ("hazard_far", "i8"),
        ("hazard_accept", "f8", (9,)),
        ("reach_ticks", "i8"),
        ("deep_orders", "f8", (400,)),
        ("metaorders", "i8"),
        ("meta_share", "f8"),
        ("meta_shortest", "f8"),
        ("meta_power", "f8"),
        ("resolution_ns", "i8"),
        ("deep_excites", "i8"),
        ("price_ticks", "i8"),
        ("ziggurat", ZIGGURAT, (1,)),
    ],
    align=True,
)
"""Everything a market reads and never writes (about 70 KB; an event touches a few lines of it)."""


@inner
def spread_bucket(tables: Record, spread_ticks: Int) -> Int:
    """Bucket of a spread [ticks]."""
    bucket = 0
    for k in range(len(tables.spread_edges)):
        bucket += spread_ticks >= tables.spread_edges[k]
    return bucket


@inner
def queue_bucket(tables: Record, size_lots: Int) -> Int:
    """Bucket of a best queue's size [lots]."""
    bucket = 0
    for k in range(len(tables.queue_edges)):
        bucket += size_lots >= tables.queue_edges[k]
    return bucket


@inner
def cell_of(spread: Int, own: Int, opposite: Int, towards: Int) -> Int:
    """Row of the rate table for buckets of spread, own and opposite queue, and the last move's direction."""
    return ((spread * QUEUE_BUCKETS + own) * QUEUE_BUCKETS + opposite) * 2 + towards


def kernel_rates(fastest_s: float) -> Array:
    """Decay rates of the excitation kernels, fastest first [1/s], shape (TIME_SCALES,)."""
    return np.asarray(1.0 / (fastest_s * 8.0 ** np.arange(TIME_SCALES)))


def _spread_out(values: list[int]) -> Array:
    """A quantile table stretched to QUANTILES entries."""
    return np.asarray(np.asarray(values)[np.arange(QUANTILES) * len(values) // QUANTILES])


def _deep_profile(preset: Preset, hazard: Array, deep_rate: float) -> Array:
    """Stationary mean number of deep orders by distance from the best price, shape (400,)."""
    offsets = _spread_out(preset.depth.offsets)
    counts = np.bincount(np.minimum(offsets, 399), minlength=400)[:400] / QUANTILES
    bins = np.minimum(np.log2(np.maximum(np.arange(400), 1)).astype(int), 8)
    mean = deep_rate * counts / hazard[bins]
    smooth = np.convolve(np.pad(mean, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    out = np.where(np.arange(400) < 8, mean, smooth)
    out[0] = 0.0
    out[preset.depth.reach_ticks + 1 :] = 0.0
    return out


def _clock_tables(table: Array, preset: Preset) -> None:
    clock = preset.clock
    rates = kernel_rates(clock.fastest_s)
    table["baseline"] = 1.0 - sum(clock.branching)
    table["decay"][0, :TIME_SCALES] = rates
    table["kick"][0, :TIME_SCALES] = np.asarray(clock.branching) * rates
    table["kick_total"] = table["kick"].sum()
    profile = np.asarray(clock.profile) / np.mean(clock.profile)
    table["profile"][0, : len(profile)] = profile
    table["profile_parts"] = len(profile)
    table["part_s"] = clock.session_s / len(profile)
    table["resolution_ns"] = clock.resolution_ns
    table["mood_std"], table["mood_keep"] = clock.mood_std, np.exp(-MOOD_STEP_S / clock.mood_s)
    table["deep_excites"] = clock.deep_excites
    value = preset.value
    table["lean"], table["lean_lanes"] = value.lean, LEAN
    table["value_step"], table["value_std"] = value.volatility * np.sqrt(MOOD_STEP_S), value.vol_std
    table["value_keep"] = np.exp(-MOOD_STEP_S / value.vol_s)
    chance = min(MOOD_STEP_S / value.jump_s, 0.5)
    table["jump_chance"], table["jump_size"] = chance, np.sqrt(value.jump_share / chance)
    table["calm_size"] = np.sqrt((1.0 - value.jump_share) / (1.0 - chance))
    table["reveal"], table["forget"] = value.reveal, np.exp(-MOOD_STEP_S / value.forget_s)
    table["ziggurat"] = ziggurat_tables()


def _size_tables(table: Array, preset: Preset) -> None:
    sizes = preset.sizes
    for name in ("improve", "join", "deep", "hidden", "past"):
        table[name] = _spread_out(getattr(sizes, name))
    table["cancel"] = [_spread_out(row) for row in sizes.cancel]
    table["market"] = [_spread_out(row) for row in sizes.market]
    table["extra"] = [_spread_out(row) for row in sizes.extra]
    table["improve_ticks"] = [_spread_out(row) for row in sizes.improve_ticks]
    table["exact"], table["beyond"] = sizes.exact, sizes.beyond
    table["hidden_share"] = sizes.hidden_share


def _depth_tables(table: Array, preset: Preset) -> None:
    hazard = np.asarray(preset.depth.hazard)
    rates = np.asarray(preset.touch.rates["deep_limit"])
    weight = np.maximum(sum(np.asarray(preset.touch.rates[g]) for g in GROUPS[:5]), 1e-9)
    profile = _deep_profile(preset, hazard, float(np.average(rates, weights=1.0 / weight)))
    bins = np.minimum(np.log2(np.maximum(np.arange(400), 1)).astype(int), 8)
    table["hazard"] = hazard
    far = np.arange(400) >= NEAR_TICKS
    table["hazard_near"] = np.rint(hazard[bins[:NEAR_TICKS]] / HAZARD_UNIT)
    table["hazard_near"][0, 0] = 0
    mean = np.sum((profile * hazard[bins])[far]) / max(np.sum(profile[far]), 1e-9)
    table["hazard_far"] = np.rint(np.clip(mean, hazard[4:].min(), hazard[4:].max()) / HAZARD_UNIT)
    table["hazard_accept"] = np.minimum(hazard / hazard[4:].max(), 1.0)
    table["deep_orders"] = profile
    table["offsets"] = np.minimum(_spread_out(preset.depth.offsets), preset.depth.reach_ticks)
    table["reach_ticks"] = preset.depth.reach_ticks


def compile_preset(preset: Preset) -> Array:
    """Tables of a preset.

    Args:
        preset: The market.

    Returns:
        Shape (1,), dtype :data:`TABLES`.
    """
    table = np.zeros(1, TABLES)
    for column, group in enumerate(GROUPS[:-1]):
        table["rates"][0, :, column] = preset.touch.rates[group]
    table["rates"][0, :, CANCEL_LANE] = 1.0
    table["rates"][0, :, TOUCH_LANE] = table["rates"][0, :, :TOUCH_GROUPS].sum(axis=1)
    table["echo"][0, :, : len(GROUPS)] = np.asarray(preset.memory.echo).reshape(-1, len(GROUPS))
    table["flow"][0, :, :, : len(GROUPS)] = preset.memory.flow
    table["echo_s"] = preset.memory.echo_s
    table["flow_per_std"] = 1.0 / np.asarray(preset.memory.flow_std)
    table["flow_cap"], table["trade_mean_lots"] = preset.memory.flow_cap, preset.memory.trade_lots
    table["spread_edges"] = preset.touch.spread_edges
    table["queue_edges"] = preset.touch.queue_edges
    table["price_ticks"] = preset.price_ticks
    table["metaorders"] = preset.metaorders.active
    table["meta_share"] = 2.0 / preset.metaorders.active
    table["meta_shortest"] = preset.metaorders.shortest
    table["meta_power"] = -1.0 / preset.metaorders.exponent
    _clock_tables(table, preset)
    _size_tables(table, preset)
    _depth_tables(table, preset)
    return table
