"""``tradewind bench market``: simulated and replayed markets beside a public engine's replay of the same rows."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np

from tradewind.bench.public_engines import hftbacktest_rate, rows_feed
from tradewind.bench.replays import bench_replays
from tradewind.bench.result import Report, Row, machine, noted, row, time_calls
from tradewind.core.dtypes import MESSAGE, Array, MessageKind
from tradewind.core.errors import MissingExtraError
from tradewind.core.types import Instrument
from tradewind.market.batch import MarketBatch
from tradewind.market.flow.layout import market_dtype
from tradewind.market.preset import Preset, load_preset, preset_names
from tradewind.market.reactive import Market, market_size, simulate

__all__ = ["bench_market"]

EVENTS = 2_000_000
TOLD_EVENTS = 400_000
SEED = 7
LARGE = "aig"
BATCH = 256
OWN = (0, 1, 8, 32)
MANY = (1, 16, 64, 256, 1024)
DEEPER = (1, 8)
HFTBACKTEST = "hftbacktest L3 replay, FIFO queues"


def bench_market(scale: float = 1.0, progress: Callable[[str], None] = lambda _: None) -> Report:
    """Measure markets, one core unless a row says otherwise.

    Args:
        scale: Fraction of the full number of events; figures below 1 are for a quick look.
        progress: Told what is measured next.

    Returns:
        The report; rows whose public engine is not installed have no reference.
    """
    events = max(int(EVENTS * scale), 20_000)
    progress("hftbacktest's L3 loop on a simulated feed")
    instrument, told = _told(max(int(TOLD_EVENTS * scale), 5_000))
    reference = (HFTBACKTEST, _public_rate(instrument, told))
    rows = []
    for name in preset_names():
        progress(f"reactive market, {name}")
        rows.append(_reactive(name, events, reference))
    progress("replays")
    rows += bench_replays(told, instrument, reference)
    progress(f"{BATCH} markets")
    rows += _batched(events)
    progress("what events cost")
    rows += [*_by_depth(events), *_by_own_orders(events), *_by_count(events), *_memory()]
    return Report("market", machine(), 1, rows)


def _seconds_for(market: Market, events: int) -> float:
    """Market time in which about so many events happen."""
    before = market.events
    market.advance(20.0)
    return 20.0 * events / max(market.events - before, 1)


def _rate(market: Market, events: int) -> float:
    """Background events a second of a market, in a few turns."""
    seconds = _seconds_for(market, events) / 5
    before = market.events
    spent = time_calls(lambda: market.advance(seconds), 4)
    return (market.events - before) / 5 / spent


def _reactive(name: str, events: int, reference: tuple[str, float | None]) -> Row:
    market = Market(name, SEED)
    rate = _rate(market, events)
    record = market._markets[0]
    tries = float(record["proposals"]) / market.events
    item = row(f"reactive_events_{name}", rate, "events/s", reference, "value >= 12e6")
    return noted(item, f"full model; {1e9 / rate:.0f} ns an event, {tries:.2f} proposals an event")


def _told(events: int) -> tuple[Instrument, Array]:
    """The feed that the large-tick market tells of about so many events."""
    return simulate(LARGE, _seconds_for(Market(LARGE, SEED), events), SEED)


def _public_rate(instrument: Instrument, rows: Array) -> float | None:
    """Rows a second of hftbacktest's L3 replay of a feed."""
    try:
        return hftbacktest_rate(rows_feed(rows, float(instrument.tick_size)), exchange=True)
    except MissingExtraError:
        return None


def _batched(events: int) -> list[Row]:
    """Many markets: one thread, two threads, starting anew."""
    rates = {}
    for threads in (1, 2):
        if threads <= numba.config.NUMBA_NUM_THREADS:
            rates[threads] = _batch_rate(MarketBatch([LARGE], BATCH, SEED, threads=threads), events * threads)
    rows = [noted(row("batch_events_1t", rates[1], "events/s"), f"{BATCH} markets of {LARGE}")]
    if 2 in rates:
        rows.append(row("batch_events_2t", rates[2], "events/s", ("one thread", rates[1]), "ratio >= 1.7"))
    batch = MarketBatch([LARGE], BATCH, SEED)
    every, plain = np.arange(BATCH), batch.markets.copy()
    copied = time_calls(lambda: batch.markets.__setitem__(slice(None), plain)) / BATCH * 1e6
    anew = time_calls(lambda: batch.reset(every)) / BATCH * 1e6
    rows.append(noted(row("reset_us", anew, "us", ("copying the records alone", copied)), "a market of the batch"))
    return rows


def _batch_rate(batch: MarketBatch, events: int) -> float:
    """Events a second of all markets of a batch, in turns of about a second of market time or more."""
    batch.advance(1.0)
    before = batch.events.sum()
    batch.advance(4.0)
    seconds = 4.0 * events / 5 / max(int(batch.events.sum() - before), 1)
    before = batch.events.sum()
    spent = time_calls(lambda: batch.advance(seconds), 4)
    return float(batch.events.sum() - before) / 5 / spent


def _by_depth(events: int) -> list[Row]:
    """Cost of an event as the orders behind the best grow in number."""
    preset, costs = load_preset(LARGE), {}
    for times in DEEPER:
        hazard = [value / times for value in preset.depth.hazard]
        deeper: Preset = preset.model_copy(update={"depth": preset.depth.model_copy(update={"hazard": hazard})})
        market = Market(deeper, SEED)
        costs[times] = (1e9 / _rate(market, events), int(market._markets["resting"].sum()))
    first = ("the preset's own depth", costs[DEEPER[0]][0])
    return [
        noted(row(f"cost_depth_{times}x", ns, "ns", first if times > 1 else ("", None)), f"{live} resting orders")
        for times, (ns, live) in costs.items()
    ]


def _by_own_orders(events: int) -> list[Row]:
    """Cost of an event as resting orders of the agent grow in number."""
    costs = {}
    for count in OWN:
        market = Market(LARGE, SEED)
        price = (market.view.best_bid or (0, 0))[0]
        messages = np.zeros(count, MESSAGE)
        messages["kind"], messages["side"], messages["size_lots"] = MessageKind.LIMIT, 1, 1
        messages["order_id"], messages["price_ticks"] = np.arange(count) + 1, price - 8 - np.arange(count) % 4
        market.submit(messages)
        market.advance(0.001)
        costs[count] = 1e9 / _rate(market, events // 4)
    return [
        row(f"cost_own_{count}", ns, "ns", ("no order of the agent", costs[0]) if count else ("", None))
        for count, ns in costs.items()
    ]


def _by_count(events: int) -> list[Row]:
    """Cost of an event as markets grow in number, one thread."""
    costs = {count: 1e9 / _batch_rate(MarketBatch([LARGE], count, SEED), events // 2) for count in MANY}
    return [
        row(f"cost_markets_{count}", ns, "ns", ("one market", costs[1]) if count > 1 else ("", None))
        for count, ns in costs.items()
    ]


def _memory() -> list[Row]:
    rows = []
    for name in preset_names():
        levels, orders = market_size(load_preset(name))
        item = row(f"bytes_per_market_{name}", market_dtype(levels, orders).itemsize, "bytes")
        rows.append(noted(item, f"windows of {levels} ticks, {orders} orders"))
    return rows
