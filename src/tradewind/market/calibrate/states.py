"""Events as steps through states: what the touch looked like, what had just happened, how long it lasted."""

from __future__ import annotations

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry
from tradewind.market.flow.tables import FLOW_SCALES, cell_of, kernel_rates, queue_bucket, spread_bucket
from tradewind.market.preset import CELLS, GROUPS, QUEUE_BUCKETS, SPREAD_BUCKETS

__all__ = ["STEP", "count_rates", "edges_record", "mix_factors", "smoothed_rates", "spread_stamps", "steps_of"]

DEEP = 5
COLUMNS = len(GROUPS) - 1
STEP = np.dtype(
    [
        ("dt_s", "f8"),
        ("exposure_s", "f8"),
        ("flow", "f8", (3,)),
        ("cell", "i4", (2,)),
        ("part", "i2"),
        ("group", "u1"),
        ("side", "u1"),
        ("before_group", "u1"),
        ("before_side", "u1"),
        ("quick", "u1"),
        ("first", "u1"),
    ],
    align=True,
)
"""One event: the cell of each side before it, the event before it, the signed flow, time and activity since then."""
EDGES = np.dtype(
    [
        ("spread_edges", "i8", (SPREAD_BUCKETS - 1,)),
        ("queue_edges", "i8", (QUEUE_BUCKETS - 1,)),
        ("echo_s", "f8", (2,)),
        ("decay", "f8", (3,)),
        ("flow_cap", "f8"),
        ("trade_mean_lots", "f8"),
        ("part_s", "f8"),
        ("parts", "i8"),
    ],
    align=True,
)


def spread_stamps(t_ns: Array, resolution_ns: int) -> Array:
    """Times [s since the first] with the events of one coarse stamp spread evenly over its resolution.

    Args:
        t_ns: Stamps in order, multiples of the resolution.
        resolution_ns: Resolution of the clock [ns].

    Returns:
        Shape of ``t_ns``, float, not falling.
    """
    new = np.r_[True, np.diff(t_ns) != 0]
    start = np.flatnonzero(new)
    count = np.diff(np.r_[start, len(t_ns)])
    rank = np.arange(len(t_ns)) - np.repeat(start, count)
    share = (rank + 0.5) / np.repeat(count, count)
    return np.asarray((t_ns - t_ns[0]) * 1e-9 + share * resolution_ns * 1e-9)


def edges_record(touch: Array, fastest_s: float, session_s: float, parts: int) -> Array:
    """Buckets chosen from the data: quantiles of time in state.

    Args:
        touch: Events, dtype ``TOUCH``.
        fastest_s: Time scale of the fastest kernel [s].
        session_s: Length of a session [s].
        parts: Parts of the intraday profile.

    Returns:
        Shape (1,), what :func:`steps_of` needs.
    """
    out = np.zeros(1, EDGES)
    dt = np.clip(np.diff(touch["t_ns"], prepend=touch["t_ns"][0]), 0, 10 * 10**9).astype(float) + 1e3
    spread = touch["ask_ticks"] - touch["bid_ticks"]
    out["spread_edges"] = _edges(spread, dt, SPREAD_BUCKETS - 1, np.arange(2, 2 + SPREAD_BUCKETS - 1))
    queues = np.concatenate([touch["bid_lots"], touch["ask_lots"]])
    floor = np.unique(queues[queues > 0])[:1].repeat(QUEUE_BUCKETS - 1)
    out["queue_edges"] = _edges(queues, np.tile(dt, 2), QUEUE_BUCKETS - 1, floor)
    out["echo_s"] = (4 * fastest_s, 0.1)
    out["decay"] = kernel_rates(fastest_s)[list(FLOW_SCALES)]
    out["flow_cap"] = 16.0
    trades = touch["size_lots"][touch["group"] <= 1]
    out["trade_mean_lots"] = trades.mean() if len(trades) else 1.0
    out["part_s"], out["parts"] = session_s / parts, parts
    return out


