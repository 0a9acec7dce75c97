"""Conversion of a log record with an `event_name` to an envelope."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from otel.envelope import Envelope
from otel.mapping.from_span import ordinal_of

__all__ = ["envelope_of_log"]

# The attributes that identify a process (semantic conventions, registry `service`).
_PROCESS = ("service.namespace", "service.name", "service.instance.id")


def envelope_of_log(
    name: str,
    attributes: Mapping[str, Any],
    time_unix_nano: int,
    *,
    trace_id: int = 0,
    span_id: int = 0,
    ordinal: int = 0,
    span_attributes: Mapping[str, Any] | None = None,
    resource: Mapping[str, Any] | None = None,
) -> Envelope:
    """Return the envelope of one log record.

    Outside a trace, the envelope gets a trace id that is derived from the record and therefore the same for
    every route and retry; the event's id, sampling and the anonymous id depend on it. The span id stays 0, so
    that no trace is linked.

    Args:
        name: the record's `event_name`.
        attributes: the record's attributes.
        time_unix_nano: the record's time, or the time of its observation if it has no time.
        trace_id: 128 bits; 0 outside a trace.
        span_id: 64 bits; 0 outside a span.
        ordinal: the position among records with the same span, name and time; the record's own attribute
            takes precedence.
        span_attributes: the identity of the surrounding request or task.
        resource: the OpenTelemetry resource's attributes.
    """
    resource = resource or {}
    return Envelope(
        name,
        attributes,
        time_unix_nano,
        trace_id or _trace_id(name, time_unix_nano, resource),
        span_id,
        ordinal_of(attributes, ordinal),
        span_attributes or {},
        resource,
    )


def _trace_id(name: str, time_unix_nano: int, resource: Mapping[str, Any]) -> int:
    process = ":".join(str(resource.get(attribute, "")) for attribute in _PROCESS)
    digest = sha256(f"{process}:{name}:{time_unix_nano}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:16], "big")
