"""Calibration: days of rows in, a preset and an account of its fit out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.types import Instrument
from tradewind.market.calibrate.clock import fit_branching, fit_mood
from tradewind.market.calibrate.days import LEVELS, Day
from tradewind.market.calibrate.depth import borrow_depth, count_depth
from tradewind.market.calibrate.match import match_depth
from tradewind.market.calibrate.signs import fit_metaorders
from tradewind.market.calibrate.sizes import fit_sizes
from tradewind.market.calibrate.states import (
    STEP,
    count_rates,
    edges_record,
    mix_factors,
    smoothed_rates,
    spread_stamps,
    steps_of,
)
from tradewind.market.preset import CELLS, GROUPS, TIME_SCALES, VERSION, Preset, parse_preset, rounded

__all__ = ["Settings", "calibrate"]

DEEP_LIMIT, DEEP_CANCEL = 5, 6
FEWEST = 500


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the data do not decide.

    Attributes:
        name: Name of the preset.
        source: Where the rows come from, in words.
        fastest_s: Time scale of the fastest excitation kernel [s].
        parts: Parts of the intraday profile.
        rounds: Simulations that adjust depth and variance; 0 leaves both as counted.
        naive: Fit the zero-intelligence market instead: constant rates, independent signs, no excitation.
    """

    name: str
    source: str
    fastest_s: float = 0.0005
    parts: int = 13
    naive: bool = False
    rounds: int = 12


