"""Many simulated markets at once: one compiled call, several threads, the same result on any number of them."""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np

from tradewind.book.view import BookView
from tradewind.core.dtypes import FILL, MESSAGE, Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.fees import Fees
from tradewind.core.random import stream_seed
from tradewind.market.flow.layout import BUFFER, OWN_ORDERS, new_markets
from tradewind.market.flow.many import send_many, start_anew
from tradewind.market.flow.run import run_threads
from tradewind.market.flow.tables import TABLES, compile_preset
from tradewind.market.flow.ziggurat import seed_streams
from tradewind.market.preset import Preset, load_preset
from tradewind.market.reactive import market_size, warm_markets
from tradewind.market.scenario import Mix, Scenario, phases_record
from tradewind.market.trading import Latency, prepare_trading

__all__ = ["MarketBatch"]

SNAPSHOTS = 4


class MarketBatch:
    """N independent markets, of mixed presets and scenarios, advanced together.

    Every market starts as a copy of one of a few warmed-up snapshots of its preset and goes on with random streams of
    its own, which depend on the seed and its number only: neither on the threads nor on the other markets.

    Args:
        presets: Market ``i`` is of preset ``i % len(presets)``.
        count: Number of markets.
        seed: The run's one seed.
        scenarios: Market ``i`` is in scenario ``i // len(presets) % len(scenarios)``; None is the preset as it is. Or a
            :func:`~tradewind.market.scenario.mix`: every episode draws one.
        latency: Delays of orders and data; jitter is drawn by market.
        fees: Costs and rebates; None for those of each preset's instrument.
        threads: How many threads share the work.

    Attributes:
        markets: Shape (count,), the records; NumPy reads a field of all of them at once.
        count: Number of markets.

    Raises:
        InvalidValueError: For no preset, no market, or more threads than Numba may start.

    Examples:
        >>> batch = MarketBatch(["zero_intelligence"], 4, seed=7)
        >>> batch.advance(1.0)
        >>> bool((batch.mid_ticks > 0).all())
        True
    """

    def __init__(
        self,
        presets: Sequence[Preset | str],
        count: int,
        seed: int,
        *,
        scenarios: Sequence[Scenario | None] | Mix = (None,),
        latency: Latency | None = None,
        fees: Fees | None = None,
        threads: int = 1,
    ) -> None:
        if not presets:
            raise InvalidValueError("presets", "one or more", 0)
        if count < 1:
            raise InvalidValueError("count", "1 or more", count)
        if not 1 <= threads <= numba.config.NUMBA_NUM_THREADS:
            raise InvalidValueError("threads", f"1 to {numba.config.NUMBA_NUM_THREADS}", threads)
        self.count, self.seed, self.threads = count, seed, threads
        self.latency = latency or Latency()
        loaded = [load_preset(p) if isinstance(p, str) else p for p in presets]
        sizes = np.array([market_size(p) for p in loaded]).max(axis=0)
        self._tables = np.concatenate([_flat(compile_preset(p)) for p in loaded]).astype(TABLES)
        self._mix = scenarios if isinstance(scenarios, Mix) else None
        listed = scenarios.scenarios if isinstance(scenarios, Mix) else scenarios
        self._phases = np.concatenate([phases_record(s) for s in listed])
        kinds = np.arange(count)
        self._which = np.stack([kinds % len(loaded), kinds // len(loaded) % len(listed)], axis=1).astype(np.int64)
        self._snapshots = new_markets(len(loaded) * SNAPSHOTS, int(sizes[0]), int(sizes[1]))
        for k in range(len(loaded)):
            part = self._snapshots[k * SNAPSHOTS : (k + 1) * SNAPSHOTS]
            for j in range(SNAPSHOTS):
                part["streams"][j] = seed_streams(seed, f"market/snapshot/{k}/{j}", part["streams"].shape[1])
            warm_markets(part, self._tables[k : k + 1], phases_record(None))
            instrument = loaded[k].trading_instrument()
            prepare_trading(part, self.latency, instrument.fees if fees is None else fees, instrument)
        self.markets = new_markets(count, int(sizes[0]), int(sizes[1]))
        self._buffers = np.zeros(threads, BUFFER)
        self._until = np.zeros(count)
        self._lives = np.zeros(count, np.int64)
        self._key = int(stream_seed(seed, "market/batch").generate_state(1, np.uint64)[0] >> np.uint64(1))
        self.reset(np.arange(count))

    def reset(self, indices: Array) -> None:
        """Start markets anew from a snapshot, each with fresh streams; what they were is gone.

        Args:
            indices: Which markets.

        Raises:
            InvalidValueError: For a number that is no market.
        """
        chosen = self._checked(indices)
        self._until[chosen] = 0.0
        if self._mix is not None:
            self._which[chosen, 1] = self._mix.picks(self._key, chosen, self._lives[chosen])
        kept = self._snapshots.reshape(-1, SNAPSHOTS)
        start_anew(self.markets, kept, self._which, self._phases, self._lives, chosen, self._key)

    def _checked(self, indices: Array) -> Array:
        chosen = np.ascontiguousarray(indices, dtype=np.int64)
        if chosen.ndim != 1 or (len(chosen) and not 0 <= chosen.min() <= chosen.max() < self.count):
            raise InvalidValueError("indices", f"a row of numbers from 0 to {self.count - 1}", indices)
        return chosen

    def restore(self, markets: Array) -> None:
        """Put every market back to what it was: the same market can be run again with and without you.

        Args:
            markets: Shape (count,), a copy of ``markets`` taken before.
        """
        self.markets[:] = markets
        self._until[:] = markets["now_s"]

    def submit(self, index: int, message: Array) -> None:
        """Send one message to one market; it arrives after the order-entry latency.

        Args:
            index: Which market.
            message: A row of dtype ``MESSAGE``; ``ts_ns`` 0 is now.

        Raises:
            InvalidValueError: When 32 messages are on their way already, or this one is sent in the past.
        """
        self.submit_many(np.array([index]), np.array([message], MESSAGE))

    def submit_many(self, indices: Array, messages: Array) -> None:
        """Send messages, one each, in one compiled call; each arrives after the order-entry latency and its jitter.

        Args:
            indices: Shape (n,), the market of each message; a market may come more than once.
            messages: Shape (n,), dtype ``MESSAGE``; ``ts_ns`` 0 is now.

        Raises:
            InvalidValueError: For a number that is no market, or when a message cannot be sent: 32 of that market are
                on their way already, or it is sent in the past. Those before it have been sent.
        """
        chosen = self._checked(indices)
        if len(messages) != len(chosen):
            raise InvalidValueError("messages", f"{len(chosen)}, as many as indices", len(messages))
        sent = send_many(self.markets, chosen, messages)
        if sent < len(chosen):
            raise InvalidValueError(
                f"messages[{sent}]",
                f"at most {OWN_ORDERS} on their way in market {chosen[sent]}, none sent in the past",
                messages[sent],
            )

    def advance(self, seconds: float) -> None:
        """Let the same time pass in every market.

        Args:
            seconds: How long; 0 or more.

        Raises:
            InvalidValueError: For a negative time.
        """
        if not seconds >= 0:
            raise InvalidValueError("seconds", "0 or more", seconds)
        self._until += seconds
        before = numba.get_num_threads()
        numba.set_num_threads(self.threads)
        try:
            run_threads(self.markets, self._tables, self._phases, self._which, self._buffers, self._until)
        finally:
            numba.set_num_threads(before)

    def take_fills(self, index: int) -> Array:
        """Your fills in one market since the last call, shape (n,), dtype ``FILL``; at most 64 are kept."""
        market = self.markets[index]
        count = int(market["own_fills_count"])
        market["own_fills_count"] = 0
        return np.array(market["own_fills"][:count], dtype=FILL)

    def view(self, index: int) -> BookView:
        """The book of one market."""
        return BookView(self.markets["book"][index : index + 1])

    @property
    def mid_ticks(self) -> Array:
        """Mid-price of every market, shape (count,) [ticks]."""
        return np.asarray(self.markets["book"]["ladders"]["best_ticks"].sum(axis=1) / 2.0)

    @property
    def memory_bytes(self) -> int:
        """Size of one market's record; tables are shared by the markets of a preset."""
        return int(self.markets.itemsize)

    @property
    def events(self) -> Array:
        """Background events of every market since its start, shape (count,)."""
        return np.asarray(self.markets["events"].sum(axis=1))


def _flat(table: Array) -> Array:
    """Tables with a flat intraday profile: episodes are short."""
    table["profile_parts"], table["profile"] = 1, 1.0
    return table
