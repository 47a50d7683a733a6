"""The tape: what the facts are measured on, the same columns for real and simulated markets of any depth."""

from __future__ import annotations

from typing import TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from tradewind.core.dtypes import Array
from tradewind.core.types import Instrument

__all__ = ["Tape", "infer_signs", "split_tape"]

Floats: TypeAlias = npt.NDArray[np.float64]


class Tape(msgspec.Struct, frozen=True):
    """Best quotes, trades and order flow of one instrument over one stretch of continuous trading.

    Attributes:
        instrument: What was traded.
        start_ns: Beginning of the stretch.
        end_ns: Its end.
        quote_ts_ns: Shape (n_quotes,): time of each change of the best quotes, not decreasing.
        bid_ticks: Shape (n_quotes,): best bid from then on.
        ask_ticks: Shape (n_quotes,): best ask from then on.
        bid_lots: Shape (n_quotes,): size at the best bid.
        ask_lots: Shape (n_quotes,): size at the best ask.
        trade_ts_ns: Shape (n_trades,): time of each market order (its fills in one packet are one trade).
        trade_ticks: Shape (n_trades,): its average price.
        trade_lots: Shape (n_trades,): its size.
        trade_sign: Shape (n_trades,): +1 bought, -1 sold.
        limit_lots: Shape (n_limits,): sizes of limit orders; empty where the source does not show orders.
        lifetime_s: Shape (n_ended,): seconds from arrival to full cancel; empty without order ids.
        cancelled_share: Share of limit orders that end cancelled, not filled; NaN without order ids.
        depth_lots: Shape (levels,): mean size by occupied level from the best, both sides; empty for L1.
    """

    instrument: Instrument
    start_ns: int
    end_ns: int
    quote_ts_ns: Array
    bid_ticks: Array
    ask_ticks: Array
    bid_lots: Array
    ask_lots: Array
    trade_ts_ns: Array
    trade_ticks: Array
    trade_lots: Array
    trade_sign: Array
    limit_lots: Array = msgspec.field(default_factory=lambda: np.zeros(0, np.int64))
    lifetime_s: Array = msgspec.field(default_factory=lambda: np.zeros(0))
    cancelled_share: float = float("nan")
    depth_lots: Array = msgspec.field(default_factory=lambda: np.zeros(0))

    @property
    def seconds(self) -> float:
        """Length of the stretch [s]."""
        return (self.end_ns - self.start_ns) / 1e9

    def mid_at(self, times_ns: Array) -> Floats:
        """Mid-price in force at given times.

        Args:
            times_ns: Shape (n,), times within the stretch [ns].

        Returns:
            Shape (n,): mid-price [ticks]; the first quote's before it.
        """
        index = np.maximum(np.searchsorted(self.quote_ts_ns, times_ns, side="right") - 1, 0)
        return np.asarray((self.bid_ticks[index] + self.ask_ticks[index]) / 2.0, dtype=np.float64)

    def grid_mids(self, step_s: float) -> Floats:
        """Mid-price every ``step_s`` seconds [ticks]."""
        times = np.arange(self.start_ns, self.end_ns, round(step_s * 1e9))
        return self.mid_at(times)


def split_tape(tape: Tape, at_ns: int) -> tuple[Tape, Tape]:
    """Cut a tape in two, e.g. to measure how much real data differ from themselves.

    Columns without time stamps (depth, lifetimes) are not cut: measure those on tapes built from cut rows.

    Args:
        tape: The whole.
        at_ns: Where to cut.

    Returns:
        What lies before and after.
    """
    parts = []
    for start, end in ((tape.start_ns, at_ns), (at_ns, tape.end_ns)):
        quotes = slice(*np.searchsorted(tape.quote_ts_ns, [start, end]))
        trades = slice(*np.searchsorted(tape.trade_ts_ns, [start, end]))
        parts.append(
            msgspec.structs.replace(
                tape,
                start_ns=start,
                end_ns=end,
                **{
                    n: getattr(tape, n)[quotes]
                    for n in ("quote_ts_ns", "bid_ticks", "ask_ticks", "bid_lots", "ask_lots")
                },
                **{n: getattr(tape, n)[trades] for n in ("trade_ts_ns", "trade_ticks", "trade_lots", "trade_sign")},
            )
        )
    return parts[0], parts[1]


def infer_signs(price: Array, mid: Array) -> Array:
    """Sign trades against the prevailing mid-price; at the mid by the last price change (Lee and Ready, 1991).

    Args:
        price: Shape (n,): trade prices [ticks].
        mid: Shape (n,): mid-price just before each trade [ticks].

    Returns:
        Shape (n,): +1 or -1; trades before the first price change count as buys.

    Examples:
        >>> infer_signs(np.array([101, 99, 100, 100]), np.array([100.0, 100.0, 100.0, 100.0])).tolist()
        [1, -1, 1, 1]
    """
    quote_rule = np.sign(price - mid)
    change = np.sign(np.diff(price, prepend=price[:1]))
    last = np.maximum.accumulate(np.where(change != 0, np.arange(len(change)), 0))
    tick_rule = np.where(change[last] == 0, 1, change[last])
    return np.where(quote_rule != 0, quote_rule, tick_rule).astype(np.int64)
