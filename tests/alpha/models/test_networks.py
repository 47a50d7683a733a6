"""Networks: three interpreters of one program agree, training resumes exactly, forecasts need no Torch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.naive import network as naive

from tradewind.alpha.models import load_model, make_model, save_model
from tradewind.alpha.models.checks import CLIP
from tradewind.alpha.models.network import Program, run_network, scratch_for, start_numbers
from tradewind.alpha.models.training import Epoch, Watch
from tradewind.alpha.protocol import Sample
from tradewind.core.errors import IntegrityError, InvalidValueError, MissingExtraError, StorageError
from tradewind.core.random import stream

torch = pytest.importorskip("torch")

RANDOM = stream(21, "networks")
X = RANDOM.standard_normal((300, 6))
Y = np.sign(np.round(X[:, 0] + np.roll(X[:, 1], 1) + 0.5 * RANDOM.standard_normal(300))) + 0.0
WINDOW = 9
NETWORKS = {
    "mlp": {"width": 11},
    "lstm": {"width": 7, "layers": 2, "window": WINDOW},
    "transformer": {"width": 8, "layers": 2, "window": WINDOW},
    "deeplob": {"width": 10, "group": 2, "window": WINDOW},
}


def series(rows: int, count: int) -> Sample:
    t0 = np.arange(rows)
    return Sample(t0=t0, t1=t0, weight=np.ones(rows), series=np.arange(rows) % count, day=np.zeros(rows, np.int64))


@pytest.mark.parametrize("name", NETWORKS)
def test_kernel_torch_and_naive_twin_agree(name: str) -> None:
    from tradewind.alpha.models.torch_network import forward

    model, window = make_model(name, **NETWORKS[name]), 1 if name == "mlp" else WINDOW
    program = model.design(Program(6, window), 3)
    numbers = start_numbers(program, 4) + 0.05 * RANDOM.standard_normal(program.count).astype(np.float32)
    scale = np.stack([np.zeros(6), np.ones(6), np.full(6, float(window)), np.full(6, CLIP)])
    out = np.empty((20, 3))
    starts = np.maximum(np.arange(20) - 3, 0)
    run_network(X[:20], starts, scale, program.table, numbers, scratch_for(program.table, 6, window), out)
    windows = np.zeros((20, window, 6))
    for i in range(20):
        for k in range(window):
            if (row := i - window + 1 + k) >= starts[i]:
                windows[i, k] = X[row]
    slow = np.array([naive.run(program.table, numbers, w) for w in windows])
    by_torch = forward(torch, program.table, torch.from_numpy(numbers), torch.from_numpy(windows.astype(np.float32)))
    np.testing.assert_allclose(out, slow, atol=1e-5)
    np.testing.assert_allclose(out, by_torch.numpy(), atol=1e-5)
    assert np.ptp(out[:, 0]) > 1e-3


def test_networks_learn_what_is_there() -> None:
    for name in ("mlp", "lstm"):
        model = make_model(name, epochs=20, rate=0.03, batch=32, patience=20, **NETWORKS[name]).fit(X, Y)
        assert model.curve_[-1, 0] < 0.9 * model.curve_[0, 0]
        assert model.score(X, Y) > (0.5 if name == "mlp" else 0.7)


def test_a_window_stays_inside_its_series() -> None:
    model = make_model("lstm", epochs=1, **NETWORKS["lstm"]).fit(X, Y, series(300, 3))
    mixed = model.predict_dist(X, series(300, 3)).values
    for number in range(3):
        alone = model.predict_dist(X[number::3]).values
        np.testing.assert_allclose(mixed[number::3], alone, atol=1e-12)


@pytest.mark.parametrize("name", ["mlp", "lstm"])
def test_a_stopped_run_goes_on_to_the_same_result(name: str, tmp_path: Path) -> None:
    told: list[Epoch] = []
    whole = make_model(name, epochs=4, **NETWORKS[name]).watched(Watch(told=told.append)).fit(X, Y)
    assert [epoch.number for epoch in told] == list(range(1, len(told) + 1))
    checkpoint = tmp_path / "run.checkpoint"
    half = make_model(name, epochs=4, **NETWORKS[name])
    half.watched(Watch(checkpoint=checkpoint, stop_after=2)).fit(X, Y)
    assert len(half.curve_) == 2
    again = make_model(name, epochs=4, **NETWORKS[name]).watched(Watch(checkpoint=checkpoint)).fit(X, Y)
    assert again.fingerprint == whole.fingerprint
    with pytest.raises(StorageError, match="another model"):
        make_model(name, epochs=4, **NETWORKS[name]).watched(Watch(checkpoint=checkpoint)).fit(X[::-1], Y)
    content = bytearray(checkpoint.read_bytes())
    content[-1] ^= 1
    checkpoint.write_bytes(bytes(content))
    with pytest.raises(IntegrityError):
        make_model(name, epochs=4, **NETWORKS[name]).watched(Watch(checkpoint=checkpoint)).fit(X, Y)


def test_training_stops_when_the_tail_says_so() -> None:
    noise = stream(9, "noise").integers(0, 2, 300) * 2.0 - 1.0
    model = make_model("mlp", width=64, epochs=60, rate=0.02, patience=3, batch=32, dropout=0.0).fit(X, noise)
    best = int(np.argmin(model.curve_[:, 1])) + 1
    assert len(model.curve_) == best + 3 < 60


def test_torch_is_as_it_was() -> None:
    threads, chance = torch.get_num_threads(), torch.random.get_rng_state()
    make_model("mlp", epochs=1).fit(X, Y)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), chance)


def test_forecasts_need_no_torch(tmp_path: Path) -> None:
    model = make_model("mlp", epochs=1).fit(X, Y)
    save_model(model, tmp_path / "a.model")
    np.save(tmp_path / "x.npy", X[:5])
    program = (
        "import sys; sys.modules['torch'] = sys.modules['sklearn'] = sys.modules['lightgbm'] = None\n"
        "import numpy as np\nfrom tradewind.alpha.models import load_model\n"
        f"model, X = load_model({str(tmp_path / 'a.model')!r}), np.load({str(tmp_path / 'x.npy')!r})\n"
        "print(model.predict_dist(X).values.sum())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(5.0)


def test_training_without_torch_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"tradewind\[train\]"):
        make_model("mlp").fit(X, Y)


def test_shapes_are_checked() -> None:
    with pytest.raises(InvalidValueError, match="divisor of the 6 columns"):
        make_model("deeplob", group=4).fit(X, Y)
    with pytest.raises(InvalidValueError, match="multiple of its 2 heads"):
        make_model("transformer", width=9).fit(X, Y)
    with pytest.raises(InvalidValueError, match="window"):
        make_model("lstm", window=1)


def test_a_file_with_too_few_numbers_is_refused(tmp_path: Path) -> None:
    from tradewind.core.errors import DataError

    model = make_model("mlp", epochs=1).fit(X, Y)
    model.numbers_ = model.numbers_[:-1]
    save_model(model, tmp_path / "a.model")
    with pytest.raises(DataError, match="put together"):
        load_model(tmp_path / "a.model")


@pytest.mark.parametrize("name", ["mlp", "lstm"])
def test_a_network_of_few_rows_knows_the_base_rates(name: str) -> None:
    """Noise with classes of 80, 15 and 5 %: what is forecast lies near the shares, not near a third each."""
    rng = stream(11, "tests/base-rates")
    X, y = rng.standard_normal((300, 4)), rng.choice([0.0, 1.0, -1.0], 300, p=[0.8, 0.15, 0.05])
    told = make_model(name, seed=1).fit(X, y).predict_dist(X).values.mean(axis=0)
    np.testing.assert_allclose(told, [(y == level).mean() for level in (-1, 0, 1)], atol=0.08)
