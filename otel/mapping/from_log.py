"""Conversion of a log record with an `event_name` to an envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from operator import itemgetter
from typing import Any

from otel.attributes import DELIVERED_SEPARATELY, ORDINAL, POSTHOG_ONLY
from otel.envelope import Envelope
from otel.mapping.from_span import ordinal_of

__all__ = ["content_id", "envelope_of_log"]

# Attributes that exporters and the Collector add on the way, which differ between routes.
_MARKS = frozenset({DELIVERED_SEPARATELY, POSTHOG_ONLY, ORDINAL, "posthog.event", "posthog.exception"})


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
    content: Sequence[Any] = (),
) -> Envelope:
    """Return the envelope of one log record.

    Outside a trace, the envelope gets a trace id that is derived from everything the record contains, and
    therefore the same for every route and retry; the event's id, sampling and the anonymous id depend on it.
    A clock of milliseconds gives many records the same time. The span id stays 0, so that no trace is linked.

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
        content: what else the record contains, such as its body and scope.
    """
    resource = resource or {}
    return Envelope(
        name,
        attributes,
        time_unix_nano,
        trace_id or content_id(name, time_unix_nano, attributes, resource, *content),
        span_id,
        ordinal_of(attributes, ordinal),
        span_attributes or {},
        resource,
    )


def content_id(*content: Any) -> int:
    """Return a trace id for something outside a trace, which is identified by what it contains.

    Args:
        content: names, times, attributes and other values.
    """
    text = repr([_canonical(one) for one in content])
    return int.from_bytes(sha256(text.encode("utf-8", "backslashreplace")).digest()[:16], "big")


def _canonical(value: Any) -> Any:
    """Return a value without the order of its names, the type of its sequences, and marks of the route."""
    if isinstance(value, Mapping):
        named = ((str(name), one) for name, one in value.items())
        return sorted(
            ((name, _canonical(one)) for name, one in named if name not in _MARKS), key=itemgetter(0)
        )
    if isinstance(value, list | tuple):
        return [_canonical(one) for one in value]
    return value
