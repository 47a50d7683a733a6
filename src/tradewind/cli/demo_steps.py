"""The steps of ``tradewind demo``: a day of data, a market fitted to it, a policy trained in it, its proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tradewind.core.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.process import BaseProcess

    from tradewind.core.dtypes import Array
    from tradewind.data.store.catalog import Catalog
    from tradewind.execution.policies.policy import Policy
    from tradewind.rl.env.task import Task
    from tradewind.rl.train.loop import Score

__all__ = [
    "SymbolSeen",
    "compile_ahead",
    "demo_task",
    "fit_market",
    "generate_day",
    "import_data",
    "largest_symbol",
    "replay_symbol",
    "train_policy",
]

FILE_NAME = "01022024.NASDAQ_ITCH50"
HORIZON_S = 60.0
SHARE = 0.1
LEAD_S = 3.0
PRIOR = {"join": 3.0}


class SymbolSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What the replay of one symbol through the book saw.

    Attributes:
        symbol: The symbol.
        rows: Market-data rows.
        orders: Orders that joined the book.
        executions: Executions of resting orders.
        shares: Shares they traded.
        hidden: Trades against hidden orders.
        spread_ticks: Mean spread after each row with both sides there [ticks].
        microprice: Microprice at the last row with both sides there [currency].
        live_at_end: Orders alive at the end.
        issues: Rows that did not fit the book.
        rows_per_second: Rows a second through the book, best quotes noted after each.
    """

    symbol: str
    rows: int
    orders: int
    executions: int
    shares: int
    hidden: int
    spread_ticks: float
    microprice: float
    live_at_end: int
    issues: int
    rows_per_second: float


def generate_day(out: Path, seed: int, messages: int) -> Path:
    """Write a day of NASDAQ ITCH that the package makes itself; returns the file."""
    from tradewind.data.itch.synthetic import session

    out.mkdir(parents=True, exist_ok=True)
    source = out / FILE_NAME
    source.write_bytes(session(seed=seed, messages=messages))
    return source


def import_data(folder: Path, paths: list[Path]) -> Catalog:
    """Import files into a catalog; returns it."""
    from tradewind.data.store.catalog import Catalog
    from tradewind.data.store.importer import import_paths

    import_paths(folder, paths)
    return Catalog(folder, purpose="demo")


def replay_symbol(catalog: Catalog, symbol: str) -> SymbolSeen:
    """Follow one symbol's rows in an L3 book.

    Args:
        catalog: Where the rows are.
        symbol: What to replay.

    Returns:
        What was seen.
    """
    from tradewind.book.feeds import L3Book
    from tradewind.core.clock import SystemClock
    from tradewind.core.dtypes import EventFlag, EventKind

    rows = catalog.load(symbol)
    instrument = catalog.instrument(symbol)
    L3Book().best_quotes(rows[:1])
    book, clock = L3Book(), SystemClock()
    start = clock.monotonic_ns()
    bests = book.best_quotes(rows)
    seconds = (clock.monotonic_ns() - start) / 1e9
    kind = rows["kind"]
    executed = kind == EventKind.EXECUTE
    both = (bests["bid_lots"] > 0) & (bests["ask_lots"] > 0)
    spread = (bests["ask_ticks"] - bests["bid_ticks"])[both]
    return SymbolSeen(
        symbol=symbol,
        rows=len(rows),
        orders=int((kind == EventKind.ADD).sum()),
        executions=int(executed.sum()),
        shares=int(rows["size_lots"][executed].sum()),
        hidden=int(((rows["flags"] & EventFlag.HIDDEN) != 0).sum()),
        spread_ticks=float(spread.mean()) if len(spread) else float("nan"),
        microprice=_microprice(bests[both]) * float(instrument.tick_size),
        live_at_end=book.live_orders,
        issues=sum(book.issues.values()),
        rows_per_second=len(rows) / seconds,
    )


def _microprice(bests: Array) -> float:
    if not len(bests):
        return float("nan")
    last = bests[-1]
    bid, ask, bid_lots, ask_lots = (float(last[n]) for n in ("bid_ticks", "ask_ticks", "bid_lots", "ask_lots"))
    return (ask * bid_lots + bid * ask_lots) / (bid_lots + ask_lots)


