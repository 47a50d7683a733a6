"""``tradewind alpha evaluate``: models on a task, out of sample, with everything a sceptic asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
import typer
from rich.console import Console

from tradewind.cli.alpha_tasks import TASKS, DataOption
from tradewind.cli.output import JsonFlag, emit, progress_bar
from tradewind.core.errors import UsageError

if TYPE_CHECKING:
    from tradewind.alpha.evaluation.run import Evaluation

__all__ = ["alpha_evaluate", "document_of"]


def alpha_evaluate(
    task: Annotated[str, typer.Argument(help=f"What is forecast: {', '.join(TASKS)}.")] = "book_ticks",
    *,
    data: DataOption = None,
    models: Annotated[str, typer.Option(help="Models of the zoo, commas between; the task's own by default.")] = "",
    fuse: Annotated[bool, typer.Option(help="Fuse the models into one forecast, judged beside each alone.")] = True,
    symbols: Annotated[str, typer.Option(help="Only these symbols, commas between.")] = "",
    horizon: Annotated[int, typer.Option(min=0, help="Changes of the quote (sessions, for cross_section).")] = 0,
    step: Annotated[int, typer.Option(min=1, help="Changes of the quote between two rows.")] = 10,
    label: Annotated[
        str,
        typer.Option(help="book_ticks: mid (to the k-th change), ahead (to the mean of the next k), smoothed."),
    ] = "mid",
    spreads: Annotated[float, typer.Option(min=0, help="book_ticks: half spreads that a move must exceed.")] = 0.0,
    market: Annotated[
        str, typer.Option(help="book_ticks: whose trades stand beside the quotes, if there; '' for none.")
    ] = "SPY",
    mirror: Annotated[bool, typer.Option(help="Ticks, books: learn from each row's mirror too.")] = True,
    test: Annotated[str, typer.Option(help="Days to judge, commas between; ticks: the last day by default.")] = "",
    folds: Annotated[int, typer.Option(min=1, help="Walk-forward folds, where days are many.")] = 4,
    inner: Annotated[int, typer.Option(min=2, help="Stretches of the training rows for calibration.")] = 3,
    rows: Annotated[int, typer.Option(min=0, help="Thin to at most so many rows; 0 for all.")] = 0,
    learn: Annotated[int, typer.Option(min=0, help="Learn from at most so many rows, evenly spread; 0: all.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of each model, for their standard deviation.")] = 1,
    placebo: Annotated[bool, typer.Option(help="Train each model once more on labels moved in time.")] = True,
    ledger: Annotated[Path | None, typer.Option(help="File of all trials; beside the cache by default.")] = None,
    maker: Annotated[
        bool, typer.Option("--maker", help="book_ticks: value of the forecast to passive orders.")
    ] = False,
    patience: Annotated[float, typer.Option(min=1, help="Seconds after which a passive order crosses.")] = 30.0,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots to this file.", metavar="FILE")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Train models on the past of a task and judge them on what follows, naive rows and a placebo beside them.

    Every configuration is written to the trial ledger and counts in the deflated Sharpe ratio.
    """
    from tradewind.alpha.evaluation.ledger import TrialLedger
    from tradewind.alpha.evaluation.run import EvaluationSettings, evaluate
    from tradewind.cli.alpha_tasks import TaskRequest, candidates_of, load_task, thinned

    request = TaskRequest(
        name=task,
        data=data,
        symbols=_words(symbols),
        horizon=horizon,
        step=step,
        test_days=_words(test),
        folds=folds,
        label=label,
        spreads=spreads,
        market=market,
        mirror=mirror,
    )
    with progress_bar() as bar:
        shown = bar.add_task("reading", total=None)
        found = load_task(request, lambda text: bar.update(shown, description=text))
        found = msgspec.structs.replace(found, panel=thinned(found.panel, rows))
        chosen = candidates_of(found, _words(models), fuse=fuse, seeds=seeds, folds=inner)
        report = evaluate(
            found.panel,
            chosen,
            found.split,
            settings=EvaluationSettings(placebo=placebo, learn=learn),
            ledger=TrialLedger(ledger),
            progress=lambda text: bar.update(shown, description=text),
        )
        if html is not None:
            from tradewind.cli.alpha_evaluate_page import evaluation_page
            from tradewind.report.page import write_page

            bar.update(shown, description="page")
            write_page(evaluation_page(report), html)
        if maker:
            bar.update(shown, description="passive orders")
        passive = _passive(report, task, data, patience) if maker else None
    document = document_of(report) | ({"maker": passive} if passive else {})

    def show(console: Console) -> None:
        _show(console, report, html)
        if passive:
            from tradewind.cli.alpha_maker import show_maker

            show_maker(console, passive, _speaker(report), patience)

    emit(document, as_json=as_json, show=show)


def _speaker(report: Evaluation) -> str:
    """The fused forecast; the one of least loss where nothing was fused."""
    return "fused" if "fused" in report.forecasts else min(report.rows, key=lambda row: row.loss).model


def _passive(report: Evaluation, task: str, data: Path | None, patience: float) -> dict[str, Any]:
    """Value of the forecast to passive orders, by symbol."""
    from tradewind.cli.alpha_maker import maker_value

    if task != "book_ticks":
        raise UsageError(f"--maker needs ticks with trades: book_ticks, not {task}")
    return maker_value(report, data, _speaker(report), patience)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def document_of(report: Evaluation) -> dict[str, Any]:
    """The evaluation as plain values: the table, how models were fused, and what the whole says."""
    from tradewind.alpha.evaluation.increments import increments

    master = report.models.get("fused")
    fused = None
    if master is not None:
        fused = {
            "experts": [expert.name for expert in master.experts],
            "calibration": {
                expert.name: calibration.method
                for expert, calibration in zip(master.experts, master.calibrations_, strict=True)
            },
            "calibration_loss": master.calibration_loss_,
            "stacker": master.admission_,
            "weighing": master.weighing_,
            "weights": dict(zip([e.name for e in master.experts], master.base_.tolist(), strict=True)),
            "fingerprint": master.fingerprint,
        }
    return {
        "task": report.task,
        "trained_rows": report.trained,
        "judged_rows": report.judged,
        "folds": report.folds,
        "models": [_plain(msgspec.to_builtins(row)) for row in report.rows],
        "overfitting": report.overfitting,
        "confidence_set": report.confidence_set,
        "superior_p": _plain(report.superior_p),
        "trials": report.trials,
        "increments": {name: _plain(msgspec.to_builtins(value)) for name, value in increments(report).items()},
        "fused": _plain(msgspec.to_builtins(fused)),
    }


def _plain(value: Any) -> Any:
    """The same without numbers that JSON does not know."""
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _show(console: Console, report: Evaluation, html: Path | None) -> None:
    from tradewind.alpha.evaluation.increments import increments
    from tradewind.cli.alpha_evaluate_page import cost_table, parts_table, scores_table, verdicts
    from tradewind.report.console import rich_table

    title = f"{report.task}: {report.trained:,} rows learnt, {report.judged:,} judged ({', '.join(report.folds)})"
    console.print(rich_table(scores_table(report), title))
    console.print(rich_table(cost_table(report), "What a taker would have earned, and what it costs"))
    console.print(rich_table(parts_table(report), "IC by year or day, and by regime"))
    for name, value in increments(report).items():
        console.print(f"increment of {name} to the rank IC: {value}", highlight=False)
    for line in verdicts(report):
        console.print(line, highlight=False)
    if html is not None:
        console.print(f"page with plots: {html}", highlight=False)
