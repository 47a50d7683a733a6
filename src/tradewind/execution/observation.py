"""What an agent sees: one compiled function over a book and an episode, for training, backtests and live trading alike.

:func:`remember` takes in the market since the last look (call it once at every decision, before looking);
:func:`observe` writes the features of ``execution.features``, normalised and clipped. Both read the agent's knowledge
only: a book as old as its market data, trades counted until then.
"""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import NONE, Int, Record
from tradewind.book.levels import best_lots, best_ticks, level_behind, level_lots
from tradewind.core.dtypes import Array
from tradewind.core.fees import UNITS_PER_TICK_LOT
from tradewind.core.kernels import inner
from tradewind.execution.episode import HORIZONS_S, half_mid

__all__ = ["observe", "profile_share", "remember"]

SCALES_COUNT = len(HORIZONS_S)
LEVELS = 5
RAMP_S = 10.0


@inner
def clipped(value: float, low: float, high: float) -> float:
    """A value kept within its range; NaN stays NaN, so that it is seen."""
    if value < low:
        return low
    if value > high:
        return high
    return value


@inner
def remember(memory: Record, book: Record, now_s: float, counters: tuple[Int, Int, Int]) -> None:
    """Take in the market since the last look.

    Args:
        memory: dtype ``MEMORY``.
        book: The book.
        now_s: Time of what is seen [s].
        counters: Traded lots, their value [tick-lots], signed lots, all since the book's beginning.
    """
    passed_s = max(now_s - memory.at_s, 0.0)
    half = half_mid(book, memory.half)
    volume_lots, volume_ticks, signed_lots = counters
    if memory.half == 0:
        memory.half, memory.volume_lots, memory.signed_lots = half, volume_lots, signed_lots
        for k in range(SCALES_COUNT):
            memory.mean[k] = 0.5 * half
    move = 0.5 * (half - memory.half)
    signed = np.float64(signed_lots - memory.signed_lots)
    volume = np.float64(volume_lots - memory.volume_lots)
    for k in range(SCALES_COUNT):
        keep = math.exp(-passed_s / HORIZONS_S[k])
        memory.flow[k] = memory.flow[k] * keep + signed
        memory.volume[k] = memory.volume[k] * keep + volume
        memory.square[k] = memory.square[k] * keep + move * move
        memory.mean[k] = 0.5 * half + (memory.mean[k] - 0.5 * half) * keep
    memory.at_s = now_s
    memory.half = half
    memory.volume_lots = volume_lots
    memory.volume_ticks = volume_ticks
    memory.signed_lots = signed_lots


@inner
def profile_share(scales: Record, from_s: float, to_s: float) -> float:
    """Seconds at the session's mean volume that carry the volume expected between two times of the session."""
    parts = scales.profile_parts
    if parts <= 1 or from_s < 0.0:
        return to_s - from_s
    width = scales.session_s / parts
    total = 0.0
    first = min(max(np.int64(from_s / width), 0), parts - 1)
    last = min(max(np.int64(to_s / width), 0), parts - 1)
    for part in range(first, last + 1):
        begin = max(from_s, part * width)
        end = to_s if part == last else (part + 1) * width
        total += max(end - begin, 0.0) * scales.profile[part]
    return total


@inner
def see_order(episode: Record, scales: Record, out: Array) -> None:
    """Features 0 to 6: the order and its clock."""
    elapsed = episode.now_s - episode.start_s
    left_s = max(episode.horizon_s - elapsed, 0.0)
    time_left = clipped(left_s / episode.horizon_s, 0.0, 1.0)
    inventory = np.float64(episode.left_lots) / episode.quantity_lots
    begin, now = episode.session_s, episode.session_s + elapsed
    ahead_s = profile_share(scales, now, now + left_s)
    whole_s = profile_share(scales, begin, begin + episode.horizon_s)
    out[0] = time_left
    out[1] = clipped(inventory, 0.0, 1.0)
    out[2] = clipped(inventory - time_left, -1.0, 1.0)
    out[3] = clipped(0.5 * math.log10(episode.horizon_s / 60.0), -1.0, 2.0)
    out[4] = clipped(5.0 * episode.quantity_lots / (whole_s * scales.volume_per_s), 0.0, 5.0)
    expected = max(ahead_s * scales.volume_per_s, 1e-9)
    out[5] = clipped(5.0 * episode.left_lots / expected, 0.0, 5.0)
    out[6] = clipped(math.log2(max(episode.slice_lots, 1) / scales.touch_lots), -5.0, 5.0)
    seen = episode.memory.volume_lots - episode.volume_before
    usual = RAMP_S * scales.volume_per_s
    so_far = (seen + usual) / ((whole_s - ahead_s) * scales.volume_per_s + usual)
    out[36] = clipped(so_far, 0.0, 5.0)
    out[37] = clipped(ahead_s / whole_s, 0.0, 1.0)
    done = np.float64(episode.quantity_lots - episode.left_lots)
    out[38] = clipped(done / max(np.float64(seen), done, 1.0), 0.0, 1.0)


