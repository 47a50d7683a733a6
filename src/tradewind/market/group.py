"""Several symbols in one market: their order flow has a common part, and trades in one are felt in the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.core.fees import Fees
from tradewind.core.random import stream, stream_seed
from tradewind.market.coupling import (
    FLOW_KEEP,
    STEP_S,
    WIDEST_TILT,
    Response,
    set_mood,
    set_tilt,
    tilt_path,
    tilt_response,
)
from tradewind.market.flow.tables import MOOD_STEP_S
from tradewind.market.preset import Preset, load_preset
from tradewind.market.reactive import Market
from tradewind.market.scenario import Scenario
from tradewind.market.trading import Latency

__all__ = ["GroupMember", "MarketGroup", "member_seed"]

FLOW_CAP = 3.0
SPILL = 0.25
"""A tilt's weight on the mean signed flow of the other symbols, beside weight 1 on the common factor."""


class GroupMember(Market):
    """One symbol of a :class:`MarketGroup`: an ordinary market whose time passes with that of the others."""

    group: MarketGroup

    def _run(self, until_s: float) -> None:
        self.group.run(until_s)

    def run_alone(self, until_s: float) -> None:
        """Let this record run; the group sees to the others."""
        super()._run(until_s)

    @property
    def parts(self) -> tuple[Array, Array, Array]:
        """Record, tables and phases, for the coupling."""
        return self._markets, self._tables, self._phases

    def twin(self) -> Market:
        """This symbol in the twin of its group: nobody trades in any of them but the markets themselves."""
        return self.group.twin()[self.group.markets.index(self)]


