"""Delivering captures to PostHog, with the fate of each known; what is rejected is kept."""

from otel.delivery._carried_error import carried_error
from otel.delivery._otlp_endpoint import OtlpEndpoint
from otel.delivery._reach import reach
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
