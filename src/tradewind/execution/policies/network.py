"""A small multilayer perceptron as one record, and its forward pass for one row or a tile of 64."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from tradewind.book.layout import Int, Record, aligned_zeros
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError
from tradewind.core.kernels import inner, rare
from tradewind.execution.policies.products import LANES, ROWS, address, product, row_product

__all__ = [
    "MOST_INPUTS",
    "MOST_OUTPUTS",
    "MOST_WEIGHTS",
    "MOST_WIDTH",
    "NETWORK",
    "RELU",
    "SCRATCH",
    "TANH",
    "TILE",
    "exponential",
    "forward",
    "new_network",
    "outputs_at",
    "start_weights",
]

F = np.float32
TANH = 0
"""Activation: hyperbolic tangent."""
RELU = 1
"""Activation: the larger of the sum and 0."""
TILE = 64
"""Rows that go through a network together."""
MOST_HIDDEN = 3
MOST_INPUTS = 64
"""Features, at most."""
MOST_WIDTH = 256
"""Width of a hidden layer, at most."""
MOST_OUTPUTS = 32
"""Outputs, at most."""
MOST_WEIGHTS = 1 << 18
"""Numbers of a network, with padding: 64 inputs, three layers of 256, 32 outputs."""

LAYER = np.dtype(
    [("depth", "i8"), ("rows", "i8"), ("columns", "i8"), ("weights_at", "i8"), ("bias_at", "i8"), ("hidden_at", "i8")]
)
"""Inputs, inputs with padding, outputs with padding; where its numbers begin; where a tile's outputs begin."""
NETWORK = np.dtype(
    [
        ("inputs", "i8"),
        ("outputs", "i8"),
        ("layers", "i8"),
        ("activation", "i8"),
        ("count", "i8"),
        ("log_std_at", "i8"),
        ("unused", "i8", (2,)),
        ("layer", LAYER, (MOST_HIDDEN + 1,)),
        ("weights", "f4", (MOST_WEIGHTS,)),
    ]
)
"""A network: its shape and ``count`` trainable numbers. Weights stand input by output, padded with zeros."""
SCRATCH = np.dtype(
    [
        ("x", "f4", (TILE * MOST_INPUTS,)),
        ("hidden", "f4", (TILE * (MOST_HIDDEN * MOST_WIDTH + MOST_OUTPUTS),)),
        ("delta", "f4", (TILE * MOST_WIDTH,)),
        ("behind", "f4", (TILE * MOST_WIDTH,)),
        ("power", "i4", (TILE * MOST_OUTPUTS,)),
    ]
)
"""Where a thread computes: inputs, what every layer gives, and gradients on their way back."""


