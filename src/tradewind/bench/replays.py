"""Replays with an agent in them, of rows that a simulated market told: every order (L3), quotes and trades (L1)."""

from __future__ import annotations

import numpy as np

from tradewind.bench.feeds import quote_rows
from tradewind.bench.result import Row, noted, row, time_calls
from tradewind.core.dtypes import Array, EventFlag, EventKind
from tradewind.core.types import Instrument
from tradewind.market.replay.market import Replay
from tradewind.market.replay.tape import Tape, make_tape

__all__ = ["bench_replays", "quotes_and_trades"]

ROWS_A_TURN = 2_000
FIRST_TURNS = 10


def quotes_and_trades(rows: Array) -> Array:
    """What a level-1 feed tells of the rows of a level-3 feed: each execution as a trade, each new best quote.

    Args:
        rows: Shape (n,), dtype ``EVENT``, from an empty book or a snapshot.

    Returns:
        Rows of kinds TRADE and QUOTE (bid, then ask), in order.
    """
    orders = rows[(rows["kind"] >= EventKind.ADD) & (rows["kind"] <= EventKind.REPLACE)]
    quotes = quote_rows(orders)
    shown = np.stack([quotes["price_ticks"], quotes["size_lots"]], axis=1).reshape(len(orders), 4)
    fresh = np.append(True, (shown[1:] != shown[:-1]).any(axis=1)) & (shown[:, 1] > 0) & (shown[:, 3] > 0)
    taken = orders["kind"] == EventKind.EXECUTE
    trades = orders[taken].copy()
    trades["kind"], trades["side"] = EventKind.TRADE, -trades["side"]
    trades["flags"] = EventFlag.LAST
    order = np.concatenate([2 * np.flatnonzero(taken), np.repeat(2 * np.flatnonzero(fresh) + 1, 2)])
    return np.asarray(np.concatenate([trades, quotes[np.repeat(fresh, 2)]])[np.argsort(order, kind="stable")])


def bench_replays(rows: Array, instrument: Instrument, reference: tuple[str, float | None]) -> list[Row]:
    """Replay rows with an agent that posts at the best bid and takes its order back, once in 2,000 rows.

    Args:
        rows: Shape (n,), dtype ``EVENT``: a level-3 feed.
        instrument: What it is of.
        reference: Name and rows a second of a public engine on the same rows.

    Returns:
        A row for each depth.
    """
    every = make_tape(rows, 3, hindsight=False)
    quotes = make_tape(quotes_and_trades(rows), 1)
    return [
        noted(
            row("replay_l3_with_agent", _rate(every, instrument), "messages/s", reference, "value >= 20e6"),
            "the agent's order in the engine's own queues",
        ),
        noted(
            row("replay_l1_with_agent", _rate(quotes, instrument), "messages/s", reference),
            "quotes and trades, back-of-queue model",
        ),
    ]


def _rate(tape: Tape, instrument: Instrument) -> float:
    """Rows of a tape a second."""
    replay = Replay(tape, instrument)
    turns = max(len(tape.rows) // ROWS_A_TURN, FIRST_TURNS)
    seconds = (tape.last_ns - tape.first_ns) / 1e9 / (turns + 1)

    def run() -> None:
        order = 0
        for _ in range(turns):
            if order:
                replay.cancel(order)
            best = replay.view.best_bid
            order = replay.buy(size_lots=1, price_ticks=best[0]) if best else 0
            replay.advance(seconds)

    return len(tape.rows) * turns / (turns + 1) / time_calls(run, 3, replay.reset)
