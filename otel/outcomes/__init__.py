"""What happens to events: delivered, waiting, or lost for a reason."""

from otel.outcomes.counters import Counters
from otel.outcomes.ledger import Ledger
from otel.outcomes.quarantine import NullQuarantine, Quarantine, QuarantineEntry, open_quarantine
from otel.outcomes.self_log import ThrottledLogger

__all__ = [
    "Counters",
    "Ledger",
    "NullQuarantine",
    "Quarantine",
    "QuarantineEntry",
    "ThrottledLogger",
    "open_quarantine",
]
