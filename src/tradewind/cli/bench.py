"""``tradewind bench``: speed, each number beside a reference measured in the same run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.status import Status

from tradewind.cli.output import JsonFlag, emit

if TYPE_CHECKING:
    from tradewind.bench.result import Report

__all__ = ["bench_app"]

bench_app = typer.Typer(help="Speed, each number beside a reference measured in the same run.", no_args_is_help=True)
"""Sub-commands of ``tradewind bench``."""

Scale = Annotated[float, typer.Option(min=0.001, max=10.0, help="Fraction of the full number of messages.")]


@bench_app.command("book")
def book(scale: Scale = 1.0, as_json: JsonFlag = False) -> None:
    """Measure the matching engine beside its naive twin and public engines on the same flow."""
    from tradewind.bench.book import bench_book

    _run(bench_book, scale, as_json)


@bench_app.command("data")
def data(scale: Scale = 1.0, as_json: JsonFlag = False) -> None:
    """Measure the readers beside independent parsers of the same bytes."""
    from tradewind.bench.data import bench_data

    _run(bench_data, scale, as_json)


@bench_app.command("market")
def market(scale: Scale = 1.0, as_json: JsonFlag = False) -> None:
    """Measure simulated and replayed markets beside a public engine's replay of the same rows."""
    from tradewind.bench.market import bench_market

    _run(bench_market, scale, as_json)


@bench_app.command("env")
def env(scale: Scale = 1.0, as_json: JsonFlag = False) -> None:
    """Measure execution environments beside the same markets with nobody trading in them."""
    from tradewind.bench.env import bench_env

    _run(bench_env, scale, as_json)


@bench_app.command("train")
def train(scale: Scale = 1.0, as_json: JsonFlag = False) -> None:
    """Measure training, simulator included, beside Stable-Baselines3 in the same markets."""
    from tradewind.bench.train import bench_train

    _run(bench_train, scale, as_json)


@bench_app.command("decide")
def decide(scale: Scale = 1.0, as_json: JsonFlag = False) -> None:
    """Measure one decision of a policy, from observation to action, beside NumPy and Torch."""
    from tradewind.bench.decide import bench_decide

    _run(bench_decide, scale, as_json)


@bench_app.command("gate")
def gate(scale: Scale = 1.0, as_json: JsonFlag = False) -> None:
    """Measure one pre-trade check through all hard limits beside its plain Python twin."""
    from tradewind.bench.gate import bench_gate

    _run(bench_gate, scale, as_json)


@bench_app.command("forecasts")
def forecasts(scale: Scale = 1.0, as_json: JsonFlag = False) -> None:
    """Measure one forecast of each model family in the live path, beside the library that grew it."""
    from tradewind.bench.forecasts import bench_forecasts

    _run(bench_forecasts, scale, as_json)


@bench_app.command("features")
def features(scale: Scale = 1.0, as_json: JsonFlag = False) -> None:
    """Measure the features of ticks beside Polars expressions that do the same batch work."""
    from tradewind.bench.features import bench_features

    _run(bench_features, scale, as_json)


@bench_app.command("text")
def text(scale: Scale = 1.0, as_json: JsonFlag = False) -> None:
    """Measure scorers of news and the sentence encoder beside sentence-transformers."""
    from tradewind.bench.text import bench_text

    _run(bench_text, scale, as_json)


def _run(bench: Callable[[float, Callable[[str], None]], Report], scale: float, as_json: bool) -> None:
    from tradewind.bench.result import show

    with Status("", console=Console(stderr=True)) as status:
        report = bench(scale, lambda text: status.update(f"measuring: {text}"))
    emit(report, as_json=as_json, show=lambda console: show(console, report))
