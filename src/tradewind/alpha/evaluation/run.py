"""Evaluate models on a task: trained on the past, judged on what follows, beside naive rows, every trial counted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import msgspec
import numpy as np

from tradewind.alpha.evaluation.costs import single_micros, size_mb
from tradewind.alpha.evaluation.deflation import (
    Overfitting,
    deflated_sharpe,
    probability_of_overfitting,
    sharpe_ratio,
)
from tradewind.alpha.evaluation.ledger import Trial, TrialLedger
from tradewind.alpha.evaluation.metrics import Reliability, correlation, decision_scores, ic_by_period
from tradewind.alpha.evaluation.scores import Scores, clusters_of, losses_of, reliability_of, score, signal_of
from tradewind.alpha.evaluation.splits import Fold
from tradewind.alpha.evaluation.trading import Trading, is_cross_section
from tradewind.alpha.protocol import Distribution, Panel, Sample
from tradewind.core.clock import SystemClock
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, MissingExtraError
from tradewind.core.random import stream
from tradewind.stats.comparison import model_confidence_set, superior_predictive_ability

__all__ = ["Candidate", "Evaluation", "EvaluationSettings", "Split", "Traces", "evaluate", "shuffled_labels"]

NAIVE = ("majority", "imbalance-sign", "last-value")


class Split(Protocol):
    """Anything that cuts rows in folds: :mod:`tradewind.alpha.evaluation.splits`."""

    def split(self, sample: Sample) -> Iterable[Fold]:
        """The folds."""
        ...


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A model to be judged.

    Attributes:
        name: Of its row.
        make: Gives an unfitted model, for a seed.
        columns: Columns it reads; all where empty.
        interpretability: How a person can read it.
        seeds: How many seeds are trained; one for models without chance.
        settings: Hyper-parameters in words, for the ledger.
    """

    name: str
    make: Callable[[int], Any]
    columns: tuple[int, ...] = ()
    interpretability: str = ""
    seeds: int = 1
    settings: str = ""


class EvaluationSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How models are judged.

    Attributes:
        seed: Of models, intervals and placebos.
        placebo: Whether each model is trained once more, on shuffled labels.
        blocks: Of time, for the probability of overfitting.
        single: Rows forecast one by one to measure how long one takes.
        learn: At most so many training rows, evenly spread; 0 for all.
    """

    seed: int = 7
    placebo: bool = True
    blocks: int = 10
    single: int = 50
    learn: int = 0


class Traces(msgspec.Struct, frozen=True, kw_only=True):
    """What pictures are drawn from.

    Attributes:
        reliability: Of class probabilities.
        periods: When each IC was measured [ns UTC].
        ic: IC of each.
        at: When each return was earned [ns UTC].
        gross: Returns before costs.
        net: Returns after the spread.
    """

    reliability: Reliability | None
    periods: Array
    ic: Array
    at: Array
    gross: Array
    net: Array


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """The table and what stands under it.

    Attributes:
        task: Name of the task.
        trained: Rows learnt from in the last fold.
        judged: Rows judged.
        folds: Names of the folds.
        rows: One for each model.
        overfitting: Of choosing the best of these models by gross Sharpe ratio; None for fewer than two or few periods.
        confidence_set: Models that cannot be told from the best by loss; empty where it was not computed.
        superior_p: p-value that no model beats the naive one, allowing for how many there are (Hansen's SPA).
        trials: Configurations of this task ever evaluated.
        traces: By model, for pictures.
        forecasts: By model.
        panel: The judged rows.
        models: By name, those of the last fold.
    """

    task: str
    trained: int
    judged: int
    folds: tuple[str, ...]
    rows: tuple[Scores, ...]
    overfitting: Overfitting | None
    confidence_set: tuple[str, ...]
    superior_p: float
    trials: int
    traces: dict[str, Traces]
    forecasts: dict[str, Distribution]
    panel: Panel
    models: dict[str, Any]


def shuffled_labels(panel: Panel, seed: int) -> Panel:
    """The same rows with labels moved in time, each series by its own turn; in a cross-section shuffled within dates.

    What a model then still finds is not there: a leak, or luck.
    """
    chance = stream(seed, "alpha/placebo")
    keys = panel.sample.t0 if is_cross_section(panel) else panel.sample.series
    order = np.arange(len(panel.y))
    for key in np.unique(keys):
        rows = np.flatnonzero(keys == key)
        turn = chance.integers(len(rows) // 4, max(3 * len(rows) // 4, len(rows) // 4 + 1)) if len(rows) > 3 else 0
        order[rows] = chance.permutation(rows) if keys is panel.sample.t0 else np.roll(rows, int(turn))
    return msgspec.structs.replace(panel, y=panel.y[order], value=panel.value[order])


def evaluate(
    panel: Panel,
    candidates: Iterable[Candidate],
    split: Split,
    *,
    settings: EvaluationSettings | None = None,
    ledger: TrialLedger | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Judge models on a task.

    Args:
        panel: The task.
        candidates: Models, naive ones among them.
        split: How rows are cut; see :mod:`tradewind.alpha.evaluation.splits`.
        settings: See :class:`EvaluationSettings`.
        ledger: Where each configuration is written down; None counts only those of this call.
        progress: Told what is being done.

    Raises:
        InvalidValueError: When no fold has rows, or no model was given.
    """
    settings = settings or EvaluationSettings()
    folds = [_lighter(f, settings.learn) for f in split.split(panel.sample) if len(f.train) and len(f.test)]
    chosen = list(candidates)
    if not folds or not chosen:
        raise InvalidValueError(
            "split", "a fold with rows on both sides, and one model or more", (len(folds), len(chosen))
        )
    where = np.concatenate([fold.test for fold in folds])
    judged = panel.take(where)
    found: dict[str, _Run] = {}
    for candidate in chosen:
        found |= _runs(panel, judged, candidate, folds, settings, progress)
    sharpes = _written(panel, folds, found, ledger)
    rows = tuple(_with_luck(run, sharpes) for run in found.values())
    losses = {name: losses_of(run.dist, judged.y) for name, run in found.items()}
    in_set, superior = _compared(losses, clusters_of(judged), settings.seed)
    return Evaluation(
        task=panel.name,
        trained=len(folds[-1].train),
        judged=len(where),
        folds=tuple(fold.name for fold in folds),
        rows=rows,
        overfitting=_overfitting([run.trading for name, run in found.items() if name not in NAIVE], settings.blocks),
        confidence_set=in_set,
        superior_p=superior,
        trials=len(sharpes),
        traces={name: _traces(run, judged) for name, run in found.items()},
        forecasts={name: run.dist for name, run in found.items()},
        panel=judged,
        models={name: run.model for name, run in found.items()},
    )


def _lighter(fold: Fold, most: int) -> Fold:
    if not most or len(fold.train) <= most:
        return fold
    return msgspec.structs.replace(fold, train=fold.train[np.arange(most) * len(fold.train) // most])


class _Run(msgspec.Struct, kw_only=True):
    scores: Scores
    trading: Trading
    dist: Distribution
    model: Any
    configuration: str


def _runs(  # noqa: PLR0917
    panel: Panel,
    judged: Panel,
    candidate: Candidate,
    folds: list[Fold],
    settings: EvaluationSettings,
    progress: Callable[[str], None],
) -> dict[str, _Run]:
    """One candidate over all folds and seeds, and its placebo; a master brings its experts' rows with it."""
    columns = list(candidate.columns) or list(range(panel.X.shape[1]))
    seeds = [settings.seed + k for k in range(max(1, candidate.seeds))]
    tries = []
    for seed in seeds:
        progress(candidate.name if len(seeds) == 1 else f"{candidate.name}, seed {seed}")
        tries.append(_fitted(panel, columns, candidate, folds, seed))
    dist, costs, model, extra = tries[0]
    costs |= {"interpretability": candidate.interpretability}
    if len(tries) > 1:
        values = [(correlation(signal_of(t[0]), judged.value), float(losses_of(t[0], judged.y).mean())) for t in tries]
        costs["seed_sd"] = tuple(float(v) for v in np.std(values, axis=0, ddof=1))
    if settings.placebo and candidate.name not in NAIVE:
        progress(f"{candidate.name}, placebo")
        empty = _fitted(shuffled_labels(panel, settings.seed), columns, candidate, folds[-1:], settings.seed)[0]
        last = panel.take(folds[-1].test)
        costs["placebo_ic"] = correlation(signal_of(empty), last.value)
        costs["placebo_loss"] = float(losses_of(empty, last.y).mean())
    costs["single_micros"] = single_micros(model, panel.X[folds[-1].test[: settings.single]][:, columns])
    found = {}
    for name, told, measured in [(candidate.name, dist, costs), *extra]:
        scores, trading = score(name, judged, told, settings.seed, **measured)
        mark = _mark(panel, name, columns, candidate.settings, folds)
        found[name] = _Run(scores=scores, trading=trading, dist=told, model=model, configuration=mark)
    return found


def _fitted(
    panel: Panel, columns: list[int], candidate: Candidate, folds: list[Fold], seed: int
) -> tuple[Distribution, dict[str, Any], Any, list[tuple[str, Distribution, dict[str, Any]]]]:
    clock, parts, extra = SystemClock(), [], dict[str, list[Any]]()
    learning = telling = rows = 0
    decided: list[Array] = []
    truth = np.concatenate([panel.y[fold.test] for fold in folds])
    for fold in folds:
        X, y, sample = panel.X[fold.train][:, columns], panel.y[fold.train], panel.sample.take(fold.train)
        Z, after = panel.X[fold.test][:, columns], panel.sample.take(fold.test)
        begun = clock.monotonic_ns()
        model = candidate.make(seed).fit(X, y, sample)
        learning += clock.monotonic_ns() - begun
        model.predict_dist(Z[:1], after.take(np.arange(1)))  # what is compiled on the first call is not timed
        learnt = clock.monotonic_ns()
        dist = model.predict_dist(Z, after)
        telling, rows = telling + clock.monotonic_ns() - learnt, rows + len(Z)
        parts.append(dist)
        for name, told, seconds, readable, classes in _further(model, Z, panel.y[fold.test], after):
            extra.setdefault(name, []).append((told, seconds, readable, classes))
        if hasattr(model, "decide"):
            decided.append(model.decide(dist))
    costs: dict[str, Any] = {
        "fit_seconds": learning / 1e9 / len(folds),
        "infer_micros": telling / 1e3 / rows,
        "memory_mb": size_mb(model),
    }
    costs["decided"] = _decided(decided, truth)
    rest: list[tuple[str, Distribution, dict[str, Any]]] = []
    for name, tries in extra.items():
        spent: dict[str, Any] = {"fit_seconds": float(np.mean([t[1] for t in tries])), "interpretability": tries[0][2]}
        spent["decided"] = _decided([t[3] for t in tries], truth)
        rest.append((name, _joined([t[0] for t in tries]), spent))
    return _joined(parts), costs, model, rest


def _decided(parts: list[Array], truth: Array) -> tuple[float, float]:
    """Macro-F1 and MCC of decided classes; NaN where nothing was decided."""
    if not parts or any(not len(part) for part in parts):
        return float("nan"), float("nan")
    return decision_scores(np.concatenate(parts), truth)[1:]


def _further(model: Any, X: Array, y: Array, sample: Sample) -> Iterable[tuple[str, Distribution, float, str, Array]]:
    """Rows that a master adds: weights that follow the labels, and each expert alone."""
    if not hasattr(model, "experts"):
        return
    if len(model.experts) > 1:
        told = model.run(X, y, sample)[0]
        yield "fused online", told, sum(model.fit_seconds_.values()), "", model.decide(told)
    modalities = tuple(dict.fromkeys(expert.modality for expert in model.experts))
    for modality in modalities if len(modalities) > 1 else ():
        told = model.predict_without(modality, X, sample)
        yield f"without {modality}", told, float("nan"), "", model.decide(told)
    for number, expert in enumerate(model.experts):
        seconds, readable = model.fit_seconds_[expert.name], expert.interpretability
        told = model.expert_dist(number, X, sample)
        yield expert.name, told, seconds, readable, model.decide(told, number)


def _joined(parts: list[Distribution]) -> Distribution:
    """Forecasts of folds one after the other; classes that one fold did not know have probability 0 there."""
    if len(parts) == 1:
        return parts[0]
    levels = tuple(sorted({level for part in parts for level in part.levels}))
    if parts[0].kind != "classes":
        values = np.concatenate([part.values for part in parts])
        return Distribution(kind=parts[0].kind, values=values, levels=parts[0].levels)
    tables = []
    for part in parts:
        table = np.zeros((len(part), len(levels)))
        table[:, [levels.index(level) for level in part.levels]] = part.values
        tables.append(table)
    return Distribution(kind="classes", values=np.concatenate(tables), levels=levels)


def _mark(panel: Panel, name: str, columns: list[int], settings: str, folds: list[Fold]) -> str:
    features, names = [panel.features[c] for c in columns], [fold.name for fold in folds]
    text = f"{panel.name}|{name}|{features}|{settings}|{names}|{len(panel.y)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _written(panel: Panel, folds: list[Fold], found: dict[str, _Run], ledger: TrialLedger | None) -> Array:
    """Sharpe ratios of all trials of the task, those of this call written down first; naive rows are no trials."""
    del folds
    own = {r.configuration: sharpe_ratio(r.trading.gross) for name, r in found.items() if name not in NAIVE}
    if ledger is None:
        return np.array([s for s in own.values() if np.isfinite(s)])
    for name, run in found.items():
        if name not in NAIVE:
            value = own[run.configuration]
            told = value if np.isfinite(value) else None
            ledger.add(
                Trial(
                    task=panel.name,
                    model=name,
                    configuration=run.configuration,
                    sharpe=told,
                    periods=len(run.trading.gross),
                )
            )
    return ledger.sharpes(panel.name)


def _with_luck(run: _Run, sharpes: Array) -> Scores:
    return msgspec.structs.replace(run.scores, deflated_sharpe=deflated_sharpe(run.trading.gross, sharpes))


def _overfitting(tradings: list[Trading], blocks: int) -> Overfitting | None:
    if len(tradings) < 2 or len({len(t.gross) for t in tradings}) > 1 or len(tradings[0].gross) < 2 * blocks:
        return None
    return probability_of_overfitting(np.column_stack([t.gross for t in tradings]), blocks)


def _compared(losses: dict[str, Array], clusters: Array, seed: int) -> tuple[tuple[str, ...], float]:
    """The confidence set, and Hansen's test against the naive model; nothing where there are too few periods."""
    benchmark = next((name for name in NAIVE if name in losses), None)
    others = {name: loss for name, loss in losses.items() if name != benchmark}
    try:
        kept = model_confidence_set(losses, seed, periods=clusters).included if len(losses) > 1 else ()
        told = (
            superior_predictive_ability(losses[benchmark], others, seed, periods=clusters)
            if benchmark and others
            else None
        )
    except (InvalidValueError, MissingExtraError):
        return (), float("nan")
    return kept, told.consistent if told else float("nan")


def _traces(run: _Run, judged: Panel) -> Traces:
    keys = judged.sample.t0 if is_cross_section(judged) else clusters_of(judged)
    periods, ic = ic_by_period(signal_of(run.dist), np.nan_to_num(judged.value), keys)
    days = keys is judged.sample.day
    halves = keys is not judged.sample.t0 and not days
    at = periods * (86_400_000_000_000 if days else 1_800_000_000_000 if halves else 1)
    trading = run.trading
    return Traces(
        reliability=reliability_of(run.dist, judged),
        periods=at,
        ic=ic,
        at=trading.period,
        gross=trading.gross,
        net=trading.net(spread=True),
    )
