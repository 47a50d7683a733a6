"""A policy beside every baseline, on the same orders in the same markets: from tasks and strategies to results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.types import Instrument
from tradewind.execution.baselines.catalogue import BASELINES, Setting
from tradewind.rl.env.ground import Ground
from tradewind.rl.env.settings import MOST_PRESETS
from tradewind.rl.env.task import Task
from tradewind.rl.evaluate.arena import Played, Reference, play, play_reference
from tradewind.rl.evaluate.fit import fit_setting
from tradewind.rl.evaluate.marks import metrics_of
from tradewind.rl.evaluate.result import REFERENCE, Backtest, Conditions, Elsewhere, summarise
from tradewind.rl.evaluate.statistics import Draws, judge
from tradewind.rl.evaluate.strategies import BaselineStrategy, PolicyStrategy, Strategy

__all__ = ["Bout", "Rules", "elsewhere_row", "fit_words", "run_bout", "task_words", "to_backtest"]

BATCH = 256
FILL_ROWS = 1024
REVERSION_S = 60.0
FIT_SALT = 0x5EED
FEWEST = 30
CLUSTER_S = 1800.0
Progress = Callable[[str, int], object]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """How a bout is fought.

    Attributes:
        episodes: Orders that each strategy trades.
        seed: Of the test episodes; fits use another.
        threads: Threads that share the work.
        fit_episodes: Training episodes for each fit of a baseline.
        draws: Bootstrap draws.

    Raises:
        InvalidValueError: For fewer than 30 episodes.
    """

    episodes: int = 1000
    seed: int = 20131010
    threads: int = 1
    fit_episodes: int = 128
    draws: int = 2000

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.episodes < FEWEST:
            raise InvalidValueError("episodes", f"{FEWEST} or more", self.episodes)


class Bout(msgspec.Struct, frozen=True, kw_only=True):
    """What was played on one ground.

    Attributes:
        ground: The orders and the market.
        training: Where baselines were fitted, of recordings.
        rules: How.
        setting: What the baselines were fitted to.
        reference: The same episodes with nobody trading.
        played: By strategy.
        metrics: By strategy.
        titles: By strategy.
        conditions: What each order met.
        instruments: What was traded in each preset or recording.
    """

    ground: Ground
    training: Ground | None
    rules: Rules
    setting: Setting
    reference: Reference
    played: Mapping[str, Played]
    metrics: Mapping[str, Array]
    titles: Mapping[str, str]
    conditions: Conditions
    instruments: tuple[Instrument, ...]

    @property
    def draws(self) -> Draws:
        """Bootstrap draws over its orders."""
        return Draws(self.conditions.cluster, self.rules.seed, self.rules.draws)


def watched_task(task: Task, episodes: int) -> Task:
    """The same orders, watched to the end of their horizon and after, from many different books."""
    market = task.market.model_copy(update={"snapshots": int(min(max(episodes, 32), 512)), "gap_s": 60.0})
    after = task.after_s or [REVERSION_S]
    return task.model_copy(update={"market": market, "watch": True, "after_s": after})


def run_bout(  # noqa: PLR0917
    ground: Ground,
    rules: Rules,
    policies: Sequence[PolicyStrategy] = (),
    baselines: Sequence[str] = tuple(BASELINES),
    progress: Progress | None = None,
    training: Ground | None = None,
) -> Bout:
    """Fit the baselines, play the reference, then every strategy.

    Args:
        ground: Where the test orders are traded.
        rules: How many, and from which seed.
        policies: The first is the one to prove; the others are its training seeds.
        baselines: Which; crossing TWAP always plays.
        progress: Told what is being done and how many episodes of it are over.
        training: Where baselines are fitted; None: on other orders of the same market.
    """
    say = progress or (lambda _what, _done: None)
    fitted_on = training or ground
    fitted_on = msgspec.structs.replace(fitted_on, task=watched_task(fitted_on.task, rules.episodes))
    setting = fit_setting(
        fitted_on,
        rules.seed ^ FIT_SALT,
        episodes=rules.fit_episodes,
        threads=rules.threads,
        progress=lambda name: say(f"fitting {name}", 0),
    )
    chosen = msgspec.structs.replace(ground, task=watched_task(ground.task, rules.episodes))
    names = tuple(dict.fromkeys((REFERENCE, *baselines)))
    strategies: list[Strategy] = [*policies, *(BaselineStrategy(name, setting) for name in names)]
    bout = _played(chosen, rules, setting, strategies, say)
    return msgspec.structs.replace(bout, training=training)


def _played(ground: Ground, rules: Rules, setting: Setting, strategies: Sequence[Strategy], say: Progress) -> Bout:
    say("nobody", 0)
    count = min(BATCH, rules.episodes)
    reference = play_reference(ground, rules.episodes, count, rules.seed, rules.threads)
    batch = ground.batch(count, rules.seed, rules.threads, fill_rows=FILL_ROWS)
    played, metrics = {}, {}
    for k, strategy in enumerate(strategies):
        say(strategy.title, 0)
        played[strategy.name] = play(
            batch,
            strategy,
            rules.episodes,
            watched=3 if k == 0 or strategy.name == REFERENCE else 0,
            looks=30_000 if k == 0 else 0,
            progress=lambda done, title=strategy.title: say(title, done),  # type: ignore[misc]
        )
        # A recording does not answer, but its impact overlay does: the twin is the recording itself.
        metrics[strategy.name] = metrics_of(played[strategy.name], reference, batch.stage.instruments)
    return Bout(
        ground=ground,
        training=None,
        rules=rules,
        setting=setting,
        reference=reference,
        played=played,
        metrics=metrics,
        titles={strategy.name: strategy.title for strategy in strategies},
        conditions=conditions_of(reference, ground, batch.stage.names, batch.stage.instruments),
        instruments=tuple(batch.stage.instruments),
    )


def conditions_of(
    reference: Reference, ground: Ground, names: Sequence[str], instruments: Sequence[Instrument]
) -> Conditions:
    """What each order met.

    Simulated orders are independent of each other; their days are scenarios. Recorded orders of the same half hour of
    the same recording belong together.
    """
    which = reference.episodes["preset"]
    symbols = np.array([instrument.symbol for instrument in instruments])[which]
    if not ground.recordings:
        days = np.array(ground.task.market.scenarios)[reference.episodes["scenario"]]
        cluster = np.arange(len(which))
    else:
        days = np.array(names)[which]
        begin_s = reference.episodes["base_ns"] / 1e9 + reference.episodes["start_s"]
        cluster = (begin_s // CLUSTER_S).astype(np.int64) * MOST_PRESETS + which
    return Conditions(
        volatility=reference.volatility, liquidity=reference.liquidity, day=days, symbol=symbols, cluster=cluster
    )


def to_backtest(bout: Bout, policy: str, market: str, elsewhere: Sequence[Elsewhere] = ()) -> Backtest:
    """Results of a bout.

    Args:
        bout: What was played.
        policy: Name of the policy; empty for none.
        market: Where, in words.
        elsewhere: Rows of other grounds.
    """
    kept = {name: values for name, values in bout.metrics.items() if name == policy or name in BASELINES}
    draws = bout.draws
    rows, verdicts = summarise(kept, bout.titles, bout.conditions, draws, policy)
    best = min((row for row in rows if not row.is_policy), key=lambda row: row.shortfall.mean)
    return Backtest(
        policy=policy,
        market=market,
        task=task_words(bout.ground.task),
        episodes=bout.rules.episodes,
        seed=bout.rules.seed,
        clusters=draws.count,
        currency=bout.instruments[0].currency,
        strategies=rows,
        verdicts=verdicts,
        best_baseline=best.name,
        elsewhere=tuple(elsewhere),
        fitted=fit_words(bout.setting),
        notes=(*NOTES, RECORDED if bout.ground.recordings else SIMULATED),
    )


NOTES = (
    "Every strategy trades the same orders: same arrival, same market, same random streams, latency and fees.",
    "Intervals are 95 %, BCa bootstrap over independent groups of orders.",
    "The best baseline is picked on these very orders, which favours it; all are fitted and tuned on other orders.",
)
SIMULATED = (
    "The market reacts: impact is what it answers, measured against the same market without the order (the twin)."
)
RECORDED = (
    "Recorded markets do not answer orders; own orders have their place in the queue and take what is shown. "
    "Orders of one half hour of one recording are one group; other days may differ more than these do from each other."
)


def elsewhere_row(bout: Bout, policy: str, what: str, where: str) -> Elsewhere:
    """A bout as one row.

    Args:
        bout: What was played.
        policy: The policy's name in it.
        what: Which check it belongs to.
        where: The market, split or seed.
    """
    draws = bout.draws
    costs = {name: values["shortfall_bps"] for name, values in bout.metrics.items()}
    rivals = {name: cost for name, cost in costs.items() if name in BASELINES}
    best = min(rivals, key=lambda name: float(rivals[name].mean()))
    return Elsewhere(
        what=what,
        where=where,
        policy_bps=draws.mean(costs[policy]),
        reference_bps=draws.mean(costs[REFERENCE]),
        best_baseline=bout.titles[best],
        best_bps=float(rivals[best].mean()),
        reduction=draws.reduction(costs[policy], costs[REFERENCE]),
        verdict=judge(best, costs[policy], rivals[best], draws),
    )


def task_words(task: Task) -> dict[str, str]:
    """The orders in words."""

    def span(pair: Sequence[float], unit: str) -> str:
        return f"{pair[0]:g}{unit}" if pair[0] == pair[1] else f"{pair[0]:g} to {pair[1]:g}{unit}"

    share = [100 * s for s in task.order.share]
    size = (
        f"{task.order.quantity_lots:,} lots" if task.order.quantity_lots else f"{span(share, ' %')} of expected volume"
    )
    latency = task.latency
    return {
        "orders": f"{task.order.side}, {size}",
        "horizon": span(task.order.horizon_s, " s"),
        "decisions": f"every {task.decisions.every_s:g} s" + (" and on fills" if task.decisions.on_fills else ""),
        "scenarios": ", ".join(task.market.scenarios),
        "latency": f"orders {span(latency.order_entry_ms, ' ms')}, data {span(latency.market_data_ms, ' ms')}",
    }


def fit_words(setting: Setting) -> dict[str, str]:
    """What the baselines were fitted to, in words."""
    model = setting.impact
    tuned = "; ".join(f"{name} {', '.join(f'{v:g}' for v in values)}" for name, values in setting.tuned.items())
    fitted = f"volatility {model.sigma:.3g} ticks/√s, permanent {model.gamma:.3g} ticks/lot, "
    fitted += f"temporary {model.eta:.3g} ticks/(lot/s)"
    curve = "flat" if setting.curve is None else f"{len(setting.curve.shares)} parts of {setting.curve.session_s:g} s"
    return {"impact, fitted": fitted, "volume curve": curve, "tuned on training orders": tuned}
