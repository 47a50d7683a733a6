"""Recorded markets as ground for proof: days of a catalog, earlier ones to fit on, later ones to test on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.data.calendars import ALWAYS_OPEN, session_bounds
from tradewind.data.store.catalog import Catalog
from tradewind.market.replay.market import tape_of_day
from tradewind.rl.env.settings import MOST_PRESETS
from tradewind.rl.env.stages import Recording
from tradewind.rl.env.task import Task
from tradewind.rl.evaluate.arena import Ground

__all__ = ["pick_days", "recorded_grounds"]


def recorded_grounds(
    task: Task, catalog: Catalog, symbol: str, days: Sequence[date] = (), train_days: Sequence[date] = ()
) -> tuple[Ground, Ground]:
    """Ground to fit on and ground to test on; what is usual is taken from the former for both.

    Args:
        task: The orders; its presets and scenarios are not used.
        catalog: Where the rows are.
        symbol: What is traded.
        days: Days to test on; the last there is when empty.
        train_days: Days to fit on; all before the first test day when empty. Where there are none, the first half of
            the first test day is fitted on and the second half of it tested on.

    Returns:
        Training ground and test ground.

    Raises:
        NotFoundError: When the catalog does not hold the symbol or a day.
        InvalidValueError: For more days than a batch can mix, or a day that is fitted and tested on.
    """
    known = sorted(catalog.days(symbol))
    if not known:
        raise NotFoundError(f"{catalog.path}: no days of {symbol}")
    tested, fitted = pick_days(known, days, train_days)
    test = [_recording(catalog, symbol, day) for day in tested]
    if fitted:
        train = [_recording(catalog, symbol, day) for day in fitted]
    else:
        train, test[0] = _halves(test[0])
    training = Ground(task=task, recordings=tuple(train))
    usual = training.batch(1, 0).scales
    ground = Ground(task=task, recordings=tuple(test), scales=np.repeat(usual[-1:], len(test)))
    return training, ground


def pick_days(known: Sequence[date], days: Sequence[date], train_days: Sequence[date]) -> tuple[list[date], list[date]]:
    """Days to test on and days to fit on; see :func:`recorded_grounds`.

    Examples:
        >>> monday, tuesday = date(2013, 10, 7), date(2013, 10, 8)
        >>> pick_days([monday, tuesday], [], []) == ([tuesday], [monday])
        True
        >>> pick_days([monday, tuesday], [monday], []) == ([monday], [])
        True
    """
    tested = sorted(days) or list(known[-1:])
    fitted = sorted(train_days) or [day for day in known if day < tested[0]]
    both = sorted(set(tested) & set(fitted))
    if both:
        raise InvalidValueError("train_days", "other days than those tested on", both[0])
    for name, chosen in (("days", tested), ("train_days", fitted)):
        if len(chosen) > MOST_PRESETS:
            raise InvalidValueError(name, f"at most {MOST_PRESETS}", len(chosen))
    return tested, fitted


def _recording(catalog: Catalog, symbol: str, day: date) -> Recording:
    """A trading day within its session."""
    instrument = catalog.instrument(symbol)
    tape = tape_of_day(catalog, symbol, day)
    start, end = tape.first_ns, tape.last_ns
    if instrument.calendar != ALWAYS_OPEN:
        bounds = session_bounds(instrument.calendar, day)
        start, end = max(start, bounds.open_ns), min(end, bounds.close_ns)
    return Recording(name=f"{symbol} {day}", tape=tape, instrument=instrument, start_ns=start, end_ns=end)


def _halves(whole: Recording) -> tuple[list[Recording], Recording]:
    middle = (whole.start_ns + whole.end_ns) // 2
    told = {"tape": whole.tape, "instrument": whole.instrument}
    first = Recording(name=f"{whole.name}, first half", start_ns=whole.start_ns, end_ns=middle, **told)  # type: ignore[arg-type]
    second = Recording(name=f"{whole.name}, second half", start_ns=middle, end_ns=whole.end_ns, **told)  # type: ignore[arg-type]
    return [first], second
