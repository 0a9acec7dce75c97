"""What travels through the mapping: an envelope goes in, a capture or a reject comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from otel.reasons import Reason

__all__ = ["Capture", "Envelope", "Rejection"]


@dataclass(slots=True)
class Envelope:
    """Carry one event with its time, place and resource, whatever it was recorded on.

    Args:
        name: the event's name.
        attributes: what was recorded with it, the identity stamped by `record` included.
        time_unix_nano: when it happened, in nanoseconds since 1970.
        trace_id: 128 bits; outside a trace one made for it, as there is no span id.
        span_id: 64 bits; 0 outside a span.
        ordinal: position among the span's events of the same name and time.
        span_attributes: the entry span's identity, for events that carry none of their own.
        resource: the OpenTelemetry resource's attributes (service.name and so on).
        is_clock_trusted: whether the time was stamped by a machine whose clock we answer for. A foreign
            program's may be anything.
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
    """One event as PostHog takes it; most fields are the wire's own (`wire.md` section 1.2).

    Nothing of it changes after the first attempt to deliver it: PostHog dedupes on uuid, event,
    distinct_id and timestamp together (`wire.md` section 1.7).

    Args:
        event: its name.
        distinct_id: whom it is attributed to.
        uuid: a UUIDv7 with the event's own time.
        timestamp: RFC 3339, in UTC.
        properties: as JSON carries them.
        is_clock_trusted: as the envelope's; it decides whether PostHog may correct the time.
    """

    event: str
    distinct_id: str
    uuid: str
    timestamp: str
    properties: dict[str, Any]
    is_clock_trusted: bool = True


@dataclass(slots=True, frozen=True)
class Rejection:
    """Say why an event is no capture.

    Args:
        reason: the member of the one enum.
        detail: which property, which value's type; never the value itself.
    """

    reason: Reason
    detail: str = ""
