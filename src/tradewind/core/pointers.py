"""Records as addresses, and functions called by address: what passes a wall between separately compiled kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from tradewind.core.dtypes import Array

__all__ = ["ADVANCE", "addresses", "call_advance", "copy_bytes", "record_at"]

ADVANCE = types.void(types.intp, types.intp, types.intp, types.intp, types.float64)
"""Signature of what moves a market: ``(market, first, second, rows, until_s)``, records by address."""


def addresses(records: Array) -> Array:
    """Addresses of the elements of an array, shape (n,), int64; good while the array lives."""
    return records.ctypes.data + np.arange(len(records), dtype=np.int64) * records.strides[0]


@intrinsic  # type: ignore[untyped-decorator]
def record_at(_typing: Any, address: Any, dtype: Any) -> Any:
    """The record of a dtype (a constant) at an address; it must be there, and stay there while it is used."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return dtype.dtype(address, dtype), emit


@intrinsic  # type: ignore[untyped-decorator]
def call_advance(_typing: Any, function: Any, market: Any, world: Any, until_s: Any) -> Any:  # noqa: ARG001
    """Call the function at an address, of signature :data:`ADVANCE`.

    Args:
        function: Its address, int64.
        market: A record.
        world: A tuple of three addresses, int64.
        until_s: Time [s].
    """

    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        addresses = [builder.extract_value(arguments[2], k) for k in range(3)]
        kind = ir.FunctionType(ir.VoidType(), [word, word, word, word, ir.DoubleType()])
        target = builder.inttoptr(arguments[0], kind.as_pointer())
        builder.call(target, [builder.ptrtoint(arguments[1], word), *addresses, arguments[3]])
        return ir.Constant(ir.IntType(8).as_pointer(), None)

    return types.void(types.int64, market, types.UniTuple(types.int64, 3), types.float64), emit


@intrinsic  # type: ignore[untyped-decorator]
def copy_bytes(_typing: Any, target: Any, source: Any, count: Any) -> Any:  # noqa: ARG001
    """Copy so many bytes from one address to another; they must not overlap."""

    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        byte, word, flag = ir.IntType(8).as_pointer(), ir.IntType(64), ir.IntType(1)
        kind = ir.FunctionType(ir.VoidType(), [byte, byte, word, flag])
        copy = builder.module.declare_intrinsic("llvm.memcpy", [byte, byte, word], kind)
        ends = [builder.inttoptr(address, byte) for address in arguments[:2]]
        builder.call(copy, [*ends, arguments[2], ir.Constant(flag, 0)])
        return ir.Constant(byte, None)

    return types.void(types.int64, types.int64, types.int64), emit
