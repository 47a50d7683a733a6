"""The commands of forecasts, on made-up rows: documents a machine reads, tables, pages, and leaks that are found."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from tradewind.alpha.evaluation import WalkForward, audit_fit, audit_forecasts
from tradewind.alpha.evaluation.attribution import reasons_of
from tradewind.alpha.evaluation.made import made_panel
from tradewind.alpha.evaluation.passive import outcomes, value_of_signal
from tradewind.alpha.features.layout import QUOTE, TICK, TRADE
from tradewind.alpha.models import Mirrored, explain, make_model
from tradewind.alpha.protocol import Distribution, Panel
from tradewind.cli import alpha_tasks
from tradewind.cli.main import app
from tradewind.core.random import stream

SECOND = 1_000_000_000


def made_task(*_: object, **__: object) -> alpha_tasks.Task:
    panel = made_panel("tabular", 7, 1200)
    modality = ("price",) * 4 + ("text",) * 4
    return alpha_tasks.Task(
        panel=msgspec.structs.replace(panel, modality=modality, name="made"),
        split=WalkForward(folds=2),
        output="classes",
        families=("logistic",),
        mixed=True,
    )


@pytest.mark.parametrize("name", ["logistic", "lightgbm", "lstm"])
def test_reasons_add_up_to_the_direction_that_is_forecast(name: str) -> None:
    pytest.importorskip({"lightgbm": "lightgbm", "lstm": "torch"}.get(name, "numpy"))
    panel = made_panel("tabular", 7, 400)
    settings = {"lightgbm": {"rounds": 20}, "lstm": {"window": 3, "width": 4, "epochs": 1}}.get(name, {})
    every = np.arange(panel.X.shape[1])
    model = make_model(name, **settings)
    both = Mirrored(model, every, -np.ones(len(every))).fit(panel.X, panel.y, panel.sample)
    found = reasons_of(name, both, every, panel, 50)
    assert found is not None
    assert found.values.shape == (50, len(every))
    rows = np.arange(350, 400) if name == "lstm" else np.arange(50) * 400 // 50
    told = explain(model, panel.X[rows], sample=panel.sample.take(rows))
    moved = (told.score - told.base)[:, -1] - (told.score - told.base)[:, 0]
    np.testing.assert_allclose(found.values.sum(axis=1), moved, atol=1e-3 if name == "lstm" else 1e-9)
    assert set(found.strongest(3)) <= set(every)
    assert reasons_of("knn", object(), every, panel) is None


def run(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output + repr(done.exception)
    return done.stdout


def test_evaluate_writes_table_page_and_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alpha_tasks, "load_task", made_task)
    page, ledger = tmp_path / "page.html", tmp_path / "trials.jsonl"
    words = ("alpha", "evaluate", "cross_section", "--ledger", str(ledger), "--inner", "2", "--html", str(page))
    document = json.loads(run(*words, "--json"))
    names = [row["model"] for row in document["models"]]
    assert names[:3] == ["majority", "fused", "fused online"]
    assert {"price logistic", "text logistic", "without price", "without text"} <= set(names)
    by_name = {row["model"]: row for row in document["models"]}
    assert by_name["fused"]["loss"] < by_name["majority"]["loss"]
    assert abs(by_name["fused"]["placebo_ic"]) < 0.2
    assert document["fused"]["stacker"]["rows"] > 0
    assert document["trials"] == len(names) - 1 == len(ledger.read_text().splitlines())
    assert set(document["increments"]) <= {"price", "text"}
    assert "Reliability" in page.read_text()
    assert "price logistic: what each feature adds" in page.read_text()
    assert "Modalities: what fused loses" in page.read_text()
    assert "least loss" in run(*words, "--no-placebo")
    assert len(ledger.read_text().splitlines()) == 2 * (len(names) - 1)


def test_compare_measures_families_on_both_kinds(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    found = json.loads(
        run("alpha", "compare", "--models", "majority,logistic", "--rows", "800", "--html", str(page), "--json")
    )
    assert {row["task"] for row in found} == {"made tabular", "made sequence"}
    logistic = next(row for row in found if row["model"] == "logistic" and row["task"] == "made tabular")
    assert len(logistic["learning_curve"]) == 4
    assert logistic["loss"] < 1.09
    assert page.stat().st_size > 10_000


def test_drift_prints_what_learners_did() -> None:
    found = json.loads(
        run("alpha", "drift", "--seeds", "1", "--rows", "4000", "--learners", "static,RLS 0.998", "--json")
    )
    assert [row["learner"] for row in found[0]["learners"]] == ["static", "RLS 0.998"]
    assert 0.2 < found[0]["oracle"] < 0.35
    shown = run("alpha", "drift", "--seeds", "1", "--rows", "4000", "--learners", "static")
    assert "benchmark stream: 1 x 4,000 rows" in shown


def test_audit_passes_an_honest_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alpha_tasks, "load_task", made_task)
    report = json.loads(run("alpha", "audit", "logistic", "--json"))
    verdicts = {check["name"]: check["verdict"] for check in report["checks"]}
    assert verdicts["poisoned future"] == verdicts["overlap of labels"] == verdicts["batch by itself"] == "pass"


class Peeks:
    """A model that sees the next row."""

    def fit(self, X: np.ndarray, y: np.ndarray, sample: object = None) -> "Peeks":
        return self

    def predict_dist(self, X: np.ndarray, sample: object = None) -> Distribution:
        ahead = np.append(X[1:, 0], 0.0) / (np.abs(X[:, 0]).max() + 1)
        p = np.clip(0.5 + 0.2 * ahead, 0.01, 0.99)
        return Distribution(kind="classes", values=np.column_stack([1 - p, p]), levels=(-1.0, 1.0))


def leaky() -> Panel:
    panel = made_panel("tabular", 8, 1000)
    X = panel.X.copy()
    X[:, 2] = panel.value + 1e-4 * X[:, 2]
    return msgspec.structs.replace(panel, X=X)


def test_audit_finds_a_model_that_peeks_and_a_column_that_knows() -> None:
    panel = made_panel("tabular", 8, 1000)
    found = {check.name: check.verdict for check in audit_forecasts(Peeks(), panel)}
    assert found["poisoned future"] == "fail"
    fold = next(iter(WalkForward(folds=1).split(panel.sample)))
    checks = audit_fit(lambda: make_model("logistic", output="classes"), leaky(), fold)
    told = {check.name: check.verdict for check in checks}
    assert told["columns that know the outcome"] == told["too good to be true"] == "fail"
    assert "x2" in next(check.told for check in checks if check.name == "columns that know the outcome")
    late = msgspec.structs.replace(fold, train=np.arange(fold.test[0] + 1))
    assert (
        next(c for c in audit_fit(lambda: make_model("logistic"), panel, late) if c.name == "overlap of labels").verdict
        == "fail"
    )


def ticks_of(rows: list[tuple[float, ...]]) -> np.ndarray:
    """Rows of (second, bid, bid size, ask, ask size) for quotes, (second, price, size) for trades."""
    out = np.zeros(len(rows), TICK)
    for row, told in zip(out, rows, strict=True):
        row["ts_ns"] = int(told[0] * SECOND)
        if len(told) == 5:
            row["kind"] = QUOTE
            row["bid"], row["bid_size"], row["ask"], row["ask_size"] = told[1:]
        else:
            row["kind"], row["price"], row["size"] = TRADE, told[1], told[2]
    return out


@pytest.mark.parametrize(
    ("rows", "side", "expected"),
    [
        ([(1.0, 9.99, 60.0), (2.0, 9.99, 50.0)], 1, (9.99, 1.0, 2.0)),  # 110 traded, 100 were ahead
        ([(1.0, 9.99, 60.0), (2.0, 9.99, 30.0)], 1, (10.01, 0.0, 10.0)),  # not enough: crosses when patience ends
        ([(1.0, 9.99, 20.0, 10.01, 100.0), (2.0, 9.99, 30.0)], 1, (9.99, 1.0, 2.0)),  # the queue ahead shrank
        ([(1.0, 9.97, 50.0, 9.99, 50.0)], 1, (9.99, 1.0, 1.0)),  # the ask came down to it
        ([(1.0, 10.0, 50.0, 10.03, 50.0), (2.0, 10.0, 500.0)], 1, (10.03, 0.0, 10.0)),  # left behind, pays up
        ([(1.0, 10.01, 101.0)], -1, (10.01, 1.0, 1.0)),
    ],
)
def test_a_passive_order_fills_by_the_rule(
    rows: list[tuple[float, ...]], side: int, expected: tuple[float, ...]
) -> None:
    ticks = ticks_of([(0.0, 9.99, 100.0, 10.01, 100.0), *rows, (20.0, 1.0, 1.0, 2.0, 1.0)])
    at = np.array([0])
    found = outcomes(ticks, at, at, at + 10 * SECOND, side)[0]
    assert found[:2] == pytest.approx(expected[:2])
    assert found[2] / SECOND == pytest.approx(expected[2])


def test_a_forecast_that_knows_saves_money_and_noise_does_not() -> None:
    spells = stream(9, "tests/passive").choice([-1.0, 1.0], 60)
    mid = 100 + 0.01 * np.cumsum(np.repeat(spells, 60))
    rows: list[tuple[float, ...]] = []
    for k, m in enumerate(mid):
        rows += [(k, m - 0.01, 100.0, m + 0.01, 100.0), (k + 0.5, m - 0.01, 30.0), (k + 0.6, m + 0.01, 30.0)]
    ticks = ticks_of(rows)
    at = np.arange(0, 3500) * SECOND
    ahead = (mid[20:3520] - mid[:3500]) + 1e-6 * np.arange(3500)
    knows = value_of_signal([(ticks, at, ahead)], patience_s=20.0)
    blind = value_of_signal([(ticks, at, np.roll(ahead, 1777))], patience_s=20.0)
    assert knows.value_bp.mean > 1.0
    assert knows.value_bp.mean > blind.value_bp.mean + 1.0
    assert knows.decisions == 2 * (3500 - 200)