def _padded(count: int, step: int) -> int:
    return -(-count // step) * step


def new_network(inputs: int, hidden: tuple[int, ...], outputs: int, activation: int, *, deviations: int = 0) -> Array:
    """A network with all numbers zero.

    Args:
        inputs: Features, 1 to 64.
        hidden: Widths of the hidden layers: one to three multiples of 16, up to 256.
        outputs: Numbers it gives, 1 to 32.
        activation: :data:`TANH` or :data:`RELU`, of the hidden layers.
        deviations: Logarithms of standard deviations trained beside the weights, of a Gaussian policy.

    Returns:
        Shape (1,), dtype :data:`NETWORK`.

    Raises:
        InvalidValueError: For a shape that these kernels do not serve.
    """
    if not 1 <= inputs <= MOST_INPUTS:
        raise InvalidValueError("inputs", f"1 to {MOST_INPUTS}", inputs)
    if not 1 <= outputs <= MOST_OUTPUTS:
        raise InvalidValueError("outputs", f"1 to {MOST_OUTPUTS}", outputs)
    if not 1 <= len(hidden) <= MOST_HIDDEN or any(w % LANES or not 0 < w <= MOST_WIDTH for w in hidden):
        expected = f"1 to {MOST_HIDDEN} multiples of {LANES} up to {MOST_WIDTH} (larger ones: Stable-Baselines3)"
        raise InvalidValueError("hidden", expected, hidden)
    network = aligned_zeros(1, NETWORK)
    network["inputs"], network["outputs"], network["activation"] = inputs, outputs, activation
    network["layers"] = len(hidden) + 1
    depth, rows, at, hidden_at = inputs, _padded(inputs, ROWS), 0, 0
    for number, width in enumerate((*hidden, outputs)):
        columns = _padded(width, LANES)
        network["layer"][0, number] = (depth, rows, columns, at, at + rows * columns, hidden_at)
        at += (rows + 1) * columns
        hidden_at += TILE * columns
        depth = rows = columns
    network["log_std_at"], network["count"] = at, at + deviations
    return network


def start_weights(network: Array, random: np.random.Generator, last_gain: float) -> None:
    """Orthogonal weights, zero biases (Saxe, McClelland and Ganguli, 2014); gain sqrt(2), of the last layer its own."""
    layers = int(network["layers"][0])
    for number in range(layers):
        layer = network["layer"][0, number]
        outputs = int(network["outputs"][0]) if number == layers - 1 else int(layer["columns"])
        shape = (int(layer["depth"]), outputs)
        q, r = np.linalg.qr(random.standard_normal((max(shape), min(shape))))
        q *= np.sign(np.diag(r))
        block = np.zeros((int(layer["rows"]), int(layer["columns"])), F)
        gain = last_gain if number == layers - 1 else np.sqrt(2.0)
        block[: shape[0], : shape[1]] = gain * (q if shape[0] >= shape[1] else q.T)
        at = int(layer["weights_at"])
        network["weights"][0, at : at + block.size] = block.ravel()


@intrinsic  # type: ignore[untyped-decorator]
def fused(_typing: Any, _a: Any, _b: Any, _c: Any) -> Any:
    """``a b + c`` of float32, rounded once where the machine can; loops of it become vectors."""
    number = ir.FloatType()

    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(number, [number] * 3)
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.fmuladd.f32"), arguments)

    return types.float32(types.float32, types.float32, types.float32), emit


@intrinsic  # type: ignore[untyped-decorator]
def two_to(_typing: Any, _power: Any) -> Any:
    """``2 ** power`` of an int32 from -126 to 127, by its bits."""

    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        word = ir.IntType(32)
        bits = builder.shl(builder.add(arguments[0], ir.Constant(word, 127)), ir.Constant(word, 23))
        return builder.bitcast(bits, ir.FloatType())

    return types.float32(types.int32), emit


@inner
def tanh(x: Int) -> Int:
    """Hyperbolic tangent of a float32 by a rational function (Eigen's; within 3e-7)."""
    x = min(max(x, F(-7.9053111)), F(7.9053111))
    y = x * x
    p = fused(F(-2.76076847742355e-16), y, F(2.00018790482477e-13))
    p = fused(p, y, F(-8.60467152213735e-11))
    p = fused(p, y, F(5.12229709037114e-08))
    p = fused(p, y, F(1.48572235717979e-05))
    p = fused(p, y, F(6.37261928875436e-04))
    p = fused(p, y, F(4.89352455891786e-03))
    q = fused(F(1.19825839466702e-06), y, F(1.18534705686654e-04))
    q = fused(q, y, F(2.26843463243900e-03))
    q = fused(q, y, F(4.89352518554385e-03))
    return x * p / q


@inner
def exponential(x: Int) -> Int:
    """Exponential of a float32 (Cephes; within 2 units in the last place); 0 below -80."""
    y = min(max(x, F(-80.0)), F(80.0))
    n = np.int32(np.floor(fused(y, F(1.44269504), F(0.5))))
    k = F(n)
    r = fused(k, F(2.12194440e-4), fused(k, F(-0.693359375), y))
    p = fused(F(1.9875691500e-4), r, F(1.3981999507e-3))
    p = fused(p, r, F(8.3334519073e-3))
    p = fused(p, r, F(4.1665795894e-2))
    p = fused(p, r, F(1.6666665459e-1))
    p = fused(p, r, F(5.0000001201e-1))
    return fused(p, r * r, r + F(1.0)) * two_to(n)


@inner
def activate(sums: Array, bias: Array, activation: Int) -> None:
    """Add the bias (columns,) to a layer's sums (rows, columns) and bend them; ``activation`` -1 leaves them straight.

    The loops run over views, whose indices cannot be negative: only then do they become vectors.
    """
    rows, columns = sums.shape
    for i in range(rows):
        if activation == TANH:
            for j in range(columns):
                sums[i, j] = tanh(sums[i, j] + bias[j])
        elif activation == RELU:
            for j in range(columns):
                sums[i, j] = max(sums[i, j] + bias[j], F(0.0))
        else:
            for j in range(columns):
                sums[i, j] += bias[j]


@inner
def outputs_at(network: Record) -> Int:
    """Where the outputs of a tile begin in ``scratch.hidden``; row ``i`` follows after ``columns`` numbers each."""
    return network.layer[network.layers - 1].hidden_at


@rare
def forward(network: Record, scratch: Record, rows: Int) -> None:
    """Run a network on the inputs in ``scratch.x``; its outputs begin at :func:`outputs_at` of ``scratch.hidden``.

    Args:
        network: A ``NETWORK``.
        scratch: A ``SCRATCH`` (or a record with its fields).
        rows: 1, or a multiple of 8 up to 64.
    """
    one = np.int64(1)
    x, hidden = scratch.x, scratch.hidden
    a = (address(x, np.int64(0)), np.int64(network.layer[0].rows), one)
    for number in range(network.layers):
        layer = network.layer[number]
        columns = np.int64(layer.columns)
        b = (address(network.weights, layer.weights_at), columns, one)
        c = (address(hidden, layer.hidden_at), columns, one)
        if rows == 1:
            row_product(a, b, c, columns, layer.depth)
        else:
            product(a, b, c, (np.int64(rows), columns, np.int64(layer.depth)), np.int64(0))
        bend = network.activation if number < network.layers - 1 else -1
        sums = hidden[layer.hidden_at : layer.hidden_at + rows * columns].reshape(rows, columns)
        activate(sums, network.weights[layer.bias_at : layer.bias_at + columns], bend)
        a = c
