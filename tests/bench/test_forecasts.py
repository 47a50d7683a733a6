import pytest

from tradewind.bench import forecasts


def test_every_family_is_measured_beside_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    chosen = {name: forecasts.MEMBERS[name] for name in ("ridge", "logistic", "lightgbm", "rls")}
    monkeypatch.setattr(forecasts, "MEMBERS", chosen)
    monkeypatch.setattr(forecasts, "ROWS", 300)
    told: list[str] = []
    report = forecasts.bench_forecasts(0.01, told.append)
    rows = {row.name: row for row in report.rows}
    assert told == list(chosen)
    for name in chosen:
        assert 0 < rows[f"{name}_p50_us"].value <= rows[f"{name}_p99_us"].value
    assert rows["logistic_p50_us"].reference == "scikit-learn"
    assert rows["lightgbm_p50_us"].ratio is not None
    assert rows["ridge_p50_us"].aim == "value <= 10"
