"""Updates of persons and groups: the span events `$set`, `$groupidentify` and `$identify`."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from otel.attributes import ANON_DISTINCT_ID, GROUP_KEY, GROUP_TYPE, OWN_PREFIX
from otel.envelope import Envelope, Rejection
from otel.events import Registry
from otel.events.declaration import PropertySet
from otel.events.sensitivity import Sensitivity
from otel.events.types import WrongType
from otel.mapping.identify import ResolvedIdentity, group_key, legal_id
from otel.reasons import Reason

__all__ = ["group_update", "person_merge", "person_update"]


def person_update(
    envelope: Envelope,
    person: ResolvedIdentity,
    registry: Registry,
    identity_attributes: AbstractSet[str],
    *,
    send_organisation: bool,
) -> dict[str, Any] | Rejection:
    """Return the properties of a `$set` capture.

    Args:
        envelope: a span event `$set`.
        person: the person to update.
        registry: the registry that contains the person properties.
        identity_attributes: the names of the identity attributes, which are not properties.
        send_organisation: whether to send properties that identify a customer's organization.
    """
    if not person.is_account:
        return Rejection(Reason.ILLEGAL_ID, "person properties need a signed-in person")
    split = _split(envelope.attributes, registry.properties(), identity_attributes, send_organisation)
    if isinstance(split, Rejection):
        return split
    values, once = split
    return {"$set": values, "$set_once": once} if once else {"$set": values}


def group_update(
    envelope: Envelope, registry: Registry, identity_attributes: AbstractSet[str], *, send_organisation: bool
) -> dict[str, Any] | Rejection:
    """Return the properties of a `$groupidentify` capture.

    PostHog has no `$group_set_once`: a set-once property is sent like the others, and keeps its value because
    the product does not change it.

    Args:
        envelope: a span event `$groupidentify`.
        registry: the registry that contains the group's properties.
        identity_attributes: the names of the identity attributes, which are not properties.
        send_organisation: whether to send properties that identify a customer's organization.
    """
    group_type = str(envelope.attributes.get(GROUP_TYPE, ""))
    key = group_key(envelope.attributes.get(GROUP_KEY))
    if not group_type or key is None:
        return Rejection(Reason.ILLEGAL_ID, f"a group of type {group_type!r} needs a key")
    split = _split(
        envelope.attributes, registry.properties(group_type), identity_attributes, send_organisation
    )
    if isinstance(split, Rejection):
        return split
    values, once = split
    return {"$group_type": group_type, "$group_key": key, "$group_set": values | once}


def person_merge(envelope: Envelope, person: ResolvedIdentity) -> dict[str, Any] | Rejection:
    """Return the properties of an `$identify` capture, which links a visitor's events to an account.

    Args:
        envelope: a span event `$identify`.
        person: the account.
    """
    visitor = legal_id(envelope.attributes.get(ANON_DISTINCT_ID))
    if not person.is_account or visitor is None:
        return Rejection(Reason.ILLEGAL_ID, "$identify needs the id of a visitor and the id of an account")
    return {"$anon_distinct_id": visitor}


def _split(
    attributes: Mapping[str, Any],
    declared: PropertySet | None,
    identity_attributes: AbstractSet[str],
    send_organisation: bool,
) -> tuple[dict[str, Any], dict[str, Any]] | Rejection:
    """Validate the properties; return those to overwrite, and those that keep their first value."""
    values: dict[str, Any] = {}
    once: dict[str, Any] = {}
    known = declared.properties if declared is not None else {}
    for name, value in attributes.items():
        if name in identity_attributes or name.startswith(OWN_PREFIX):
            continue
        prop = known.get(name)
        if prop is None:
            return Rejection(Reason.UNKNOWN_PROPERTY, f"{name} is not declared")
        try:
            checked = prop.check(value)
        except WrongType:
            return Rejection(
                Reason.WRONG_TYPE, f"{name} is a {type(value).__name__} that does not fit {prop.type_name}"
            )
        if send_organisation or prop.sensitivity is not Sensitivity.ORGANISATION:
            (once if prop.is_set_once else values)[name] = checked
    return values, once