class MarketGroup:
    """Several symbols with correlated order flow.

    Each symbol is a market of its own streams. Once a second, on a grid of whole seconds since the start, the order
    flow of every symbol is tilted by a common factor (an autoregression that forgets over ten seconds) plus a quarter
    of the mean signed trade flow of the other symbols, yours included; how strongly is set so that returns over a
    minute correlate as asked. The slow moods of presets that have one share a common part with the same correlation,
    and keep their variance. With correlation 0 the symbols are ordinary, separate markets, bit for bit.

    Args:
        presets: Presets, or names or paths of them; one may come several times.
        seed: The run's one seed.
        correlation: Of returns over a minute and of the moods, for every pair; from 0 up to what the presets can
            reach.
        scenario: A regime for all; None for the presets as they are.
        latency: Delays of orders and data, the same for all.
        fees: Costs and rebates; None for those of each preset's instrument.
        record: Keep the ``EVENT`` rows of every symbol.

    Attributes:
        markets: The symbols, in the order of the presets.

    Raises:
        InvalidValueError: For no preset, or a correlation out of range, with the range.
        NotFoundError: When there is no such preset.

    Examples:
        >>> group = MarketGroup(["zero_intelligence", "zero_intelligence"], seed=7)
        >>> order = group[0].buy(size_lots=1)
        >>> [len(fills) for fills in group.advance(1.0)]
        [1, 0]
    """

    def __init__(
        self,
        presets: Sequence[Preset | str],
        seed: int,
        *,
        correlation: float = 0.0,
        scenario: Scenario | None = None,
        latency: Latency | None = None,
        fees: Fees | None = None,
        record: bool = False,
    ) -> None:
        if not presets:
            raise InvalidValueError("presets", "one or more", 0)
        loaded = [load_preset(p) if isinstance(p, str) else p for p in presets]
        self.seed, self.correlation = seed, float(correlation)
        self._fees = fees
        self._responses = [self._response(preset) for preset in loaded]
        self.markets = [
            GroupMember(p, member_seed(seed, k), scenario=scenario, latency=latency, fees=fees, record=record)
            for k, p in enumerate(loaded)
        ]
        for market in self.markets:
            market.group = self
        self._plain = [market.parts[2]["rows"]["factor"][0].copy() for market in self.markets]
        self._step = 0
        self._chance = stream(seed, "market/group/flow"), stream(seed, "market/group/mood")
        self._push, self._mood = (float(chance.standard_normal()) for chance in self._chance)
        self._flow, self._lots = np.zeros(len(loaded)), self._signed_lots()

    def _response(self, preset: Preset) -> Response | None:
        if not 0.0 <= self.correlation < 1.0:
            raise InvalidValueError("correlation", "from 0 to less than 1", self.correlation)
        if self.correlation == 0.0:
            return None
        response = tilt_response(preset)
        if self.correlation > response.widest_share:
            reach = f"from 0 to {response.widest_share:.2f} with preset {preset.name}"
            raise InvalidValueError("correlation", reach, self.correlation)
        return response

    def _signed_lots(self) -> Array:
        return np.array([float(m._markets["signed_lots"][0]) for m in self.markets])

    def __len__(self) -> int:
        """Number of symbols."""
        return len(self.markets)

    def __iter__(self) -> Iterator[GroupMember]:
        """The symbols in order."""
        return iter(self.markets)

    def __getitem__(self, which: int | str) -> GroupMember:
        """A symbol by its place, or the first of a preset by its name."""
        if isinstance(which, int):
            return self.markets[which]
        for market in self.markets:
            if which in (market.preset.name, market.instrument.symbol):
                return market
        raise NotFoundError(f"{which}: not in this group; there are {', '.join(m.preset.name for m in self.markets)}")

    @property
    def now_ns(self) -> int:
        """Your clock [ns since 1970-01-01 UTC]."""
        return self.markets[0].now_ns

    def advance(self, seconds: float) -> list[Array]:
        """Let the same time pass for all symbols.

        Args:
            seconds: How long; 0 or more.

        Returns:
            Your fills in each symbol; see :meth:`~tradewind.market.trading.TradedMarket.advance`.

        Raises:
            InvalidValueError: For a negative time, or more than 64 of your fills in one symbol.
        """
        if not 0 <= seconds < np.inf:
            raise InvalidValueError("seconds", "0 or more, finite", seconds)
        self.run(float(self.markets[0]._markets["now_s"][0]) + seconds)
        return [market.fills() for market in self.markets]

    def run(self, until_s: float) -> None:
        """Run all symbols until a time since the start [s]; they look at each other at whole steps."""
        while True:
            grid_s = (self._step + 1) * STEP_S
            for market in self.markets:
                market.run_alone(min(grid_s, until_s))
            if grid_s > until_s:
                break
            self._step += 1
            if self.correlation > 0.0:
                self._couple()

    def _couple(self) -> None:
        """The common factor moves on; every symbol feels it and the trades of the others."""
        self._push = float(tilt_path(self._chance[0], 1, self._push)[0])
        lots = self._signed_lots()
        self._flow = self._flow * FLOW_KEEP + (lots - self._lots)
        self._lots = lots
        scaled = [flow / r.flow_std_lots for flow, r in zip(self._flow, self._responses, strict=True) if r]
        for k, (market, response) in enumerate(zip(self.markets, self._responses, strict=True)):
            others = np.delete(scaled, k)
            felt = float(np.clip(others, -FLOW_CAP, FLOW_CAP).mean()) if len(others) else 0.0
            size = response.tilt_for(self.correlation) if response else 0.0
            tilt = size * (self._push + SPILL * felt)
            set_tilt(market.parts[2], self._plain[k], float(np.clip(tilt, -WIDEST_TILT, WIDEST_TILT)))
        if self._step % int(MOOD_STEP_S / STEP_S) == 0:
            self._share_mood()

    def _share_mood(self) -> None:
        """Moods become a mix of the common one and their own, of the same variance."""
        keep = float(np.mean([m._tables["mood_keep"][0] for m in self.markets]))
        self._mood = keep * self._mood + np.sqrt(1.0 - keep * keep) * float(self._chance[1].standard_normal())
        for market in self.markets:
            spread = float(market._tables["mood_std"][0])
            if spread > 0.0:
                own = float(market._markets["mood_level"][0])
                level = np.sqrt(self.correlation) * self._mood + np.sqrt(1.0 - self.correlation) * own
                set_mood(*market.parts, float(np.exp(spread * level - 0.5 * spread * spread)))

    def twin(self) -> MarketGroup:
        """The same group from its start, same streams, without you: the counterfactual of all symbols."""
        first = self.markets[0]
        return MarketGroup(
            [market.preset for market in self.markets],
            self.seed,
            correlation=self.correlation,
            scenario=first.scenario,
            latency=first.latency,
            fees=self._fees,
        )


def member_seed(seed: int, place: int) -> int:
    """What a symbol of a group is seeded with: ``Market`` with this seed is that symbol, left alone."""
    return int(stream_seed(seed, f"market/group/{place}").generate_state(1, np.uint64)[0])
