"""Why, in pictures: what is lost without a feature or a modality, and what each feature adds to forecasts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.report.charts import chart
from tradewind.report.parts import Chip, Column, Figure, Grid, Part, Table, Tone
from tradewind.report.plots import SERIES, Plot, plain_values

if TYPE_CHECKING:
    from tradewind.alpha.evaluation.attribution import Importance, Reasons
    from tradewind.alpha.evaluation.run import Evaluation
    from tradewind.core.dtypes import Array

__all__ = ["reasons_parts"]

SHOWN = 12
ROOM = 160
"""Room for the names of features [px]."""
LOW, HIGH = "#4a86d8", "#d6607c"


def reasons_parts(report: Evaluation) -> list[Part]:
    """Pictures of what the best forecast rests on, and the table of its calibrations.

    Args:
        report: An evaluation.
    """
    from tradewind.alpha.evaluation.attribution import feature_importance

    name = "fused" if "fused" in report.models else min(report.rows, key=lambda row: row.loss).model
    model = report.models.get(name)
    if model is None or not hasattr(model, "predict_dist"):
        return []
    parts: list[Part] = []
    if not hasattr(model, "experts") and _width(model) != len(report.panel.features):
        return []
    features = feature_importance(model, report.panel, 15)
    lost = [Figure(f"Features: what {name} loses", _bars(features), "Each column moved in time.")]
    groups = feature_importance(model, report.panel, by_modality=True)
    if len(groups) > 1:
        lost.append(Figure(f"Modalities: what {name} loses", _bars(groups), "All columns of one moved together."))
    parts.append(Grid(tuple(lost)) if len(lost) > 1 else lost[0])
    drawn = [_swarm(found) for found in _explained(report, name, model)]
    parts += [Grid(tuple(drawn[k : k + 2])) for k in range(0, len(drawn), 2)]
    return [*parts, _calibrations(model)] if hasattr(model, "experts") else parts


def _width(model: Any) -> int:
    """How many columns a model reads; 0 where it does not say."""
    return int(getattr(getattr(model, "model", model), "n_features_in_", 0))


def _explained(report: Evaluation, name: str, model: Any) -> Iterator[Reasons]:
    """Contributions of each expert whose forecast is a sum."""
    from tradewind.alpha.evaluation.attribution import reasons_of

    every: list[tuple[str, Any, Any]] = [(name, model, np.arange(len(report.panel.features)))]
    if hasattr(model, "experts"):
        pairs = zip(model.experts, model.models_, strict=True)
        every = [(expert.name, inner, np.array(expert.columns)) for expert, inner in pairs]
    for title, inner, columns in every:
        found = reasons_of(title, inner, columns, report.panel)
        if found is not None:
            yield found


def _bars(found: list[Importance]) -> Plot:
    names = [item.name for item in found][::-1]
    bars: Plot = {"type": "bar", "orientation": "h", "y": names, "x": [item.rise for item in found][::-1]}
    bars |= {"marker": {"color": SERIES[0]}, "showlegend": False}
    return _named(chart([bars], {"title": "rise of the loss"}, {}, height=90 + 22 * len(names), legend=False))


def _swarm(found: Reasons) -> Figure:
    """Each row a point: how far it was moved by a feature, coloured by whether the feature was low or high there."""
    columns = found.strongest(SHOWN)[::-1]
    traces: list[Plot] = []
    for place, column in enumerate(columns.tolist()):
        x, ranks = found.values[:, column], _ranks(found.X[:, column])
        y = place + 0.6 * (np.arange(len(x)) * 0.618 % 1.0 - 0.5)
        marker = {"size": 4, "opacity": 0.75, "color": plain_values(ranks), "cmin": 0, "cmax": 1}
        marker |= {"colorscale": [[0, LOW], [0.5, SERIES[7]], [1, HIGH]]}
        trace: Plot = {"type": "scatter", "mode": "markers", "x": plain_values(x), "y": plain_values(y)}
        traces.append(trace | {"marker": marker, "showlegend": False, "name": found.names[column]})
    ticks = {"tickvals": list(range(len(columns))), "ticktext": [found.names[c] for c in columns]}
    axis = {"title": f"moved the {found.space}, up against down"}
    plot = _named(chart(traces, axis, ticks, height=90 + 26 * len(columns), legend=False))
    method = f"{found.method[0].upper()}{found.method[1:]}"
    told = f"{method} of {len(found.X)} judged rows. Blue: the feature was low; red: high."
    return Figure(f"{found.model}: what each feature adds", plot, told)


def _ranks(column: Array) -> Array:
    """Where each value stands among the others, from 0 to 1; the middle where it is not known."""
    known = np.isfinite(column)
    out = np.full(len(column), 0.5)
    values = np.unique(column[known])
    if len(values) > 1:
        out[known] = np.searchsorted(values, column[known]) / (len(values) - 1)
    return np.asarray(out)


def _named(plot: Plot) -> Plot:
    plot["layout"]["margin"]["l"] = ROOM
    return plot


def _calibrations(model: Any) -> Table:
    methods = [
        (e.name, Chip(c.method, Tone.NOTE), *(f"{v:.4f}" for v in list(model.calibration_loss_[e.name].values())[:1]))
        for e, c in zip(model.experts, model.calibrations_, strict=True)
    ]
    heads = (Column("expert"), Column("calibration"), Column("loss out of fold, as it is", number=True))
    return Table(heads, tuple(methods))
