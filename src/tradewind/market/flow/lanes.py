"""Eight numbers at a time: the parts of an event that are the same arithmetic on every group or time scale.

Written as vector instructions, because compilers turn such loops into chains of single ones. Every operation is exactly
specified by IEEE 754 (the fused multiply-add included; the exponential is a polynomial of them), so the results are the
same on every machine. Parts of kernels; arrays are float64, shape (8,), unless said otherwise.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["LANES", "TINY", "add_lanes", "decay_lanes", "draw_lane"]

LANES = 8
"""Numbers in a vector."""
TINY = 1e-30
"""Nothing decays below this: arithmetic on denormal numbers is slow."""
LEAST = -87.0
ROUNDER = 1.5 * 2.0**52
"""Added to a number, it leaves the nearest whole number in the lowest bits."""
TERMS = 12
MOST = 3.0

WORD = ir.IntType(32)
F4, F8, I8 = (ir.VectorType(kind, LANES) for kind in (ir.FloatType(), ir.DoubleType(), ir.IntType(64)))
F4_TWO = ir.VectorType(ir.FloatType(), 2 * LANES)


class _Code:
    """Emits vector instructions where an intrinsic is called."""

    def __init__(self, context: Any, builder: Any, signature: Any) -> None:
        self.context, self.builder, self.kinds = context, builder, signature.args

    def at(self, k: int, arguments: Any, vector: Any) -> Any:
        """Pointer to the first eight numbers of the array that is argument ``k``."""
        array = self.context.make_array(self.kinds[k])(self.context, self.builder, arguments[k])
        return self.builder.bitcast(array.data, vector.as_pointer())

    def load(self, k: int, arguments: Any, vector: Any) -> Any:
        """The eight numbers of argument ``k``."""
        return self.builder.load(self.at(k, arguments, vector), align=4)

    def load_all(self, k: int, arguments: Any) -> list[Any]:
        """The eight float32 numbers of each array in the tuple that is argument ``k``."""
        found = []
        for place, kind in enumerate(self.kinds[k]):
            array = self.builder.extract_value(arguments[k], place)
            data = self.context.make_array(kind)(self.context, self.builder, array).data
            found.append(self.builder.load(self.builder.bitcast(data, F4.as_pointer()), align=4))
        return found

    def store(self, k: int, arguments: Any, value: Any) -> None:
        """Eight numbers into the array that is argument ``k``."""
        self.builder.store(value, self.at(k, arguments, value.type), align=8)

    def pick(self, vector: Any, order: list[int], other: Any = None) -> Any:
        """Lanes of a vector (and, from 8 on, of another) in a new order."""
        places = ir.Constant(ir.VectorType(WORD, len(order)), order)
        return self.builder.shuffle_vector(vector, vector if other is None else other, places)

    def spread(self, value: Any, vector: Any) -> Any:
        """One number in every lane."""
        empty = ir.Constant(vector, ir.Undefined)
        return self.pick(self.builder.insert_element(empty, value, ir.Constant(WORD, 0)), [0] * LANES)

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """``a * b + c``, rounded once."""
        kind = ir.FunctionType(F8, [F8, F8, F8])
        function = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.fma.v8f64")
        return self.builder.call(function, [a, b, c])

    def lane(self, vector: Any, k: int) -> Any:
        """One number of a vector."""
        return self.builder.extract_element(vector, ir.Constant(WORD, k))

    def exponential(self, x: Any) -> Any:
        """``exp(x)`` for x <= 0 to 1e-14: a power of two times a polynomial on half an octave around 1."""
        b, log2 = self.builder, math.log(2.0)
        x = b.select(b.fcmp_ordered("<", x, every(LEAST)), every(LEAST), x)
        shifted = self.fma(x, every(1.0 / log2), every(ROUNDER))
        r = self.fma(b.fsub(shifted, every(ROUNDER)), every(-log2), x)
        terms = [every(1.0 / math.factorial(k)) for k in range(TERMS)]
        power = r
        while len(terms) > 1:
            pairs = [self.fma(odd, power, even) for even, odd in zip(terms[::2], terms[1::2], strict=False)]
            terms = pairs + terms[2 * len(pairs) :]
            power = b.fmul(power, power)
        octaves = b.shl(b.bitcast(shifted, I8), ir.Constant(I8, [52] * LANES))
        return b.bitcast(b.add(b.bitcast(terms[0], I8), octaves), F8)

    def total(self, vector: Any) -> Any:
        """Sum of the lanes: halves, then quarters, then the last two."""
        width = LANES
        while width > 1:
            width //= 2
            low = self.pick(vector, list(range(width)))
            vector = self.builder.fadd(low, self.pick(vector, list(range(width, 2 * width))))
        return self.lane(vector, 0)


def every(value: float) -> Any:
    """A constant in every lane."""
    return ir.Constant(F8, [value] * LANES)


@intrinsic  # type: ignore[untyped-decorator]
def decay_lanes(_typing: Any, state: Any, flow: Any, buckets: Any, rates: Any, seconds: Any) -> Any:  # noqa: ARG001
    """Multiply ``state`` and ``flow`` by ``exp(-rates * seconds)``; returns the sum of ``state``.

    ``buckets`` (int64) become ``flow`` rounded, cut at -3 and 3, plus 3: whole numbers from 0 to 6.
    """

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = _Code(context, builder, signature)
        exponent = builder.fmul(code.load(3, arguments, F8), code.spread(builder.fneg(arguments[4]), F8))
        factor = code.exponential(exponent)
        left = code.fma(code.load(0, arguments, F8), factor, every(TINY))
        code.store(0, arguments, left)
        signed = code.fma(code.load(1, arguments, F8), factor, every(TINY))
        code.store(1, arguments, signed)
        low = builder.select(builder.fcmp_ordered("<", signed, every(-MOST)), every(-MOST), signed)
        cut = builder.select(builder.fcmp_ordered("<", low, every(MOST)), low, every(MOST))
        rounded = builder.bitcast(builder.fadd(cut, every(ROUNDER + MOST)), I8)
        code.store(2, arguments, builder.and_(rounded, ir.Constant(I8, [7] * LANES)))
        return code.total(left)

    return types.float64(state, flow, buckets, rates, types.float64), emit


@intrinsic  # type: ignore[untyped-decorator]
def add_lanes(_typing: Any, state: Any, kick: Any, share: Any) -> Any:  # noqa: ARG001
    """Add ``kick * share`` to ``state``."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = _Code(context, builder, signature)
        kicked = code.fma(code.load(1, arguments, F8), code.spread(arguments[2], F8), code.load(0, arguments, F8))
        code.store(0, arguments, kicked)

    return types.void(state, kick, types.float64), emit


