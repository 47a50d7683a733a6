"""Minutes: what an alarm looks at, from bars or from quotes and trades, and features of them that know no future."""

from __future__ import annotations

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["FEATURES", "Minutes", "features", "joined", "minutes_from_quotes", "past_scale", "returns_over"]

MINUTE_NS = 60_000_000_000
FEATURES = ("return_1", "return_5", "return_15", "volume", "spread", "depth", "imbalance", "messages")
"""Names of the feature columns; each is a robust z against the past day, 0 where the source does not show it."""

FLOORS = (1e-5, 1e-5, 1e-5, 1e-2, 1e-2, 1e-2, 1e-2, 1e-2)


class Minutes(msgspec.Struct, frozen=True, kw_only=True):
    """Equally spaced looks at one instrument; NaN where a source does not show a field.

    Attributes:
        ts_ns: Shape (n,), int64: end of each minute [ns UTC]; strictly increasing.
        mid: Shape (n,): last mid or close, above 0 [price].
        volume: Shape (n,): traded in the minute [units].
        spread: Shape (n,): time-weighted relative spread.
        depth: Shape (n,): mean size at both best prices [units].
        imbalance: Shape (n,): mean (bid − ask) / (bid + ask) of best sizes, −1 to 1.
        messages: Shape (n,): quote changes in the minute.

    Raises:
        InvalidValueError: For arrays of other lengths, a clock that does not advance, or a mid that is not positive.
    """

    ts_ns: Array
    mid: Array
    volume: Array
    spread: Array
    depth: Array
    imbalance: Array
    messages: Array

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in self.__struct_fields__}
        if len(set(lengths.values())) != 1:
            raise InvalidValueError("minutes", "arrays of one length", lengths)
        back = np.flatnonzero(np.diff(self.ts_ns) <= 0)
        if len(back):
            raise InvalidValueError(
                "ts_ns", f"strictly increasing times (row {back[0] + 1})", int(self.ts_ns[back[0] + 1])
            )
        bad = np.flatnonzero(~(np.isfinite(self.mid) & (self.mid > 0)))
        if len(bad):
            raise InvalidValueError("mid", f"finite prices above 0 (row {bad[0]})", float(self.mid[bad[0]]))

    def __len__(self) -> int:
        return len(self.ts_ns)

    @classmethod
    def from_bars(cls, ts_ns: Array, close: Array, volume: Array) -> Minutes:
        """Minutes of a bar series, which shows no quotes."""
        unknown = np.full(len(ts_ns), np.nan)
        return cls(
            ts_ns=np.asarray(ts_ns, np.int64),
            mid=np.asarray(close, np.float64),
            volume=np.asarray(volume, np.float64),
            spread=unknown,
            depth=unknown,
            imbalance=unknown,
            messages=unknown,
        )


def minutes_from_quotes(
    quotes: dict[str, Array], trades: dict[str, Array] | None = None, every_ns: int = MINUTE_NS
) -> Minutes:
    """One row for each minute in which there was a valid quote before its end.

    Args:
        quotes: ``ts_ns`` (ascending), ``bid``, ``ask``, ``bid_size``, ``ask_size``; crossed rows are left out.
        trades: ``ts_ns`` (ascending) and ``size``; without them the volume is not known.
        every_ns: Length of a row, if it is not to be a minute [ns].

    Returns:
        The minutes from the first to the last quote; a minute without a quote carries the last one on.
    """
    good = (quotes["bid"] > 0) & (quotes["ask"] > quotes["bid"])
    ts, bid, ask, bid_size, ask_size = (
        np.asarray(quotes[k])[good] for k in ("ts_ns", "bid", "ask", "bid_size", "ask_size")
    )
    if not len(ts):
        raise InvalidValueError("quotes", "at least one quote with bid < ask", "none")
    first, last = int(ts[0]) // every_ns + 1, int(ts[-1]) // every_ns + 1
    ends = np.arange(first, last + 1, dtype=np.int64) * every_ns
    upto = np.searchsorted(ts, ends)
    since = np.searchsorted(ts, ends - every_ns)
    mid, total = (bid + ask) / 2, np.maximum(bid_size + ask_size, 1e-12)

    def mean(x: Array) -> Array:
        sums = np.concatenate(([0.0], np.cumsum(x)))
        return np.where(upto > since, (sums[upto] - sums[since]) / np.maximum(upto - since, 1), x[upto - 1])

    volume = np.full(len(ends), np.nan)
    if trades is not None:
        sold = np.concatenate(([0.0], np.cumsum(trades["size"])))
        volume = sold[np.searchsorted(trades["ts_ns"], ends)] - sold[np.searchsorted(trades["ts_ns"], ends - every_ns)]
    return Minutes(
        ts_ns=ends,
        mid=mid[upto - 1],
        volume=volume,
        spread=mean((ask - bid) / mid),
        depth=mean(total / 2),
        imbalance=mean((bid_size - ask_size) / total),
        messages=(upto - since).astype(np.float64),
    )


