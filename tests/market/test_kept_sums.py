"""What the kernels keep up to date instead of counting: counted here, after any history."""

from typing import Any

import numpy as np
import pytest

from tradewind.core.dtypes import MESSAGE, MessageKind
from tradewind.market.reactive import Market


def near_counts(ladder: Any, side: int) -> list[int]:
    """Orders at each of the sixteen best ticks of a side, as far as its window shows them."""
    best, base, levels = int(ladder["best_ticks"]), int(ladder["base_ticks"]), ladder["levels"]
    prices = [best - (1 - 2 * side) * distance for distance in range(16)]
    return [int(levels[p % len(levels)]["count"]) if 0 <= p - base < len(levels) else 0 for p in prices]


def check_sums(record: Any, tables: Any) -> None:
    book, nodes = record["book"], record["book"]["orders"]
    for side in range(2):
        counts = near_counts(book["ladders"][side], side)
        assert record["near_counts"][side].tolist() == counts
        assert int(record["near_total"][side]) == sum(counts)
        hazards = [int(h) for h in tables["hazard_near"]]
        assert int(record["near_units"][side]) == sum(h * n for h, n in zip(hazards, counts, strict=True))
        here = (nodes["size_lots"] > 0) & (nodes["owner"] == 0) & (nodes["flags"] == side)
        here[0] = False
        assert int(record["resting"][side]) == here.sum()
        listed = record["listed"][side, : int(record["listed_count"][side])].astype(int)
        true = nodes["limit_ticks"][listed] == 2 * np.arange(len(listed)) + side
        assert set(np.flatnonzero(here)) <= set(listed[true])
    assert float(record["activity"]) == pytest.approx(float(record["state"].sum()), rel=1e-12)


@pytest.mark.parametrize("preset", ["aig", "aapl2012", "zero_intelligence"])
def test_sums_are_what_counting_gives(preset: str) -> None:
    market = Market(preset, 7)
    best = (market.view.best_bid or (0, 0))[0]
    for k in range(12):
        message = np.zeros(1, MESSAGE)
        message["kind"] = (MessageKind.LIMIT, MessageKind.MARKET, MessageKind.LIMIT, MessageKind.REPLACE)[k % 4]
        message["side"], message["order_id"] = 1 - 2 * (k & 1), 1 + k - k % 4
        message["size_lots"], message["price_ticks"] = (100, 400)[k & 1], best - 3 + k % 3
        market.submit(message)
        market.advance(10.0)
        check_sums(market._markets[0], market._tables[0])
