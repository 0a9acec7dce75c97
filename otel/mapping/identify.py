"""Step 4: find the person and groups to whom an event is attributed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from otel.attributes import IDENTITY_ATTRIBUTES, OPTED_OUT, SESSION_ID, VISITOR_ID
from otel.envelope import Envelope
from otel.text.unicode import replace_surrogates

__all__ = [
    "SYSTEM_ID",
    "ResolvedIdentity",
    "anonymous_id",
    "group_key",
    "identify",
    "identity_attribute_names",
    "is_opted_out",
    "legal_id",
    "resolve",
    "system_person",
    "uuid7_or_none",
]

# The person for a group's events that no person causes, such as a scheduled task or a provider that revokes
# access. PostHog strips the groups of events without a person, so these events need one. All groups share it,
# because an id per group would create a person per group (PostHog/posthog issue 7921). The id is not in
# PostHog's two lists of illegal ids (`wire.md` section 1.5).
SYSTEM_ID = "telemetry-system"

# The attributes to search for an id, in order: a signed-in person's id before a visitor's.
_IDS = (*IDENTITY_ATTRIBUTES, VISITOR_ID)

# The namespace of anonymous ids; generated once for this project with uuid4.
_ANONYMOUS_NAMESPACE = UUID("8c1f9a52-54f3-4f0a-9e5b-0c6b0e1c7d2a")

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")

# PostHog v1 drops events with an id of more than 200 bytes; v0 truncates the id, which merges people
# (`wire.md` section 1.5).
_MAX_ID_BYTES = 200

# UTF-16 units; PostHog drops the update of a group with a longer key (`wire.md` section 1.3).
_MAX_GROUP_KEY = 400

# Everyone with one of these ids would become the same person (`wire.md` section 1.5).
_ILLEGAL_IDS = frozenset(
    {
        "0",
        "00000000-0000-0000-0000-000000000000",
        "[object object]",
        "anonymous",
        "anonymous-user",
        "backend",
        "distinct_id",
        "distinctid",
        "email",
        "false",
        "guest",
        "id",
        "nan",
        "none",
        "not_authenticated",
        "null",
        "system",
        "true",
        "undefined",
        "user",
    }
)


@dataclass(slots=True)
class ResolvedIdentity:
    """The person a capture is attributed to.

    Args:
        distinct_id: a legal id.
        is_anonymous: whether PostHog must not create a person profile.
        session_id: posthog-js's session id, if it is a UUIDv7.
        groups: the key of each group type.
        is_system: whether this is the system person.
    """

    distinct_id: str
    is_anonymous: bool
    session_id: str | None
    groups: dict[str, str]
    is_system: bool = False

    @property
    def is_account(self) -> bool:
        """Whether this is a signed-in person."""
        return not self.is_anonymous and not self.is_system


def legal_id(value: Any) -> str | None:
    """Return an id that PostHog accepts, or None for an id that several people could share.

    Args:
        value: a recorded id.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None  # a list or a map does not identify anyone
    text = (value if type(value) is str else str(value)).strip()
    if not text or text.lower().strip("\"'") in _ILLEGAL_IDS or not text.isprintable():
        return None
    return text if len(text.encode("utf-8", "replace")) <= _MAX_ID_BYTES else None


def group_key(value: Any) -> str | None:
    """Return a group key that PostHog accepts, or None if the value is not a key.

    Args:
        value: a recorded key.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = (value if type(value) is str else str(value)).strip()
    if text.isascii():
        return text if 0 < len(text) <= _MAX_GROUP_KEY else None
    text = replace_surrogates(text)
    return text if len(text.encode("utf-16-le")) <= 2 * _MAX_GROUP_KEY else None


def is_opted_out(envelope: Envelope) -> bool:
    """Whether the person asked not to be tracked.

    Args:
        envelope: the event.
    """
    return bool(envelope.attributes.get(OPTED_OUT) or envelope.span_attributes.get(OPTED_OUT))


def identity_attribute_names(group_attributes: Mapping[str, str]) -> frozenset[str]:
    """Return the names of all attributes that carry identity.

    Args:
        group_attributes: for each group type, the attribute that carries the group's key.
    """
    return frozenset((*_IDS, SESSION_ID, *group_attributes.values()))


def identify(
    envelope: Envelope, group_attributes: Mapping[str, str], identity_attributes: AbstractSet[str]
) -> ResolvedIdentity:
    """Return the identity of an event: the event's own if it has one, otherwise its span's.

    An event without a person and groups gets an anonymous id that is the same throughout its trace. The
    identity is used as a whole: an event that was recorded for another person does not belong to the team or
    session of the request that recorded it.

    Args:
        envelope: the event.
        group_attributes: for each group type, the attribute that carries the group's key.
        identity_attributes: the result of `identity_attribute_names`, which the caller computes once.
    """
    attributes = envelope.attributes
    if identity_attributes.isdisjoint(attributes):
        attributes = envelope.span_attributes
    return resolve(attributes, group_attributes) or ResolvedIdentity(
        anonymous_id(envelope.trace_id),
        is_anonymous=True,
        session_id=uuid7_or_none(attributes.get(SESSION_ID)),
        groups={},
    )


def resolve(attributes: Mapping[str, Any], group_attributes: Mapping[str, str]) -> ResolvedIdentity | None:
    """Return the identity that attributes carry; None if they name neither a person nor a group.

    An identity with groups but without a person is attributed to the system person.

    Args:
        attributes: those of an event or a span.
        group_attributes: for each group type, the attribute that carries the group's key.
    """
    groups = {}
    for group_type, attribute in group_attributes.items():
        key = group_key(attributes.get(attribute))
        if key is not None:
            groups[group_type] = key
    session_id = uuid7_or_none(attributes.get(SESSION_ID))
    for name in _IDS:
        distinct_id = legal_id(attributes[name]) if name in attributes else None
        if distinct_id is not None:
            return ResolvedIdentity(distinct_id, name == VISITOR_ID, session_id, groups)
    return system_person(groups) if groups else None


def system_person(groups: dict[str, str]) -> ResolvedIdentity:
    """Return the system person, for events of groups that no person causes; only people have sessions.

    Args:
        groups: the key of each group type.
    """
    return ResolvedIdentity(SYSTEM_ID, is_anonymous=False, session_id=None, groups=groups, is_system=True)


def anonymous_id(trace_id: int) -> str:
    """Return the anonymous id of a trace.

    Args:
        trace_id: 128 bits.
    """
    return str(uuid5(_ANONYMOUS_NAMESPACE, f"trace:{trace_id:032x}"))


def uuid7_or_none(value: object) -> str | None:
    """Return an id if it is a UUIDv7, as posthog-js generates them; otherwise None.

    PostHog's session aggregation ignores other ids (`wire.md` section 1.7).

    Args:
        value: the value of a header, cookie or attribute.
    """
    if type(value) is not str:
        return None
    text = value.lower()
    return text if _UUID7.fullmatch(text) else None
