"""Sizes as quantile tables, and what market orders do to the queue they meet."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.market.preset import QUEUE_BUCKETS, SPREAD_BUCKETS, rounded

__all__ = ["fit_sizes", "quantile_table"]

FEW = 30
ALL = 2**31 - 1


def quantile_table(values: Array, entries: int) -> list[int]:
    """Evenly spread quantiles of positive integers; [1] for none.

    Args:
        values: Shape (n,).
        entries: Length of the table.

    Returns:
        Rising list of ``entries`` integers, each 1 or more.
    """
    if len(values) == 0:
        return [1] * entries
    ordered = np.sort(np.asarray(values))
    at = ((np.arange(entries) + 0.5) / entries * len(ordered)).astype(int)
    return [max(1, int(v)) for v in ordered[at]]


def cancel_tables(events: Array, met: Array) -> list[list[int]]:
    """Sizes that leave a best queue at once, by its bucket; what empties it is "all of it"."""
    cancel = events["group"] == 4
    size = np.where(events["emptied"] == 1, ALL, events["size_lots"])
    tables = []
    for k in range(QUEUE_BUCKETS):
        mine = cancel & (met == k)
        tables.append(quantile_table(size[mine if mine.sum() >= FEW else cancel], 64))
    return tables


def fit_sizes(events: Array, spread_edges: Array, queue_edges: Array, extra: Array | None) -> dict[str, Any]:
    """Everything of :class:`~tradewind.market.preset.Sizes`.

    Args:
        events: Shape (n,), dtype ``TOUCH``.
        spread_edges: Edges of the spread's buckets.
        queue_edges: Edges of the queues' buckets.
        extra: Shape (m, 2), whether a market order emptied the queue and what it traded against hidden size; None in
            an L3 feed, whose cancels are whole orders.

    Returns:
        Plain values for the preset.
    """
    group, size = events["group"], events["size_lots"]
    queue = np.where(events["side"] > 0, events["ask_lots"], events["bid_lots"])
    met = np.searchsorted(queue_edges, queue, "right")
    spread = np.searchsorted(spread_edges, events["ask_ticks"] - events["bid_ticks"], "right")
    market, improve = group == 0, group == 2
    part = market & (events["emptied"] == 0)
    more = market & (size > queue) & (events["emptied"] == 1)
    tables, exact, beyond = [], [], []
    for k in range(QUEUE_BUCKETS):
        mine = part & (met == k)
        tables.append(quantile_table(size[mine if mine.sum() >= FEW else part], 64))
        here = market & (met == k)
        count = max(int(here.sum()), 1)
        past = float((here & more).sum() / count)
        whole = float((here & (events["emptied"] == 1)).sum() / count) - past
        exact.append(_aimed(whole, past, np.array(tables[-1]), queue[here]))
        beyond.append(past)
    ticks = []
    for k in range(SPREAD_BUCKETS):
        mine = improve & (spread == k)
        ticks.append(quantile_table(events["offset_ticks"][mine if mine.sum() >= FEW else improve], 32))
    own = np.searchsorted(queue_edges, np.where(events["side"] > 0, events["bid_lots"], events["ask_lots"]), "right")
    return {
        "extra": [[0], [0]] if extra is None else [_extra_table(extra[extra[:, 0] == k, 1]) for k in range(2)],
        "cancel": [[0]] * QUEUE_BUCKETS if extra is None else cancel_tables(events, own),
        "improve": quantile_table(size[improve], 128),
        "join": quantile_table(size[group == 3], 128),
        "hidden": quantile_table(size[group == 1], 128),
        "market": tables,
        "exact": rounded(np.array(exact)),
        "beyond": rounded(np.array(beyond)),
        "past": quantile_table((size - queue)[more], 256),
        "improve_ticks": ticks,
    }


def _extra_table(values: Array) -> list[int]:
    return [v - 1 for v in quantile_table(values + 1, 256)]


def _aimed(whole: float, past: float, parts: Array, queues: Array) -> float:
    """Share of market orders that must aim at the whole queue, when some that do not happen to take all of it.

    Args:
        whole: Share that took exactly the queue.
        past: Share that took more.
        parts: Sizes of those that took less.
        queues: Queues that market orders met.
    """
    if len(queues) == 0:
        return 0.0
    chance = 1.0 - float(np.searchsorted(np.sort(parts), queues, "left").mean()) / len(parts)
    return float(np.clip((whole - (1.0 - past) * chance) / max(1.0 - chance, 1e-9), 0.0, 1.0 - past))
