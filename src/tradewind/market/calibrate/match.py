"""Depth that reveals what real depth reveals: the one part of a preset that is fitted by simulating it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.market.calibrate.days import Day, read_day
from tradewind.market.preset import Preset, rounded
from tradewind.market.reactive import EPOCH_NS, simulate

__all__ = ["match_depth", "revealed", "wander"]

EVENTS = 300_000
STEP = 2.0
NEAR = 4
DAMPING = 0.7
MOST_ODDS = 4.0
FEW_STEPS = 300


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


def wander(day: Day) -> float:
    """Mean squared change of the mid-price over ten seconds (one where a stretch is short), per second [ticks² / s].

    Args:
        day: A session.

    Returns:
        The variance; a tiny number when the price never moves.
    """
    seconds = (day.end_ns - day.start_ns) / 1e9
    step = float(np.clip(seconds / FEW_STEPS, 1.0, 10.0))
    times = np.arange(day.events["t_ns"][0], day.end_ns, round(step * 1e9))
    at = np.minimum(np.searchsorted(day.events["t_ns"], times), len(day.events) - 1)
    mid = (day.events["bid_ticks"][at] + day.events["ask_ticks"][at]) / 2
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

    Three numbers are matched: the mean gap and the mean queue revealed when a best queue vanishes (by the hazard and
    the size of orders behind it), and the variance of the mid (by the odds that an improvement goes against the last
    move: what comes back does not last). Of several days the geometric mean counts: variance differs by factors.

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
    still = float(np.exp(np.mean([np.log(wander(d)) for d in days])))
    seconds = float(np.clip(EVENTS / (preset.provenance.events / preset.provenance.seconds), 120.0, 7200.0))
    notes: dict[str, float] = {}
    odds = 1.0
    for turn in range(rounds):
        progress(f"depth, round {turn + 1} of {rounds}")
        rows = simulate(preset, seconds, seed=turn)[1]
        start = EPOCH_NS + 1
        day = read_day("simulated", rows, start, EPOCH_NS + int(seconds * 1e9))
        have, moved = revealed(day.events), wander(day)
        notes = {"gap_real": want[0], "gap_simulated": have[0], "revealed_real": want[1], "revealed_simulated": have[1]}
        notes |= {"variance_real": still, "variance_simulated": moved, "odds_of_return": odds}
        if turn == rounds - 1:
            break
        gap = np.clip((want[0] + 0.2) / (have[0] + 0.2), 1 / STEP, STEP)
        size = np.clip(want[1] / have[1], 1 / STEP, STEP)
        change = 1.0 if naive else float(np.clip((moved / still) ** DAMPING, 1 / STEP, STEP))
        change = float(np.clip(odds * change, 1 / MOST_ODDS, MOST_ODDS)) / odds
        preset, odds = turned(preset, change), odds * change
        hazard = np.array(preset.depth.hazard)
        hazard[:NEAR] *= gap
        deep = [max(1, round(v * size)) for v in preset.sizes.deep]
        depth = preset.depth.model_copy(update={"hazard": rounded(hazard)})
        preset = preset.model_copy(update={"depth": depth, "sizes": preset.sizes.model_copy(update={"deep": deep})})
    fit = preset.provenance.fit | {k: float(f"{v:.5g}") for k, v in notes.items()}
    return preset.model_copy(update={"provenance": preset.provenance.model_copy(update={"fit": fit})})
