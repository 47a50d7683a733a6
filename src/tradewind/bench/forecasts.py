"""``tradewind bench forecasts``: one row through each family in the live path, beside the library that grew it."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np

from tradewind.alpha.models.checks import scaled
from tradewind.alpha.models.deep import Network
from tradewind.alpha.models.live import Live
from tradewind.alpha.models.registry import make_model
from tradewind.alpha.models.torch_network import torch_step
from tradewind.bench.result import Report, Row, machine, noted, row
from tradewind.core.clock import SystemClock
from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError
from tradewind.core.random import stream

__all__ = ["bench_forecasts"]

COLUMNS, ROWS = 16, 3_000
CALLS = 20_000
LINEAR_AIM, DEEP_AIM = "value <= 10", "value <= 100"
MEMBERS: dict[str, tuple[dict[str, Any], str]] = {
    "ridge": ({}, LINEAR_AIM),
    "logistic": ({}, LINEAR_AIM),
    "rls": ({}, ""),
    "forest": ({}, ""),
    "lightgbm": ({"rounds": 100, "patience": 0}, ""),
    "svm": ({}, ""),
    "hmm": ({}, ""),
    "mlp": ({"epochs": 1}, DEEP_AIM),
    "lstm": ({"epochs": 1}, DEEP_AIM),
    "transformer": ({"epochs": 1}, DEEP_AIM),
    "deeplob": ({"epochs": 1}, DEEP_AIM),
}
Step = Callable[[Array], object]


def bench_forecasts(scale: float = 1.0, told: Callable[[str], None] = lambda _: None) -> Report:
    """Measure forecasts called one by one from Python, checks included.

    Args:
        scale: Fraction of the full number of calls.
        told: Called with what is being measured.

    Returns:
        Median and 99th percentile of each family; references are the libraries' own prediction of one row.
    """
    random = stream(1, "bench/forecasts")
    features = random.standard_normal((ROWS, COLUMNS))
    first, second, third = features[:, :3].T
    y = np.sign(np.round(first + 0.5 * second * third + 0.7 * random.standard_normal(ROWS))) + 0.0
    calls, rows = max(200, int(CALLS * scale)), list[Row]()
    for name, (params, aim) in MEMBERS.items():
        told(name)
        try:
            model = make_model(name, **params).fit(features, y)
        except MissingExtraError as error:
            rows.append(noted(row(f"{name}_p50_us", float("nan"), "us"), str(error)))
            continue
        own = _quantiles(Live(model).step, features, calls)
        label, step = _reference(name, model, features, y)
        other = _quantiles(step, features, max(100, calls // 10)) if step is not None else (None, None)
        rows.append(noted(row(f"{name}_p50_us", own[0], "us", (label, other[0]), aim), _size(model)))
        rows.append(row(f"{name}_p99_us", own[1], "us", (label, other[1])))
    return Report("forecasts", machine(), 1, rows)


def _size(model: Any) -> str:
    if isinstance(model, Network):
        return f"{model.window_} rows of {COLUMNS} features, {len(model.numbers_):,} weights"
    if hasattr(model, "tables_"):
        return f"{len(model.trees_.roots):,} trees"
    if hasattr(model, "support_"):
        return f"{len(model.support_):,} support vectors"
    return f"{COLUMNS} features"


def _quantiles(step: Step, features: Array, calls: int) -> tuple[float, float]:
    """Median and 99th percentile of a call [us]."""
    clock, spent = SystemClock(), np.zeros(calls, np.int64)
    for k in range(min(calls, 100)):
        step(features[k])
    gc.collect()
    gc.disable()
    try:
        for k in range(calls):
            x = features[k % len(features)]
            start = clock.monotonic_ns()
            step(x)
            spent[k] = clock.monotonic_ns() - start
    finally:
        gc.enable()
    median, tail = np.percentile(spent, [50, 99]) / 1e3
    return float(median), float(tail)


def _reference(name: str, model: Any, features: Array, y: Array) -> tuple[str, Step | None]:
    """The library's own prediction of one row, fitted on the same rows."""
    if isinstance(model, Network):
        step = torch_step(model.table_, model.numbers_)
        mean, scale, window = model.scale_[0], model.scale_[1], np.zeros((model.window_, COLUMNS), np.float32)

        def by_torch(x: Array) -> object:
            window[:-1] = window[1:]
            window[-1] = scaled(x, (mean, scale))
            return step(window)

        return "Torch, eager", by_torch
    if name == "lightgbm":
        import lightgbm

        booster = lightgbm.Booster(model_str=model.texts_["0"].tobytes().decode())
        return "LightGBM", lambda x: booster.predict(x[None], num_threads=1)
    if name in ("rls", "hmm"):
        return "", None
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.svm import SVC

    twins: dict[str, Any] = {
        "ridge": Ridge(),
        "logistic": LogisticRegression(),
        "forest": RandomForestClassifier(100, min_samples_leaf=0.002, max_depth=12, max_samples=0.5, random_state=0),
        "svm": SVC(gamma=0.3 / COLUMNS),
    }
    twin = twins[name].fit(features, y)
    ask = twin.predict_proba if name in ("logistic", "forest") else twin.predict
    return "scikit-learn", lambda x: ask(x[None])
