"""What a run writes down: one JSON line an update, always; TensorBoard events where that is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from tradewind.core.clock import SystemClock

__all__ = ["Journal", "read_journal"]


class Journal:
    """The log of one run.

    Args:
        folder: Where ``log.jsonl`` is kept, and TensorBoard's events in ``tensorboard``.
        keep_bytes: Length of the log to go on from; what follows it is dropped.

    Attributes:
        length: Bytes of the log.
    """

    def __init__(self, folder: Path, keep_bytes: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "log.jsonl"
        with self._path.open("ab") as file:
            file.truncate(keep_bytes)
        self.length = keep_bytes
        self._events = _tensorboard(folder / "tensorboard")
        self._clock = SystemClock()

    def write(self, step: int, values: dict[str, Any]) -> None:
        """Write one line, and its numbers as events at an environment step."""
        line = msgspec.json.encode({"steps": step} | values) + b"\n"
        with self._path.open("ab") as file:
            file.write(line)
        self.length += len(line)
        if self._events is not None:
            self._events(step, self._clock.now_ns() / 1e9, _numbers(values, ""))

    def close(self) -> None:
        """Flush what TensorBoard still holds."""
        if self._events is not None:
            self._events(-1, 0.0, {})


def _numbers(values: dict[str, Any], prefix: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found |= _numbers(value, f"{prefix}{name}/")
        elif isinstance(value, int | float):
            found[prefix + name] = float(value)
    return found


def _tensorboard(folder: Path) -> Any:
    """A function that writes numbers as events; None where TensorBoard is not installed."""
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError:
        return None
    writer = EventFileWriter(str(folder))

    def write(step: int, at_s: float, values: dict[str, float]) -> None:
        if step < 0:
            writer.close()
            return
        parts = [Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        writer.add_event(Event(wall_time=at_s, step=step, summary=Summary(value=parts)))

    return write


def read_journal(folder: Path) -> list[dict[str, Any]]:
    """All lines of a run's log, oldest first; none where there is no log."""
    path = folder / "log.jsonl"
    if not path.is_file():
        return []
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
