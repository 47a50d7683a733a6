"""Small tasks for tests: one preset, so that kernels are compiled once."""

from typing import Any

from tradewind.rl.env.batch import ExecutionBatch
from tradewind.rl.env.task import parse_task


def small_batch(count: int = 4, seed: int = 7, threads: int = 1, fill_rows: int = 0, **parts: Any) -> ExecutionBatch:
    """A batch on the zero-intelligence preset with short orders."""
    values: dict[str, Any] = {
        "order": {"horizon_s": [5.0, 20.0], "share": [0.02, 0.5]},
        "market": {"presets": ["zero_intelligence"], "snapshots": 4, "gap_s": 10.0, "lead_s": 2.0},
        "latency": {"order_entry_ms": [0, 40], "market_data_ms": [0, 20], "jitter_ms": [0, 10]},
        "fees": {"taker_bps": [0.0, 3.0], "maker_bps": [-1.0, 0.0], "taker_per_unit": [0.001, 0.003]},
    }
    for name, part in parts.items():
        values[name] = values.get(name, {}) | part if isinstance(part, dict) else part
    return ExecutionBatch(parse_task(values), count, seed, threads=threads, fill_rows=fill_rows)
