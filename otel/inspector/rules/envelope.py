"""Rules about the age, size, uuid and session of an event."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from otel.inspector.rfc3339 import rfc3339
from otel.inspector.rules._project import Event
from otel.inspector.rules._rule import Effect, Rule
from otel.inspector.rules._sources import ERROR_TRACKING, EVENT_UTILS

__all__ = ["RULES", "check", "check_age", "check_size"]

OLD = "nodejs/src/ingestion/common/steps/event-processing/drop-old-events-step.ts @7d54626"
PIPE = "nodejs/src/ingestion/pipelines/analytics/post-team-preprocessing-subpipeline.ts @0fa48e5, @327ae90"
UUV = "nodejs/src/ingestion/common/steps/event-preprocessing/validate-event-uuid-version.ts @f740ccb"
UUT = "nodejs/src/ingestion/common/steps/event-preprocessing/validate-event-uuid-timestamp.ts @8557443"
SES = "nodejs/src/ingestion/common/steps/event-processing/validate-session-id-step.ts @1cd8417"
WIN = "nodejs/src/ingestion/common/steps/event-processing/warn-missing-session-id-step.ts @8b04c35"
REG = "rust/common/ingestion_warnings/warning_types.generated.json @0f20e19"

_SIZE_LIMIT = 1_000_000  # bytes; Kafka's limit (`wire.md` section 1.3)
_HOUR = 3600.0  # seconds between two warnings about one library
_DAY = 86_400.0  # seconds
_DIVERGENCE = 3.0  # days (UUT)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
# PostHog's own libraries, which may send uuids of other versions (UUV).
_EXEMPT = frozenset(
    {
        "posthog-android", "posthog-capture-v1-internal", "posthog-chrome-extension", "posthog-dotnet",
        "posthog-edge", "posthog-flutter", "posthog-go", "posthog-ios", "posthog-java", "posthog-node",
        "posthog-php", "posthog-python", "posthog-react-native", "posthog-rs", "posthog-ruby", "web",
    }
)  # fmt: skip

SZ_1 = Rule(
    id="SZ-1",
    looks_at=f"properties of more than {_SIZE_LIMIT:,} bytes",
    happens="The event is dropped.",
    effect=Effect.DROPPED,
    source=REG,
    warning="message_size_too_large",
)
TI_6 = Rule(
    id="TI-6",
    looks_at="an event older than the project allows (--drop-older-than)",
    happens="The event is dropped, unless it is an $exception.",
    effect=Effect.DROPPED,
    source=f"{OLD}; {PIPE}; {ERROR_TRACKING}",
    warning="event_dropped_too_old",
)
UU_2 = Rule(
    id="UU-2",
    looks_at="a uuid of another version than 7, from a library that is not PostHog's",
    happens="The event is stored, with one warning an hour for each library.",
    effect=Effect.APPLIED,
    source=UUV,
    warning="event_uuid_not_v7",
    versions="No stored version of the pipeline calls this check yet.",
)
UU_3 = Rule(
    id="UU-3",
    looks_at="a UUIDv7 whose time is more than 3 days from the timestamp",
    happens="The event is stored, but a lookup by its uuid does not find it.",
    effect=Effect.APPLIED,
    source=UUT,
    warning="event_uuid_timestamp_divergent",
    versions="Only in newer code.",
)
SE_1 = Rule(
    id="SE-1",
    looks_at="$session_id that is not a UUID",
    happens="The event is stored outside any session.",
    effect=Effect.APPLIED,
    source=f"{SES}; {REG}",
    warning="invalid_event_session_id",
    versions="One version calls the warning invalid_session_id.",
)
SE_2 = Rule(
    id="SE-2",
    looks_at="$session_id in upper case",
    happens="The id is stored in lower case.",
    effect=Effect.CHANGED,
    source=f"{SES}; {EVENT_UTILS}",
)
SE_3 = Rule(
    id="SE-3",
    looks_at="$window_id without $session_id",
    happens="The event is stored.",
    effect=Effect.APPLIED,
    source=WIN,
    warning="missing_session_id_with_window_id",
    versions="Only in newer code.",
)
RULES = (SZ_1, TI_6, UU_2, UU_3, SE_1, SE_2, SE_3)


def check_size(event: Event, size: int) -> None:
    """Drop an event that is too large for PostHog's queue.

    Args:
        event: any event.
        size: size of the event's properties in bytes.
    """
    if size > _SIZE_LIMIT:
        event.apply(SZ_1, f"the properties have {size:,} bytes; the limit is about {_SIZE_LIMIT:,}")


def check_age(event: Event) -> None:
    """Drop an event that is older than the project allows.

    Args:
        event: any event but an `$exception`.
    """
    limit = event.project.settings.drop_older_than
    if limit is not None and event.timestamp < rfc3339(event.now - timedelta(seconds=limit)):
        event.apply(TI_6, f"{event.timestamp} is more than {limit:g} s ago")


def check(event: Event) -> None:
    """Check the uuid and the session of an event.

    Args:
        event: any event.
    """
    if event.uuid[14] != "7":
        _check_version(event)
    else:
        _check_uuid_time(event)
    session = event.properties.get("$session_id")
    if session is None:
        if event.properties.get("$window_id") is not None:
            event.apply(SE_3, "$window_id has no effect without $session_id")
    elif not isinstance(session, str) or not _UUID.fullmatch(session):
        event.apply(SE_1, f"$session_id {session!r:.80} is not a UUID")
    elif not session.islower() and session != session.lower() and event.apply(SE_2):
        event.change("$session_id", session.lower())


def _check_version(event: Event) -> None:
    lib = event.properties.get("$lib")
    if not isinstance(lib, str) or not lib or lib in _EXEMPT:
        return
    warned, now = event.project.warned, event.now.timestamp()
    is_new = now - warned.get(lib, -_HOUR) >= _HOUR
    if event.apply(UU_2, f"{lib} sends uuids of version {event.uuid[14]}" if is_new else "") and is_new:
        warned[lib] = now


def _check_uuid_time(event: Event) -> None:
    made = int(event.uuid[:8] + event.uuid[9:13], 16) / 1000
    days = abs(made - datetime.fromisoformat(event.timestamp).timestamp()) / _DAY
    if days > _DIVERGENCE:
        event.apply(UU_3, f"the time in the uuid is {days:.1f} days away from {event.timestamp}")
