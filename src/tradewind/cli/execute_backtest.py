"""``tradewind execute backtest``: a policy beside every baseline, on orders it never saw."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from tradewind.cli.output import JsonFlag, emit, progress_bar

if TYPE_CHECKING:
    from tradewind.rl.env.ground import Ground
    from tradewind.rl.env.task import Task
    from tradewind.rl.evaluate.backtest import Bout, Rules
    from tradewind.rl.evaluate.result import Backtest, Elsewhere
    from tradewind.rl.evaluate.scenes import Scenes
    from tradewind.rl.evaluate.strategies import PolicyStrategy

__all__ = ["BarProgress", "execute_backtest", "show_backtest"]


class BarProgress:
    """A bar that says which strategy trades and how many of its orders are over."""

    def __init__(self, bar: Progress, episodes: int) -> None:
        self.bar, self.episodes = bar, episodes
        self.task: TaskID = bar.add_task("beginning", total=episodes)

    def __call__(self, what: str, done: int) -> None:
        """Move it."""
        self.bar.update(self.task, description=what, completed=done, total=self.episodes)


def execute_backtest(  # noqa: PLR0917
    policy: Annotated[
        list[str] | None,
        typer.Option(help="Policy file or shipped policy; further ones are its training seeds. None: baselines only."),
    ] = None,
    market: Annotated[str, typer.Option(help="Name of a shipped preset, or a preset file.")] = "aig",
    catalog: Annotated[Path | None, typer.Option(help="Recorded days instead, of this catalog.", metavar="DIR")] = None,
    symbol: Annotated[str | None, typer.Option(help="Symbol of the catalog.")] = None,
    days: Annotated[str | None, typer.Option(help="Days to test on, with commas; the last when absent.")] = None,
    train_days: Annotated[
        str | None, typer.Option(help="Days to fit baselines on; those before the test when absent.")
    ] = None,
    impact: Annotated[bool, typer.Option("--impact", help="Let own trades shift recorded prices.")] = False,
    also: Annotated[list[str] | None, typer.Option(help="Other markets, left out of training, as rows.")] = None,
    task: Annotated[Path | None, typer.Option(help="Task file: orders, decisions, latency, fees, scenarios.")] = None,
    episodes: Annotated[int, typer.Option(min=30, help="Orders that each strategy trades.")] = 1000,
    share: Annotated[float | None, typer.Option(min=1e-6, max=1.0, help="Order size over expected volume.")] = None,
    horizon_s: Annotated[float | None, typer.Option(min=1.0, max=86_400.0, help="Time for an order [s].")] = None,
    scenario: Annotated[list[str] | None, typer.Option(help="Scenarios that orders meet; plain is the preset.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the test orders.")] = 20131010,
    threads: Annotated[int, typer.Option(min=1, help="Threads that share the work.")] = 1,
    html: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    record: Annotated[Path | None, typer.Option(help="Write all orders and fills to this Parquet file.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Trade the same orders with a policy and with every baseline, and say what the difference is worth.

    Paired: the same arrival, market and random streams for everyone. Verdicts come with a bootstrap interval and the
    number of orders that would settle them.
    """
    from tradewind.rl.evaluate.backtest import Rules

    rules = Rules(episodes=episodes, seed=seed, threads=threads)
    policies = load_policies(policy or [])
    chosen = chosen_task(task, policies, market, share, horizon_s, scenario)
    grounds = chosen_grounds(chosen, catalog, symbol, (days, train_days), impact=impact)
    where = Path(market).stem if catalog is None else f"{symbol}, recorded" + ", with impact" * impact
    with progress_bar() as bar:
        bout, result, scenes = prove(grounds, rules, policies, where, also or [], BarProgress(bar, episodes))
    if record is not None:
        from tradewind.rl.evaluate.record import record_bout

        record_bout(bout, record)
    if html is not None:
        write_report(result, scenes, html)
    emit(result, as_json=as_json, show=lambda console: show_backtest(console, result, html, record))


