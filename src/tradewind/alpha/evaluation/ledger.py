"""Every trial counts: a file to which each evaluated configuration is added, chained so that none can be left out."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec
import numpy as np

from tradewind.core.clock import SystemClock
from tradewind.core.dtypes import Array
from tradewind.core.errors import DataError, IntegrityError
from tradewind.core.files import locked
from tradewind.core.kernels import cache_root
from tradewind.core.ports import Clock

__all__ = ["Trial", "TrialLedger", "default_ledger"]

START = "0" * 64


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One configuration that was evaluated.

    Attributes:
        task: What was forecast.
        model: What forecast it.
        configuration: Hash of hyper-parameters, features and split: the same configuration counts once.
        sharpe: Sharpe ratio per period of its returns, before costs; NaN becomes None.
        periods: Returns it was computed from.
        at_ns: When [ns UTC].
        previous: Hash of the entry before.
    """

    task: str
    model: str
    configuration: str
    sharpe: float | None
    periods: int
    at_ns: int = 0
    previous: str = START


def default_ledger() -> Path:
    """Where trials are kept unless told otherwise: ``$TRADEWIND_LEDGER``, else a file beside the user's cache."""
    chosen = os.environ.get("TRADEWIND_LEDGER")
    return Path(chosen) if chosen else cache_root() / "trials.jsonl"


class TrialLedger:
    """An append-only file of trials, one JSON document a line, each holding the hash of the line before.

    Args:
        path: The file; made when the first trial is added.
        clock: Tells when.

    Examples:
        >>> from tempfile import mkdtemp
        >>> ledger = TrialLedger(Path(mkdtemp()) / "trials.jsonl")
        >>> ledger.add(Trial(task="demo", model="ridge", configuration="a", sharpe=0.1, periods=100))
        >>> ledger.add(Trial(task="demo", model="ridge", configuration="a", sharpe=0.1, periods=100))
        >>> len(ledger.trials()), len(ledger.sharpes("demo"))
        (2, 1)
    """

    def __init__(self, path: Path | str | None = None, clock: Clock | None = None) -> None:
        self.path = Path(path) if path is not None else default_ledger()
        self.clock = clock or SystemClock()

    def add(self, trial: Trial) -> None:
        """Append a trial; waits while another process adds one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.path.parent, f".{self.path.name}.lock"):
            lines = self._lines()
            previous = _digest(lines[-1]) if lines else START
            entry = msgspec.structs.replace(trial, previous=previous, at_ns=trial.at_ns or self.clock.now_ns())
            with self.path.open("ab") as file:
                file.write(msgspec.json.encode(entry) + b"\n")
                file.flush()
                os.fsync(file.fileno())

    def trials(self, task: str | None = None) -> list[Trial]:
        """All trials, or those of a task, in order; the chain is checked.

        Raises:
            DataError: For a line that is not a trial.
            IntegrityError: When a line was changed or left out.
        """
        expected, found = START, []
        for number, line in enumerate(self._lines(), start=1):
            try:
                trial = msgspec.json.decode(line, type=Trial)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise DataError(self.path, "a trial", str(error), row=number) from None
            if trial.previous != expected:
                raise IntegrityError(f"{self.path}, line {number}: the chain is broken: a line was changed or left out")
            expected = _digest(line)
            if task is None or trial.task == task:
                found.append(trial)
        return found

    def sharpes(self, task: str) -> Array:
        """Shape (n,): Sharpe ratios of the distinct configurations of a task, the last word of each."""
        last = {trial.configuration: trial.sharpe for trial in self.trials(task)}
        return np.array([sharpe for sharpe in last.values() if sharpe is not None], np.float64)

    def count(self, task: str) -> int:
        """Distinct configurations of a task ever evaluated."""
        return len({trial.configuration for trial in self.trials(task)})

    def _lines(self) -> list[bytes]:
        return self.path.read_bytes().splitlines() if self.path.is_file() else []


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
