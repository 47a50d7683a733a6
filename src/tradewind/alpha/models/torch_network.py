"""The same program in Torch: what training and gradients need. Not needed to forecast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tradewind.alpha.models.network import OPERATIONS
from tradewind.core.dtypes import Array
from tradewind.core.errors import MissingExtraError

__all__ = ["as_numbers", "forward", "input_slopes", "one_thread", "torch_or_error", "torch_step"]


def torch_or_error() -> Any:
    """Torch.

    Raises:
        MissingExtraError: Without the extra ``train``.
    """
    try:
        import torch
    except ImportError:
        raise MissingExtraError("torch", "train", "training a network") from None
    return torch


@contextmanager
def one_thread(torch: Any, seed: int) -> Iterator[None]:
    """Torch on one thread with its own chance; both are as before afterwards."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def forward(torch: Any, table: Array, numbers: Any, x: Any, drop: float = 0.0) -> Any:
    """Run a program.

    Args:
        torch: The module.
        table: Shape (layers, 6), int64.
        numbers: Flat tensor of all numbers.
        x: Shape (batch, rows, channels): standardised windows.
        drop: Share of the values behind each ``relu`` and ``lstm`` that are dropped, in training.

    Returns:
        Shape (batch, outputs).
    """
    saved: dict[int, Any] = {}
    for kind, a, b, groups, kernel, at in table.tolist():
        name = OPERATIONS[kind]
        if name in ("dense", "conv"):
            x = _product(torch, x, numbers[at:], (a, b, groups, max(kernel, 1)))
        elif name == "relu":
            x = torch.nn.functional.leaky_relu(x, 0.01 * a)
        elif name == "lstm":
            x = _lstm(torch, x, numbers[at:], a, b)
        elif name == "norm":
            x = torch.nn.functional.layer_norm(x, (a,), numbers[at : at + a], numbers[at + a : at + 2 * a])
        elif name == "attend":
            x = _attend(torch, x, numbers[at:], b, bool(groups))
        elif name == "place":
            x = x + numbers[at : at + a * b].view(b, a)
        elif name == "last":
            x = x[:, -1:]
        elif name == "save":
            saved[a] = x
        elif name == "load":
            x = saved[a]
        elif name == "add":
            x = x + saved[a][:, -x.shape[1] :]
        else:
            x = torch.cat([x, saved[a]], dim=2)
        if drop and name in ("relu", "lstm"):
            x = torch.nn.functional.dropout(x, drop)
    return x[:, 0]


def _product(torch: Any, x: Any, numbers: Any, sizes: tuple[int, int, int, int]) -> Any:
    inputs, outputs, groups, kernel = sizes
    batch, rows, _ = x.shape
    size = inputs * outputs
    weights, biases = numbers[: kernel * size].view(kernel * inputs, outputs), numbers[kernel * size :][:outputs]
    x = x.view(batch, rows, groups, inputs) if x.is_contiguous() else x.reshape(batch, rows, groups, inputs)
    if kernel > 1:
        padded = torch.nn.functional.pad(x, (0, 0, 0, 0, kernel - 1, 0))
        x = torch.cat([padded[:, k : k + rows] for k in range(kernel)], dim=3)
    return (x @ weights + biases).reshape(batch, rows, groups * outputs)


def _lstm(torch: Any, x: Any, numbers: Any, inputs: int, width: int) -> Any:
    wide = 4 * width
    outer = numbers[: inputs * wide].view(inputs, wide).t()
    inner = numbers[inputs * wide : (inputs + width) * wide].view(width, wide).t()
    biases = numbers[(inputs + width) * wide : (inputs + width + 1) * wide]
    start = torch.zeros(1, x.shape[0], width, dtype=x.dtype)
    weights = [outer.contiguous(), inner.contiguous(), biases, torch.zeros_like(biases)]
    return torch.lstm(x, (start, start), weights, True, 1, 0.0, False, False, True)[0]


def _attend(torch: Any, x: Any, numbers: Any, heads: int, last: bool) -> Any:
    batch, rows, width = x.shape
    size, cut = width // heads, 3 * width * (width + 1)
    asked = x @ numbers[: 3 * width * width].view(width, 3 * width) + numbers[3 * width * width : cut]
    q, k, v = (part.reshape(batch, rows, heads, size).transpose(1, 2) for part in asked.split(width, dim=2))
    if last:
        q = q[:, :, -1:]
    mixed = torch.nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, -1, width)
    out, biases = numbers[cut : cut + width * width].view(width, width), numbers[cut + width * width :][:width]
    return mixed @ out + biases


def as_numbers(tensor: Any) -> Array:
    """A tensor's values as float32."""
    return np.asarray(tensor.detach().numpy(), np.float32).copy()


def input_slopes(table: Array, numbers: Array, windows: Array, steps: int) -> tuple[Array, Array]:
    """Mean gradients along the straight way from the mean of every feature to each window.

    Args:
        table: Shape (layers, 6): the program.
        numbers: Its numbers.
        windows: Shape (n, rows, d): standardised.
        steps: Of the midpoint rule.

    Returns:
        Shape (n, rows, d, outputs): gradients of the outputs; shape (outputs,): outputs at the mean.
    """
    torch = torch_or_error()
    weights, x = torch.from_numpy(numbers.astype(np.float64)), torch.from_numpy(np.asarray(windows, np.float64))
    with one_thread(torch, 0):
        base = forward(torch, table, weights, torch.zeros_like(x[:1])).detach().numpy()[0]
        total = np.zeros((*x.shape, len(base)))
        for step in range(steps):
            at = (x * ((step + 0.5) / steps)).requires_grad_(True)
            out = forward(torch, table, weights, at)
            for k in range(len(base)):
                (slope,) = torch.autograd.grad(out[:, k].sum(), at, retain_graph=k + 1 < len(base))
                total[..., k] += slope.numpy() / steps
    return total, base


def torch_step(table: Array, numbers: Array) -> Callable[[Array], Array]:
    """Eager Torch on one standardised window (rows, d): what the kernel is measured against."""
    torch = torch_or_error()
    weights = torch.from_numpy(numbers)

    def step(window: Array) -> Array:
        with torch.inference_mode():
            return np.asarray(forward(torch, table, weights, torch.from_numpy(window)[None]).numpy()[0])

    return step
