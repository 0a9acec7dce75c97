"""The journal: a write-ahead log of what is for PostHog."""

from otel.delivery.journal._segment import Line
from otel.delivery.journal.backlog import Backlog, backlog
from otel.delivery.journal.journal import Journal
from otel.delivery.journal.recovery import Adoption

__all__ = ["Adoption", "Backlog", "Journal", "Line", "backlog"]
