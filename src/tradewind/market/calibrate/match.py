"""Depth that reveals what real depth reveals: the one part of a preset that is fitted by simulating it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.market.calibrate.days import Day, read_day
from tradewind.market.preset import Preset, rounded
from tradewind.market.reactive import EPOCH_NS, simulate

__all__ = ["match_depth", "revealed"]

EVENTS = 150_000
STEP = 2.0
NEAR = 4


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


def match_depth(preset: Preset, days: Sequence[Day], rounds: int, progress: Callable[[str], None]) -> Preset:
    """Scale the hazard and the size of orders near the touch until gaps and revealed queues are the data's.

    Args:
        preset: A fitted preset.
        days: What it was fitted to.
        rounds: How many times to simulate and adjust.
        progress: Told what is being done.

    Returns:
        The preset with its depth adjusted; ``provenance.fit`` holds the gaps and sizes of both.
    """
    want = revealed(np.concatenate([d.events for d in days]))
    seconds = float(np.clip(EVENTS / (preset.provenance.events / preset.provenance.seconds), 120.0, 7200.0))
    notes: dict[str, float] = {}
    for turn in range(rounds):
        progress(f"depth, round {turn + 1} of {rounds}")
        rows = simulate(preset, seconds, seed=turn)[1]
        start = EPOCH_NS + 1
        have = revealed(read_day("simulated", rows, start, EPOCH_NS + int(seconds * 1e9)).events)
        notes = {"gap_real": want[0], "gap_simulated": have[0], "revealed_real": want[1], "revealed_simulated": have[1]}
        if turn == rounds - 1:
            break
        gap = np.clip((want[0] + 0.2) / (have[0] + 0.2), 1 / STEP, STEP)
        size = np.clip(want[1] / have[1], 1 / STEP, STEP)
        hazard = np.array(preset.depth.hazard)
        hazard[:NEAR] *= gap
        deep = [max(1, round(v * size)) for v in preset.sizes.deep]
        depth = preset.depth.model_copy(update={"hazard": rounded(hazard)})
        preset = preset.model_copy(update={"depth": depth, "sizes": preset.sizes.model_copy(update={"deep": deep})})
    fit = preset.provenance.fit | {k: float(f"{v:.5g}") for k, v in notes.items()}
    return preset.model_copy(update={"provenance": preset.provenance.model_copy(update={"fit": fit})})
