"""The gate's benchmark measures what it says: its rows, and orders that pass every check."""

import pytest

from tradewind.bench.gate import bench_gate


@pytest.mark.slow
def test_the_rows_are_those_that_are_promised() -> None:
    report = bench_gate(0.01, lambda text: None)
    names = ["check_p50_ns", "check_p99_ns", "check_p999_ns", "python_call_p50_ns", "naive_twin"]
    assert [row.name for row in report.rows] == names
    assert "100.0% of the orders accepted" in report.rows[0].note
    assert report.rows[0].value <= report.rows[1].value <= report.rows[2].value
