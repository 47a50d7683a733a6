"""``tradewind execute train``: train an execution policy on simulated markets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from tradewind.cli.output import JsonFlag, emit
from tradewind.core.errors import UsageError

if TYPE_CHECKING:
    from tradewind.rl.train.campaign import Campaign

__all__ = ["train"]


def train(  # noqa: PLR0917
    config: Annotated[Path, typer.Option(help="Training file (TOML).", metavar="FILE")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, logs and policies.", metavar="FOLDER")] = Path(
        "training"
    ),
    seeds: Annotated[str, typer.Option(help="Seeds, one run each, instead of the file's: 1,2,3 or 1..5.")] = "",
    steps: Annotated[
        int, typer.Option(min=0, help="Environment steps of each run instead of the file's; 0: those.")
    ] = 0,
    threads: Annotated[int, typer.Option(min=1, help="Threads; the result does not depend on it.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the runs that the folder holds.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Train an execution policy: PPO or Double DQN on simulated markets, a run for each seed, selected by validation.

    A run that was killed goes on with --resume and comes to the same result, bit for bit. Writes log.jsonl always,
    TensorBoard events where that is installed, and curves.html, the learning curves of all seeds.
    """
    from tradewind.execution.policies.policy import Provenance
    from tradewind.report.page import write_page
    from tradewind.rl.train.campaign import load_training, train_seeds
    from tradewind.rl.train.curves import curves_page

    training = load_training(config)
    if steps:
        training = training.model_copy(update={"steps": steps})
    chosen = seeds_of(seeds) or training.seeds
    command = " ".join(["tradewind", *sys.argv[1:]])
    with _progress() as progress:
        tasks = {seed: progress.add_task(f"seed {seed}", total=training.steps, told="") for seed in chosen}
        told: dict[int, dict[str, Any]] = {seed: {} for seed in chosen}

        def watch(seed: int, done: int, values: dict[str, Any]) -> None:
            told[seed] |= values
            progress.update(tasks[seed], completed=done, told=_told(told[seed]))

        provenance = Provenance(command=command, revision=revision())
        campaign = train_seeds(
            training, out, seeds=chosen, threads=threads, resume=resume, provenance=provenance, watch=watch
        )
    write_page(curves_page(training.name, {seed: out / f"seed-{seed}" for seed in chosen}), out / "curves.html")
    emit(campaign, as_json=as_json, show=lambda console: _show(console, campaign, out))


def seeds_of(text: str) -> list[int]:
    """Seeds from words: ``1,2,3`` or ``1..5``; none from none.

    Raises:
        UsageError: When that is not what the words are.
    """
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, dots, last = part.partition("..")
        try:
            found += range(int(first), int(last) + 1) if dots else [int(first)]
        except ValueError:
            raise UsageError(f"--seeds must be numbers: 1,2,3 or 1..5, got {text!r}") from None
    return found


def revision() -> str:
    """Git revision of the code, with a + where files were changed; empty where it is not a checkout."""
    import shutil
    import subprocess

    git, folder = shutil.which("git"), Path(__file__).parent
    if git is None:
        return ""
    command = [git, "-C", str(folder), "describe", "--always", "--dirty=+", "--exclude=*"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return found.stdout.strip() if found.returncode == 0 else ""


def _progress() -> Progress:
    """Bars on stderr: steps a second, saving over TWAP on validation, entropy, divergence."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )


def _told(values: dict[str, Any]) -> str:
    parts = [f"{values.get('steps_per_s', 0.0) / 1e3:.0f}k steps/s"]
    if "validation" in values:
        score = values["validation"]
        parts.append(f"{score['shortfall_bps']:.2f} bps v TWAP {score['twap_bps']:.2f}")
    if "entropy_seen" in values:
        parts += [f"entropy {values['entropy_seen']:.2f}", f"KL {values['divergence']:.3f}"]
    if "explore" in values:
        parts.append(f"explore {values['explore']:.2f}")
    return " · ".join(parts)


def _show(console: Console, campaign: Campaign, out: Path) -> None:
    table = Table(title=f"training {campaign.name}", title_justify="left")
    for name in ("seed", "steps", "steps/s", "shortfall", "TWAP", "saved ± 95 %", "risk v TWAP", "selected at"):
        table.add_column(name, justify="right")
    for run in campaign.runs:
        cells = [str(run.seed), f"{run.steps:,}", f"{run.steps_per_s:,.0f}"]
        if run.best is not None:
            best = run.best
            cells += [f"{best.shortfall_bps:.3f} bps", f"{best.twap_bps:.3f} bps"]
            cells += [f"{best.better_bps:.3f} ± {1.96 * best.error_bps:.3f}"]
            cells += [f"{best.risk_bps:.2f} v {best.twap_risk_bps:.2f}", f"{run.best_steps:,}"]
        table.add_row(*cells)
    console.print(table)
    console.print(f"spread over seeds {campaign.spread_bps:.3f} bps; best seed {campaign.best_seed}: {campaign.policy}")
    console.print(f"learning curves: {out / 'curves.html'}")
