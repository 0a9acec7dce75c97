"""Delivering captures to PostHog, with the fate of each known; what is rejected is kept."""

from otel.delivery._backlog import Backlog, backlog
from otel.delivery._delivery import Delivery, Loss
from otel.delivery._quarantine import Quarantine, QuarantineEntry

__all__ = ["Backlog", "Delivery", "Loss", "Quarantine", "QuarantineEntry", "backlog"]
