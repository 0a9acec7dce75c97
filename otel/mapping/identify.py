"""Step 4: whom the event is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from otel.attributes import IDENTITY_ATTRIBUTES, OPTED_OUT, SESSION_ID, VISITOR_ID
from otel.envelope import Envelope

__all__ = [
    "SYSTEM_ID",
    "ResolvedIdentity",
    "group_key",
    "identify",
    "is_opted_out",
    "legal_id",
    "nobody",
    "stamp_names",
    "system_person",
    "uuid7_or_none",
]

# Who acts for a group when no person does: a scheduled task, a provider that revokes access. PostHog strips
# the groups of events without a person, so these need one; and one for all of them, since an id per group
# would make a person per group (PostHog/posthog issue 7921). Neither of PostHog's lists of illegal ids has it
# (`wire.md` section 1.5).
SYSTEM_ID = "telemetry-system"

# The order in which an id is looked for: a signed-in person's before a visitor's.
_IDS = (*IDENTITY_ATTRIBUTES, VISITOR_ID)

# Names the ids of events about nobody; made once for this project by uuid4.
_ANONYMOUS_NAMESPACE = UUID("8c1f9a52-54f3-4f0a-9e5b-0c6b0e1c7d2a")

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")

# PostHog v1 drops events with an id of more than 200 bytes, v0 cuts it, which merges people
# (`wire.md` section 1.5).
_MAX_ID_BYTES = 200

# UTF-16 units; PostHog drops the update of a group with a longer key (`wire.md` section 1.3).
_MAX_GROUP_KEY = 400

# All who carry one of these would become one person (`wire.md` section 1.5).
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
        is_anonymous: whether PostHog should make no person profile for it.
        session_id: posthog-js's session id, if it is a UUIDv7.
        groups: the key of each group type.
        is_system: whether it stands for what no person did.
    """

    distinct_id: str
    is_anonymous: bool
    session_id: str | None
    groups: dict[str, str]
    is_system: bool = False

    @property
    def is_account(self) -> bool:
        """Whether it is somebody who has signed in."""
        return not self.is_anonymous and not self.is_system


def legal_id(value: Any) -> str | None:
    """Return an id as PostHog may have it, or None for one that strangers share.

    Args:
        value: a recorded id.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None  # a list or a map names nobody
    text = (value if type(value) is str else str(value)).strip()
    if not text or text.lower().strip("\"'") in _ILLEGAL_IDS or not text.isprintable():
        return None
    return text if len(text.encode("utf-8", "replace")) <= _MAX_ID_BYTES else None


def group_key(value: Any) -> str | None:
    """Return a group's key as PostHog may have it, or None for what is no key.

    Args:
        value: a recorded key.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = (value if type(value) is str else str(value)).strip()
    if text.isascii():
        return text if 0 < len(text) <= _MAX_GROUP_KEY else None
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text if len(text.encode("utf-16-le")) <= 2 * _MAX_GROUP_KEY else None


def is_opted_out(envelope: Envelope) -> bool:
    """Whether the person asked not to be tracked.

    Args:
        envelope: the event.
    """
    return bool(envelope.attributes.get(OPTED_OUT) or envelope.span_attributes.get(OPTED_OUT))


def stamp_names(group_attributes: Mapping[str, str]) -> frozenset[str]:
    """Return the names of all attributes that carry identity.

    Args:
        group_attributes: for each group type the attribute that carries its key.
    """
    return frozenset((*_IDS, SESSION_ID, *group_attributes.values()))


def identify(
    envelope: Envelope, group_attributes: Mapping[str, str], stamps: AbstractSet[str]
) -> ResolvedIdentity:
    """Find whom an event is about: its own stamp, else its span's.

    Where the stamp names groups but no person, that is the system person; with neither it is nobody, stably
    by trace. The stamp is taken as a whole: an event that names a person of its own is not about the team,
    or in the session, of the request that it was recorded in.

    Args:
        envelope: the event.
        group_attributes: for each group type the attribute that carries its key.
        stamps: from `stamp_names`, made once.
    """
    stamp = envelope.attributes
    if stamps.isdisjoint(stamp):
        stamp = envelope.span_attributes
    groups = {}
    for group_type, attribute in group_attributes.items():
        key = group_key(stamp.get(attribute))
        if key is not None:
            groups[group_type] = key
    session_id = uuid7_or_none(stamp.get(SESSION_ID))
    for name in _IDS:
        distinct_id = legal_id(stamp[name]) if name in stamp else None
        if distinct_id is not None:
            return ResolvedIdentity(distinct_id, name == VISITOR_ID, session_id, groups)
    if groups:
        return system_person(groups)
    return ResolvedIdentity(
        nobody(envelope.trace_id), is_anonymous=True, session_id=session_id, groups=groups
    )


def system_person(groups: dict[str, str]) -> ResolvedIdentity:
    """Return the person of what happens to groups by nobody's hand; in no session, which are people's.

    Args:
        groups: the key of each group type.
    """
    return ResolvedIdentity(SYSTEM_ID, is_anonymous=False, session_id=None, groups=groups, is_system=True)


def nobody(trace_id: int) -> str:
    """Return the id of nobody in particular, the same throughout a trace.

    Args:
        trace_id: 128 bits.
    """
    return str(uuid5(_ANONYMOUS_NAMESPACE, f"trace:{trace_id:032x}"))


def uuid7_or_none(value: object) -> str | None:
    """Return an id only if it is a UUIDv7, as posthog-js makes them.

    Others would be left out of PostHog's session aggregation (`wire.md` section 1.7).

    Args:
        value: what a header, cookie or attribute claims.
    """
    text = value.lower() if type(value) is str else ""
    return text if _UUID7.fullmatch(text) else None
