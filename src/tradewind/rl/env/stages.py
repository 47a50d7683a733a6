"""Where episodes take place: simulated markets of presets, or recorded ones, ready to be copied and moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.pointers import addresses
from tradewind.core.types import Instrument
from tradewind.market.flow.drive import reactive_drive
from tradewind.market.flow.layout import BUFFER, STREAMS, new_markets
from tradewind.market.flow.run import open_market
from tradewind.market.flow.tables import TABLES, compile_preset
from tradewind.market.flow.ziggurat import seed_streams
from tradewind.market.preset import load_preset
from tradewind.market.reactive import EPOCH_NS, market_size
from tradewind.market.replay.drive import replay_drive, spools_of
from tradewind.market.replay.layout import new_replay, shape_for
from tradewind.market.replay.propagator import Propagator
from tradewind.market.replay.run import open_records
from tradewind.market.replay.tape import Tape
from tradewind.market.scenario import named_scenario, phases_record
from tradewind.rl.env.settings import MOST_PRESETS, WORLD
from tradewind.rl.env.task import Task

__all__ = ["ReactiveStage", "Recording", "ReplayStage", "Stage"]

WARM_UP_S = 300.0
RECORDED_WARM_UP_S = 120.0
SURVEY_S = 3600.0


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded market for episodes to take place in.

    Attributes:
        name: What reports call it, e.g. symbol and day.
        tape: What happened.
        instrument: What was traded.
        start_ns: From when on it is used [ns]; 0: from its first row that is no snapshot.
        end_ns: Until when [ns]; 0: until its last row.
        impact: How own trades shift recorded prices; None: they do not.
    """

    name: str
    tape: Tape
    instrument: Instrument
    start_ns: int = 0
    end_ns: int = 0
    impact: Propagator | None = None


class ReactiveStage:
    """Simulated markets of a task's presets and scenarios; see :data:`Stage`.

    Raises:
        InvalidValueError: For a horizon past the session of a preset.
    """

    reseeds = True

    def __init__(self, task: Task) -> None:
        presets = [load_preset(name) for name in task.market.presets]
        for preset in presets:
            if task.market.profile and task.order.horizon_s[1] > preset.clock.session_s:
                expected = f"at most the session of {preset.name}, {preset.clock.session_s:g} s"
                raise InvalidValueError("horizon_s", expected, task.order.horizon_s[1])
        self.presets = presets
        self.names = [preset.name for preset in presets]
        self.instruments = [preset.trading_instrument() for preset in presets]
        sizes = np.array([market_size(preset) for preset in presets]).max(axis=0)
        self.size = int(sizes[0]), int(sizes[1])
        self._gap_s = task.market.gap_s
        self._tables = np.concatenate([compile_preset(preset) for preset in presets]).astype(TABLES)
        self._flat = self._tables.copy()
        self._flat["profile_parts"], self._flat["profile"] = 1, 1.0
        if not task.market.profile:
            self._tables = self._flat
        self._plain = phases_record(None)
        scenarios = [None if name == "plain" else named_scenario(name) for name in task.market.scenarios]
        self.phases = np.concatenate([phases_record(scenario) for scenario in scenarios])
        self._buffer = np.zeros(1, BUFFER)
        self.own: Array = np.zeros(0, np.uint8)

    def _moved_by(self, tables: Array, phases: Array) -> Array:
        worlds = np.zeros(len(tables) * len(phases), WORLD)
        worlds["drive"] = reactive_drive(*self.size)
        worlds["first"] = np.repeat(addresses(tables), len(phases))
        worlds["second"] = np.tile(addresses(phases), len(tables))
        worlds["rows"] = addresses(self._buffer)
        worlds["warm_s"], worlds["gap_s"], worlds["session_s"] = WARM_UP_S, self._gap_s, -1.0
        return worlds

    def opened(self, seed: int, name: str) -> tuple[Array, Array]:
        """Markets from streams of a name, opened."""
        markets = new_markets(len(self.names), *self.size)
        markets["base_ns"] = EPOCH_NS
        for k in range(len(markets)):
            markets["streams"][k] = seed_streams(seed, f"{name}/{k}", STREAMS)
            open_market(markets[k : k + 1], self._flat[k : k + 1], self._plain, self._buffer)
        return markets, self._moved_by(self._flat, self._plain)

    def worlds(self) -> Array:
        """Tables of each preset with phases of each scenario."""
        return self._moved_by(self._tables, self.phases)

    def stages(self, count: int) -> Array:
        """All are moved alike."""
        return np.repeat(self.worlds()[:1], count)


