"""The market's benchmark measures what it says, on a small market."""

import numpy as np
import pytest

from tradewind.bench import market as bench
from tradewind.bench.public_engines import ADD, CANCEL, rows_feed
from tradewind.market.reactive import simulate

SMALL = "zero_intelligence"


def test_the_feed_given_to_others_ends_in_the_book_we_have() -> None:
    _, rows = simulate(SMALL, 30.0, 3)
    live: dict[int, tuple[int, int]] = {}
    for event in rows_feed(rows, 0.01):
        kind, key = int(event["ev"]) & 0xFF, int(event["order_id"])
        assert (kind == ADD) == (key not in live)
        if kind == CANCEL:
            del live[key]
        else:
            live[key] = (round(event["px"] / 0.01), int(event["qty"]))
    sizes: dict[int, int] = {}
    for row in rows:
        if row["kind"] in (2, 3, 4):
            sizes[int(row["order_id"])] -= int(row["size_lots"])
        elif row["kind"] == 1:
            sizes[int(row["order_id"])] = int(row["size_lots"])
    assert {key: size for key, size in sizes.items() if size} == {key: size for key, (_, size) in live.items()}


def test_rows_of_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradewind.bench.result.gc.collect", lambda: 0)
    monkeypatch.setattr(bench, "preset_names", lambda: [SMALL])
    for name, value in {"LARGE": SMALL, "BATCH": 4, "OWN": (0, 2), "MANY": (1, 2), "DEEPER": (1,)}.items():
        monkeypatch.setattr(bench, name, value)
    report = bench.bench_market(0.001)
    rows = {row.name: row for row in report.rows}
    assert {"reset_us", "batch_events_1t", "cost_own_2", "cost_markets_2", "cost_depth_1x"} <= set(rows)
    assert rows[f"reactive_events_{SMALL}"].aim == "value >= 12e6"
    assert rows[f"bytes_per_market_{SMALL}"].value == np.rint(rows[f"bytes_per_market_{SMALL}"].value) > 10_000
    assert all(row.value > 0 for row in report.rows)
    assert rows["cost_own_2"].reference_value == rows["cost_own_0"].value
