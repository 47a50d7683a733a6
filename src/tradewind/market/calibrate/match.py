"""Depth that reveals what real depth reveals: the one part of a preset that is fitted by simulating it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.market.calibrate.days import Day, read_day
from tradewind.market.facts.impact import measure_impact, usual_horizon_s
from tradewind.market.preset import Preset, rounded
from tradewind.market.reactive import EPOCH_NS, simulate

__all__ = ["match_depth", "revealed", "wander"]

EVENTS = 300_000
STEP = 2.0
NEAR = 4
DAMPING = 0.7
SETTLE = 3.0
"""Rounds after which adjustments are half as large: single simulations are noisy."""
MOST_ODDS = 4.0
FEW_STEPS = 300
NEWS = 0.6
LEAN = 5.0
"""Over the volatility of a horizon: how strongly the flow leans to the value."""
JUMPS = 5.0
"""Large news over a horizon."""
PAIRS = (64, 256)
IMPACT_EVENTS = 1e6
SHARES = (0.01, 0.1)
IMPACT = (0.1, 0.316)
"""What they cost, in units of the volatility: the root of the share (Tóth et al., 2011; Sato and Kanazawa, 2024)."""


def revealed(events: Array) -> tuple[float, float]:
    """What shows when a best queue vanishes: share of next prices one tick away or mean gap, and mean size.

    Args:
        events: Shape (n,), dtype ``TOUCH``.

    Returns:
        Mean gap, capped at 50 ticks, and mean size of the queue behind it [lots].
    """
    gone = events[(events["emptied"] == 1) & (events["gap_ticks"] > 0) & (events["revealed_lots"] > 0)]
    if len(gone) == 0:
        return 1.0, 1.0
    sizes = gone["revealed_lots"]
    capped = np.minimum(sizes, np.quantile(sizes, 0.99))
    return float(np.minimum(gone["gap_ticks"], 50).mean()), float(capped.mean())


def wander(day: Day, longest_s: float = 10.0) -> float:
    """Mean squared change of the mid-price over ten seconds (one where a stretch is short), per second [ticks² / s].

    Args:
        day: A session.
        longest_s: The ten seconds.

    Returns:
        The variance; a tiny number when the price never moves.
    """
    seconds = (day.end_ns - day.start_ns) / 1e9
    step = float(np.clip(seconds * longest_s / 10.0 / FEW_STEPS, 1.0, longest_s))
    mid = _mids(day, step)
    return float(max(np.mean(np.diff(mid) ** 2) / step, 1e-6)) if len(mid) > 1 else 1e-6


def turned(preset: Preset, odds: float) -> Preset:
    """The preset with the odds multiplied that an improvement goes against the last move of the mid."""
    rates = np.array(preset.touch.rates["improve"])
    rates[0::2] *= np.sqrt(odds)
    rates[1::2] /= np.sqrt(odds)
    touch = preset.touch.model_copy(update={"rates": preset.touch.rates | {"improve": rounded(rates)}})
    return preset.model_copy(update={"touch": touch})


def match_depth(
    preset: Preset, days: Sequence[Day], rounds: int, progress: Callable[[str], None], *, naive: bool = False
) -> Preset:
    """Scale orders near the touch, and which side improves after a move, until simulated days show what the data do.

    Matched are the mean gap and the mean queue revealed when a best queue vanishes (by the hazard and the size of
    orders behind it) and the variance of the mid over ten seconds (by the odds that an improvement goes against the
    last move: what comes back does not last). The value that the flow leans to has the variance of the mid over a
    minute, and how much trades are taken to reveal of it is set by what metaorders of 1 and 10 % of the volume cost
    everywhere. Of several days the geometric mean counts: variance differs by factors.

    Args:
        preset: A fitted preset.
        days: What it was fitted to.
        rounds: How many times to simulate and adjust.
        progress: Told what is being done.
        naive: Leave the rates constant: match gaps and queues only.

    Returns:
        The preset with its depth adjusted; ``provenance.fit`` holds the gaps and sizes of both.
    """
    want = revealed(np.concatenate([d.events for d in days]))
    still, slow = _typical(days, 10.0), _typical(days, 60.0)
    thick = float(np.mean([_thickness(d) for d in days]))
    seconds = float(np.clip(EVENTS / (preset.provenance.events / preset.provenance.seconds), 120.0, 7200.0))
    notes: dict[str, float] = {}
    odds = 1.0
    if not naive:
        preset = _with_value(preset, slow)
    for turn in range(rounds):
        progress(f"depth, round {turn + 1} of {rounds}")
        rows = simulate(preset, seconds, seed=turn)[1]
        start = EPOCH_NS + 1
        day = read_day("simulated", rows, start, EPOCH_NS + int(seconds * 1e9))
        have, moved = revealed(day.events), wander(day)
        notes = {"gap_real": want[0], "gap_simulated": have[0], "revealed_real": want[1], "revealed_simulated": have[1]}
        notes |= {"variance_real": still, "variance_simulated": moved, "odds_of_return": odds}
        if not naive:
            small, large, varied = _costs(preset, slow)
            notes |= {"impact_of_1_percent": small, "impact_of_10_percent": large}
            notes |= {"slow_variance_real": slow, "slow_variance_simulated": varied}
            notes |= {"tails_real": thick, "tails_simulated": _thickness(day)}
            progress(f"{notes} {preset.value}")
        if turn == rounds - 1:
            break
        gap = np.clip((want[0] + 0.2) / (have[0] + 0.2), 1 / STEP, STEP)
        size = np.clip(want[1] / have[1], 1 / STEP, STEP)
        gain = DAMPING / (1.0 + turn / SETTLE)
        change = 1.0 if naive else float(np.clip((moved / still) ** gain, 1 / STEP, STEP))
        change = float(np.clip(odds * change, 1 / MOST_ODDS, MOST_ODDS)) / odds
        preset, odds = turned(preset, change), odds * change
        hazard = np.array(preset.depth.hazard)
        hazard[:NEAR] *= gap
        deep = [max(1, round(v * size)) for v in preset.sizes.deep]
        depth = preset.depth.model_copy(update={"hazard": rounded(hazard)})
        preset = preset.model_copy(update={"depth": depth, "sizes": preset.sizes.model_copy(update={"deep": deep})})
        if not naive:
            preset = _valued(preset, (small, large), slow / varied, (thick, _thickness(day)), gain)
    fit = preset.provenance.fit | {k: float(f"{v:.5g}") for k, v in notes.items()}
    return preset.model_copy(update={"provenance": preset.provenance.model_copy(update={"fit": fit})})


def _typical(days: Sequence[Day], longest_s: float) -> float:
    """Geometric mean over days of the variance of the mid, see :func:`wander`."""
    return float(np.exp(np.mean([np.log(wander(d, longest_s)) for d in days])))


def _with_value(preset: Preset, variance: float) -> Preset:
    """The preset with a first guess of how the flow leans to a value of a variance [ticks² / s]."""
    horizon = usual_horizon_s(preset)
    scale = np.sqrt(variance * horizon)
    volatility = np.sqrt(NEWS * variance)
    news = {"volatility": volatility, "jump_share": 0.5, "jump_s": max(horizon / JUMPS, 3.0), "vol_s": horizon / 3.0}
    return _changed(preset, lean=LEAN / scale, reveal=0.006 * scale, forget_s=horizon, **news)


def _valued(
    preset: Preset, costs: tuple[float, float], variance: float, tails: tuple[float, float], gain: float
) -> Preset:
    """The value adjusted: what trades reveal by what metaorders cost, news by variance and tails (real, simulated)."""
    value = preset.value
    cheap = np.sqrt(IMPACT[0] / max(costs[0], 0.02) * IMPACT[1] / max(costs[1], 0.05))
    spread = value.vol_std**2 + gain * np.log(tails[0] / tails[1])
    return _changed(
        preset,
        reveal=value.reveal * float(np.clip(cheap, 1 / STEP, STEP) ** gain),
        volatility=value.volatility * float(np.clip(variance, 1 / STEP, STEP) ** (gain / 2)),
        vol_std=float(np.sqrt(np.clip(spread, 0.0, 1.0))),
    )


def _thickness(day: Day) -> float:
    """Mean square over squared mean of the absolute change of the mid over up to a minute: pi / 2 for a normal one."""
    seconds = (day.end_ns - day.start_ns) / 1e9
    moves = np.abs(np.diff(_mids(day, float(np.clip(seconds / 100.0, 1.0, 60.0)))))
    return float(np.mean(moves**2) / max(np.mean(moves) ** 2, 1e-12)) if len(moves) > 10 else np.pi / 2


def _mids(day: Day, step_s: float) -> Array:
    """Mid-prices of a session at even times [ticks]."""
    times = np.arange(day.events["t_ns"][0], day.end_ns, round(step_s * 1e9))
    at = np.minimum(np.searchsorted(day.events["t_ns"], times), len(day.events) - 1)
    return np.asarray((day.events["bid_ticks"][at] + day.events["ask_ticks"][at]) / 2)


def _changed(preset: Preset, **values: float) -> Preset:
    short = {name: float(f"{number:.4g}") for name, number in values.items()}
    return preset.model_copy(update={"value": preset.value.model_copy(update=short)})


def _costs(preset: Preset, variance: float) -> tuple[float, float, float]:
    """Impact of metaorders of 1 and 10 % of the volume, in units of the real volatility over their horizon.

    The last number is the variance of the mid over that horizon without them [ticks² / s].
    """
    horizon = usual_horizon_s(preset)
    events = preset.provenance.events / preset.provenance.seconds * horizon
    pairs = int(np.clip(IMPACT_EVENTS / events, *PAIRS))
    report = measure_impact(preset, pairs, shares=SHARES)
    scale = report.volatility_ticks / float(np.sqrt(variance * horizon))
    return report.impact[0] * scale, report.impact[1] * scale, report.volatility_ticks**2 / horizon
