r"""Days of one symbol as a volatility model sees them: realised variance, its parts, returns, what peers did.

.. math:: RV_t = \sum_{k} \frac{(\ln H_k / L_k)^2}{4 \ln 2} + (\ln O_t / C_{t-1})^2

the sum over the bars of day t (Parkinson's estimator in each) and the square of the overnight return.

References:
    Parkinson (1980), "The extreme value method for estimating the variance of the rate of return".
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, InvalidValueError
from tradewind.risk.prices import Bars, check_days
from tradewind.risk.volatility.cleaning import Repair, clean_bars

__all__ = ["History", "daily_history", "with_peers"]

FEWEST_DAYS = 100


class History(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Days of one symbol, oldest first; every column is known at the close of its day.

    Attributes:
        symbol: Instrument.
        day: Shape (n,), int64: days since 1970-01-01.
        variance: Shape (n,): realised variance of the day, overnight included.
        returns: Shape (n,): log return from close to close, splits taken off.
        overnight: Shape (n,): its part from close to open.
        downside: Shape (n,): share of the squared returns of bars that came from falling ones.
        late: Shape (n,): share of the day's range variance in its last bar.
        volume: Shape (n,): traded quantity; zeros where it is not known.
        peer_variance: Shape (n,): mean log variance of the other symbols of a panel; the own where it is alone.
        peer_return: Shape (n,): mean return of the others; the own where it is alone.
        repairs: Bad prints cut and splits found.
    """

    symbol: str
    day: Array
    variance: Array
    returns: Array
    overnight: Array
    downside: Array
    late: Array
    volume: Array
    peer_variance: Array
    peer_return: Array
    repairs: tuple[Repair, ...] = ()

    def __post_init__(self) -> None:
        bad = ~(np.isfinite(self.variance) & (self.variance > 0))
        if np.any(bad):
            row = int(np.argmax(bad))
            day = np.datetime64(int(self.day[row]), "D")
            raise DataError(
                self.symbol, "realised variance above 0", self.variance[row], row=row + 1, hint=f"Look at {day}."
            )

    def __len__(self) -> int:
        return len(self.day)

    def take(self, rows: slice) -> History:
        """Some days in a row."""
        arrays = {
            name: getattr(self, name)[rows] for name in self.__struct_fields__ if name not in ("symbol", "repairs")
        }
        part = msgspec.structs.replace(self, **arrays)
        if rows.start in (None, 0):  # columns know no later day, so those of the first days are the first columns
            part.__dict__.update({name: tuple(x[rows] for x in made) for name, made in self.__dict__.items()})
        return part

    def until(self, day: int) -> History:
        """Days before a day."""
        return self.take(slice(0, int(np.searchsorted(self.day, day))))

    def followed_by(self, more: History) -> History:
        """These days and later ones."""
        if more.symbol != self.symbol or (len(self) and len(more) and more.day[0] <= self.day[-1]):
            raise InvalidValueError("more", f"days of {self.symbol} after the last", f"{more.symbol}, {more.day[:1]}")
        arrays = {
            name: np.concatenate([getattr(self, name), getattr(more, name)])
            for name in self.__struct_fields__
            if name not in ("symbol", "repairs")
        }
        return msgspec.structs.replace(self, **arrays)


def daily_history(bars: Bars, *, clean: bool = True) -> History:
    """Days of a symbol from its bars, hourly ones or finer or daily.

    Args:
        bars: Raw bars.
        clean: Cut bad prints and take splits off, as :mod:`tradewind.risk.volatility.cleaning`.

    Raises:
        DataError: For fewer than 100 days, a hole of more than ten days, or a day without any movement.
    """
    split: Array = np.zeros(len(bars))
    repairs: tuple[Repair, ...] = ()
    if clean:
        found = clean_bars(bars)
        bars, split, repairs = found.bars, found.split, found.repairs
    days, first, index = np.unique(bars.day, return_index=True, return_inverse=True)
    if len(days) <= FEWEST_DAYS:
        hint = "Give a longer file; models of variance need years."
        raise DataError(bars.source, f"more than {FEWEST_DAYS} days of {bars.symbol}", len(days), hint=hint)
    check_days(days, bars.symbol, bars.source)
    last = np.append(first[1:], len(bars)) - 1
    ranged = np.log(bars.high / bars.low) ** 2 / (4 * np.log(2))
    step = np.log(bars.close / bars.open)
    within = np.bincount(index, weights=ranged)
    overnight = np.log(bars.open[first[1:]] / bars.close[last[:-1]]) - split[first[1:]]
    squares = np.bincount(index, weights=step**2)
    falling = np.bincount(index, weights=np.where(step < 0, step**2, 0.0))
    downside = np.where(squares > 0, falling / np.maximum(squares, 1e-300), 0.5)
    variance = within[1:] + overnight**2
    returns = overnight + np.log(bars.close[last] / bars.open[first])[1:]
    return History(
        symbol=bars.symbol,
        day=days[1:],
        variance=variance,
        returns=returns,
        overnight=overnight,
        downside=downside[1:],
        late=(ranged[last] / np.maximum(within, 1e-300))[1:],
        volume=np.bincount(index, weights=bars.volume)[1:],
        peer_variance=np.log(variance),
        peer_return=returns,
        repairs=repairs,
    )


def with_peers(panel: Sequence[History]) -> list[History]:
    """Histories that know what the others of the panel did on the same day.

    Args:
        panel: One or more histories; a day that no other one has keeps the symbol's own numbers.
    """
    days = np.unique(np.concatenate([h.day for h in panel]))
    sums = np.zeros((3, len(days)))
    places = [np.searchsorted(days, h.day) for h in panel]
    for place, history in zip(places, panel, strict=True):
        sums[:, place] += [np.ones(len(history)), np.log(history.variance), history.returns]
    found = []
    for place, history in zip(places, panel, strict=True):
        own = np.log(history.variance), history.returns
        others = sums[0, place] - 1
        alone = others == 0
        safe = np.maximum(others, 1)
        mean = [np.where(alone, mine, (sums[k, place] - mine) / safe) for k, mine in enumerate(own, start=1)]
        found.append(msgspec.structs.replace(history, peer_variance=mean[0], peer_return=mean[1]))
    return found
