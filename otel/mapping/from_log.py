"""From a log record that has an `event_name` to its envelope."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from otel.envelope import Envelope
from otel.mapping.from_span import ordinal_of

__all__ = ["envelope_of_log"]

# What tells one process's records from another's (semantic conventions, registry `service`).
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

    Outside a trace the record gets a trace id of its own making, which every path and every retry makes
    again: id, thinning and "nobody in particular" go by it. Its span id stays 0, so no trace is linked.

    Args:
        name: the record's `event_name`.
        attributes: the record's own.
        time_unix_nano: its time, or where it has none, when it was observed.
        trace_id: 128 bits; 0 outside a trace.
        span_id: 64 bits; 0 outside a span.
        ordinal: its position among records of the same span, name and time, if it does not say so itself.
        span_attributes: the identity that holds around it.
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
