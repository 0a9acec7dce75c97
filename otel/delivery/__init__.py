"""Delivering captures to PostHog, with the fate of each known; what is rejected is kept."""

from otel.delivery._delivery import Delivery, Loss
from otel.delivery._quarantine import Quarantine, QuarantineEntry

__all__ = ["Delivery", "Loss", "Quarantine", "QuarantineEntry"]
