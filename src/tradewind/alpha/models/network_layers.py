"""Layers of a network as parts of its compiled run; matrices lie row by row in flat float32 arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.kernels import inner, rare

__all__ = ["attend", "convolve", "copy_row", "dense", "lstm", "normalise"]

F = np.float32
Number = Any
"""A float32 inside a kernel."""
Count = Any
"""An integer inside a kernel: int64, or a literal."""
Sizes = Any
"""Several integers."""


@inner
def copy_row(source: Array, start: Count, target: Array, to: Count, count: Count) -> None:
    """Copy ``count`` floats, forwards."""
    for j in range(count):
        target[to + j] = source[start + j]


@inner
def tanh(x: Number) -> Number:
    """Hyperbolic tangent of a float32 by a rational function (Eigen's; within 3e-7)."""
    x = min(max(x, F(-7.9053111)), F(7.9053111))
    y = x * x
    p = F(-2.76076847742355e-16) * y + F(2.00018790482477e-13)
    p = p * y + F(-8.60467152213735e-11)
    p = p * y + F(5.12229709037114e-08)
    p = p * y + F(1.48572235717979e-05)
    p = p * y + F(6.37261928875436e-04)
    p = p * y + F(4.89352455891786e-03)
    q = F(1.19825839466702e-06) * y + F(1.18534705686654e-04)
    q = q * y + F(2.26843463243900e-03)
    q = q * y + F(4.89352518554385e-03)
    return x * p / q


@inner
def add_row(  # noqa: PLR0917
    x: Array, start: Count, depth: Count, numbers: Array, at: Count, out: Array
) -> None:
    """Add ``x[start : start + depth] @ numbers[at:]`` to ``out``, four rows of weights at a time."""
    columns = len(out)
    k = 0
    while k + 4 <= depth:
        a, b, c, d = x[start + k], x[start + k + 1], x[start + k + 2], x[start + k + 3]
        first = at + k * columns
        w = numbers[first : first + 4 * columns]
        for j in range(columns):
            out[j] += (a * w[j] + b * w[j + columns]) + (c * w[j + 2 * columns] + d * w[j + 3 * columns])
        k += 4
    while k < depth:
        a = x[start + k]
        w = numbers[at + k * columns : at + (k + 1) * columns]
        for j in range(columns):
            out[j] += a * w[j]
        k += 1


@rare
def dense(  # noqa: PLR0917
    x: Array, rows: Count, inputs: Count, numbers: Array, at: Count, outputs: Count, out: Array
) -> None:
    """Products of all rows with weights (inputs, outputs), plus biases."""
    for i in range(rows):
        target = out[i * outputs : (i + 1) * outputs]
        for j in range(outputs):
            target[j] = numbers[at + inputs * outputs + j]
        add_row(x, i * inputs, inputs, numbers, at, target)


@rare
def convolve(x: Array, sizes: Sizes, numbers: Array, at: Count, out: Array) -> None:
    """Products over the last ``kernel`` rows with weights (kernel, inputs, outputs), plus biases, for every group."""
    rows, groups, inputs, outputs, kernel = sizes
    size = inputs * outputs
    for t in range(rows):
        for g in range(groups):
            first = (t * groups + g) * outputs
            target = out[first : first + outputs]
            for j in range(outputs):
                target[j] = numbers[at + kernel * size + j]
            for k in range(kernel):
                row = t - (kernel - 1 - k)
                if row >= 0:
                    add_row(x, (row * groups + g) * inputs, inputs, numbers, at + k * size, target)


@rare
def lstm(x: Array, sizes: Sizes, numbers: Array, at: Count, gates: Array, out: Array) -> None:  # noqa: PLR0917
    """Long short-term memory from a zero state; gates stand as input, forget, cell, output."""
    rows, inputs, width = sizes
    wide = 4 * width
    inner_at, bias_at = at + inputs * wide, at + (inputs + width) * wide
    state, gate = gates[wide : wide + width], gates[:wide]
    for j in range(width):
        state[j] = F(0.0)
    for t in range(rows):
        for j in range(wide):
            gate[j] = numbers[bias_at + j]
        add_row(x, t * inputs, inputs, numbers, at, gate)
        if t > 0:
            add_row(out, (t - 1) * width, width, numbers, inner_at, gate)
        told = out[t * width : (t + 1) * width]
        for j in range(width):
            come = F(0.5) + F(0.5) * tanh(F(0.5) * gate[j])
            stay = F(0.5) + F(0.5) * tanh(F(0.5) * gate[width + j])
            show = F(0.5) + F(0.5) * tanh(F(0.5) * gate[3 * width + j])
            state[j] = stay * state[j] + come * tanh(gate[2 * width + j])
            told[j] = show * tanh(state[j])


@rare
def normalise(x: Array, rows: Count, channels: Count, numbers: Array, at: Count) -> None:
    """Every row to mean 0 and deviation 1, then gains and shifts; in place."""
    for t in range(rows):
        row = x[t * channels : (t + 1) * channels]
        mean, square = F(0.0), F(0.0)
        for j in range(channels):
            mean += row[j]
        mean /= F(channels)
        for j in range(channels):
            square += (row[j] - mean) * (row[j] - mean)
        scale = F(1.0) / np.sqrt(square / F(channels) + F(1e-5))
        for j in range(channels):
            row[j] = (row[j] - mean) * scale * numbers[at + j] + numbers[at + channels + j]


@rare
def attend(  # noqa: PLR0917
    x: Array, sizes: Sizes, numbers: Array, at: Count, asked: Array, mixed: Array, out: Array
) -> Count:
    """Attention over all rows; with ``last`` only the last row asks. Returns how many rows are left."""
    rows, width, heads, last = sizes
    dense(x, rows, width, numbers, at, 3 * width, asked)
    size, first = width // heads, rows - 1 if last else 0
    scale, scores = F(1.0) / np.sqrt(F(size)), mixed[rows * width : rows * width + rows]
    for t in range(first, rows):
        for h in range(heads):
            question = asked[t * 3 * width + h * size : t * 3 * width + (h + 1) * size]
            top = F(-3e38)
            for s in range(rows):
                key = s * 3 * width + width + h * size
                score = F(0.0)
                for j in range(size):
                    score += question[j] * asked[key + j]
                scores[s] = score * scale
                top = max(top, scores[s])
            total = F(0.0)
            for s in range(rows):
                scores[s] = np.exp(scores[s] - top)
                total += scores[s]
            told = mixed[(t - first) * width + h * size : (t - first) * width + (h + 1) * size]
            for j in range(size):
                told[j] = F(0.0)
            for s in range(rows):
                share, value = scores[s] / total, s * 3 * width + 2 * width + h * size
                for j in range(size):
                    told[j] += share * asked[value + j]
    left = rows - first
    dense(mixed, left, width, numbers, at + 3 * width * (width + 1), width, out)
    return left
