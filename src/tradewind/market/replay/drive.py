"""Replays behind a wall: compiled once for each kind and size of record, moved by whoever has their address."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, prange, types
from numba.extending import intrinsic

from tradewind.core.dtypes import Array
from tradewind.core.kernels import callback, parallel_entry
from tradewind.core.pointers import ADVANCE, call_advance, record_at
from tradewind.market.flow.layout import BUFFER, market_dtype
from tradewind.market.replay.layout import TAPE, replay_dtype
from tradewind.market.replay.run import replay_through

__all__ = ["SPOOL", "replay_drive", "replay_threads", "spools_of"]

SPOOL = np.dtype([("rows", "i8"), ("count", "i8")])
"""A tape by address: where its rows begin, and how many there are."""

_drives: dict[tuple[int, int, int], Any] = {}


@intrinsic  # type: ignore[untyped-decorator]
def pointer_to(_typing: Any, address: Any) -> Any:
    """An address as a pointer."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return types.voidptr(address), emit


def spools_of(tapes: list[Array]) -> Array:
    """Tapes by address, shape (n,), dtype :data:`SPOOL`; good while the tapes live.

    Args:
        tapes: Contiguous arrays of dtype ``TAPE``.
    """
    spools = np.zeros(len(tapes), SPOOL)
    spools["rows"], spools["count"] = [t.ctypes.data for t in tapes], [len(t) for t in tapes]
    return spools


def replay_drive(shape: tuple[int, int], depth: int) -> int:
    """Address of ``replay_through`` for a kind of replay, of signature ``core.pointers.ADVANCE``.

    Its two records are the replay's and a :data:`SPOOL`; rows are not kept.

    Args:
        shape: Window [ticks] and pool [orders].
        depth: 3 every order, 2 levels, 1 quotes and trades.
    """
    key = (*shape, depth)
    if key not in _drives:
        kind, replayed, row = market_dtype(*shape), replay_dtype(shape[1], depth), TAPE

        def advance(market: int, replay: int, spool: int, rows: int, until_s: float) -> None:
            tape = record_at(spool, SPOOL)
            replay_through(
                record_at(market, kind),
                record_at(replay, replayed),
                carray(pointer_to(tape.rows), (tape.count,), row),
                record_at(rows, BUFFER),
                until_s,
            )

        _drives[key] = callback(ADVANCE)(advance)
    return int(_drives[key].address)


@parallel_entry
def replay_threads(drive: int, markets: Array, worlds: Array, until_s: Array, chunks: int) -> None:
    """Run many replays, each until its time, in chunks; what a replay does depends on itself only.

    Args:
        drive: From :func:`replay_drive`.
        markets: Shape (n,), a ``market_dtype``.
        worlds: Shape (n, 3), int64: addresses of each one's replay record, its :data:`SPOOL` and a ``BUFFER``.
        until_s: Shape (n,), times since each one's start [s].
        chunks: How many threads may share the work.
    """
    n = len(markets)
    for c in prange(chunks):
        for i in range(n * c // chunks, n * (c + 1) // chunks):
            call_advance(drive, markets[i], (worlds[i, 0], worlds[i, 1], worlds[i, 2]), until_s[i])
