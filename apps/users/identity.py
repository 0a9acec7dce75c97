"""Identity of a signed-in person in events."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypedDict

from django.http import HttpRequest

from apps.users.models import User
from otel import Identity

__all__ = ["TEAM_SLUG", "TeamFields", "identify", "team_of"]

# Listed in `settings.TELEMETRY["ERROR_PROPERTIES"]`.
TEAM_SLUG: Final = "tformance.team.slug"


def identify(user: User, request: HttpRequest | None = None) -> Identity:
    """Return a person's identity; runs no query.

    Args:
        user: the person.
        request: the current request. Once the team is known (`apps.teams.current_team.lookup`), it has the
            attributes `team_key`, the current team's public id, and `team_slug`.
    """
    team_key: str | None = getattr(request, "team_key", None)
    known = Identity(distinct_id=str(user.public_id), opted_out=user.analytics_opt_out)
    if not team_key:
        return known
    return replace(known, **team_of(team_key, getattr(request, "team_slug", "")))


class TeamFields(TypedDict):
    """The fields of an `Identity` that name a team."""

    groups: dict[str, str]
    span_attributes: dict[str, str]


def team_of(key: str, slug: str) -> TeamFields:
    """Return the fields of an `Identity` that name a team.

    Args:
        key: the team's public id.
        slug: the team's slug, which `error_occurred` reports.
    """
    return {"groups": {"team": key}, "span_attributes": {TEAM_SLUG: slug}}
