"""Delivering captures to PostHog, with the fate of each known; what is rejected is kept."""

from otel.delivery.collector.endpoint import OtlpEndpoint, reach
from otel.delivery.collector.error_payload import carried_error
from otel.delivery.http.client import Loss
from otel.delivery.journal.backlog import Backlog, backlog
from otel.delivery.posthog.client import Delivery
from otel.outcomes.quarantine import Quarantine, QuarantineEntry

__all__ = [
    "Backlog",
    "Delivery",
    "Loss",
    "OtlpEndpoint",
    "Quarantine",
    "QuarantineEntry",
    "backlog",
    "carried_error",
    "reach",
]
