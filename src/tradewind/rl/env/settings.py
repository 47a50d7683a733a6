"""What a batch of environments is told, as kernels read it."""

from __future__ import annotations

import numpy as np

from tradewind.execution.actions import ACTION_SETTINGS
from tradewind.execution.baselines.records import SIGHT
from tradewind.execution.episode import INTENT, OUTBOX, REVERSIONS, TERMS
from tradewind.execution.rewards import WEIGHTS

__all__ = ["DESK", "FAULTS", "MOST_PRESETS", "MOST_SCENARIOS", "SETTINGS", "SURVEY", "WORLD"]

MOST_PRESETS = 8
"""Presets mixed in one batch, at most."""
MOST_SCENARIOS = 16
"""Scenarios mixed in one batch, at most."""
RANGE = (2,)

SETTINGS = np.dtype(
    [
        ("seed", "u8"),
        ("count", "i8"),
        ("presets", "i8"),
        ("preset_edges", "f8", (MOST_PRESETS,)),
        ("scenarios", "i8"),
        ("scenario_edges", "f8", (MOST_SCENARIOS,)),
        ("snapshots", "i8"),
        ("side", "i8"),
        ("share", "f8", RANGE),
        ("quantity_lots", "i8"),
        ("horizon_s", "f8", RANGE),
        ("every_s", "f8"),
        ("most_decisions", "i8"),
        ("looks", "i8"),
        ("entry_ns", "f8", RANGE),
        ("data_ns", "f8", RANGE),
        ("jitter_ns", "f8", RANGE),
        ("maker_rate", "f8", (MOST_PRESETS, 2)),
        ("taker_rate", "f8", (MOST_PRESETS, 2)),
        ("maker_per_lot", "f8", (MOST_PRESETS, 2)),
        ("taker_per_lot", "f8", (MOST_PRESETS, 2)),
        ("lead_s", "f8"),
        ("offset_s", "f8", RANGE),
        ("profile", "i8"),
        ("watch", "i8"),
        ("after_s", "f8", (REVERSIONS,)),
        ("actions", ACTION_SETTINGS),
        ("weights", WEIGHTS),
    ],
    align=True,
)
"""A task compiled. ``..._edges`` are cumulative probabilities; pairs are ends of ranges to draw from."""

DESK = np.dtype(
    [("intent", INTENT), ("outbox", OUTBOX), ("terms", "f8", (len(TERMS),)), ("sight", SIGHT)],
    align=True,
)
"""Scratch of one thread."""

WORLD = np.dtype(
    [
        ("drive", "i8"),
        ("first", "i8"),
        ("second", "i8"),
        ("rows", "i8"),
        ("shots", "i8"),
        ("bytes", "i8"),
        ("warm_s", "f8"),
        ("gap_s", "f8"),
        ("session_s", "f8"),
    ],
    align=True,
)
"""What moves a market, by address: a function (``core.pointers.ADVANCE``), its two records, its buffer of rows.

A replay's first record has ``bytes`` that change with the market: it is copied with each snapshot, to and from
``shots``; a reactive market has none. A market is warmed up for ``warm_s``, then a snapshot is taken every ``gap_s``;
time 0 of a recording is ``session_s`` into its session.
"""

SURVEY = np.dtype(
    [
        ("samples", "i8"),
        ("spread", "f8"),
        ("touch", "f8"),
        ("square", "f8"),
        ("volume", "f8"),
        ("seconds", "f8"),
    ],
    align=True,
)
"""Sums over a market that nobody else trades in, from which its usual scales follow."""

FAULTS = (
    "",
    "the market was empty on one side when the order began: nothing to trade against",
    "a feature of the observation was not a number: the market or its scales are broken",
    "more fills came in one step than a market keeps: make the decision interval shorter or the order smaller",
    "more than 32 messages were on their way: make the latency shorter than a few decision intervals",
    "the log of fills is full: raise fill_rows",
)
"""What went wrong in an environment, by number; 0 is nothing."""
