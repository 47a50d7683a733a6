"""``tradewind alpha audit``: one command that looks for leaks in a model, saved or by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console

from tradewind.cli.alpha_tasks import TASKS, DataOption
from tradewind.cli.output import JsonFlag, emit, progress_bar
from tradewind.core.errors import InvalidValueError

if TYPE_CHECKING:
    from tradewind.alpha.evaluation.audit import AuditReport, Check
    from tradewind.cli.alpha_tasks import Task

__all__ = ["alpha_audit"]


def alpha_audit(
    model: Annotated[str, typer.Argument(help="A model of the zoo by name, 'fused', or a saved model file.")],
    *,
    task: Annotated[str, typer.Option(help=f"What it forecasts: {', '.join(TASKS)}.")] = "book_ticks",
    data: DataOption = None,
    symbols: Annotated[str, typer.Option(help="Only these symbols, commas between.")] = "",
    horizon: Annotated[int, typer.Option(min=0, help="Changes of the quote (sessions, for cross_section).")] = 0,
    step: Annotated[int, typer.Option(min=1, help="Changes of the quote between two rows.")] = 10,
    rows: Annotated[int, typer.Option(min=100, help="Thin to at most so many rows.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Of shuffles and of what the future is overwritten with.")] = 7,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with code 1 when a check fails.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Look for leaks: rewrite the future, shuffle labels in time, look for overlap and for what is too good."""
    from tradewind.cli.alpha_tasks import TaskRequest, load_task, thinned

    words = tuple(word.strip() for word in symbols.split(",") if word.strip())
    request = TaskRequest(name=task, data=data, symbols=words, horizon=horizon, step=step)
    with progress_bar() as bar:
        shown = bar.add_task("reading", total=None)
        found = load_task(request, lambda text: bar.update(shown, description=text))
        bar.update(shown, description=f"auditing {model}")
        report = _report(model, found, thinned(found.panel, rows).name, rows, seed)
    emit(report, as_json=as_json, show=lambda console: _show(console, report))
    if strict and report.verdict == "fail":
        raise typer.Exit(1)


def _report(model: str, task: Task, name: str, rows: int, seed: int) -> AuditReport:
    import msgspec

    from tradewind.alpha.evaluation.audit import AuditReport, audit_fit
    from tradewind.cli.alpha_tasks import candidates_of, thinned

    small = msgspec.structs.replace(task, panel=thinned(task.panel, rows))
    if Path(model).is_file():
        checks = _saved(Path(model), small, seed)
    else:
        fold = list(small.split.split(small.panel.sample))[-1]
        chosen = candidates_of(small, () if model == "fused" else (model,), fuse=model == "fused", seeds=1, folds=2)
        candidate = next(c for c in chosen if c.name == model or c.name.endswith(f" {model}"))
        columns = list(candidate.columns) or list(range(len(small.panel.features)))
        panel = msgspec.structs.replace(
            small.panel,
            X=small.panel.X[:, columns],
            features=tuple(small.panel.features[c] for c in columns),
            modality=tuple(small.panel.modality[c] for c in columns),
        )
        checks = audit_fit(lambda: candidate.make(seed), panel, fold, seed)
    return AuditReport(model=model, task=name, checks=checks)


def _saved(path: Path, task: Task, seed: int) -> tuple[Check, ...]:
    """Checks of a saved model, on the last rows of the task; its columns must be those of the task."""
    from tradewind.alpha.evaluation.audit import audit_forecasts
    from tradewind.alpha.models.registry import load_about, load_model

    model, about = load_model(path), load_about(path)
    features = list(about.features) or list(task.panel.features)
    missing = [name for name in features if name not in task.panel.features]
    if missing:
        raise InvalidValueError("features", f"columns of {task.panel.name}", ", ".join(missing[:5]))
    columns = [task.panel.features.index(name) for name in features]
    fold = list(task.split.split(task.panel.sample))[-1]
    import msgspec

    panel = msgspec.structs.replace(
        task.panel.take(np.asarray(fold.test)),
        features=tuple(features),
        modality=tuple(task.panel.modality[c] for c in columns),
        X=task.panel.X[fold.test][:, columns],
    )
    return audit_forecasts(model, panel, seed)


def _show(console: Console, report: AuditReport) -> None:
    from tradewind.report.console import rich_chip, rich_table
    from tradewind.report.parts import Chip, Column, Table, Tone

    tones = {"pass": Tone.GOOD, "warn": Tone.WARN, "fail": Tone.BAD}
    rows = []
    for check in report.checks:
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in check.evidence.items())
        rows.append((check.name, Chip(check.verdict, tones[check.verdict]), check.told, numbers))
    heads = (Column("check"), Column("verdict"), Column("found"), Column("evidence", wide=True))
    console.print(rich_table(Table(heads, tuple(rows)), f"{report.model} on {report.task}"))
    console.print(rich_chip(Chip(report.verdict, tones[report.verdict])))
