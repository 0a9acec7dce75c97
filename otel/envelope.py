"""Input and output of the mapping: an envelope becomes a capture or a rejection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from otel.reasons import Reason

__all__ = ["Capture", "Envelope", "Rejection"]


@dataclass(slots=True)
class Envelope:
    """An event with its time, origin and resource, independent of the signal it was recorded on.

    Args:
        name: the event's name.
        attributes: the attributes that were recorded with the event, including the identity that `record`
            adds.
        time_unix_nano: the time of the event, in nanoseconds since 1970.
        trace_id: 128 bits; outside a trace, an id that was derived from the event.
        span_id: 64 bits; 0 outside a span.
        ordinal: the position among the span's events with the same name and time.
        span_attributes: the entry span's identity, for events without an identity of their own. It may be
            shared with other events, and does not change.
        resource: the OpenTelemetry resource's attributes, such as `service.name`.
        is_clock_trusted: whether the time comes from a machine whose clock is under our control. The clock of
            a foreign program may show any time.
    """

    name: str
    attributes: Mapping[str, Any]
    time_unix_nano: int
    trace_id: int = 0
    span_id: int = 0
    ordinal: int = 0
    span_attributes: Mapping[str, Any] = field(default_factory=dict)
    resource: Mapping[str, Any] = field(default_factory=dict)
    is_clock_trusted: bool = True


@dataclass(slots=True)
class Capture:
    """One event in PostHog's format; most fields have the same names on the wire (`wire.md` section 1.2).

    A capture does not change after the first delivery attempt, because PostHog deduplicates by uuid, event,
    distinct_id and timestamp together (`wire.md` section 1.7).

    Args:
        event: the event's name.
        distinct_id: the person to whom the event is attributed.
        uuid: a UUIDv7 that contains the event's time.
        timestamp: the event's time, RFC 3339 in UTC.
        properties: the properties, in their JSON form.
        is_clock_trusted: the envelope's flag, which decides whether PostHog may correct the time.
    """

    event: str
    distinct_id: str
    uuid: str
    timestamp: str
    properties: dict[str, Any]
    is_clock_trusted: bool = True


@dataclass(slots=True, frozen=True)
class Rejection:
    """The reason why an event did not become a capture.

    Args:
        reason: the reason, as reported in metrics.
        detail: the property and the type of its value; never the value itself.
    """

    reason: Reason
    detail: str = ""
