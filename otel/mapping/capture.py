"""Step 5: build the capture, with an id and a time that are the same for every retry and every route."""

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

__all__ = ["IS_SYSTEM", "LIBRARY", "SAME_FOR_ALL", "identity_properties", "timestamp", "to_capture", "uuid7"]

LIBRARY = "tformance-otel"

SAME_FOR_ALL = {
    "$lib": LIBRARY,
    "$lib_version": __version__,
    "$is_server": True,
    # The IP address is the server's own, so PostHog's geolocation would be wrong for everyone.
    "$geoip_disable": True,
}

# The property of the system person, so that the product team can exclude it when counting people.
IS_SYSTEM = {"is_system": True}

# Part of the input of each id's hash; generated once for this project with uuid4. Never change it: a
# different value would duplicate every event that is delivered again after an upgrade.
_NAMESPACE = UUID("5b0d5c54-3c0e-4a2b-9d7e-6f6f3f6e9a11").bytes

# PostHog ignores `$set` on these events (PP-6, GR-3).
_WITHOUT_PERSON_UPDATE = frozenset({EXCEPTION_CAPTURE, GROUPIDENTIFY_EVENT})

# Nanoseconds. PostHog collapses equal ids within a day, and wants the time in an id to be near the event's
# (`wire.md` section 1.7, UU-3).
_DAY = 86_400 * 10**9

_LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z

# The first 48 bits of a UUIDv7 contain milliseconds since 1970 (RFC 9562, section 5.7).
_LAST_MILLISECOND = 2**48 - 1

# The digit that contains the variant, with its two highest bits set to 10 (RFC 9562, section 4.1).
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def timestamp(time_unix_nano: int) -> str:
    """Return a time as RFC 3339 in UTC, to the microsecond, which is PostHog's precision.

    Args:
        time_unix_nano: nanoseconds since 1970.
    """
    seconds, nanoseconds = divmod(time_unix_nano, 1_000_000_000)
    return f"{_second(seconds)}.{nanoseconds // 1000:06d}Z"


@lru_cache(maxsize=64)  # the events of a batch share a few seconds, and formatting one costs 3 µs
def _second(seconds: int) -> str:
    # PostHog does not accept years beyond 9999 (`wire.md` section 1.6).
    return f"{datetime.fromtimestamp(min(max(seconds, 0), _LAST_SECOND), UTC):%Y-%m-%dT%H:%M:%S}"


def to_capture(
    envelope: Envelope,
    properties: dict[str, Any],
    person: ResolvedIdentity,
    *,
    origin: Mapping[str, Any],
    trace_url: str = "",
    prepares: str = "",
    raise_site: str = "",
) -> Capture:
    """Return the capture of an event.

    Args:
        envelope: the event.
        properties: the event's properties that may be sent; PostHog's own properties are added to this dict.
        person: the person to whom the event is attributed.
        origin: the properties that describe the program that recorded the event.
        trace_url: the URL of a trace, with the placeholder `{trace_id}`; empty for no link.
        prepares: the name of the capture that this one prepares. Both come from one envelope, and each needs
            a different id.
        raise_site: identifies an error that is known only as text, and may be seen again at another time.
    """
    name, time = envelope.name, envelope.time_unix_nano
    trace_id, span_id = f"{envelope.trace_id:032x}", f"{envelope.span_id:016x}"
    if envelope.span_id:  # a log record outside a span has no trace to link to
        properties["$trace_id"] = trace_id
        properties["$span_id"] = span_id
    for property_name, value in origin.items():
        properties.setdefault(property_name, value)  # the event's own property takes precedence
    properties |= SAME_FOR_ALL
    if trace_url and envelope.span_id:
        # PostHog has no standard name for this property; the page of an event shows a URL as a link.
        properties["trace_url"] = trace_url.replace("{trace_id}", trace_id)
    properties |= identity_properties(name, person)
    identified_at = time - time % _DAY if raise_site else time
    what = raise_site or time
    return Capture(
        name,
        person.distinct_id,
        uuid7(
            identified_at,
            f"{trace_id}:{span_id}:{name}:{what}:{envelope.ordinal}{prepares and ':' + prepares}",
        ),
        timestamp(time),
        properties,
        envelope.is_clock_trusted,
    )


def identity_properties(name: str, person: ResolvedIdentity) -> dict[str, Any]:
    """Return the properties that attribute an event to its person, groups and session.

    Args:
        name: the event's name.
        person: the person to whom the event is attributed.
    """
    properties: dict[str, Any] = {}
    # PostHog strips the groups of an event without a person, except from an exception (PL-3, EX-15).
    if person.groups and (not person.is_anonymous or name == EXCEPTION_CAPTURE):
        properties["$groups"] = person.groups
    if person.session_id is not None:
        properties["$session_id"] = person.session_id
    if person.is_anonymous:
        properties["$process_person_profile"] = False
    elif person.is_system and name not in _WITHOUT_PERSON_UPDATE:
        properties["$set"] = IS_SYSTEM
    return properties


def uuid7(time_unix_nano: int, name: str) -> str:
    """Return a UUIDv7 for a time; its other bits are a hash, so that each attempt and route has the same id.

    PostHog warns about other versions, and finds an event by the time in its id (UU-2, UU-3).

    Args:
        time_unix_nano: nanoseconds since 1970.
        name: what identifies the event among all others.
    """
    milliseconds = time_unix_nano // 1_000_000
    if not 0 <= milliseconds <= _LAST_MILLISECOND:
        milliseconds = min(max(milliseconds, 0), _LAST_MILLISECOND)
    time = milliseconds.to_bytes(6, "big").hex()  # in half the time of formatting
    text = sha1(_NAMESPACE + name.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return f"{time[:8]}-{time[8:]}-7{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"
