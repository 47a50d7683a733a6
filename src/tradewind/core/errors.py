"""Everything that can go wrong on purpose, and the exit code it ends a command with.

::

    TradewindError              1
    ├── UsageError              2   a command was called the wrong way
    ├── ConfigError             3   a configuration file is wrong; lists every problem
    ├── InvalidValueError       3   an argument is out of its range
    ├── DataError               4   a file does not hold what it should: file, row, field
    ├── NotFoundError           5   a file, symbol, day or name that is not there
    ├── MissingExtraError       6   an optional dependency is not installed
    ├── PartialFailureError     7   some parts of a batch failed; the rest was done
    ├── StorageError            8   a disk that is full or refuses
    ├── IntegrityError          9   a checksum that does not match
    └── FetchError             10   a source on the network cannot be read

Exit code 0 is success, 130 an interrupt. The codes are stable.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

__all__ = [
    "ConfigError",
    "DataError",
    "FetchError",
    "IntegrityError",
    "InvalidValueError",
    "MissingExtraError",
    "NotFoundError",
    "PartialFailureError",
    "StorageError",
    "TradewindError",
    "UsageError",
]


class TradewindError(Exception):
    """Root of every error that tradewind raises on purpose."""

    exit_code: ClassVar[int] = 1


class UsageError(TradewindError):
    """A command or function was called in a way that cannot work."""

    exit_code = 2


class ConfigError(TradewindError):
    """A configuration is wrong.

    Args:
        source: The file, or a word for where the values came from.
        problems: One line per problem, each naming its key.
    """

    exit_code = 3

    def __init__(self, source: str, problems: list[str]) -> None:
        self.source = source
        self.problems = problems
        count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
        super().__init__("\n  ".join([f"{source}: {count}", *problems]))


class InvalidValueError(TradewindError, ValueError):
    """An argument is out of its range.

    Args:
        name: The argument or field.
        expected: What would have been right.
        got: What came.

    Examples:
        >>> raise InvalidValueError("side", "+1 (buy) or -1 (sell)", 0)
        Traceback (most recent call last):
        ...
        tradewind.core.errors.InvalidValueError: side must be +1 (buy) or -1 (sell), got 0
    """

    exit_code = 3

    def __init__(self, name: str, expected: str, got: object) -> None:
        self.name = name
        self.expected = expected
        self.got = got
        shown = repr(got) if isinstance(got, str) else str(got)
        super().__init__(f"{name} must be {expected}, got {shown}")


class DataError(TradewindError):
    """A file does not hold what it should.

    Args:
        path: The file.
        expected: What should have been there.
        got: What was there; long values are shortened.
        row: 1-based row, message or line, where one is to blame.
        field: Column or field, where one is to blame.
        hint: What to do about it.
    """

    exit_code = 4

    def __init__(
        self,
        path: Path | str,
        expected: str,
        got: object,
        *,
        row: int | None = None,
        field: str | None = None,
        hint: str = "",
    ) -> None:
        self.path = Path(path)
        self.expected = expected
        self.got = got
        self.row = row
        self.field = field
        self.hint = hint
        place = str(path) + (f", row {row}" if row is not None else "") + (f", field {field!r}" if field else "")
        shown = repr(got) if isinstance(got, str | bytes) else str(got)
        shown = shown if len(shown) <= 120 else shown[:117] + "..."
        super().__init__(f"{place}: expected {expected}, got {shown}" + (f". {hint}" if hint else ""))


class NotFoundError(TradewindError):
    """A file, symbol, day or name that is not there."""

    exit_code = 5


class MissingExtraError(TradewindError, ImportError):
    """An optional dependency is not installed.

    Args:
        package: What failed to import.
        extra: The extra of tradewind that brings it.
        purpose: What it is needed for.
    """

    exit_code = 6

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        self.extra = extra
        super().__init__(f"{purpose} needs {package}: pip install 'tradewind[{extra}]'")


class PartialFailureError(TradewindError):
    """Some parts of a batch failed; the rest was done and kept."""

    exit_code = 7


class StorageError(TradewindError):
    """A disk is full or refuses; nothing half-written is left behind."""

    exit_code = 8


class IntegrityError(TradewindError):
    """A file is not the one that was recorded: its checksum differs."""

    exit_code = 9


class FetchError(TradewindError):
    """A source on the network cannot be read: unreachable, too slow, refused, broken, too large.

    Args:
        url: The source.
        reason: What happened.
    """

    exit_code = 10

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"{url}: {reason}")
