"""The kernel against its slow twin: the same numbers drawn, the same rows told."""

import pytest
from tests.naive.reactive_market import SlowMarket

from tradewind.market.reactive import Market


@pytest.mark.parametrize(("preset", "rows"), [("aig", 3000), ("aapl2012", 2000), ("zero_intelligence", 1000)])
def test_kernel_and_slow_twin_tell_the_same_rows(preset: str, rows: int) -> None:
    market = Market(preset, seed=13, record=True)
    market.rows()
    slow = SlowMarket(market._markets.copy(), market._tables)
    fast: list[tuple[int, ...]] = []
    names = ("ts_event_ns", "order_id", "price_ticks", "size_lots", "flags", "kind", "side")
    while len(fast) < rows:
        market.advance(5.0)
        fast += [tuple(int(row[name]) for name in names) for row in market.rows()]
    while len(slow.rows) < rows:
        slow.step()
    assert [row[1:] for row in slow.rows[:rows]] == [row[1:] for row in fast[:rows]]
    resolution = market.preset.clock.resolution_ns  # sums are rounded in another order, and an event's time is a sum
    assert max(abs(a[0] - b[0]) for a, b in zip(slow.rows, fast, strict=False)) <= max(resolution, 1000)
