"""A simulated market that reacts to you: one preset, one seed, your orders among everyone's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tradewind.core.dtypes import EVENT, Array
from tradewind.core.fees import Fees
from tradewind.core.types import Instrument
from tradewind.market.flow.layout import BUFFER, new_markets
from tradewind.market.flow.run import DUE, THERE, deliver_due, open_market, rewind, run_market, tell_book
from tradewind.market.flow.tables import compile_preset
from tradewind.market.flow.ziggurat import seed_streams
from tradewind.market.preset import Preset, load_preset
from tradewind.market.scenario import Scenario, phases_record
from tradewind.market.trading import Latency, TradedMarket

__all__ = ["EPOCH_NS", "Market", "market_size", "simulate", "simulate_pages", "warm_markets"]

EPOCH_NS = 1_577_975_400_000_000_000
"""When simulated markets begin unless told otherwise: 2020-01-02 14:30 UTC, a New York open."""
WARM_UP_S = 300.0


def market_size(preset: Preset) -> tuple[int, int]:
    """Window [ticks] and pool [orders] that a preset's book needs."""
    levels = max(64, 1 << int(np.ceil(np.log2(2 * preset.depth.reach_ticks + 1))))
    tables = compile_preset(preset)
    orders = 4 * float(tables["deep_orders"].sum()) + 256
    return levels, min(max(512, 1 << int(np.ceil(np.log2(orders)))), 1 << 15)


def warm_markets(markets: Array, tables: Array, phases: Array, start_s: float = 0.0) -> None:
    """Open markets (streams set), run them until their books have forgotten how they began, call that time 0.

    Args:
        markets: Shape (n,), zeroed records.
        tables: Shape (1,), dtype ``TABLES``.
        phases: Shape (1,), dtype ``PHASES``: the scenario that begins after the warm-up.
        start_s: Time of the session at which they begin [s].
    """
    plain, buffer = phases_record(None), np.zeros(1, BUFFER)
    markets["base_ns"], markets["start_s"] = EPOCH_NS - int(WARM_UP_S * 1e9), start_s - WARM_UP_S
    open_market(markets, tables, plain, buffer)
    for i in range(len(markets)):
        run_market(markets[i : i + 1], tables, plain, buffer, WARM_UP_S)
    rewind(markets, WARM_UP_S, phases)
    markets["base_ns"], markets["start_s"] = EPOCH_NS, start_s


class Market(TradedMarket):
    """One simulated market.

    Orders go in with :meth:`submit`, time passes with :meth:`advance`, fills and answers come back: see
    :class:`~tradewind.market.trading.TradedMarket`. The same seed and
    the same messages give the same market, bit for bit, however time is cut into calls.

    Args:
        preset: A preset, or the name or path of one.
        seed: The run's one seed.
        scenario: A regime; None for the preset as it is.
        latency: Delays of orders and data.
        fees: Costs and rebates; None for those of the preset's instrument.
        session_s: Time of the session at which the market starts, for the intraday profile [s]; None keeps the
            profile flat.
        record: Keep the ``EVENT`` rows, for :meth:`rows`.

    Raises:
        NotFoundError: When there is no such preset.

    Examples:
        >>> market = Market("zero_intelligence", seed=7)
        >>> market.advance(1.0).size
        0
        >>> order = market.buy(size_lots=1)
        >>> int(market.advance(1.0)["size_lots"].sum())
        1
    """

    def __init__(
        self,
        preset: Preset | str,
        seed: int,
        *,
        scenario: Scenario | None = None,
        latency: Latency | None = None,
        fees: Fees | None = None,
        session_s: float | None = None,
        record: bool = False,
    ) -> None:
        self.preset = load_preset(preset) if isinstance(preset, str) else preset
        self.seed = seed
        self.scenario = scenario
        self.session_s = session_s
        self._tables = compile_preset(self.preset)
        if session_s is None:
            self._tables["profile_parts"], self._tables["profile"] = 1, 1.0
        self._phases = phases_record(scenario)
        self._buffer = np.zeros(1, BUFFER)
        self._pages: list[Array] = []
        market = self._open(record)
        super().__init__(market, self.preset.trading_instrument(), latency, fees)

    def _open(self, record: bool) -> Array:
        market = new_markets(1, *market_size(self.preset))
        market["streams"][0] = seed_streams(self.seed, "market/flow", market["streams"].shape[1])
        warm_markets(market, self._tables, self._phases, self.session_s or 0.0)
        market["recording"] = record
        if record:
            tell_book(market, self._buffer, self._tables)
        return market

    @property
    def events(self) -> int:
        """Background events since the start."""
        return int(self._markets["events"].sum())

    def _run(self, until_s: float) -> None:
        parts = (self._markets, self._tables, self._phases, self._buffer)
        while (ended := run_market(*parts, until_s)) != THERE:
            if ended == DUE:
                deliver_due(*parts)
            else:
                self._turn_page()

    def _turn_page(self) -> None:
        count = int(self._markets["rows_count"][0])
        self._pages.append(self._buffer["rows"][0, :count].copy())
        self._markets["rows_count"] = 0

    def rows(self) -> Array:
        """``EVENT`` rows since the last call: first a snapshot of the book, then what happened."""
        self._turn_page()
        rows = np.concatenate(self._pages) if self._pages else np.zeros(0, EVENT)
        self._pages = []
        return rows

    def twin(self) -> Market:
        """The same market from its start, same streams, without you: the counterfactual."""
        return Market(
            self.preset,
            self.seed,
            scenario=self.scenario,
            latency=self.latency,
            fees=self.fees,
            session_s=self.session_s,
        )


def simulate_pages(
    preset: Preset | str, seconds: float, seed: int, scenario: Scenario | None = None, step_s: float = 60.0
) -> Iterator[Array]:
    """Rows of a simulated feed in pages of ``step_s`` of market time; see :func:`simulate`."""
    chosen = load_preset(preset) if isinstance(preset, str) else preset
    whole = seconds >= chosen.clock.session_s
    market = Market(chosen, seed, scenario=scenario, session_s=0.0 if whole else None, record=True)
    done = 0.0
    while done < seconds:
        part = min(step_s, seconds - done)
        market.advance(part)
        done += part
        yield market.rows()


def simulate(
    preset: Preset | str, seconds: float, seed: int, scenario: Scenario | None = None
) -> tuple[Instrument, Array]:
    """Simulate a market nobody trades in but itself, as a level-3 feed.

    The intraday profile applies when a whole session or more is simulated; anything shorter runs at the session's
    mean activity.

    Args:
        preset: A preset, or the name or path of one.
        seconds: How long [s].
        seed: The run's one seed.
        scenario: A regime; None for the preset as it is.

    Returns:
        The instrument and its rows, shape (n,), dtype ``EVENT``: a snapshot of the book, then adds, cancels,
        executions, and trades against hidden size. Rows flagged SNAPSHOT within the day are orders that come into
        or go out of view at the far end of the depth.

    Examples:
        >>> instrument, rows = simulate("zero_intelligence", seconds=10.0, seed=7)
        >>> bool(len(rows) > 100)
        True
    """
    chosen = load_preset(preset) if isinstance(preset, str) else preset
    return chosen.trading_instrument(), np.concatenate(list(simulate_pages(chosen, seconds, seed, scenario)))
