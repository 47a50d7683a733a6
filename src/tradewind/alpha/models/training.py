"""Training of a network: Adam on one block of numbers, early stopping on the purged tail, exact resume.

Every epoch draws its order and its dropout from the seed and its own number, so a run that was stopped and one that was
not end with the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tradewind.alpha.models.network import start_numbers
from tradewind.alpha.models.state import About, digest_of, read_state, write_state
from tradewind.alpha.models.torch_network import as_numbers, forward, one_thread, torch_or_error
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, StorageError
from tradewind.core.random import stream

__all__ = ["Epoch", "Plan", "Task", "Watch", "train"]

SMALL = 1e-8
LEAST_STEPS, LEAST_BATCH = 32, 16


class Epoch(msgspec.Struct, frozen=True):
    """What is told after each epoch.

    Attributes:
        number: From 1.
        of: Epochs at most.
        loss: Mean over the rows learned from.
        tail_loss: Mean over the purged tail.
        best: Epoch with the smallest tail loss so far.
    """

    number: int
    of: int
    loss: float
    tail_loss: float
    best: int


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks on while a network learns.

    Attributes:
        told: Called after each epoch.
        checkpoint: File that every epoch is written to; a run of the same model on the same rows goes on from it.
        stop_after: Epochs after which this run stops early, to go on later; 0 never.
    """

    told: Callable[[Epoch], None] | None = None
    checkpoint: Path | None = None
    stop_after: int = 0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How to train; fields as in the networks' hyper-parameters."""

    epochs: int
    patience: int
    batch: int
    rate: float
    decay: float
    dropout: float
    most_rows: int
    seed: int


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What to learn.

    Attributes:
        table: The program.
        Z: Shape (n + 1, d), float32: standardised rows, then a row of zeros.
        windows: Called with rows; gives shape (rows, window): the rows of ``Z`` that each may see.
        target: Shape (n,), float64: class numbers, or standardised labels.
        weight: Shape (n,): weights of the rows.
        head: Rows to learn from.
        tail: Rows to stop on.
        loss: Called with Torch, outputs and targets; gives the loss of each row.
        start: Shape (outputs,): what the last layer says before anything is learned, such as the classes' base rates.
    """

    table: Array
    Z: Array
    windows: Callable[[Array], Array]
    target: Array
    weight: Array
    head: Array
    tail: Array
    loss: Callable[[Any, Any, Any], Any]
    start: Array


class _Run:
    """All that changes while training; what a checkpoint holds."""

    def __init__(self, start: Array) -> None:
        self.state: dict[str, Any] = {
            "numbers": start.copy(), "best": start.copy(), "first": np.zeros_like(start),
            "second": np.zeros_like(start), "curve": np.zeros((0, 2)), "epoch": 0, "steps": 0, "best_epoch": 0,
        }  # fmt: skip

    def __getitem__(self, name: str) -> Any:
        return self.state[name]

    def save(self, path: Path, digest: str) -> None:
        write_state({"model": "checkpoint", "params": {"of": digest}, "state": self.state}, path, About())

    def resume(self, path: Path, digest: str) -> None:
        found, _ = read_state(path)
        if found["model"] != "checkpoint" or set(found["state"]) != set(self.state):
            raise InvalidValueError("checkpoint", "one that training wrote", str(path))
        if found["params"] != {"of": digest}:
            raise StorageError(f"{path}: a checkpoint of another model or other rows; remove it or name another file")
        self.state = found["state"]


def train(program: Any, plan: Plan, task: Task, watch: Watch) -> tuple[Array, Array]:
    """Train a network.

    Args:
        program: The program, whose ``table`` is the task's.
        plan: How.
        task: What.
        watch: Who looks on.

    Returns:
        The numbers with the smallest loss on the tail, and the losses, shape (epochs, 2): learned rows, tail.

    Raises:
        MissingExtraError: Without Torch.
        StorageError: For a checkpoint of another model or other rows.
    """
    torch = torch_or_error()
    numbers = start_numbers(program, plan.seed)
    numbers[len(numbers) - len(task.start) :] = task.start
    run = _Run(numbers)
    about = {"Z": task.Z, "target": task.target, "weight": task.weight, "table": task.table}
    digest = digest_of({"model": "checkpoint", "params": msgspec.to_builtins(plan), "state": about})
    if watch.checkpoint is not None and watch.checkpoint.is_file():
        run.resume(watch.checkpoint, digest)
    done = 0
    while run["epoch"] < plan.epochs and run["epoch"] - run["best_epoch"] < plan.patience:
        if watch.stop_after and done >= watch.stop_after:
            break
        number, done = run["epoch"] + 1, done + 1
        with one_thread(torch, int(stream(plan.seed, f"alpha/dropout/{number}").integers(2**31))):
            loss = _epoch(torch, run.state, plan, task, number)
            tail_loss = _tail_loss(torch, run.state, task)
        run.state["curve"] = np.concatenate([run["curve"], [[loss, tail_loss]]])
        run.state["epoch"] = number
        if np.argmin(run["curve"][:, 1]) == number - 1:
            run.state["best"], run.state["best_epoch"] = run["numbers"].copy(), number
        if watch.checkpoint is not None:
            run.save(watch.checkpoint, digest)
        if watch.told is not None:
            watch.told(Epoch(number, plan.epochs, loss, tail_loss, run["best_epoch"]))
    if not np.isfinite(run["best"]).all():
        raise InvalidValueError("training", "to stay finite; a smaller rate may help", "NaN or infinity")
    return run["best"], run["curve"]


def _epoch(torch: Any, state: dict[str, Any], plan: Plan, task: Task, number: int) -> float:
    """One pass over the rows, or over as many of them as the plan allows; returns the mean loss."""
    numbers, first, second = (torch.from_numpy(state[name]) for name in ("numbers", "first", "second"))
    numbers.requires_grad_(True)
    Z, target = torch.from_numpy(task.Z), torch.from_numpy(task.target)
    weight = torch.from_numpy(task.weight.astype(np.float32))
    order = stream(plan.seed, f"alpha/order/{number}").permutation(task.head)[: plan.most_rows]
    batch = min(plan.batch, max(LEAST_BATCH, len(order) // LEAST_STEPS))
    steps_left = max(1, -(-len(order) // batch))
    total = 0.0
    for step in range(steps_left):
        rows = order[step * batch : (step + 1) * batch]
        out = forward(torch, task.table, numbers, Z[torch.from_numpy(task.windows(rows))], plan.dropout)
        share = weight[rows]
        loss = (task.loss(torch, out, target[rows]) * share).sum() / share.sum().clamp(min=SMALL)
        (slope,) = torch.autograd.grad(loss, numbers)
        total += float(loss.detach()) * len(rows)
        state["steps"] += 1
        progress = (number - 1 + (step + 1) / steps_left) / plan.epochs
        rate = plan.rate * min(1.0, state["steps"] / 50) * 0.5 * (1 + np.cos(np.pi * min(progress, 1.0)))
        with torch.no_grad():
            slope *= min(1.0, 1.0 / (float(slope.norm()) + SMALL))
            first.mul_(0.9).add_(slope, alpha=0.1)
            second.mul_(0.999).addcmul_(slope, slope, value=0.001)
            size = (second / (1 - 0.999 ** state["steps"])).sqrt_().add_(SMALL)
            numbers.mul_(1 - rate * plan.decay)
            numbers.addcdiv_(first, size, value=-float(rate) / (1 - 0.9 ** state["steps"]))
    state["numbers"], state["first"], state["second"] = (as_numbers(part) for part in (numbers, first, second))
    return total / len(order)


def _tail_loss(torch: Any, state: dict[str, Any], task: Task) -> float:
    numbers, Z, target = (torch.from_numpy(part) for part in (state["numbers"], task.Z, task.target))
    weight, total = task.weight[task.tail], 0.0
    with torch.no_grad():
        for at in range(0, len(task.tail), 2048):
            rows = task.tail[at : at + 2048]
            out = forward(torch, task.table, numbers, Z[torch.from_numpy(task.windows(rows))])
            losses = task.loss(torch, out, target[rows]).numpy()
            total += float(losses @ weight[at : at + 2048])
    return total / max(float(weight.sum()), SMALL)
