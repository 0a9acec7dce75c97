"""Helpers that summarize captured events: name, person, team and properties."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.core import mail

from apps.teams.models import Team
from apps.users.models import User
from otel.envelope import Capture

__all__ = ["declared", "events_summary", "group_updates", "invitation_link", "of_team", "person_updates"]


def declared(capture: Capture) -> dict[str, Any]:
    """Return the event's own properties, without those that PostHog and OpenTelemetry add."""
    return {name: value for name, value in capture.properties.items() if not name.startswith("$")}


def events_summary(captures: Iterable[Capture]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the name, person and properties of each business event, in the order of recording."""
    return [(one.event, one.distinct_id, declared(one)) for one in captures if not one.event.startswith("$")]


def of_team(capture: Capture) -> str | None:
    """Return the key of the team that an event is attributed to, or None."""
    groups: dict[str, str] = capture.properties.get("$groups", {})
    return groups.get("team")


def person_updates(captures: Iterable[Capture], user: User) -> list[dict[str, Any]]:
    """Return the properties of each update of a person, in order."""
    return [
        one.properties["$set"] | one.properties.get("$set_once", {})
        for one in captures
        if one.event == "$set" and one.distinct_id == str(user.public_id)
    ]


def group_updates(captures: Iterable[Capture], team: Team) -> list[dict[str, Any]]:
    """Return the properties of each update of a team, in order."""
    return [
        one.properties["$group_set"]
        for one in captures
        if one.event == "$groupidentify" and one.properties["$group_key"] == str(team.public_id)
    ]


def invitation_link() -> str:
    """Return the path of the link in the latest email."""
    found = re.search(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]