@inner
def see_working(book: Record, episode: Record, scales: Record, out: Array) -> None:
    """Features 7 to 12: what is out."""
    side, left = episode.side, np.float64(max(episode.left_lots, 1))
    for k in range(7, 13):
        out[k] = 0.0
    if episode.work_id != 0:
        best = best_ticks(book, (1 - side) >> 1)
        out[7] = 1.0
        out[8] = clipped(episode.work_lots / left, 0.0, 1.0)
        if abs(best) < NONE:
            behind = np.float64((best - episode.work_ticks) * side)
            out[9] = clipped(behind / scales.unit_ticks, -5.0, 5.0)
        if episode.work_slot != 0:
            ahead = np.float64(episode.work_ahead_lots)
            level = np.float64(max(level_lots(book, (1 - side) >> 1, episode.work_ticks), 1))
            out[10] = clipped(math.log2(1.0 + ahead / scales.touch_lots), 0.0, 5.0)
            out[11] = clipped(ahead / level, 0.0, 1.0)
        else:
            out[11] = 1.0
    out[12] = clipped(episode.flight_lots / left, 0.0, 1.0)


@inner
def see_book(book: Record, episode: Record, scales: Record, out: Array) -> None:
    """Features 13 to 21: spread, imbalance, microprice, sizes at the best prices; an empty side counts as size 0."""
    side = episode.side
    own, far = (1 - side) >> 1, (1 + side) >> 1
    near_price, far_price = best_ticks(book, own), best_ticks(book, far)
    spread = np.float64((far_price - near_price) * side)
    whole = abs(near_price) < NONE and abs(far_price) < NONE
    out[13] = clipped(spread / scales.unit_ticks, 0.0, 5.0) if whole else 5.0
    own_touch, far_touch = np.float64(best_lots(book, own)), np.float64(best_lots(book, far))
    own_sum, far_sum = 0.0, 0.0
    for k in range(LEVELS):
        if abs(near_price) < NONE:
            own_sum += level_lots(book, own, near_price)
            near_price = level_behind(book, own, near_price)
        if abs(far_price) < NONE:
            far_sum += level_lots(book, far, far_price)
            far_price = level_behind(book, far, far_price)
        out[14 + k] = (own_sum - far_sum) / max(own_sum + far_sum, 1.0)
    tilt = (own_touch - far_touch) / max(own_touch + far_touch, 1.0)
    out[19] = clipped(0.5 * spread * tilt / scales.unit_ticks, -1.0, 1.0) if whole else 0.0
    out[20] = clipped(math.log2(max(own_touch, 1e-9) / scales.touch_lots), -5.0, 5.0)
    out[21] = clipped(math.log2(max(far_touch, 1e-9) / scales.touch_lots), -5.0, 5.0)


@inner
def see_market(episode: Record, scales: Record, out: Array) -> None:
    """Features 22 to 35: flow, volume, volatility and price over the horizons of the memory."""
    memory, side = episode.memory, episode.side
    mid = 0.5 * memory.half
    for k in range(SCALES_COUNT):
        usual = scales.volume_per_s * HORIZONS_S[k]
        out[22 + k] = clipped(side * memory.flow[k] / usual, -5.0, 5.0)
        out[25 + k] = clipped(memory.volume[k] / usual, 0.0, 5.0)
        spread = scales.sigma_ticks * math.sqrt(HORIZONS_S[k])
        out[28 + k] = clipped(math.sqrt(memory.square[k]) / spread, 0.0, 5.0)
        out[31 + k] = clipped(side * (mid - memory.mean[k]) / spread, -5.0, 5.0)
    moved = side * (mid - 0.5 * episode.decision_half)
    out[34] = clipped(moved / (scales.sigma_ticks * math.sqrt(episode.horizon_s)), -5.0, 5.0)
    out[35] = clipped(moved / scales.unit_ticks, -5.0, 5.0)


@inner
def see_world(episode: Record, scales: Record, out: Array) -> None:
    """Features 39 to 42: latency, fees, and what the other pillars say."""
    delay_ms = 1e-6 * (episode.entry_ns + episode.data_ns + episode.jitter_ns)
    out[39] = clipped(0.5 * math.log10(1.0 + delay_ms), 0.0, 2.0)
    gap = 0.5 * episode.memory.half * (episode.taker_rate - episode.maker_rate)
    gap = (gap + (episode.taker_per_lot - episode.maker_per_lot)) / UNITS_PER_TICK_LOT
    out[40] = clipped(gap / scales.unit_ticks, -2.0, 2.0)
    out[41] = clipped(episode.side * episode.alpha, -5.0, 5.0)
    out[42] = clipped(episode.posture, -1.0, 1.0)


@inner
def observe(book: Record, episode: Record, scales: Record, out: Array) -> None:
    """Write the observation.

    Args:
        book: The book as the agent knows it.
        episode: dtype ``EPISODE``, its memory up to date.
        scales: dtype ``SCALES``: what is usual in this market.
        out: Shape (OBSERVATION_SIZE,), float.
    """
    see_order(episode, scales, out)
    see_working(book, episode, scales, out)
    see_book(book, episode, scales, out)
    see_market(episode, scales, out)
    see_world(episode, scales, out)