class ReplayStage:
    """Recorded markets; see :data:`Stage`.

    Raises:
        InvalidValueError: For none, too many, recordings of different depths, or one too short for the horizon.
    """

    reseeds = False

    def __init__(self, task: Task, recordings: Sequence[Recording]) -> None:
        depths = {recording.tape.depth for recording in recordings}
        if not 1 <= len(recordings) <= MOST_PRESETS or len(depths) != 1:
            raise InvalidValueError("recordings", f"1 to {MOST_PRESETS}, all of one depth", len(recordings))
        self.recordings = list(recordings)
        self.names = [recording.name for recording in recordings]
        self.instruments = [recording.instrument for recording in recordings]
        self._depth = depths.pop()
        shapes = np.array([shape_for(r.tape.orders, self._depth) for r in recordings]).max(axis=0)
        self.size = int(shapes[0]), int(shapes[1])
        self.phases = phases_record(None)
        self._buffer = np.zeros(1, BUFFER)
        self._each = task.market.snapshots
        self.own: Array = np.zeros(0, np.uint8)
        _, self._states = new_replay(self.size, self._depth, len(recordings))
        _, self._shots = new_replay(self.size, self._depth, len(recordings) * self._each)
        self._places = spools_of([recording.tape.rows for recording in recordings])
        self._gaps = [self._gap(task, recording) for recording in recordings]

    def _gap(self, task: Task, recording: Recording) -> float:
        start, end = self._times(recording)
        used = RECORDED_WARM_UP_S + task.order.horizon_s[1] + max([0.0, *task.after_s])
        free = 1e-9 * (end - start) - used - 1.0
        if free <= 0:
            expected = f"at most {free + task.order.horizon_s[1]:.0f} s in {recording.name}, which ends then"
            raise InvalidValueError("horizon_s", expected, task.order.horizon_s[1])
        return free / (self._each + 1)

    def _times(self, recording: Recording) -> tuple[int, int]:
        return recording.start_ns or recording.tape.first_ns, recording.end_ns or recording.tape.last_ns

    def opened(self, seed: int, name: str) -> tuple[Array, Array]:
        """Recordings at their beginnings; they know no chance."""
        markets, states = new_replay(self.size, self._depth, len(self.recordings))
        self._states[:] = states
        for k, recording in enumerate(self.recordings):
            if recording.impact is not None:
                recording.impact.write(self._states["impact"][k : k + 1])
            parts = markets[k : k + 1], self._states[k : k + 1]
            open_records(*parts, recording.tape.rows, self._buffer, self._times(recording)[0])
            markets["streams"][k] = seed_streams(seed, f"{name}/{k}", STREAMS)
        return markets, self.worlds()

    def worlds(self) -> Array:
        """The tape of each recording, and its replay's snapshots."""
        worlds = np.zeros(len(self.recordings), WORLD)
        worlds["drive"] = replay_drive(self.size, self._depth)
        worlds["first"] = addresses(self._states)
        worlds["second"] = addresses(self._places)
        worlds["rows"] = addresses(self._buffer)
        worlds["shots"] = addresses(self._shots)[:: self._each]
        worlds["bytes"] = self._shots.itemsize
        worlds["warm_s"], worlds["gap_s"] = RECORDED_WARM_UP_S, self._gaps
        return worlds

    def stages(self, count: int) -> Array:
        """Every environment has a replay record of its own."""
        _, self.own = new_replay(self.size, self._depth, count)
        stages = np.repeat(self.worlds()[:1], count)
        stages["first"] = addresses(self.own)
        return stages


Stage: TypeAlias = ReactiveStage | ReplayStage
"""A place for episodes.

``names`` (presets or recordings) and ``instruments``; ``size``, window [ticks] and pool [orders] of the market records;
``phases``, shape (scenarios,); ``own``, what each environment has beside its market (a replay's records); ``reseeds``,
whether another seed means other snapshots. ``opened`` gives opened markets, one of each, and what moves them while they
are surveyed; ``worlds`` what moves a market of each preset in each scenario, ``stages`` what moves each environment's.
"""