def load_policies(names: list[str]) -> list[PolicyStrategy]:
    """Policies by name or file; two of the same name are numbered."""
    from tradewind.execution.policies.policy import load_policy
    from tradewind.rl.evaluate.strategies import PolicyStrategy

    found: list[PolicyStrategy] = []
    for name in names:
        title = Path(name).stem
        same = sum(s.name.split("#")[0] == title for s in found)
        found.append(PolicyStrategy(load_policy(name), f"{title}#{same + 1}" if same else title))
    return found


def chosen_task(  # noqa: PLR0917
    path: Path | None,
    policies: list[PolicyStrategy],
    market: str,
    share: float | None,
    horizon_s: float | None,
    scenario: list[str] | None,
) -> Task:
    """The task file, else what the policy was trained for, else the default; options on top of it."""
    from tradewind.rl.env.task import load_task
    from tradewind.rl.evaluate.ground import task_of_policy, with_options

    plain = load_task(path) if path is not None else task_of_policy(policies[0].policy if policies else None)
    return with_options(plain, market=market, share=share, horizon_s=horizon_s, scenarios=scenario)


def chosen_grounds(
    task: Task, catalog: Path | None, symbol: str | None, days: tuple[str | None, str | None], *, impact: bool = False
) -> tuple[Ground, Ground | None]:
    """Where test orders are traded, and where baselines are fitted if not there; ``days`` to test and to fit on.

    Raises:
        UsageError: For a catalog without a symbol, or the other way round.
    """
    from tradewind.core.errors import UsageError
    from tradewind.rl.env.ground import Ground

    if catalog is None:
        if symbol or any(days) or impact:
            raise UsageError("--symbol, --days, --train-days and --impact belong to --catalog")
        return Ground(task=task), None
    if symbol is None:
        raise UsageError("--catalog needs --symbol")
    from tradewind.data.store.catalog import Catalog
    from tradewind.data.store.moments import parse_day
    from tradewind.rl.env.recorded import recorded_grounds

    tested, fitted = ([parse_day(text) for text in (words or "").split(",") if text] for words in days)
    source = Catalog(catalog, purpose="execute backtest")
    training, ground = recorded_grounds(task, source, symbol, tested, fitted, impact)
    return ground, training


def prove(  # noqa: PLR0917
    grounds: tuple[Ground, Ground | None],
    rules: Rules,
    policies: list[PolicyStrategy],
    market: str,
    also: list[str],
    say: BarProgress,
) -> tuple[Bout, Backtest, Scenes]:
    """The bout on the market itself, then on other ground."""
    from tradewind.rl.evaluate.backtest import run_bout, to_backtest
    from tradewind.rl.evaluate.ground import elsewhere_rows
    from tradewind.rl.evaluate.staging import scenes_of

    bout = run_bout(grounds[0], rules, policies, progress=say, training=grounds[1])
    rows: tuple[Elsewhere, ...] = elsewhere_rows(bout, policies, also, say) if policies else ()
    name = policies[0].name if policies else ""
    result = to_backtest(bout, name, market, rows)
    return bout, result, scenes_of(bout, policies[0] if policies else None)


def write_report(result: Backtest, scenes: Scenes, html: Path) -> None:
    """Write the page."""
    from tradewind.report.page import write_page
    from tradewind.rl.evaluate.page import backtest_page

    footer = f"tradewind execute backtest, seed {result.seed}, {result.episodes:,} orders a strategy."
    write_page(backtest_page(result, scenes, footer), html)


def show_backtest(console: Console, result: Backtest, html: Path | None = None, record: Path | None = None) -> None:
    """The tables for people."""
    from tradewind.report.console import rich_table
    from tradewind.rl.evaluate.page import headline
    from tradewind.rl.evaluate.tables import elsewhere_table, main_table, verdict_table

    console.print(rich_table(main_table(result), f"{result.policy or 'baselines'} on {result.market}"))
    if result.policy:
        console.print(rich_table(verdict_table(result), "verdicts"))
    if result.elsewhere:
        console.print(rich_table(elsewhere_table(result), "other ground"))
    console.print(headline(result))
    if html is not None:
        console.print(f"report: {html}")
    if record is not None:
        console.print(f"orders: {record} (tradewind execute tca {record})")