def largest_symbol(catalog: Catalog) -> str:
    """The symbol of a catalog with the most rows that show a book.

    Raises:
        NotFoundError: When the catalog is empty.
    """
    import polars as pl

    from tradewind.core.dtypes import EventKind

    rows = catalog.scan().filter(pl.col("kind") != int(EventKind.TRADE)).group_by("symbol").len().collect()
    if not len(rows):
        raise NotFoundError(f"{catalog.path}: nothing was imported that shows a market")
    return str(rows.sort("len", "symbol")["symbol"][-1])


def fit_market(catalog: Catalog, symbol: str, out: Path, say: Callable[[str], Any]) -> Path:
    """Fit a market to a symbol's rows, all days but the last where there are several; returns the preset file.

    Args:
        catalog: Where the rows are.
        symbol: Which symbol.
        out: Folder for the preset.
        say: Told what is being fitted.

    Raises:
        NotFoundError: When the symbol shows no book within a session.
    """
    from tradewind.cli.market_calibrate import read_days
    from tradewind.market.calibrate.fit import Settings, calibrate
    from tradewind.market.preset import load_preset, preset_text

    known = catalog.days(symbol)
    fitted = ",".join(day.isoformat() for day in known[:-1]) or None
    days = list(read_days(catalog, symbol, fitted, None))
    donor = load_preset("aapl2012") if days[0].level == 1 else None
    settings = Settings(name=symbol.lower(), source=f"{symbol} from {catalog.path}")
    preset = calibrate(catalog.instrument(symbol), days, settings, donor, say)
    path = out / f"{symbol.lower().replace('/', '-')}.toml"
    path.write_text(preset_text(preset), encoding="utf-8")
    return path


def demo_task(market: str) -> Task:
    """A tenth of the volume that is expected in a minute, on one market."""
    from tradewind.rl.env.task import parse_task

    return parse_task(
        {
            "order": {"share": [SHARE, SHARE], "horizon_s": [HORIZON_S, HORIZON_S]},
            "market": {"presets": [market], "lead_s": LEAD_S},
        }
    )


def compile_ahead(market: str) -> BaseProcess | None:
    """Compile what training and proof need on another core while this process goes on; nothing where that was done.

    Kernels are compiled for the size of a market's record; a file in the kernel cache says which sizes are there.

    Args:
        market: Name of a shipped preset, or a preset file.
    """
    import multiprocessing

    from tradewind.core.kernels import kernel_cache
    from tradewind.market.preset import load_preset
    from tradewind.market.reactive import market_size

    done = kernel_cache("rl") / "demo-{}-{}".format(*market_size(load_preset(market)))
    if done.exists():
        return None
    process = multiprocessing.get_context("spawn").Process(target=_small_proof, args=(market, done), daemon=True)
    process.start()
    return process


def _small_proof(market: str, done: Path) -> None:
    """The proof with as few orders as there can be, for the kernels that it leaves compiled."""
    import os

    os.environ["TRADEWIND_QUIET"] = "1"  # the other process says that kernels are compiled
    from tradewind.execution.policies.policy import load_policy
    from tradewind.rl.env.ground import Ground
    from tradewind.rl.evaluate.backtest import Rules, run_bout
    from tradewind.rl.evaluate.strategies import PolicyStrategy

    agent = PolicyStrategy(load_policy("aig"), "shipped")
    run_bout(Ground(task=demo_task(market)), Rules(episodes=30, fit_episodes=8, draws=100), [agent])
    done.touch()


def train_policy(  # noqa: PLR0917
    task: Task, out: Path, seed: int, steps: int, threads: int, say: Callable[[int, dict[str, Any]], None]
) -> tuple[Policy, Score | None]:
    """Train PPO for a short while; returns the policy that validated best, and its score.

    Args:
        task: The orders and the market.
        out: Folder of the run, begun anew.
        seed: Of the training orders.
        steps: Environment steps.
        threads: Threads that share the work.
        say: Told the steps done and what happened.
    """
    import shutil

    from tradewind.execution.policies.policy import read_policy
    from tradewind.rl.train.campaign import TrainConfig, Validation, train_seeds
    from tradewind.rl.train.ppo import PPOConfig

    shutil.rmtree(out, ignore_errors=True)
    chosen, settings = Validation(every=8, episodes=512), PPOConfig(prior=PRIOR)
    config = TrainConfig(name="demo", steps=steps, task=task, validation=chosen, ppo=settings)
    campaign = train_seeds(config, out, seeds=[seed], threads=threads, watch=lambda _seed, done, told: say(done, told))
    return read_policy(Path(campaign.policy)), campaign.runs[0].best
