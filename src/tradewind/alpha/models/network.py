"""A network is a short program of layers over one block of numbers: compiled here, differentiated by Torch elsewhere.

The program's rows are integers: an operation, its sizes, and where its numbers begin. It acts on a matrix of
(time, channels). The same program is run by :func:`run_network` (Numba, float32), by ``torch_network`` (for training
and gradients) and by ``tests/naive/network.py`` (plain NumPy).

========== ========================================== =========================================
operation  sizes                                      numbers
========== ========================================== =========================================
dense      inputs, outputs, groups                    weights (inputs, outputs), biases
conv       inputs, outputs, groups, kernel            weights (kernel, inputs, outputs), biases
relu       a hundredth of the slope below 0
lstm       inputs, width                              (inputs, 4 w), (w, 4 w), biases; i f g o
norm       channels                                   gains, shifts
attend     channels, heads, only the last row asks    (c, 3 c), biases, (c, c), biases
place      channels, rows                             one vector for each row
last
save       slot
load       slot
add        slot
append     slot
========== ========================================== =========================================
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tradewind.alpha.models.network_layers import attend, convolve, copy_row, dense, lstm, normalise
from tradewind.core.dtypes import Array
from tradewind.core.kernels import entry
from tradewind.core.random import stream

__all__ = ["OPERATIONS", "Program", "run_network", "scratch_for", "start_numbers"]

F = np.float32
OPERATIONS = ("dense", "conv", "relu", "lstm", "norm", "attend", "place", "last", "save", "load", "add", "append")
"""Names of the operations; a program holds their positions."""
DENSE, CONV, RELU, LSTM, NORM, ATTEND, PLACE, LAST, SAVE, LOAD, ADD, APPEND = range(len(OPERATIONS))
SLOTS = 2
CLASSES, NORMAL, GAMMA, QUANTILES = range(4)


class Program:
    """Builds a program: each method adds a layer and keeps count of channels and rows.

    Args:
        channels: Columns of the input.
        rows: Rows of the input: how far it looks back.

    Examples:
        >>> program = Program(4, 1).dense(8).relu().dense(3)
        >>> program.table.shape, program.count
        ((3, 6), 67)
    """

    def __init__(self, channels: int, rows: int) -> None:
        self.channels, self.rows, self.count = channels, rows, 0
        self.layers: list[tuple[int, ...]] = []
        self.saved = [(0, 0)] * SLOTS

    @property
    def table(self) -> Array:
        """Shape (layers, 6), int64: operation, four sizes, where its numbers begin."""
        return np.array([(*layer[:-1], *[0] * (6 - len(layer)), layer[-1]) for layer in self.layers], np.int64)

    def _add(self, layer: tuple[int, ...], numbers: int = 0) -> Program:
        self.layers.append((*layer, self.count))
        self.count += numbers
        return self

    def dense(self, outputs: int, groups: int = 1) -> Program:
        """The same product for every row, and for every group of channels."""
        inputs = self.channels // groups
        self.channels = outputs * groups
        return self._add((DENSE, inputs, outputs, groups), (inputs + 1) * outputs)

    def conv(self, outputs: int, kernel: int, groups: int = 1) -> Program:
        """Products over the last ``kernel`` rows; before the first row stand zeros."""
        inputs = self.channels // groups
        self.channels = outputs * groups
        return self._add((CONV, inputs, outputs, groups, kernel), (kernel * inputs + 1) * outputs)

    def relu(self, hundredths: int = 0) -> Program:
        """The larger of the value and a small part of it."""
        return self._add((RELU, hundredths))

    def lstm(self, width: int) -> Program:
        """Long short-term memory, Hochreiter and Schmidhuber (1997)."""
        inputs, self.channels = self.channels, width
        return self._add((LSTM, inputs, width), (inputs + width + 1) * 4 * width)

    def norm(self) -> Program:
        """Every row to mean 0 and deviation 1, then gains and shifts: Ba, Kiros and Hinton (2016)."""
        return self._add((NORM, self.channels), 2 * self.channels)

    def attend(self, heads: int, *, last: bool) -> Program:
        """Rows look at one another, Vaswani et al. (2017); with ``last`` only the last row asks, and is left."""
        width = self.channels
        self.rows = 1 if last else self.rows
        return self._add((ATTEND, width, heads, int(last)), 4 * width * (width + 1))

    def place(self) -> Program:
        """Add a learned vector to each row: where it stands."""
        return self._add((PLACE, self.channels, self.rows), self.channels * self.rows)

    def last(self) -> Program:
        """Keep the last row."""
        self.rows = 1
        return self._add((LAST,))

    def save(self, slot: int) -> Program:
        """Keep a copy."""
        self.saved[slot] = (self.rows, self.channels)
        return self._add((SAVE, slot))

    def load(self, slot: int) -> Program:
        """Go on from a copy."""
        self.rows, self.channels = self.saved[slot]
        return self._add((LOAD, slot))

    def add(self, slot: int) -> Program:
        """Add a copy; of a longer one its last rows."""
        return self._add((ADD, slot))

    def append(self, slot: int) -> Program:
        """Put a copy's channels behind the own."""
        self.channels += self.saved[slot][1]
        return self._add((APPEND, slot))


