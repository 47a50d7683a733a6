"""What a point-in-time store refuses, each under its own name."""

from __future__ import annotations

from tradewind.core.errors import DataError

__all__ = ["BackwardsKnowledgeError", "DuplicateKeyError", "EmptyAppendError"]


class DuplicateKeyError(DataError):
    """Two values of one key with the same event time and the same knowledge time."""


class BackwardsKnowledgeError(DataError):
    """Knowledge that is older than what is recorded already, or older than what it is about: history rewritten."""


class EmptyAppendError(DataError):
    """An append of 0 rows."""
