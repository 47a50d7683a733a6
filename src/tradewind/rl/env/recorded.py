"""Recorded markets: days of a catalog, earlier ones to fit or train on, later ones to judge by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from pydantic import Field

from tradewind.core.config import Config
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.data.calendars import ALWAYS_OPEN, session_bounds
from tradewind.data.store.catalog import Catalog
from tradewind.market.replay.market import tape_of_day
from tradewind.market.replay.propagator import fit_propagator
from tradewind.rl.env.ground import Ground
from tradewind.rl.env.settings import MOST_PRESETS
from tradewind.rl.env.stages import Recording
from tradewind.rl.env.task import Task

__all__ = ["Recorded", "pick_days", "recorded_grounds", "training_grounds"]


class Recorded(Config):
    """Recorded days to train on, in place of simulated markets: the table ``[recorded]`` of a training file.

    Attributes:
        catalog: Where the rows are.
        symbols: What is traded; each order draws a symbol and a day.
        days: Days to train on; empty: all that the catalog holds.
        validation: Share of each day, its end, that policies are selected on and never trained on.
        impact: Whether own trades shift recorded prices (``market.replay.propagator``).
    """

    catalog: Path
    symbols: Annotated[list[str], Field(min_length=1)]
    days: list[date] = Field(default_factory=list)
    validation: float = Field(default=0.25, gt=0.0, lt=1.0)
    impact: bool = False


def training_grounds(task: Task, recorded: Recorded) -> tuple[Ground, Ground]:
    """Ground to train on and ground to select policies on: the first part of each day, and the rest of it.

    Args:
        task: The orders; its presets and scenarios are not used.
        recorded: Which days.

    Returns:
        Training ground and validation ground; what is usual is measured on the former for both.

    Raises:
        NotFoundError: When the catalog does not hold a symbol or a day.
        InvalidValueError: For more symbols and days than a batch can mix.
    """
    catalog = Catalog(recorded.catalog, purpose="execute train")
    first, rest = [], []
    for symbol in recorded.symbols:
        for day in sorted(recorded.days) or _known(catalog, symbol):
            whole = _recording(catalog, symbol, day)
            if recorded.impact:
                whole = msgspec.structs.replace(whole, impact=fit_propagator(whole.tape))
            begin, end = _cut(whole, 1.0 - recorded.validation)
            first.append(begin)
            rest.append(end)
    if len(first) > MOST_PRESETS:
        raise InvalidValueError("recorded", f"at most {MOST_PRESETS} pairs of symbol and day", len(first))
    training = Ground(task=task, recordings=tuple(first))
    return training, Ground(task=task, recordings=tuple(rest), scales=training.batch(1, 0).scales)


def recorded_grounds(  # noqa: PLR0917
    task: Task,
    catalog: Catalog,
    symbol: str,
    days: Sequence[date] = (),
    train_days: Sequence[date] = (),
    impact: bool = False,
) -> tuple[Ground, Ground]:
    """Ground to fit on and ground to test on; what is usual is taken from the former for both.

    Args:
        task: The orders; its presets and scenarios are not used.
        catalog: Where the rows are.
        symbol: What is traded.
        days: Days to test on; the last there is when empty.
        train_days: Days to fit on; all before the first test day when empty. Where there are none, the first half of
            the first test day is fitted on and the second half of it tested on.
        impact: Whether own trades shift recorded prices; how much is measured on the last day fitted on.

    Returns:
        Training ground and test ground.

    Raises:
        NotFoundError: When the catalog does not hold the symbol or a day.
        InvalidValueError: For more days than a batch can mix, or a day that is fitted and tested on.
    """
    tested, fitted = pick_days(_known(catalog, symbol), days, train_days)
    test = [_recording(catalog, symbol, day) for day in tested]
    if fitted:
        train = [_recording(catalog, symbol, day) for day in fitted]
    else:
        half, test[0] = _cut(test[0], 0.5)
        train = [half]
    if impact:
        shift = fit_propagator(train[-1].tape)
        train, test = ([msgspec.structs.replace(r, impact=shift) for r in part] for part in (train, test))
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


def _known(catalog: Catalog, symbol: str) -> list[date]:
    known = sorted(catalog.days(symbol))
    if not known:
        raise NotFoundError(f"{catalog.path}: no days of {symbol}")
    return known


def _cut(whole: Recording, share: float) -> tuple[Recording, Recording]:
    """The first share of a recording, and the rest."""
    middle = whole.start_ns + int(share * (whole.end_ns - whole.start_ns))
    first = msgspec.structs.replace(whole, name=f"{whole.name}, first part", end_ns=middle)
    return first, msgspec.structs.replace(whole, name=f"{whole.name}, rest", start_ns=middle)
