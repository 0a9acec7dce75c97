"""Step 5: the capture, with an id and a time that every retry and every path give again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1
from typing import Any
from uuid import UUID

from otel.attributes import EXCEPTION_CAPTURE, GROUPIDENTIFY_EVENT
from otel.envelope import Capture, Envelope
from otel.mapping.identify import ResolvedIdentity
from otel.version import __version__

__all__ = ["IS_SYSTEM", "LIBRARY", "timestamp", "to_capture"]

LIBRARY = "tformance-otel"

_SAME_FOR_ALL = {
    "$lib": LIBRARY,
    "$lib_version": __version__,
    "$is_server": True,
    # The address is the server's own; PostHog's place for it would be wrong for everybody.
    "$geoip_disable": True,
}

# What marks the system person, so that the product team can leave it out of counts of people.
IS_SYSTEM = {"is_system": True}

# Part of what each id is a hash of; made once for this project by uuid4, and never changed: another one
# would double every event that is delivered again after an upgrade.
_NAMESPACE = UUID("5b0d5c54-3c0e-4a2b-9d7e-6f6f3f6e9a11").bytes

# On these PostHog passes over `$set` (PP-6, GR-3).
_WITHOUT_PERSON_UPDATE = frozenset({EXCEPTION_CAPTURE, GROUPIDENTIFY_EVENT})

_LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z

# The first 48 bits of a UUIDv7 hold milliseconds since 1970 (RFC 9562, section 5.7).
_LAST_MILLISECOND = 2**48 - 1

# The digit that holds the variant, with its two highest bits set to 10 (RFC 9562, section 4.1).
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def timestamp(time_unix_nano: int) -> str:
    """Return a time as RFC 3339 in UTC, to the microsecond, which is what PostHog keeps.

    Args:
        time_unix_nano: nanoseconds since 1970.
    """
    seconds, nanoseconds = divmod(time_unix_nano, 1_000_000_000)
    return f"{_second(seconds)}.{nanoseconds // 1000:06d}Z"


@lru_cache(maxsize=64)  # the events of a batch share a few seconds, and formatting one costs 3 µs
def _second(seconds: int) -> str:
    # Years beyond 9999 are no time at all to PostHog (`wire.md` section 1.6).
    return f"{datetime.fromtimestamp(min(max(seconds, 0), _LAST_SECOND), UTC):%Y-%m-%dT%H:%M:%S}"


def to_capture(
    envelope: Envelope,
    properties: dict[str, Any],
    person: ResolvedIdentity,
    *,
    origin: Mapping[str, Any],
    trace_url: str = "",
    ahead_of: str = "",
) -> Capture:
    """Put together what PostHog gets.

    Args:
        envelope: the event.
        properties: what leaves of it; PostHog's own are added to this dict.
        person: whom it is about.
        origin: the properties that say which program it comes from.
        trace_url: where a trace is looked at, with `{trace_id}` in its place.
        ahead_of: the name of the capture that this one prepares. Both are made of one envelope, and each
            needs an id of its own.
    """
    name, time = envelope.name, envelope.time_unix_nano
    trace_id, span_id = f"{envelope.trace_id:032x}", f"{envelope.span_id:016x}"
    if envelope.span_id:  # a log record outside a span has no trace to link to
        properties["$trace_id"] = trace_id
        properties["$span_id"] = span_id
    for property_name, value in origin.items():
        properties.setdefault(property_name, value)  # what the event itself says of it counts
    properties |= _SAME_FOR_ALL
    if trace_url and envelope.span_id:
        # PostHog has no name of its own for it; the page of an event shows an address as a link.
        properties["trace_url"] = trace_url.replace("{trace_id}", trace_id)
    # PostHog strips the groups of an event without a person, except of an exception (PL-3, EX-15).
    if person.groups and (not person.is_anonymous or name == EXCEPTION_CAPTURE):
        properties["$groups"] = person.groups
    if person.session_id is not None:
        properties["$session_id"] = person.session_id
    if person.is_anonymous:
        properties["$process_person_profile"] = False
    elif person.is_system and name not in _WITHOUT_PERSON_UPDATE:
        properties["$set"] = IS_SYSTEM
    return Capture(
        name,
        person.distinct_id,
        _uuid7(time, f"{trace_id}:{span_id}:{name}:{time}:{envelope.ordinal}{ahead_of and ':' + ahead_of}"),
        timestamp(time),
        properties,
        envelope.is_clock_trusted,
    )


def _uuid7(time_unix_nano: int, name: str) -> str:
    """Return a UUIDv7 of a time; its other bits are a hash, so that each attempt and path gives the same.

    PostHog warns about other versions, and looks an event up by the time in its id (UU-2, UU-3).
    """
    time = f"{min(max(time_unix_nano // 1_000_000, 0), _LAST_MILLISECOND):012x}"
    text = sha1(_NAMESPACE + name.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return f"{time[:8]}-{time[8:]}-7{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"
