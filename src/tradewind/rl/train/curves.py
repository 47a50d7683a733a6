"""Learning curves of all seeds of a training, as a page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import NotFoundError
from tradewind.report.parts import Figure, Page, Section
from tradewind.report.plots import SERIES, Panel, Plot, band, line, stack_panels
from tradewind.rl.train.journal import read_journal

__all__ = ["curves_page"]

MOST_BANDS = 2
PANELS = (
    ("entropy_seen", "Entropy", "nats"),
    ("divergence", "Divergence", "nats"),
    ("explained", "Critic", "variance explained"),
    ("loss", "Loss", ""),
    ("explore", "Exploration", "share"),
    ("steps_per_s", "Speed", "steps/s"),
)


def curves_page(name: str, folders: Mapping[int, Path]) -> Page:
    """The learning curves of several seeds side by side.

    Args:
        name: The training's name.
        folders: Folder of each seed's run.

    Returns:
        A page: saving over TWAP on the validation market, then what the updates told.

    Raises:
        NotFoundError: When no folder holds a log.
    """
    logs = {seed: rows for seed, folder in folders.items() if (rows := read_journal(folder))}
    if not logs:
        raise NotFoundError(f"{', '.join(str(folder) for folder in folders.values())}: no log.jsonl")
    score = Panel(
        title="Shortfall",
        unit="bps, validation",
        traces=tuple(_scores(logs)),
        height=260,
        axis={"rangemode": "normal"},
    )
    panels = [score]
    for key, title, unit in PANELS:
        traces = tuple(_line(rows, key, f"seed {seed}", k) for k, (seed, rows) in enumerate(logs.items()))
        if any(trace["x"] for trace in traces):
            panels.append(Panel(title=title, unit=unit, traces=traces, height=110))
    plot = stack_panels(panels, {"type": "linear", "title": {"text": "environment steps"}}, bottom=60)
    figure = Figure(
        title="Learning curves",
        plot=plot,
        caption="Shortfall of the policy without chance on the validation orders, the same for all and for TWAP; bands "
        "are ± 1.96 standard errors of the difference from TWAP. The policy with the lowest mean is selected.",
    )
    seeds = ", ".join(str(seed) for seed in logs)
    return Page(
        title=f"Training {name}",
        subtitle=f"seeds {seeds}",
        sections=(Section(title="Learning curves", anchor="curves", parts=(figure,)),),
    )


def _line(rows: list[dict[str, Any]], key: str, name: str, k: int) -> Plot:
    found = [(row["steps"], row[key]) for row in rows if key in row]
    x, y = (np.array([pair[i] for pair in found], dtype=np.float64) for i in range(2))
    return _straight(line(x, y, name, SERIES[k % len(SERIES)])) | {"showlegend": False}


def _straight(trace: Plot) -> Plot:
    return trace | {"line": trace["line"] | {"shape": "linear"}}


def _scores(logs: Mapping[int, list[dict[str, Any]]]) -> list[Plot]:
    traces: list[Plot] = []
    twap: tuple[Array, Array] | None = None
    for k, (seed, rows) in enumerate(logs.items()):
        scored = [(row["steps"], row["validation"]) for row in rows if "validation" in row]
        x = np.array([steps for steps, _ in scored], dtype=np.float64)
        y, error = (np.array([s[key] for _, s in scored]) for key in ("shortfall_bps", "error_bps"))
        color = SERIES[k % len(SERIES)]
        if len(logs) <= MOST_BANDS:
            traces += [_straight(part) for part in band(x, y - 1.96 * error, y + 1.96 * error, color)]
        traces.append(_straight(line(x, y, f"seed {seed}", color)))
        if twap is None or (len(x) and x[-1] > twap[0][-1]):
            twap = x, np.array([s["twap_bps"] for _, s in scored])
    if twap is not None:
        traces.append(_straight(line(*twap, "TWAP", "#8490a0")))
    return traces
