"""Who an event of a signed-in person is about."""

from __future__ import annotations

from django.http import HttpRequest

from apps.users.models import User
from otel import Identity

__all__ = ["identify"]


def identify(user: User, request: HttpRequest | None = None) -> Identity:
    """Return a person's identity, without a query.

    Args:
        user: the person.
        request: the request under way; it has a `team_key`, the current team's public id, once the team is
            known (`apps.teams.current`).
    """
    team_key: str | None = getattr(request, "team_key", None)
    return Identity(
        distinct_id=str(user.public_id),
        groups={"team": team_key} if team_key else {},
        opted_out=user.analytics_opt_out,
    )