@intrinsic  # type: ignore[untyped-decorator]
def draw_lane(_typing: Any, rows: Any, regime: Any, answer: Any, known: Any, share: Any) -> Any:  # noqa: ARG001
    """Which of sixteen weights a share of their sum falls on, each weight a product; 16 where rounding leads past them.

    Args:
        rows: Two rows (float32, shape (8,)) for one side, then two for the other.
        regime: Shape (2, 8), float32: one more factor for each.
        answer: Shape (2, 8), float32: one more.
        known: For each side a factor of its lanes 0 and 1, then one of its lane 6; float32.
        share: From 0 to 1, float32.
    """

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = _Code(context, builder, signature)
        first, second, third, fourth = code.load_all(0, arguments)
        whole = list(range(2 * LANES))
        last = ir.Constant(F4_TWO, [1.0] * 2 * LANES)
        for lane, place in ((0, 0), (1, 0), (6, 1), (8, 2), (9, 2), (14, 3)):
            number = builder.extract_value(arguments[3], place)
            last = builder.insert_element(last, number, ir.Constant(WORD, lane))
        steady = builder.fmul(code.pick(first, whole, third), code.pick(second, whole, fourth))
        steady = builder.fmul(steady, builder.fmul(code.load(1, arguments, F4_TWO), last))
        sums = builder.fmul(steady, code.load(2, arguments, F4_TWO))
        nothing = ir.Constant(F4_TWO, [0.0] * 2 * LANES)
        for step in (1, 2):
            order = [k if k % 4 < step else 16 + k - step for k in whole]
            sums = builder.fadd(sums, code.pick(nothing, order, sums))
        for block in (4, 8):
            order = [16 + k - k % block - 1 if k % (2 * block) >= block else k for k in whole]
            sums = builder.fadd(sums, code.pick(nothing, order, sums))
        only = builder.insert_element(ir.Constant(F4_TWO, ir.Undefined), arguments[4], ir.Constant(WORD, 0))
        left = builder.fmul(code.pick(sums, [15] * 16), code.pick(only, [0] * 16))
        below = builder.bitcast(builder.fcmp_ordered("<=", sums, left), ir.IntType(16))
        return builder.zext(builder.ctpop(below), ir.IntType(64))

    return types.int64(rows, regime, answer, known, types.float32), emit
