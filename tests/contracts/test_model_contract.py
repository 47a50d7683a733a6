"""What every model of the zoo keeps to, for every kind of distribution it can learn."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tradewind.alpha.models import cards, load_model, make_model, names, save_model
from tradewind.alpha.models.state import MAGIC
from tradewind.alpha.protocol import Sample
from tradewind.core.errors import (
    DataError,
    IntegrityError,
    InvalidValueError,
    MissingExtraError,
    NotFoundError,
    UsageError,
)
from tradewind.core.random import stream

ROWS, COLUMNS = 360, 4
SMALL = {
    "forest": {"trees": 5},
    "lightgbm": {"rounds": 8, "patience": 4},
    "mlp": {"epochs": 2, "width": 8},
    "lstm": {"epochs": 2, "width": 8, "window": 6},
    "transformer": {"epochs": 2, "width": 8, "window": 6, "heads": 2},
    "deeplob": {"epochs": 2, "width": 8, "window": 12},
}
PAIRS = [(card.name, output) for card in cards() for output in card.outputs]
MEMBERS = [(name, next(out for n, out in PAIRS if n == name)) for name in names()]


def rows() -> tuple[np.ndarray, np.ndarray, Sample]:
    """Two series of rows in which the first column says something about the label."""
    random = stream(5, "contract/models")
    X = random.standard_normal((ROWS, COLUMNS))
    y = np.sign(np.round(X[:, 0] + 0.6 * random.standard_normal(ROWS))) + 0.0
    t0 = np.tile(np.arange(ROWS // 2) * 1_000, 2)
    sample = Sample(
        t0=t0,
        t1=t0 + 1_500,
        weight=random.random(ROWS) + 0.5,
        series=np.repeat([0, 1], ROWS // 2),
        day=np.repeat([15_985], ROWS),
    )
    order = np.argsort(t0, kind="stable")
    return X[order], y[order], sample.take(order)


X, Y, SAMPLE = rows()


def labels(output: str) -> np.ndarray:
    return np.abs(Y) + 0.5 + 0.1 * np.arange(ROWS) / ROWS if output == "gamma" else Y


def fresh(name: str, output: str, **params: object) -> object:
    return make_model(name, output=output, **(SMALL.get(name, {}) | params))


FITTED: dict[tuple[str, str], object] = {}


def fitted(name: str, output: str) -> object:
    """One fitted model for all tests that only look at it."""
    if (name, output) not in FITTED:
        FITTED[name, output] = fresh(name, output).fit(X, labels(output), SAMPLE)
    return FITTED[name, output]


each = pytest.mark.parametrize(("name", "output"), PAIRS)
member = pytest.mark.parametrize(("name", "output"), MEMBERS)


@each
def test_forecasts_are_distributions(name: str, output: str) -> None:
    found = fitted(name, output).predict_dist(X, SAMPLE)
    assert found.kind == output
    assert len(found) == ROWS
    assert np.isfinite(found.values).all()
    if output == "classes":
        assert found.levels == (-1.0, 0.0, 1.0)
        np.testing.assert_allclose(found.values.sum(axis=1), 1.0, atol=1e-6)
        assert (found.values >= 0).all()
    if output in ("normal", "gamma"):
        assert (found.values[:, 1] > 0).all()
    if output == "gamma":
        assert (found.values[:, 0] > 0).all()
    if output == "quantiles":
        assert found.values.shape[1] == len(found.levels)
        assert (np.diff(found.values, axis=1) >= 0).all()


@each
def test_the_same_seed_learns_the_same(name: str, output: str) -> None:
    assert fresh(name, output).fit(X, labels(output), SAMPLE).fingerprint == fitted(name, output).fingerprint


@each
def test_a_file_holds_all_of_it(name: str, output: str, tmp_path: Path) -> None:
    model = fitted(name, output)
    save_model(model, tmp_path / "a.model")
    again = load_model(tmp_path / "a.model")
    assert type(again) is type(model)
    assert again.get_params() == model.get_params()
    assert again.fingerprint == model.fingerprint
    assert np.array_equal(again.predict_dist(X, SAMPLE).values, model.predict_dist(X, SAMPLE).values)


@member
def test_the_fingerprint_tells_models_apart(name: str, output: str) -> None:
    other = fresh(name, output).fit(X[: ROWS // 2], Y[: ROWS // 2], SAMPLE.take(np.arange(ROWS // 2)))
    assert other.fingerprint != fitted(name, output).fingerprint


@member
def test_rows_after_do_not_change_rows_before(name: str, output: str) -> None:
    model, cut = fitted(name, output), ROWS // 3
    before = model.predict_dist(X[:cut], SAMPLE.take(np.arange(cut))).values
    poisoned = X.copy()
    poisoned[cut:] = 50.0
    assert np.array_equal(model.predict_dist(poisoned, SAMPLE).values[:cut], before)


@member
def test_one_row_is_forecast_as_among_many(name: str, output: str) -> None:
    model = fitted(name, output)
    if model.sequence:
        pytest.skip("looks back over the rows before")
    np.testing.assert_allclose(model.predict_dist(X[7:8]).values[0], model.predict_dist(X).values[7], atol=1e-12)


@member
def test_scikit_learn_can_clone_and_score_it(name: str, output: str) -> None:
    sklearn = pytest.importorskip("sklearn")
    from sklearn.model_selection import TimeSeriesSplit, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = fresh(name, output)
    twin = sklearn.base.clone(model)
    assert twin is not model
    assert twin.get_params() == model.get_params()
    assert not hasattr(twin, "n_features_in_")
    assert sklearn.base.is_classifier(model) == (output == "classes")
    with pytest.raises(InvalidValueError):
        model.set_params(no_such_thing=1)
    if name in ("ridge", "logistic", "majority"):
        scores = cross_val_score(make_pipeline(StandardScaler(), model), X, labels(output), cv=TimeSeriesSplit(2))
        assert np.isfinite(scores).all()


@member
def test_what_is_wrong_is_named(name: str, output: str) -> None:
    y, model = labels(output), fitted(name, output)
    with pytest.raises(UsageError, match="fit first"):
        fresh(name, output).predict_dist(X)
    with pytest.raises(InvalidValueError, match="one row and one column or more"):
        fresh(name, output).fit(X[:0], y[:0])
    with pytest.raises(InvalidValueError, match="one row and one column or more"):
        model.predict_dist(X[:0])
    with pytest.raises(InvalidValueError, match=f"of the {COLUMNS} columns"):
        model.predict_dist(X[:, :2])
    with pytest.raises(InvalidValueError, match="one label for each"):
        fresh(name, output).fit(X, y[:-1])
    holes = X.copy()
    holes[3, 1] = np.nan
    if not model.takes_nan:
        with pytest.raises(InvalidValueError, match="X in row 3, column 1"):
            fresh(name, output).fit(holes, y)
        with pytest.raises(InvalidValueError, match="X in row 3, column 1"):
            model.predict_dist(holes, SAMPLE)
    holes[3, 1] = np.inf
    with pytest.raises(InvalidValueError, match="X in row 3, column 1"):
        model.predict_dist(holes, SAMPLE)
    if not model.takes_one_class and output == "classes":
        with pytest.raises(InvalidValueError, match="two classes or more"):
            fresh(name, output).fit(X, np.ones(ROWS))
    unknown = y.copy()
    unknown[9] = np.nan
    with pytest.raises(InvalidValueError, match="y in row 9"):
        fresh(name, output).fit(X, unknown)
    with pytest.raises(InvalidValueError, match="numbers"):
        fresh(name, output).fit(X, np.array(["up"] * ROWS))


@member
def test_time_does_not_go_back(name: str, output: str) -> None:
    backwards = msgspec.structs.replace(SAMPLE, t0=SAMPLE.t0[::-1].copy(), t1=SAMPLE.t0[::-1] + 1_500)
    with pytest.raises(InvalidValueError, match=r"sample\.t0"):
        fresh(name, output).fit(X, labels(output), backwards)


@member
def test_what_is_not_known_can_be_filled(name: str, output: str) -> None:
    holes = X.copy()
    holes[::5, 1] = np.nan
    found = fresh(name, output, nan="fill").fit(holes, labels(output), SAMPLE).predict_dist(holes, SAMPLE)
    assert np.isfinite(found.values).all()


@member
def test_constant_columns_change_nothing(name: str, output: str) -> None:
    wide = np.concatenate([X, np.full((ROWS, 1), 3.0)], axis=1)
    model = fresh(name, output).fit(wide, labels(output), SAMPLE)
    assert np.isfinite(model.predict_dist(wide, SAMPLE).values).all()
    if hasattr(model, "scale_"):
        assert any("constant" in note and "4" in note for note in model.notes_)


ONLINE = [(name, output) for name, output in PAIRS if make_model(name).online]


@pytest.mark.parametrize(("name", "output"), ONLINE)
def test_learning_in_parts_is_learning(name: str, output: str) -> None:
    whole = fresh(name, output).fit(X, labels(output), SAMPLE)
    parts, first = fresh(name, output), np.arange(ROWS // 2)
    rest = np.arange(ROWS // 2, ROWS)
    parts.partial_fit(X[first], labels(output)[first], SAMPLE.take(first))
    if hasattr(parts, "mean_"):
        whole = fresh(name, output).fit(X[first], labels(output)[first], SAMPLE.take(first))
        for row in rest:
            whole.partial_fit(X[row : row + 1], labels(output)[row : row + 1], SAMPLE.take([row]))
    parts.partial_fit(X[rest], labels(output)[rest], SAMPLE.take(rest))
    np.testing.assert_allclose(parts.predict_dist(X).values, whole.predict_dist(X).values, atol=1e-9)
    with pytest.raises(InvalidValueError, match="not before the last row learned"):
        parts.partial_fit(X[:5], labels(output)[:5], SAMPLE.take(np.arange(5)))
    if output == "classes":
        with pytest.raises(InvalidValueError, match="one of the classes"):
            parts.partial_fit(X[:1], np.array([7.0]))


@member
def test_a_changed_file_is_refused(name: str, output: str, tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    save_model(fitted(name, output), path)
    whole = path.read_bytes()
    for at in (len(whole) - 3, len(whole) // 2, whole.index(b'"model"') + 9):
        broken = bytearray(whole)
        broken[at] ^= 1
        path.write_bytes(bytes(broken))
        with pytest.raises((DataError, IntegrityError)):
            load_model(path)
    path.write_bytes(whole[:-4])
    with pytest.raises(DataError):
        load_model(path)


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    with pytest.raises(NotFoundError):
        load_model(path)
    for content in (b"", b"\x80\x04pickle", b"{}", MAGIC, MAGIC + b"{}\n", MAGIC + b'{"model": 3}\n'):
        path.write_bytes(content)
        with pytest.raises(DataError):
            load_model(path)


def test_a_well_signed_file_with_impossible_arrays_is_refused(tmp_path: Path) -> None:
    model = fresh("lightgbm", "classes").fit(X, Y, SAMPLE)
    model.tables_["left"][0] = 1 << 30
    save_model(model, tmp_path / "a.model")
    with pytest.raises(DataError, match="put together"):
        load_model(tmp_path / "a.model")
    model = fresh("svm", "classes").fit(X, Y, SAMPLE)
    model.weights_ = model.weights_[:-3]
    save_model(model, tmp_path / "a.model")
    with pytest.raises(DataError, match="put together"):
        load_model(tmp_path / "a.model")


def test_names_and_hyper_parameters_are_checked() -> None:
    with pytest.raises(NotFoundError, match="ridge"):
        make_model("crystal-ball")
    with pytest.raises(InvalidValueError, match="alpha"):
        make_model("ridge", alpha=-1.0)
    with pytest.raises(InvalidValueError, match="trees"):
        make_model("forest", trees="many")
    assert all(card.summary and card.interpretability for card in cards())


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(MissingExtraError, match=r"tradewind\[alpha\]"):
        fresh("lightgbm", "classes").fit(X, Y)
