"""Business events and errors, recorded once through OpenTelemetry, delivered to PostHog."""

from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.events import (
    Event,
    GroupProperties,
    Organisation,
    PersonProperties,
    SetOnce,
    TeamEvent,
    Technical,
    event,
    group_properties,
    person_properties,
)
from otel.identity import Identity
from otel.pipeline import flush, install
from otel.reasons import Reason
from otel.recording import RecordingError
from otel.selecting import PostHogSpanProcessor, RecordingSampler
from otel.settings import Settings
from otel.verbs import record, record_error, record_named, set_group, set_person
from otel.version import __version__

__all__ = [
    "Event",
    "GroupProperties",
    "Identity",
    "Organisation",
    "PersonProperties",
    "PostHogSpanExporter",
    "PostHogSpanProcessor",
    "Reason",
    "RecordingError",
    "RecordingSampler",
    "SetOnce",
    "Settings",
    "TeamEvent",
    "Technical",
    "__version__",
    "event",
    "flush",
    "group_properties",
    "install",
    "person_properties",
    "record",
    "record_error",
    "record_named",
    "set_group",
    "set_person",
]
