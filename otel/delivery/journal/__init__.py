"""The journal: a write-ahead log of what is for PostHog."""

from otel.delivery.journal._segment import JournalPosition
from otel.delivery.journal.backlog import Backlog, backlog
from otel.delivery.journal.journal import Journal
from otel.delivery.journal.recovery import JournalRecovery

__all__ = ["Backlog", "Journal", "JournalPosition", "JournalRecovery", "backlog"]
