import pytest

from tradewind.bench.decide import bench_decide
from tradewind.bench.train import bench_train


def test_decisions_are_measured_beside_numpy_and_torch() -> None:
    report = bench_decide(0.01, lambda _: None)
    rows = {row.name: row for row in report.rows}
    for name in ("decide_p50_us", "decide_p99_us", "decide_p50_us_128"):
        assert rows[name].value > 0
        assert rows[name].reference == "NumPy"
        assert rows[name].ratio is not None
    assert rows["decide_p50_us"].value <= rows["decide_p99_us"].value
    pytest.importorskip("torch")
    assert rows["decide_p50_us_v_torch"].reference_value > 0


@pytest.mark.slow
def test_training_is_measured_beside_stable_baselines() -> None:
    pytest.importorskip("stable_baselines3")
    report = bench_train(0.01, lambda _: None, "zero_intelligence")
    rows = {row.name: row for row in report.rows}
    t = report.threads
    assert rows[f"train_ppo_{t}t"].reference == "Stable-Baselines3 PPO"
    for name in ("ppo", "ddqn"):
        shares = [rows[f"{name}_share_{part}"].value for part in ("simulator", "policy", "update")]
        assert all(share >= 0 for share in shares)
        assert 0.3 < sum(shares) <= 1.01
        assert 0 < rows[f"{name}_of_floor"].value < 1.2
    assert rows["product_rate"].value > 0.1
    assert {f"train_ddqn_{t}t", f"sb3_ppo_{t}t", "ppo_over_sb3"} <= set(rows)
