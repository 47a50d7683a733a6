"""``tradewind alpha compare``: the model families side by side, measured on a table and on sequences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
import typer
from rich.console import Console

from tradewind.cli.alpha_tasks import DataOption
from tradewind.cli.output import JsonFlag, emit, progress_bar
from tradewind.core.errors import InvalidValueError, MissingExtraError

if TYPE_CHECKING:
    from tradewind.alpha.evaluation.run import Split
    from tradewind.alpha.protocol import Panel

__all__ = ["Family", "alpha_compare"]

FAMILIES = (
    ("majority", "naive"),
    ("logistic", "linear"),
    ("ridge", "linear"),
    ("forest", "tree ensemble"),
    ("lightgbm", "tree ensemble"),
    ("svm", "kernel"),
    ("mlp", "network"),
    ("lstm", "deep sequence"),
    ("transformer", "deep sequence"),
    ("deeplob", "deep sequence"),
    ("kmeans", "unsupervised regimes"),
    ("gmm", "unsupervised regimes"),
    ("hmm", "unsupervised regimes"),
)
SHARES = (0.125, 0.25, 0.5, 1.0)


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One model on one task.

    Attributes:
        model: Its name.
        family: What kind of model it is.
        task: Name of the task.
        ic: Out of sample.
        mcc: Matthews correlation.
        loss: Log loss.
        seed_sd: Standard deviation of the IC over seeds.
        day_sd: Standard deviation of the IC over days (half-hours).
        fit_seconds: To train.
        infer_micros: For one row, by batches.
        single_micros: For one row alone.
        memory_mb: What was learnt.
        learning_curve: Log loss when learnt from an eighth, a quarter, half and all of the rows.
        interpretability: How a person can read it.
        refused: Why it did not run, where it did not.
    """

    model: str
    family: str
    task: str
    ic: float | None = None
    mcc: float | None = None
    loss: float | None = None
    seed_sd: float | None = None
    day_sd: float | None = None
    fit_seconds: float | None = None
    infer_micros: float | None = None
    single_micros: float | None = None
    memory_mb: float | None = None
    learning_curve: tuple[float, ...] = ()
    interpretability: str = ""
    refused: str = ""


def alpha_compare(
    *,
    data: DataOption = None,
    tabular: Annotated[str, typer.Option(help="Task for the table; made-up rows where empty.")] = "",
    sequence: Annotated[str, typer.Option(help="Task for sequences; made-up rows where empty.")] = "",
    models: Annotated[str, typer.Option(help="Models of the zoo, commas between; one or more of each family.")] = "",
    rows: Annotated[int, typer.Option(min=500, help="Thin each task to at most so many rows.")] = 6000,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of each model.")] = 2,
    curve: Annotated[bool, typer.Option(help="Measure the learning curve: three more fits of each model.")] = True,
    seed: Annotated[int, typer.Option(help="Of made-up rows and of models.")] = 7,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots to this file.", metavar="FILE")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Measure model families on a table and on sequences: accuracy, robustness, cost, hunger for data, readability."""
    from tradewind.alpha.models.registry import names as zoo

    wanted = [word.strip() for word in models.split(",") if word.strip()]
    kinds = dict(FAMILIES)
    chosen = [(name, kinds.get(name, "other")) for name in (wanted or [n for n, _ in FAMILIES if n in zoo()])]
    found: list[Family] = []
    with progress_bar() as bar:
        shown = bar.add_task("reading", total=None)
        tasks = [_task(kind, name, data, rows, seed) for kind, name in (("tabular", tabular), ("sequence", sequence))]
        for panel, split in tasks:
            for name, family in chosen:
                bar.update(shown, description=f"{panel.name}: {name}")
                found.append(_measured(name, family, panel, split, (seeds, seed, curve)))
    if html is not None:
        from tradewind.cli.alpha_compare_page import compare_page
        from tradewind.report.page import write_page

        write_page(compare_page(found), html)
    emit(found, as_json=as_json, show=lambda console: _show(console, found, html))


def _task(kind: Any, name: str, data: Path | None, rows: int, seed: int) -> tuple[Panel, Split]:
    """A task of classes; numbers become the halves around their middle; sequences keep rows that follow each other."""
    from tradewind.alpha.evaluation.made import made_panel
    from tradewind.alpha.evaluation.splits import WalkForward
    from tradewind.cli.alpha_tasks import TaskRequest, load_task, thinned

    if not name:
        return made_panel(kind, seed, rows), WalkForward(folds=1, first=0.7)
    task = load_task(TaskRequest(name=name, data=data))
    panel = task.panel
    if kind == "sequence" and len(panel.y) > rows:
        panel = panel.take(np.arange(len(panel.y) - rows, len(panel.y)))
    panel = thinned(panel, rows)
    if task.output != "classes":
        panel = msgspec.structs.replace(panel, y=np.where(panel.y > np.median(panel.y), 1.0, -1.0))
    kept = "rows evenly spread" if kind == "tabular" else "rows that follow each other"
    panel = msgspec.structs.replace(panel, name=f"{panel.name}: {kept}")
    return panel, WalkForward(folds=1, first=0.7)


def _measured(name: str, family: str, panel: Panel, split: Split, settings: tuple[int, int, bool]) -> Family:
    from tradewind.alpha.evaluation.run import Candidate, EvaluationSettings, evaluate
    from tradewind.alpha.models.registry import cards

    seeds, seed, curve = settings
    card = next(card for card in cards() if card.name == name)
    candidate = Candidate(name=name, make=_maker(name), seeds=seeds if "seed" in card.hyper_parameters else 1)
    told: dict[str, Any] = {
        "model": name,
        "family": family,
        "task": panel.name,
        "interpretability": card.interpretability,
    }
    rows = len(next(iter(split.split(panel.sample))).train)
    try:
        report = evaluate(panel, [candidate], split, settings=EvaluationSettings(placebo=False, seed=seed))
        row, trace = report.rows[0], report.traces[name]
        losses = []
        for share in SHARES[:-1] if curve else ():
            light = EvaluationSettings(placebo=False, seed=seed, learn=int(rows * share), single=0)
            small = msgspec.structs.replace(candidate, seeds=1)
            losses.append(evaluate(panel, [small], split, settings=light).rows[0].loss)
    except (InvalidValueError, MissingExtraError) as error:
        return Family(**told, refused=str(error))
    return Family(
        **told,
        ic=row.ic.mean,
        mcc=row.classes.mcc if row.classes else None,
        loss=row.loss,
        seed_sd=_known(row.seed_sd[0]),
        day_sd=_known(float(np.std(trace.ic))) if len(trace.ic) > 1 else None,
        fit_seconds=row.fit_seconds,
        infer_micros=row.infer_micros,
        single_micros=_known(row.single_micros),
        memory_mb=_known(row.memory_mb),
        learning_curve=(*losses, row.loss) if curve else (),
    )


def _maker(name: str) -> Any:
    def make(seed: int) -> Any:
        from tradewind.alpha.models.registry import make_model

        plain = make_model(name)
        settings: dict[str, Any] = {"output": "classes", "nan": "fill"}
        return make_model(name, **settings, **({"seed": seed} if "seed" in plain.get_params() else {}))

    return make


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _show(console: Console, found: list[Family], html: Path | None) -> None:
    from tradewind.cli.alpha_compare_page import compare_table
    from tradewind.report.console import rich_table

    for task in dict.fromkeys(row.task for row in found):
        console.print(rich_table(compare_table([row for row in found if row.task == task]), task))
    if html is not None:
        console.print(f"page with plots: {html}", highlight=False)
