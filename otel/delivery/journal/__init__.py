"""The journal: a write-ahead log of the spans that are selected for PostHog."""

from otel.delivery.journal._segment import JournalPosition
from otel.delivery.journal.backlog import Backlog, backlog
from otel.delivery.journal.journal import Journal, NullJournal, position_of
from otel.delivery.journal.recovery import JournalRecovery

__all__ = [
    "Backlog",
    "Journal",
    "JournalPosition",
    "JournalRecovery",
    "NullJournal",
    "backlog",
    "position_of",
]