def _edges(values: Array, weights: Array, count: int, floor: Array) -> Array:
    """Quantiles of time in state, moved to the next value that occurs where several fall on one."""
    known = np.unique(values)
    share = np.bincount(np.searchsorted(known, values), weights, len(known)).cumsum() / weights.sum()
    edges: list[int] = []
    at = 0
    for k in range(count):
        at = max(at, int(np.searchsorted(share, (k + 1) / (count + 1))))
        at = max(at, int(np.searchsorted(known, floor[k])))
        edges.append(int(known[at]) if at < len(known) else max(int(known[-1]), edges[-1] if edges else 0) + 1)
        at += 1
    return np.asarray(edges)


@entry
def steps_of(touch: Array, times_s: Array, edges: Array, session_start_s: float, out: Array) -> None:
    """Fill ``out`` (dtype :data:`STEP`) from one day's events.

    Args:
        touch: Shape (n,), dtype ``TOUCH``.
        times_s: Shape (n,), from :func:`spread_stamps`.
        edges: From :func:`edges_record`.
        session_start_s: Session time of the first event [s].
        out: Shape (n,).
    """
    edge = edges[0]
    flow = np.zeros(3)
    for i in range(len(touch)):
        event, step = touch[i], out[i]
        step.first = i == 0
        step.dt_s = times_s[i] - times_s[i - 1] if i > 0 else 0.0
        step.part = min(np.int64((session_start_s + times_s[i]) / edge.part_s), edge.parts - 1)
        for k in range(3):
            flow[k] *= np.exp(-edge.decay[k] * step.dt_s)
            step.flow[k] = flow[k]
        spread = spread_bucket(edge, event.ask_ticks - event.bid_ticks)
        bid, ask = queue_bucket(edge, event.bid_lots), queue_bucket(edge, event.ask_lots)
        step.cell[0] = cell_of(spread, bid, ask, np.int64(event.last_move > 0))
        step.cell[1] = cell_of(spread, ask, bid, np.int64(event.last_move < 0))
        step.group, step.side = event.group, np.uint8(event.side < 0)
        step.before_group = touch[i - 1].group if i > 0 else 3
        step.before_side = np.uint8(touch[i - 1].side < 0) if i > 0 else 0
        step.quick = np.uint8((step.dt_s >= edge.echo_s[0]) + (step.dt_s >= edge.echo_s[1]))
        if event.group <= 1:
            weight = np.sqrt(min(event.size_lots / edge.trade_mean_lots, edge.flow_cap))
            for k in range(3):
                flow[k] += weight if event.side > 0 else -weight


@entry
def count_rates(steps: Array, counts: Array, exposure: Array) -> None:
    """Events by cell and group, and the exposure of each cell, both sides pooled.

    Args:
        steps: Shape (n,), dtype :data:`STEP`, ``exposure_s`` filled.
        counts: Shape (CELLS, groups), added to.
        exposure: Shape (CELLS,), added to [s at activity 1].
    """
    for i in range(len(steps)):
        step = steps[i]
        exposure[step.cell[0]] += step.exposure_s
        exposure[step.cell[1]] += step.exposure_s
        counts[step.cell[step.side], step.group] += 1.0


