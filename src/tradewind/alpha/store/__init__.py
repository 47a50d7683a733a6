"""Values with two times, when they are about and when they were known; nothing is told before it was known."""

from tradewind.alpha.store.errors import BackwardsKnowledgeError, DuplicateKeyError, EmptyAppendError
from tradewind.alpha.store.point_in_time import PointInTimeStore

__all__ = ["BackwardsKnowledgeError", "DuplicateKeyError", "EmptyAppendError", "PointInTimeStore"]
