"""Ingestion warnings: what PostHog accepts, and then does not do what its sender hoped for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["ILLEGAL_IDS", "is_illegal_id", "warnings_of"]

# PostHog's own list (`wire.md` section 1.5): ids that broken code sends, and that would merge strangers.
ILLEGAL_IDS = frozenset(
    {
        "0", "00000000-0000-0000-0000-000000000000", "[object object]", "anonymous", "anonymous-user",
        "backend", "distinct_id", "distinctid", "email", "false", "guest", "id", "nan", "none",
        "not_authenticated", "null", "system", "true", "undefined", "user",
    }
)  # fmt: skip

# Computed by PostHog; what a client sends under these names is overwritten (`wire.md` section 2.1).
_SERVER_OWNED = frozenset(
    {
        "$exception_types", "$exception_values", "$exception_sources", "$exception_functions",
        "$exception_handled", "$exception_fingerprint_record", "$exception_fingerprint_version",
        "$exception_issue_id", "$exception_release", "$cymbal_errors",
    }
)  # fmt: skip

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
_GROUP_LIMIT = 400  # characters of a group's type and of its key (`wire.md` section 1.3)
_UPDATES = ("$set", "$set_once")

Warnings = Iterator[tuple[str, str]]


def is_illegal_id(distinct_id: str) -> bool:
    """Whether PostHog takes an id for the mistake of a program.

    Args:
        distinct_id: as sent.
    """
    return distinct_id.lower() in ILLEGAL_IDS


def warnings_of(event: str, distinct_id: str, properties: Mapping[str, Any]) -> Warnings:
    """Yield the type and message of each ingestion warning that an event earns by its content.

    Args:
        event: its name.
        distinct_id: as stored.
        properties: as stored.
    """
    if distinct_id.lower() in ILLEGAL_IDS:
        yield (
            "illegal_distinct_id",
            f"distinct_id {distinct_id!r} is shared by everyone whose program sends it",
        )
    session = properties.get("$session_id")
    if session is not None and not (isinstance(session, str) and _UUID7.fullmatch(session)):
        yield "invalid_session_id", "$session_id is no UUIDv7: the event is left out of sessions"
    groups = properties.get("$groups")
    if groups is not None:
        yield from _groups(groups)
    for name in _UPDATES:
        if name in properties and not isinstance(properties[name], Mapping):
            yield "invalid_property_update", f"{name} is no object: it is ignored"
    if event[:1] == "$":
        check = _BY_EVENT.get(event)
        if check is not None:
            yield from check(distinct_id, properties)


def _groups(groups: object) -> Warnings:
    if not isinstance(groups, Mapping):
        yield "invalid_groups", "$groups is no object of group type and key"
        return
    for group_type, key in groups.items():
        if isinstance(key, bool) or not isinstance(key, str | int | float) or key == "":
            yield "invalid_groups", f"the key of the group {group_type!r} in $groups is no text"


def _groupidentify(_: str, properties: Mapping[str, Any]) -> Warnings:
    for name in ("$group_type", "$group_key"):
        value = properties.get(name)
        if not isinstance(value, str) or not value:
            yield "invalid_group", f"{name} is missing or no text: the group is not updated"
        elif len(value) > _GROUP_LIMIT:
            yield "invalid_group", f"{name} has {len(value)} characters; {_GROUP_LIMIT} are allowed"
    if not isinstance(properties.get("$group_set", {}), Mapping):
        yield "invalid_group", "$group_set is no object: the group is not updated"


def _merge(distinct_id: str, properties: Mapping[str, Any]) -> Warnings:
    ids = (distinct_id, properties.get("$anon_distinct_id"), properties.get("alias"))
    for one in ids:
        if isinstance(one, str) and is_illegal_id(one):
            yield (
                "cannot_merge_with_illegal_distinct_id",
                f"{one!r} may not be merged with anyone: nothing is",
            )


def _exception(_: str, properties: Mapping[str, Any]) -> Warnings:
    for name in (*_UPDATES, "$unset"):
        if name in properties:
            yield "person_update_on_exception", f"{name} is ignored on $exception"
    for name in sorted(_SERVER_OWNED.intersection(properties)):
        yield "server_owned_property", f"{name} is computed by PostHog"
    exceptions = properties.get("$exception_list")
    if not isinstance(exceptions, list) or not exceptions:
        yield "invalid_exception", "$exception_list is missing or empty: no issue is made"
        return
    for exception in exceptions:
        mistake = _exception_mistake(exception)
        if mistake:
            yield "invalid_exception", mistake


def _exception_mistake(exception: object) -> str:
    """Say what PostHog's strict parser stumbles over, or "" (`wire.md` section 2.1)."""
    if not isinstance(exception, Mapping) or not isinstance(exception.get("type"), str):
        return "an entry of $exception_list has no type"
    stacktrace = exception.get("stacktrace")
    if stacktrace is None:
        return ""
    frames = stacktrace.get("frames") if isinstance(stacktrace, Mapping) else None
    if not isinstance(frames, list):
        return f"the stacktrace of {exception['type']} has no list of frames"
    for frame in frames:
        if not isinstance(frame, Mapping) or not isinstance(frame.get("platform"), str):
            return f"a frame of {exception['type']} names no platform"
        if frame["platform"] != "python":
            continue
        if not isinstance(frame.get("filename"), str) or not isinstance(frame.get("function"), str):
            return f"a frame of {exception['type']} has no filename or function"
        for name in ("pre_context", "post_context"):
            lines = frame.get(name, [])
            if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
                return f"{name} of a frame of {exception['type']} is no list of texts"
    return ""


_BY_EVENT = {
    "$groupidentify": _groupidentify,
    "$identify": _merge,
    "$create_alias": _merge,
    "$merge_dangerously": _merge,
    "$exception": _exception,
}