def start_numbers(program: Program, seed: int) -> Array:
    """Numbers of an untrained network: weights uniform within the square root of 1 / inputs, gains 1, the rest 0."""
    random, numbers = stream(seed, "alpha/network"), np.zeros(program.count, F)
    for kind, a, b, _groups, kernel, at in program.table:
        if kind in (DENSE, CONV):
            depth = a * max(kernel, 1)
            numbers[at : at + depth * b] = random.uniform(-1, 1, depth * b) * np.sqrt(1.0 / depth)
        elif kind == LSTM:
            size = (a + b) * 4 * b
            numbers[at : at + size] = random.uniform(-1, 1, size) * np.sqrt(1.0 / b)
            numbers[at + size + b : at + size + 2 * b] = 1.0  # remember at first, Jozefowicz et al. (2015)
        elif kind == NORM:
            numbers[at : at + a] = 1.0
        elif kind == ATTEND:
            for first, size in ((at, 3 * a * a), (at + 3 * a * (a + 1), a * a)):
                numbers[first : first + size] = random.uniform(-1, 1, size) * np.sqrt(1.0 / a)
        elif kind == PLACE:
            numbers[at : at + a * b] = random.uniform(-1, 1, a * b) * 0.1
    return numbers


def scratch_for(table: Array, channels: int, window: int) -> Array:
    """Room that :func:`run_network` computes in, shape (4 + slots, floats), float32."""
    widest = channels
    for kind, a, b, groups, _kernel, _at in table:
        if kind in (DENSE, CONV):
            widest = max(widest, a * groups, b * groups)
        elif kind == LSTM:
            widest = max(widest, 4 * b)
        elif kind == ATTEND:
            widest = max(widest, 3 * a)
    return np.zeros((4 + SLOTS, (2 * widest + 8) * max(window, 8)), F)


@entry
def run_network(  # noqa: C901, PLR0917
    X: Array, starts: Array, scale: Array, table: Array, numbers: Array, scratch: Array, out: Array
) -> None:
    """Run a network on the windows that end at the last rows of ``X``.

    Args:
        X: Shape (n, d), float64: raw features in time order; NaN counts as the mean.
        starts: Shape (m,), int64: first row that the window of each of the last m rows may see; zeros stand before.
        scale: Shape (4, d), float64: mean, reciprocal deviation; first of the last rows: the window, the clip.
        table: Shape (layers, 6), int64: the program.
        numbers: Float32: its numbers.
        scratch: What :func:`scratch_for` gives.
        out: Shape (m, outputs), float64: what the last layer says.
    """
    m, d, window, clip = len(starts), X.shape[1], np.int64(scale[2, 0]), scale[3, 0]
    for i in range(m):
        end = len(X) - m + i
        t: Any = window
        c: Any = d
        now, spare = scratch[0], scratch[1]
        for k in range(window):
            row = end - window + 1 + k
            for j in range(d):
                z = 0.0
                if row >= starts[i]:
                    z = (X[row, j] - scale[0, j]) * scale[1, j]
                    z = 0.0 if np.isnan(z) else min(max(z, -clip), clip)
                now[k * d + j] = z
        for layer in range(len(table)):
            kind, a, b, groups, kernel, at = table[layer]
            if kind == DENSE:
                dense(now, t * groups, a, numbers, at, b, spare)
                now, spare, c = spare, now, b * groups
            elif kind == CONV:
                convolve(now, (t, groups, a, b, kernel), numbers, at, spare)
                now, spare, c = spare, now, b * groups
            elif kind == RELU:
                slope = F(a) * F(0.01)
                for j in range(t * c):
                    now[j] = now[j] if now[j] > F(0.0) else now[j] * slope
            elif kind == LSTM:
                lstm(now, (t, a, b), numbers, at, scratch[2], spare)
                now, spare, c = spare, now, b
            elif kind == NORM:
                normalise(now, t, c, numbers, at)
            elif kind == ATTEND:
                t = attend(now, (t, c, b, groups), numbers, at, scratch[2], scratch[3], spare)
                now, spare = spare, now
            elif kind == PLACE:
                for j in range(t * c):
                    now[j] += numbers[at + j]
            elif kind == LAST:
                copy_row(now, (t - 1) * c, now, 0, c)
                t = np.int64(1)
            else:
                slot = scratch[4 + a]
                if kind == SAVE:
                    slot[-1], slot[-2] = F(t), F(c)
                    copy_row(now, 0, slot, 0, t * c)
                elif kind == LOAD:
                    t, c = np.int64(slot[-1]), np.int64(slot[-2])
                    copy_row(slot, 0, now, 0, t * c)
                elif kind == ADD:
                    first = (np.int64(slot[-1]) - t) * c
                    for j in range(t * c):
                        now[j] += slot[first + j]
                else:
                    wide = np.int64(slot[-2])
                    for k in range(t):
                        copy_row(now, k * c, spare, k * (c + wide), c)
                        copy_row(slot, k * wide, spare, k * (c + wide) + c, wide)
                    now, spare, c = spare, now, c + wide
        for j in range(c):
            out[i, j] = now[j]
