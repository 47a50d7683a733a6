"""``tradewind demo``: the main job once, offline: train an agent, prove it on orders it never saw, write the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from tradewind.cli.demo_steps import (
    SymbolSeen,
    compile_ahead,
    demo_task,
    fit_market,
    generate_day,
    import_data,
    largest_symbol,
    replay_symbol,
    train_policy,
)
from tradewind.cli.execute_backtest import BarProgress, prove, show_backtest, write_report
from tradewind.cli.output import JsonFlag, emit, progress_bar

if TYPE_CHECKING:
    from tradewind.rl.evaluate.result import Backtest

__all__ = ["demo"]

PRESET = "aig"
TRAIN_SEED = 1


def demo(  # noqa: PLR0917
    data: Annotated[
        Path | None,
        typer.Option(help="Your own file or folder, in any format that data reads."),
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="Symbol of your data; the largest when absent.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the data, the policy and the report.")] = Path("out/demo"),
    steps: Annotated[int, typer.Option(min=1000, help="Environment steps of training.")] = 400_000,
    episodes: Annotated[int, typer.Option(min=30, help="Orders that each strategy trades.")] = 256,
    messages: Annotated[int, typer.Option(min=1000, help="Messages of the generated day.")] = 100_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the generated day and of the test orders.")] = 7,
    threads: Annotated[int, typer.Option(min=1, help="Threads that share the work.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """Train an agent to trade an order, compare it with every baseline on unseen orders, write the report.

    Without --data: generates a NASDAQ day, imports it and replays it through the book, then trains on the market that
    ships for AIG. With --data: imports your file, fits a market to it (to all days but the last, where there are
    several), trains on that, and trades orders in the recording as well: on the last day, or on the second half of one.
    """
    from tradewind.rl.env.ground import Ground
    from tradewind.rl.env.recorded import recorded_grounds
    from tradewind.rl.evaluate.backtest import Rules
    from tradewind.rl.evaluate.strategies import PolicyStrategy

    out.mkdir(parents=True, exist_ok=True)
    seen: list[SymbolSeen] = []
    with progress_bar() as bar:
        market = PRESET
        step = bar.add_task("reading", total=None)
        ahead = compile_ahead(market) if data is None else None
        catalog = import_data(out / "catalog", [data or generate_day(out, seed, messages)])
        if data is None:
            bar.update(step, description="replaying the day through the book")
            seen = [replay_symbol(catalog, name) for name in catalog.symbols()]
        else:
            symbol = symbol or largest_symbol(catalog)
            market = str(fit_market(catalog, symbol, out, lambda what: bar.update(step, description=what)))
            ahead = compile_ahead(market)
        bar.update(step, description="training", total=steps)
        task = demo_task(market)
        policy, score = train_policy(
            task, out / "training", TRAIN_SEED, steps, threads, lambda done, _told: bar.update(step, completed=done)
        )
        bar.remove_task(step)
        if ahead is not None:
            ahead.join()
        rules = Rules(episodes=episodes, seed=seed + 20131010, threads=threads)
        agent = PolicyStrategy(policy, "PPO, just trained")
        say = BarProgress(bar, episodes)
        _, result, scenes = prove((Ground(task=task), None), rules, [agent], Path(market).stem, [], say)
        write_report(result, scenes, out / "report.html")
        proofs = [(result, out / "report.html")]
        if data is not None and symbol is not None:
            training, ground = recorded_grounds(task, catalog, symbol)
            _, result, scenes = prove((ground, training), rules, [agent], f"{symbol}, recorded", [], say)
            write_report(result, scenes, out / "recorded.html")
            proofs.append((result, out / "recorded.html"))
    told: dict[str, Any] = {"report": str(proofs[-1][1]), "catalog": str(out / "catalog"), "symbols": seen}
    told |= {"backtest": proofs[0][0], "recorded": proofs[1][0] if proofs[1:] else None}
    told |= {"policy": str(out / "training" / "demo.policy"), "validation": score}
    emit(told, as_json=as_json, show=lambda console: _show(console, seen, proofs))


def _show(console: Console, seen: list[SymbolSeen], proofs: list[tuple[Backtest, Path]]) -> None:
    """The tables, and what to look at next."""
    from tradewind.report.console import rich_table
    from tradewind.report.parts import Column, Table

    if seen:
        heads = ("Symbol", "Rows", "Orders", "Executions", "Spread, ticks", "Left", "Issues", "Rows/s")
        rows = []
        for s in seen:
            counts = [f"{n:,}" for n in (s.rows, s.orders, s.executions)]
            rest = [f"{s.spread_ticks:.2f}", str(s.live_at_end), str(s.issues), f"{s.rows_per_second / 1e6:.1f} M"]
            rows.append((s.symbol, *counts, *rest))
        columns = tuple(Column(head, number=k > 0) for k, head in enumerate(heads))
        console.print(rich_table(Table(columns, tuple(rows)), "a generated day, replayed through the book"))
    for result, html in proofs:
        show_backtest(console, result, html)
    console.print(
        "next: tradewind execute backtest --policy out/demo/training/demo.policy --market ibm --episodes 1000"
    )
    console.print("      tradewind demo --data YOUR_FILE")