def joined(stretches: list[Minutes]) -> Minutes:
    """Stretches (days) one after the other; mids are scaled so that what happens between them is no return."""
    scales, level = [], None
    for part in stretches:
        scales.append(1.0 if level is None else level / part.mid[0])
        level = part.mid[-1] * scales[-1]
    columns = {name: np.concatenate([getattr(p, name) for p in stretches]) for name in Minutes.__struct_fields__}
    columns["mid"] = np.concatenate([p.mid * scale for p, scale in zip(stretches, scales, strict=True)])
    return Minutes(**columns)


def returns_over(mid: Array, minutes: int) -> Array:
    """Shape (n,): log return over the last minutes; over what there is at the beginning."""
    log = np.log(mid)
    before = np.maximum(np.arange(len(mid)) - minutes, 0)
    return np.asarray(log - log[before])


def past_scale(x: Array, history: int, warm: int = 60) -> tuple[Array, Array]:
    r"""Robust centre and scale of the rows before each row.

    .. math:: \tilde\mu_t = \mathrm{med}(x_{t-h..t-1}),\quad \tilde\sigma_t = 1.4826\,\mathrm{med}|x - \tilde\mu_t|

    Args:
        x: Shape (n,).
        history: Rows looked back, h; centre and scale are renewed every 15 rows.
        warm: Rows before the first value; NaN until then.

    Returns:
        Centre and scale, shape (n,) each. Row t knows rows before t only.

    References:
        Hampel (1974), "The influence curve and its role in robust estimation".
    """
    centre, scale = np.full(len(x), np.nan), np.full(len(x), np.nan)
    for start in range(warm, len(x), 15):
        past = x[max(0, start - history) : start]
        past = past[np.isfinite(past)]
        if len(past) >= warm:
            middle = float(np.median(past))
            centre[start : start + 15] = middle
            scale[start : start + 15] = 1.4826 * float(np.median(np.abs(past - middle)))
    return centre, scale


def features(minutes: Minutes, history: int = 1440) -> Array:
    """Shape (n, 8): :data:`FEATURES`, each as a robust z against the rows before it, clipped to ±50.

    Examples:
        >>> flat = Minutes.from_bars(np.arange(200) * MINUTE_NS, np.full(200, 100.0), np.ones(200))
        >>> features(flat).shape
        (200, 8)
    """
    raw = [returns_over(minutes.mid, k) for k in (1, 5, 15)]
    raw += [np.log1p(minutes.volume), np.log(np.maximum(minutes.spread, 1e-9)), np.log1p(minutes.depth)]
    raw += [minutes.imbalance, np.log1p(minutes.messages)]
    columns = []
    for x, floor in zip(raw, FLOORS, strict=True):
        centre, scale = past_scale(x, history)
        z = (x - centre) / np.maximum(scale, floor)
        columns.append(np.clip(np.nan_to_num(z, nan=0.0, posinf=0.0, neginf=0.0), -50, 50))
    return np.column_stack(columns)
