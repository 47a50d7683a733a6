"""The benchmark of text runs, and every rate is one."""

import pytest

from tradewind.bench import text as module
from tradewind.bench.text import bench_text


def test_rates_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "torch_encoder", lambda: None)
    monkeypatch.setattr(module, "REPEATS", 1)
    report = bench_text(0.03, lambda _: None)
    assert {row.name for row in report.rows} >= {"encode", "score_lexicon", "score_head", "score_head_cached"}
    assert all(row.value > 0 and row.unit == "sentences/s" for row in report.rows)
    assert report.rows[0].reference_value is None