@entry
def mix_pass(  # noqa: PLR0917 - a kernel over plain arrays
    steps: Array, rates: Array, deviation: Array, echo: Array, flow: Array, sums: tuple[Array, ...]
) -> float:
    """One pass: expected and observed events by echo row and by flow bucket; returns the mean log-likelihood."""
    seen_echo, want_echo, seen_flow, want_flow = sums
    p = np.zeros((2, COLUMNS + 1))
    loss = 0.0
    for i in range(len(steps)):
        step = steps[i]
        total = 0.0
        for side in range(2):
            row = (step.quick * 7 + step.before_group) * 2 + (1 if side != step.before_side else 0)
            for g in range(COLUMNS + 1):
                p[side, g] = rates[step.cell[side], g] * echo[row, g]
            for k in range(3):
                x = step.flow[k] / deviation[k] * (1.0 if side == 0 else -1.0)
                b = np.int64(min(max(x, -3.0), 3.0) + 3.5)
                for g in range(COLUMNS + 1):
                    p[side, g] *= flow[k, b, g]
            for g in range(COLUMNS + 1):
                total += p[side, g]
        if total <= 0.0:
            continue
        loss += np.log(max(p[step.side, step.group] / total, 1e-12))
        for side in range(2):
            row = (step.quick * 7 + step.before_group) * 2 + (1 if side != step.before_side else 0)
            for g in range(COLUMNS + 1):
                want_echo[row, g] += p[side, g] / total
            if side == step.side:
                seen_echo[row, step.group] += 1.0
            for k in range(3):
                x = step.flow[k] / deviation[k] * (1.0 if side == 0 else -1.0)
                b = np.int64(min(max(x, -3.0), 3.0) + 3.5)
                for g in range(COLUMNS + 1):
                    want_flow[k, b, g] += p[side, g] / total
                if side == step.side:
                    seen_flow[k, b, step.group] += 1.0
    return loss / max(len(steps), 1)


def mix_factors(steps: Array, rates: Array, rounds: int = 12) -> tuple[Array, Array, Array, float, float]:
    """Factors of the last event and of the signed flow by iterative proportional fitting.

    Args:
        steps: Shape (n,), dtype :data:`STEP`.
        rates: Shape (CELLS, 7), rates by cell, the last column the mean rate of deep cancels.
        rounds: Passes over the data.

    Returns:
        Echo (42, 7), flow (3, 7, 7), the flow's deviation (3,), log-likelihood per event before and after.
    """
    groups = len(GROUPS)
    deviation = np.maximum(steps["flow"].std(axis=0), 1e-9)
    echo, flow = np.ones((42, groups)), np.ones((3, 7, groups))
    first = last = 0.0
    for turn in range(rounds):
        sums = tuple(np.zeros(s) for s in ((42, groups), (42, groups), (3, 7, groups), (3, 7, groups)))
        last = mix_pass(steps, rates, deviation, echo, flow, sums)
        first = last if turn == 0 else first
        if turn % 2 == 0:
            echo *= (sums[0] + 10.0) / (sums[1] + 10.0)
        else:
            for k in range(3):
                step = ((sums[2][k] + 20.0) / (sums[3][k] + 20.0)) ** 0.5
                step[:, :2] = np.sqrt(step[:, :2] * step[::-1, :2])
                flow[k] *= step
    return np.clip(echo, 0.02, 50.0), np.clip(flow, 0.1, 10.0), deviation, first, last


def smoothed_rates(counts: Array, exposure: Array, strength: float = 8.0) -> Array:
    """Rates by cell, each group drawn to what spread, queues and last move say one by one where a cell was rarely seen.

    Args:
        counts: Shape (CELLS, groups).
        exposure: Shape (CELLS,) [s].
        strength: Events that the pooled rate is worth.

    Returns:
        Shape (CELLS, groups) [1/s].
    """
    shape = (SPREAD_BUCKETS, QUEUE_BUCKETS, QUEUE_BUCKETS, 2)
    time = exposure.reshape(shape)
    out = np.zeros_like(counts)
    for g in range(counts.shape[1]):
        seen = counts[:, g].reshape(shape)
        model = np.full(shape, seen.sum() / max(time.sum(), 1e-9))
        for _ in range(8):
            for axis in range(4):
                other = tuple(k for k in range(4) if k != axis)
                want = (model * time).sum(axis=other, keepdims=True)
                have = seen.sum(axis=other, keepdims=True)
                mean = (have.sum() + 1e-9) / max(want.sum(), 1e-9)
                model = model * (have + 2.0 * mean) / (want + 2.0)
        out[:, g] = ((seen + strength) / (time + strength / np.maximum(model, 1e-12))).reshape(CELLS)
        if seen.sum() == 0:
            out[:, g] = 0.0
    return out
