"""Small matrix products inside kernels: a block of sums held in vector registers, written as vector instructions.

NumPy's ``dot`` inside a kernel needs SciPy's BLAS; plain loops reach half of the machine. Here one intrinsic emits a
block of ``ROWS`` rows and 16 to 64 columns whose sums never leave the registers. Every sum runs over the depth in
order, one fused multiply-add a step, so an entry has the same bits whether its row is computed alone (one decision)
or among others (a batch), on one thread or many.

A matrix is a tuple of integers: the address of its first float32, and the steps, in elements, from row to row and from
column to column. What it names must outlive the call.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding as llvm
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from tradewind.book.layout import Int, Record
from tradewind.core.kernels import inner, rare

__all__ = ["LANES", "ROWS", "address", "product", "row_product"]

LANES = 16
"""Columns of a product come in multiples of this; arrays are padded with zeros."""
ROWS = 8
"""Rows of a product come in multiples of this."""
BLOCK = 8 if llvm.get_host_cpu_features().get("avx512f") else 4
"""Rows whose sums fit the vector registers at once."""
WORD, FLOAT = ir.IntType(64), ir.FloatType()
VECTOR = ir.VectorType(FLOAT, LANES)


def _word(value: int) -> Any:
    return ir.Constant(WORD, value)


@intrinsic  # type: ignore[untyped-decorator]
def address(_typing: Any, array: Any, _offset: Any) -> Any:
    """Address of ``array[offset]`` of a one-dimensional float32 array, as an integer."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.ptrtoint(builder.gep(data, [arguments[1]]), WORD)

    return types.int64(array, types.int64), emit


class _Matrix:
    """A matrix within the code that an intrinsic emits."""

    def __init__(self, builder: Any, place: Any) -> None:
        self.builder = builder
        first, self.row, self.column = cgutils.unpack_tuple(builder, place, 3)
        self.first = builder.inttoptr(first, FLOAT.as_pointer())

    def at(self, row: Any, column: Any) -> Any:
        """Pointer to an entry."""
        offset = self.builder.add(self.builder.mul(self.row, row), self.builder.mul(self.column, column))
        return self.builder.gep(self.first, [offset])

    def lanes(self, row: Any, column: Any) -> Any:
        """Pointer to sixteen entries of a row."""
        return self.builder.bitcast(self.at(row, column), VECTOR.as_pointer())


def _emit_block(builder: Any, rows: int, vectors: int, arguments: Any) -> None:
    a, b, c = (_Matrix(builder, place) for place in arguments[:3])
    depth, add = arguments[3:]
    cells = [(row, part) for row in range(rows) for part in range(vectors)]
    sums = {cell: cgutils.alloca_once(builder, VECTOR) for cell in cells}
    with builder.if_else(builder.icmp_signed("!=", add, _word(0))) as (then, otherwise):
        with then:
            for row, part in cells:
                old = builder.load(c.lanes(_word(row), _word(part * LANES)), align=4)
                builder.store(old, sums[row, part])
        with otherwise:
            for cell in cells:
                builder.store(ir.Constant(VECTOR, None), sums[cell])
    kind = ir.FunctionType(VECTOR, [VECTOR, VECTOR, VECTOR])
    fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{LANES}f32")
    nothing, everywhere = ir.Constant(VECTOR, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), LANES), None)
    with cgutils.for_range(builder, depth) as loop:
        right = [builder.load(b.lanes(loop.index, _word(part * LANES)), align=4) for part in range(vectors)]
        for row in range(rows):
            one = builder.insert_element(nothing, builder.load(a.at(_word(row), loop.index)), _word(0))
            left = builder.shuffle_vector(one, nothing, everywhere)
            for part in range(vectors):
                cell = sums[row, part]
                builder.store(builder.call(fma, [left, right[part], builder.load(cell)]), cell)
    for row, part in cells:
        builder.store(builder.load(sums[row, part]), c.lanes(_word(row), _word(part * LANES)), align=4)


def _block(rows: int, vectors: int) -> Any:
    """Intrinsic for ``rows`` x ``16 vectors`` entries of ``c = a b``, or of ``c += a b``."""

    def typed(_typing: Any, _a: Any, _b: Any, _c: Any, _depth: Any, _add: Any) -> Any:
        def emit(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            _emit_block(builder, rows, vectors, arguments)
            return context.get_dummy_value()

        place = types.containers.UniTuple(types.int64, 3)
        return types.void(place, place, place, types.int64, types.int64), emit

    typed.__name__ = f"block_{rows}_{vectors}"
    return intrinsic(typed)


narrow_block, wide_block = _block(BLOCK, 1), _block(BLOCK, 2)
row_block, wide_row_block = _block(1, 1), _block(1, 4)


@rare
def product(a: Record, b: Record, c: Record, shape: Record, add: Int) -> None:
    """Matrix product ``c = a b``, or ``c += a b``.

    Args:
        a: Matrix of shape (rows, depth).
        b: Matrix of shape (depth, columns); its columns are neighbours.
        c: Matrix of shape (rows, columns); its columns are neighbours.
        shape: Rows (a multiple of :data:`ROWS`), columns (a multiple of :data:`LANES`), depth.
        add: 1 to add to ``c``, 0 to overwrite it.
    """
    rows, columns, depth = shape
    for j in range(0, columns - 31, 32):
        for i in range(0, rows, BLOCK):
            left = (a[0] + 4 * i * a[1], a[1], a[2])
            right = (b[0] + 4 * j, b[1], b[2])
            wide_block(left, right, (c[0] + 4 * (i * c[1] + j), c[1], c[2]), depth, add)
    if columns & 31:
        j = columns & ~31
        for i in range(0, rows, BLOCK):
            left = (a[0] + 4 * i * a[1], a[1], a[2])
            right = (b[0] + 4 * j, b[1], b[2])
            narrow_block(left, right, (c[0] + 4 * (i * c[1] + j), c[1], c[2]), depth, add)


@inner
def row_product(a: Record, b: Record, c: Record, columns: Int, depth: Int) -> None:
    """Product of one row with a matrix, ``c = a b``; arguments as in :func:`product`."""
    j = 0
    while j + 64 <= columns:
        wide_row_block(a, (b[0] + 4 * j, b[1], b[2]), (c[0] + 4 * j, c[1], c[2]), depth, 0)
        j += 64
    while j < columns:
        row_block(a, (b[0] + 4 * j, b[1], b[2]), (c[0] + 4 * j, c[1], c[2]), depth, 0)
        j += LANES
