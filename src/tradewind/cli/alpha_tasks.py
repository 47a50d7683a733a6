"""The tasks that forecasts are judged on, by name: where their rows come from, how they are cut, which models apply."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
import typer

from tradewind.core.errors import InvalidValueError, NotFoundError, UsageError

if TYPE_CHECKING:
    from tradewind.alpha.evaluation.run import Candidate, Split
    from tradewind.alpha.fusion.master import Expert
    from tradewind.alpha.protocol import Panel

__all__ = ["TASKS", "DataOption", "Task", "TaskRequest", "candidates_of", "expert_of", "load_task", "thinned"]

DAY_NS = 86_400_000_000_000
TASKS = ("book_ticks", "cross_section", "sentences", "variance", "sgx", "binance", "auction")
"""Names of the tasks."""
FAMILIES = {
    "book_ticks": ("logistic", "lightgbm", "mlp"),
    "cross_section": ("ridge", "lightgbm"),
    "sentences": ("logistic", "svm", "lightgbm"),
    "variance": ("log-ridge", "lightgbm"),
    "sgx": ("logistic", "lightgbm", "mlp"),
    "binance": ("logistic", "lightgbm", "mlp"),
    "auction": ("ridge", "lightgbm"),
}
MARKET = "SPY"
"""Instrument beside the quotes of a stock, unless told otherwise."""
MIRRORED = {"book_ticks", "sgx", "binance"}
"""Tasks whose rows have a mirror: bids for asks, up for down."""
MIXED = {"cross_section"}
"""Tasks whose experts are one for each modality and family."""

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of market data, or the file of the task; $TRADEWIND_DATA by default."),
]
"""The ``--data`` option of the tasks."""


class TaskRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asked for.

    Attributes:
        name: One of :data:`TASKS`.
        data: Folder or file.
        symbols: Only these symbols.
        horizon: Changes of the quote (ticks), sessions (daily); 0 for the task's own.
        step: Changes of the quote between two rows.
        test_days: Days to judge; the last one where empty.
        folds: Walk-forward folds.
        label: Which move of the mid (ticks): see :class:`~tradewind.alpha.datasets.book_ticks.Move`.
        spreads: Half spreads that it must exceed.
        market: Instrument whose trades stand beside the quotes (ticks); none where empty. The default is left out where
            its trades are not there.
        mirror: Whether models of ticks and books also learn from every row's mirror.
    """

    name: str
    data: Path | None = None
    symbols: tuple[str, ...] = ()
    horizon: int = 0
    step: int = 10
    test_days: tuple[str, ...] = ()
    folds: int = 4
    label: str = "mid"
    spreads: float = 0.0
    market: str = MARKET
    mirror: bool = True


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task ready to be learnt.

    Attributes:
        panel: Its rows.
        split: How they are cut.
        output: Kind of the forecasts.
        families: Models that apply.
        mixed: Whether experts are one for each modality.
        naive: Naive models, with their column where they read one.
        mirror: Whether models also learn from every row's mirror.
    """

    panel: Panel
    split: Split
    output: str
    families: tuple[str, ...]
    mixed: bool = False
    naive: tuple[tuple[str, int], ...] = (("majority", -1),)
    mirror: bool = False


def load_task(request: TaskRequest, progress: Callable[[str], None] = lambda _: None) -> Task:
    """Read a task's rows.

    Args:
        request: What was asked for.
        progress: Told what is read.

    Raises:
        UsageError: For a name that is no task, or without data.
        NotFoundError: When the data are not there.
    """
    from tradewind.alpha.evaluation.splits import DaysOut, WalkForward

    if request.name not in TASKS:
        raise UsageError(f"{request.name!r} is no task; there are {', '.join(TASKS)}")
    folder = _folder(request.data)
    if request.name == "sentences":
        return _sentences(folder)
    panel = _panel(request, folder, progress)
    panel = panel.take(np.argsort(panel.sample.t0, kind="stable"))
    output = {"variance": "gamma", "cross_section": "normal", "auction": "normal"}.get(request.name, "classes")
    days = len(np.unique(panel.sample.day))
    if request.test_days or (request.name in ("book_ticks", "sgx", "binance") and days > 1):
        split: Split = DaysOut(days=request.test_days)
    else:
        embargo = DAY_NS if request.name == "cross_section" else 0
        split = WalkForward(folds=request.folds, first=0.5, embargo_ns=embargo)
    names = list(panel.features)
    naive = [("majority", -1)] if output != "gamma" else []
    if output == "classes" and "imbalance" in names:
        naive.append(("imbalance-sign", names.index("imbalance")))
    families = FAMILIES[request.name]
    mixed = request.name in MIXED
    found = Task(panel=panel, split=split, output=output, families=families, mixed=mixed, naive=tuple(naive))
    return msgspec.structs.replace(found, mirror=request.mirror and request.name in MIRRORED)


def _folder(data: Path | None) -> Path:
    chosen = data or (Path(os.environ["TRADEWIND_DATA"]) if os.environ.get("TRADEWIND_DATA") else None)
    if chosen is None:
        raise UsageError("where are the data? Pass --data FOLDER, or set TRADEWIND_DATA")
    if not chosen.exists():
        raise NotFoundError(f"{chosen}: no such file or folder")
    return chosen


def _panel(request: TaskRequest, folder: Path, progress: Callable[[str], None]) -> Panel:
    """Rows of a task from its own folder, the folder above it, or a file."""
    horizon = request.horizon
    if request.name == "book_ticks":
        return _ticks(request, folder, progress)
    if request.name == "cross_section":
        return _cross_section(_below(folder, "us_daily"), folder, horizon or 5, progress)
    if request.name == "variance":
        from tradewind.alpha.datasets.hourly import hourly_variance

        return hourly_variance(_below(folder, "us_hourly"), request.symbols or None)
    if request.name == "auction":
        from tradewind.alpha.datasets.auction import closing_auction

        return closing_auction(_below(folder, "closing_auction"))
    from tradewind.alpha.datasets.depth import binance_l2, sgx_l2

    if request.name == "sgx":
        return sgx_l2(folder, horizon=horizon or 10, step=request.step)
    return binance_l2(folder, horizon=horizon or 100, step=request.step)


def _ticks(request: TaskRequest, folder: Path, progress: Callable[[str], None]) -> Panel:
    """Ticks of some symbols, with what the market did beside them where that is there."""
    from tradewind.alpha.datasets.book_ticks import Move, book_ticks
    from tradewind.alpha.datasets.market import beside_market

    try:
        label = msgspec.convert({"kind": request.label, "spreads": request.spreads}, Move)
    except msgspec.ValidationError:
        raise UsageError(f"--label: expected mid, ahead or smoothed, got {request.label!r}") from None
    symbols = request.symbols or ("AIG", "IBM")
    panel = book_ticks(
        folder, symbols, horizon=request.horizon or 10, step=request.step, label=label, progress=progress
    )
    if not request.market:
        return panel
    progress(f"trades of {request.market}")
    try:
        return beside_market(panel, folder, request.market)
    except NotFoundError:
        if request.market != MARKET:
            raise
        return panel


def _below(folder: Path, name: str) -> Path:
    return folder / name if (folder / name).is_dir() else folder


def _cross_section(prices: Path, folder: Path, horizon: int, progress: Callable[[str], None]) -> Panel:
    """Daily prices, with columns of filings and text where they are there."""
    from tradewind.alpha.datasets.daily import daily_cross_section

    panel = daily_cross_section(prices, horizon=horizon, progress=progress)
    for modality, make in (("filings", _filings), ("text", _text)):
        progress(modality)
        try:
            names, values = make(folder, prices, panel)
        except NotFoundError:
            continue
        panel = msgspec.structs.replace(
            panel,
            features=(*panel.features, *names),
            modality=(*panel.modality, *(modality for _ in names)),
            X=np.column_stack([panel.X, values]),
        )
    return panel


def _keys(panel: Panel) -> Any:
    import polars as pl

    symbols = [panel.symbols[k] for k in panel.sample.series.tolist()]
    days = panel.sample.t0.astype("datetime64[ns]").astype("datetime64[D]")
    return pl.DataFrame({"symbol": symbols, "date": pl.Series(days).cast(pl.Date)})


def _filings(folder: Path, prices: Path, panel: Panel) -> tuple[tuple[str, ...], Any]:
    from tradewind.alpha.filings.columns import FILING_COLUMNS, filing_features

    del folder
    frame = filing_features(prices, _keys(panel))
    return tuple(FILING_COLUMNS), frame.select(FILING_COLUMNS).to_numpy()


def _text(folder: Path, prices: Path, panel: Panel) -> tuple[tuple[str, ...], Any]:
    from tradewind.alpha.text.columns import TEXT_COLUMNS, text_features

    frame = text_features(folder if (folder / "text").is_dir() else prices, _keys(panel))
    return tuple(TEXT_COLUMNS), frame.select(TEXT_COLUMNS).to_numpy()


def _sentences(folder: Path) -> Task:
    """Labelled sentences: embeddings and tones; folds by the hash of the text."""
    from tradewind.alpha.text.labelled import sentences

    panel = sentences(folder)
    return Task(panel=panel, split=_ByDay(), output="classes", families=FAMILIES["sentences"])


class _ByDay(msgspec.Struct, frozen=True):
    """Every day (here: fold of the text's hash) once, learnt from all the others."""

    def split(self, sample: Any) -> Any:
        """The folds."""
        from tradewind.alpha.evaluation.splits import Fold

        for day in np.unique(sample.day):
            inside = sample.day == day
            yield Fold(name=f"fold {int(day)}", train=np.flatnonzero(~inside), test=np.flatnonzero(inside))


def thinned(panel: Panel, rows: int) -> Panel:
    """At most so many rows, evenly spread; a cross-section loses whole dates."""
    if rows <= 0 or len(panel.y) <= rows:
        return panel
    times = np.unique(panel.sample.t0)
    if len(panel.y) / len(times) >= 5:
        kept = times[:: int(np.ceil(len(panel.y) / rows))]
        return panel.take(np.flatnonzero(np.isin(panel.sample.t0, kept)))
    return panel.take(np.arange(rows) * len(panel.y) // rows)


def expert_of(name: str, task: Task, modality: str = "", seed: int = 7) -> Expert:
    """A model of the zoo as an expert, for all columns or those of one modality.

    Raises:
        NotFoundError: For a model or a modality that is not there.
    """
    from tradewind.alpha.fusion.master import Expert

    columns = np.arange(len(task.panel.features)) if not modality else task.panel.columns(modality)
    if not len(columns):
        there = ", ".join(dict.fromkeys(task.panel.modality))
        raise NotFoundError(f"{modality}: no such modality in {task.panel.name}; there are {there}")
    readable = _readable(name)
    features = [task.panel.features[c] for c in columns]
    return Expert(
        name=f"{modality} {name}".strip(),
        modality=modality or "all",
        columns=tuple(columns.tolist()),
        make=lambda: _made(name, task.output, seed, features if task.mirror else None),
        interpretability=readable,
    )


def candidates_of(task: Task, models: tuple[str, ...], *, fuse: bool, seeds: int, folds: int) -> list[Candidate]:
    """Naive rows, then the master of all models (which brings its experts' rows), or the models alone.

    Args:
        task: The task.
        models: Names of models; the task's own where empty.
        fuse: Whether they are fused.
        seeds: Seeds of each model.
        folds: Stretches for out-of-fold forecasts of the master.
    """
    from tradewind.alpha.evaluation.run import Candidate
    from tradewind.alpha.fusion.master import Master, MasterSettings

    names = models or task.families
    found = [
        Candidate(name=name, make=_naive(name, column, task.output), interpretability=_readable(name))
        for name, column in task.naive
    ]
    # The calendar is the same for all of a date: alone it says nothing about who does better.
    modalities = [m for m in dict.fromkeys(task.panel.modality) if m != "calendar"] if task.mixed else [""]

    def experts(seed: int) -> tuple[Any, ...]:
        return tuple(expert_of(name, task, modality, seed) for modality in modalities for name in names)

    known = experts(7)
    mirror = "|mirrored" if task.mirror else ""
    if fuse and len(known) > 1:
        settings = MasterSettings(folds=folds)
        word = f"{'+'.join(e.name for e in known)}|{settings}{mirror}"
        make = lambda seed: Master(experts(seed), settings)  # noqa: E731
        readable = "contributions of modality and feature"
        found.append(Candidate(name="fused", make=make, interpretability=readable, settings=word, seeds=seeds))
        return found
    for number, expert in enumerate(known):
        alone = _one(experts, number)
        found.append(
            Candidate(
                name=expert.name,
                make=alone,
                columns=expert.columns,
                interpretability=expert.interpretability,
                settings=mirror,
                seeds=seeds,
            )
        )
    return found


def _one(experts: Callable[[int], tuple[Any, ...]], number: int) -> Callable[[int], Any]:
    return lambda seed: experts(seed)[number].make()


def _naive(name: str, column: int, output: str) -> Callable[[int], Any]:
    from tradewind.alpha.models.registry import make_model

    def make(_: int) -> Any:
        settings: dict[str, Any] = {"output": output, "nan": "fill"}
        return make_model(name, **settings, **({"column": column} if column >= 0 else {}))

    return make


def _made(name: str, output: str, seed: int, mirrored: list[str] | None = None) -> Any:
    """A model of the zoo for an output; the seed where it has one; with the mirror of its features, where given."""
    from tradewind.alpha.models.registry import make_model

    if name == "log-ridge":
        from tradewind.alpha.fusion.logs import LogRidge

        return LogRidge()
    plain = make_model(name)
    known = plain.get_params()
    settings: dict[str, Any] = {"output": output if output in plain.outputs else plain.outputs[0], "nan": "fill"}
    if "seed" in known:
        settings["seed"] = seed
    if output == "gamma" and settings["output"] != "gamma":
        raise InvalidValueError("model", f"one that forecasts variances (log-ridge, lightgbm) rather than {name}", name)
    model = make_model(name, **settings)
    return model if mirrored is None else _mirrored(model, mirrored)


def _mirrored(model: Any, features: list[str]) -> Any:
    """A model that learns from both sides of the mirror."""
    from tradewind.alpha.features.mirror import mirror_of
    from tradewind.alpha.models.mirrored import Mirrored

    mirror = mirror_of(features)
    return Mirrored(model, mirror.order, mirror.sign)


def _readable(name: str) -> str:
    from tradewind.alpha.models.registry import cards

    if name == "log-ridge":
        return "high: one coefficient a feature"
    return next((card.interpretability for card in cards() if card.name == name), "")
