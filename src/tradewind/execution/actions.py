"""What an agent may do, and what it means: choices and numbers become an intent.

========== ====================================================================================================
``wait``    leave everything as it is
``join``    have an order resting at the own best price
``improve`` one step inside the spread
``middle``  half a spread inside (the best price at or before the mid)
``behind``  one step behind the own best price
``cancel``  take the resting order away
``cross_k`` trade a share of the slice at once, at any price
========== ====================================================================================================

A *slice* is what keeps the order on schedule until the next decision; a *step* a quarter of the usual spread, at least
one tick. Resting orders are for ``passive_slices`` slices, never for more than is left.

The continuous action is two numbers from -1 to 1. *Rate*: trade ``4 ** rate`` slices until the next decision.
*Aggressiveness*: rest one step behind (below -0.5), at the best price (below 0), one step inside (below 0.5), or cross:
of the amount, the share that aggressiveness has gone from 0.5 to 1, the rest resting at the best price.
"""

from __future__ import annotations

import math

import numpy as np

from tradewind.book.layout import NONE, Int, Record
from tradewind.book.levels import best_ticks
from tradewind.core.dtypes import Array
from tradewind.core.kernels import inner
from tradewind.execution.episode import clear_intent

__all__ = ["ACTIONS", "ACTION_COUNT", "ACTION_SETTINGS", "CROSSINGS", "action_spec", "choose", "mask", "steer"]

CROSSINGS = 4
"""Shares of the slice that may be crossed."""
ACTIONS = ("wait", "join", "improve", "middle", "behind", "cancel", *(f"cross_{k}" for k in range(CROSSINGS)))
"""Discrete actions, in order."""
ACTION_COUNT = len(ACTIONS)
"""How many there are."""
ACTION_SETTINGS = np.dtype([("passive_slices", "f8"), ("cross_shares", "f8", (CROSSINGS,))], align=True)
"""How large a resting order is, and what the crossing actions cross [slices]."""
WAIT, JOIN, IMPROVE, MIDDLE, BEHIND, CANCEL, CROSS = range(7)


def action_spec(settings: Array) -> str:
    """The discrete actions in words, for a policy file.

    Args:
        settings: Shape (1,), dtype :data:`ACTION_SETTINGS`.

    Examples:
        >>> action_spec(np.array([(4.0, (0.5, 1, 2, 4))], ACTION_SETTINGS))
        'wait join improve middle behind cancel cross:0.5,1,2,4 passive:4'
    """
    shares = ",".join(f"{share:g}" for share in settings["cross_shares"][0])
    return f"{' '.join(ACTIONS[:CROSS])} cross:{shares} passive:{settings['passive_slices'][0]:g}"


@inner
def step_ticks(scales: Record) -> Int:
    """A step of price: a quarter of the usual spread, at least one tick."""
    return max(np.int64(0.25 * scales.unit_ticks + 0.5), 1)


@inner
def lots_of(episode: Record, slices: float) -> Int:
    """So many slices in lots: at least one, at most what is left."""
    return min(max(np.int64(math.ceil(slices * episode.slice_lots)), 1), episode.left_lots)


@inner
def own_best(book: Record, side: Int) -> Int:
    """Best price of the side an order rests on."""
    return best_ticks(book, (1 - side) >> 1)


@inner
def far_best(book: Record, side: Int) -> Int:
    """Best price of the side an order crosses."""
    return best_ticks(book, (1 + side) >> 1)


@inner
def mask(book: Record, episode: Record, scales: Record, settings: Record, out: Array) -> None:
    """Which actions are possible now; waiting always is.

    Not possible: to join an empty side or improve a spread that has no room, to cross an empty side, to cancel nothing,
    to cross a larger share when a smaller one already is all that is left.

    Args:
        book: The book as the agent knows it.
        episode: dtype ``EPISODE``.
        scales: dtype ``SCALES``.
        settings: dtype :data:`ACTION_SETTINGS`.
        out: Shape (ACTION_COUNT,), bool.
    """
    side = episode.side
    near, far = own_best(book, side), far_best(book, side)
    there, other = abs(near) < NONE, abs(far) < NONE
    room = (far - near) * side if there and other else 0
    step = step_ticks(scales)
    out[WAIT] = True
    out[JOIN] = there and episode.left_lots > 0
    out[IMPROVE] = out[JOIN] and room > step
    out[MIDDLE] = out[JOIN] and room >> 1 > step
    out[BEHIND] = out[JOIN]
    out[CANCEL] = episode.work_id != 0 and episode.work_leaving == 0
    done = other == 0 or episode.left_lots <= 0
    for k in range(CROSSINGS):
        out[CROSS + k] = not done
        done = done or lots_of(episode, settings.cross_shares[k]) >= episode.left_lots


@inner
def choose(book: Record, episode: Record, scales: Record, settings: Record, action: Int, intent: Record) -> None:  # noqa: PLR0917
    """A discrete action becomes an intent.

    An action that is not possible now is waiting.
    """
    clear_intent(intent)
    side = episode.side
    near, far = own_best(book, side), far_best(book, side)
    room = (far - near) * side
    step = step_ticks(scales)
    if action >= CROSS:
        if abs(far) < NONE:
            intent.cross_lots = lots_of(episode, settings.cross_shares[action - CROSS])
    elif action == CANCEL:
        intent.cancel = 1
    elif action != WAIT and abs(near) < NONE:
        better = 0
        if action == IMPROVE and room > step and abs(far) < NONE:
            better = step
        elif action == MIDDLE and abs(far) < NONE:
            better = room >> 1
        elif action == BEHIND:
            better = -step
        intent.rest_ticks = max(near + side * better, 1)
        intent.rest_lots = lots_of(episode, settings.passive_slices)


@inner
def steer(book: Record, episode: Record, scales: Record, levels: tuple[float, float], intent: Record) -> None:
    """A continuous action, rate and aggressiveness, becomes an intent."""
    clear_intent(intent)
    rate, urge = levels
    side = episode.side
    near, far = own_best(book, side), far_best(book, side)
    step = step_ticks(scales)
    lots = lots_of(episode, 4.0 ** min(max(rate, -1.0), 1.0))
    if urge > 0.5 and abs(far) < NONE:
        intent.cross_lots = max(np.int64(lots * min(2.0 * urge - 1.0, 1.0)), 1)
        lots -= intent.cross_lots
    if abs(near) < NONE and lots > 0:
        better = 0
        if urge < -0.5:
            better = -step
        elif 0.0 <= urge <= 0.5 and abs(far) < NONE and (far - near) * side > step:
            better = step
        intent.rest_ticks = max(near + side * better, 1)
        intent.rest_lots = lots