def calibrate(
    instrument: Instrument,
    days: Sequence[Day],
    settings: Settings,
    donor: Preset | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Preset:
    """Fit a preset by counting.

    Args:
        instrument: What was traded.
        days: Sessions, all of the same kind of feed.
        settings: What the data do not decide.
        donor: Whose depth is borrowed when the feed shows only the touch.
        progress: Told what is being done.

    Returns:
        The preset; ``provenance`` says how well it fits and what could not be fitted.

    Raises:
        InvalidValueError: With no day, too few events, mixed feeds, or an L1 feed without a donor.
    """
    if not days or len({d.level for d in days}) > 1:
        raise InvalidValueError("days", "one or more days of one kind of feed", [d.level for d in days])
    level, events = days[0].level, np.concatenate([d.events for d in days])
    if len(events) < FEWEST:
        raise InvalidValueError("events", f"at least {FEWEST}", len(events))
    if level == 1 and donor is None:
        raise InvalidValueError("donor", "a preset whose depth is borrowed: quotes do not show depth", None)
    values = _fitted(events, days, settings, donor, progress)
    values |= {"version": VERSION, "name": settings.name, "instrument": _instrument_values(instrument)}
    preset = parse_preset(values, f"calibration of {settings.name}")
    return match_depth(preset, days, settings.rounds, progress, naive=settings.naive) if settings.rounds else preset


def _fitted(
    events: Array, days: Sequence[Day], settings: Settings, donor: Preset | None, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Everything of a preset that the data decide."""
    level, resolution = days[0].level, _resolution(events["t_ns"])
    progress("states")
    edges, steps = _steps(days, settings, resolution, level)
    progress("rates and clock")
    rates, branching, loglike = _rates(steps, settings)
    progress("mix")
    memory, gains = _memory(steps, rates, edges, settings)
    progress("depth and metaorders")
    depth, deep_sizes, deep_rate, share = _depth(events, days, donor, rates, level)
    meta = (1, 10.0, 0.0) if settings.naive else fit_metaorders(np.concatenate([d.signs for d in days]))
    fit = {
        "mean_spread_ticks": float(np.average(events["ask_ticks"] - events["bid_ticks"], weights=_durations(days))),
        "clock_loglike_per_event": loglike,
        "mix_loglike_per_event": gains[1],
        "mix_gain_per_event": gains[1] - gains[0],
        "sign_memory_error": meta[2],
        "branching_ratio": float(branching.sum()),
        "deep_share_in_reach": share,
        **{f"events_{group}": float((events["group"] == k).sum()) for k, group in enumerate(GROUPS)},
    }
    table = {group: rates[:, k] for k, group in enumerate(GROUPS[:-1])}
    table["deep_limit"] = np.full(CELLS, deep_rate) if level == 1 else table["deep_limit"]
    cuts = {name: edges[name][0].tolist() for name in ("spread_edges", "queue_edges")}
    sizes = fit_sizes(events, edges["spread_edges"][0], edges["queue_edges"][0], _extra(days))
    return {
        "price_ticks": int(np.median(events["bid_ticks"])),
        "provenance": _provenance(days, settings, donor, {k: float(f"{v:.5g}") for k, v in fit.items()}),
        "clock": _clock(days, steps, settings, branching, resolution),
        "touch": cuts | {"rates": {group: rounded(column) for group, column in table.items()}},
        "memory": memory,
        "sizes": sizes | {"deep": deep_sizes, "hidden_share": _hidden_share(events)},
        "depth": depth,
        "metaorders": {"active": meta[0], "exponent": meta[1], "shortest": 1.0},
        "value": {},
    }


def _provenance(days: Sequence[Day], settings: Settings, donor: Preset | None, fit: dict[str, float]) -> dict[str, Any]:
    level = days[0].level
    return {
        "source": settings.source,
        "days": [d.name for d in days],
        "rows": sum(d.rows for d in days),
        "events": sum(len(d.events) for d in days),
        "seconds": sum((d.end_ns - d.start_ns) / 1e9 for d in days),
        "borrowed_from": donor.name if level == 1 and donor else "",
        "not_fitted": _not_fitted(level, days),
        "fit": fit,
    }


def _clock(days: Sequence[Day], steps: Array, settings: Settings, branching: Array, resolution: int) -> dict[str, Any]:
    profile = _profile(steps, settings.parts)
    mood = (0.0, 60.0) if settings.naive else fit_mood(steps, profile[steps["part"]])
    return {
        "resolution_ns": resolution,
        "session_s": float(np.median([(d.end_ns - d.start_ns) / 1e9 for d in days])),
        "profile": [1.0] if settings.naive else rounded(profile),
        "fastest_s": settings.fastest_s,
        "branching": rounded(branching),
        "deep_excites": days[0].level == 3,
        "mood_std": mood[0],
        "mood_s": mood[1],
    }


def _hidden_share(events: Array) -> float:
    """Share of trades that moved no quote."""
    shown, hidden = ((events["group"] == k).sum() for k in range(2))
    return float(f"{hidden / max(shown + hidden, 1):.4g}")


def _extra(days: Sequence[Day]) -> Array | None:
    parts = [d.extra for d in days if d.extra is not None]
    return np.concatenate(parts) if parts else None


def _resolution(t_ns: Array) -> int:
    """Largest power of ten, up to a second, that divides every stamp [ns]."""
    step = 10**9
    while step > 1 and (t_ns % step).any():
        step //= 10
    return step


def _durations(days: Sequence[Day]) -> Array:
    parts = [np.diff(np.append(d.events["t_ns"], d.events["t_ns"][-1])) + 1 for d in days]
    return np.asarray(np.concatenate(parts), float)


def _steps(days: Sequence[Day], settings: Settings, resolution: int, level: int) -> tuple[Array, Array]:
    """Buckets from all days, and the steps of each day one after another."""
    session = float(np.median([(d.end_ns - d.start_ns) / 1e9 for d in days]))
    chosen = [d.events if level == 3 else d.events[d.events["group"] < DEEP_LIMIT] for d in days]
    edges = edges_record(np.concatenate(chosen), settings.fastest_s, session, settings.parts)
    parts = []
    for day, events in zip(days, chosen, strict=True):
        steps = np.zeros(len(events), STEP)
        start = (int(events["t_ns"][0]) - day.start_ns) / 1e9
        steps_of(events, spread_stamps(events["t_ns"], resolution), edges, start, steps)
        parts.append(steps)
    return edges, np.concatenate(parts)


def _profile(steps: Array, parts: int) -> Array:
    """Events per part of the session over the mean; parts that no day reached take the mean."""
    seen = np.bincount(steps["part"], minlength=parts).astype(float)
    time = np.bincount(steps["part"], steps["dt_s"], parts)
    rate = (seen + 1.0) / (time + (time.sum() + 1e-9) / max(len(steps), 1))
    rate[time < 60.0] = len(steps) / max(time.sum(), 1e-9)
    return np.asarray(rate / rate.mean())


def _rates(steps: Array, settings: Settings) -> tuple[Array, Array, float]:
    """Rates by cell and branching by kernel, each given the other, in turn."""
    profile = np.ones(settings.parts) if settings.naive else _profile(steps, settings.parts)
    factor = profile[steps["part"]]
    steps["exposure_s"] = steps["dt_s"] * factor
    branching: Array = np.zeros(TIME_SCALES)
    loglike = 0.0
    rates = _counted(steps, settings)
    if settings.naive:
        return rates, branching, loglike
    branching += 0.12
    for _ in range(4):
        total = (rates[steps["cell"][:, 0]] + rates[steps["cell"][:, 1]]).sum(axis=1) * factor
        branching, loglike = fit_branching(steps, total, settings.fastest_s, branching)
        steps["exposure_s"] *= factor
        rates = _counted(steps, settings)
    return rates, branching, loglike


def _counted(steps: Array, settings: Settings) -> Array:
    counts, exposure = np.zeros((CELLS, len(GROUPS))), np.zeros(CELLS)
    count_rates(steps, counts, exposure)
    if settings.naive:
        return _constant(counts, exposure)
    return smoothed_rates(counts, exposure)


def _constant(counts: Array, exposure: Array) -> Array:
    """The zero-intelligence market: one rate per group; cancels in proportion to the own queue."""
    rates: Array = np.tile(counts.sum(axis=0) / exposure.sum(), (CELLS, 1))
    own = (np.arange(CELLS) // 12) % 6 + 0.5
    rates[:, 4] = own * counts[:, 4].sum() / (exposure @ own)
    return rates


def _memory(steps: Array, rates: Array, edges: Array, settings: Settings) -> tuple[dict[str, Any], tuple[float, float]]:
    rounds = 1 if settings.naive else 14
    echo, flow, deviation, before, after = mix_factors(steps, rates, rounds)
    if settings.naive:
        echo, flow = np.ones_like(echo), np.ones_like(flow)
    values = {
        "echo_s": edges["echo_s"][0].tolist(),
        "echo": rounded(echo.reshape(3, 7, 2, 7)),
        "flow_std": rounded(deviation),
        "flow": rounded(flow),
        "flow_cap": float(edges["flow_cap"][0]),
        "trade_lots": float(f"{edges['trade_mean_lots'][0]:.5g}"),
    }
    return values, (before, after)


def _depth(
    events: Array, days: Sequence[Day], donor: Preset | None, rates: Array, level: int
) -> tuple[dict[str, Any], list[int], float, float]:
    """Depth values, deep sizes, rate of deep limit orders a side, share of deep orders within reach."""
    touch = float(rates[:, :DEEP_LIMIT].sum(axis=1).mean())
    if level == 1 and donor is not None:
        seconds = sum((d.end_ns - d.start_ns) / 1e9 for d in days)
        touch = len(events) / seconds / 2
        spread = float(np.average(events["ask_ticks"] - events["bid_ticks"], weights=_durations(days)))
        values, sizes, rate = borrow_depth(events, donor, touch, spread)
        return values, sizes, rate, 0.0
    values, sizes, share = count_depth(events, np.sum([d.depth for d in days], axis=0), level == 3)
    if level == 3:
        rates[:, DEEP_LIMIT] *= share
    else:
        seconds = sum((d.end_ns - d.start_ns) / 1e9 for d in days)
        rates[:, DEEP_LIMIT] = (events["group"] == DEEP_LIMIT).sum() / seconds / 2 * share
    return values, sizes, touch, share


def _instrument_values(instrument: Instrument) -> dict[str, Any]:
    values = {f: getattr(instrument, f) for f in instrument.__struct_fields__ if f != "fees"}
    return values | {f: getattr(instrument.fees, f) for f in instrument.fees.__struct_fields__}


def _not_fitted(level: int, days: Sequence[Day]) -> list[str]:
    notes = [f"feed {LEVELS[level]}"]
    if level == 1:
        notes.append("depth behind the touch: not shown, borrowed and scaled to revealed queues")
        notes.append("lifetimes of orders: quotes do not show orders")
    if level == 2:
        notes.append("lifetimes of orders: levels do not show orders; deep hazard counted by volume")
    if len(days) == 1:
        notes.append("intraday profile beyond the one day seen")
    skipped: dict[str, int] = {}
    for day in days:
        for name, count in day.skipped.items():
            skipped[name] = skipped.get(name, 0) + count
    return notes + [f"{name}: {count}" for name, count in skipped.items()]
