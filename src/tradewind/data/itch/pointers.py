"""Bare pointers for kernels: big-endian loads, and records at an address.

An array handed from one compiled function to another costs atomic reference counts, a number does not; an address and
these intrinsics let every part of a kernel reach its memory. The caller keeps the arrays alive and in bounds.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["be16", "be32", "be64", "byte", "pointer_to"]


def _load(bits: int) -> Any:
    def typed(_typing: Any, _address: Any) -> Any:
        def emit(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            word = ir.IntType(bits)
            value = builder.load(builder.inttoptr(arguments[0], word.as_pointer()), align=1)
            value = builder.bswap(value) if bits > 8 else value
            return builder.zext(value, ir.IntType(64)) if bits < 64 else value

        return types.int64(types.int64), emit

    typed.__name__ = f"be{bits}"
    return intrinsic(typed)


byte = _load(8)
"""The byte at an address, as int64."""
be16 = _load(16)
"""Two bytes at an address, the most significant first, as int64."""
be32 = _load(32)
"""Four bytes at an address, the most significant first, as int64."""
be64 = _load(64)
"""Eight bytes at an address, the most significant first, as int64; negative from 2**63."""


def pointer_to(dtype: np.dtype[np.void]) -> Any:
    """Make ``at(address, index)``: the record at a place in an array of a dtype that begins at an address."""
    record = numba.from_dtype(dtype)

    def typed(_typing: Any, _address: Any, _index: Any) -> Any:
        def emit(target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            offset = builder.mul(arguments[1], ir.Constant(ir.IntType(64), dtype.itemsize))
            address = builder.add(arguments[0], offset)
            return builder.inttoptr(address, target.get_value_type(record))

        return record(types.int64, types.int64), emit

    typed.__name__ = "pointer"
    return intrinsic(typed)
