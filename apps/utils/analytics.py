"""The by-name analytics API that the plan specifies, on top of `otel`.

If the event is known in the code, prefer `otel.record(TeamMemberJoined(...))`, whose types are checked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from apps.teams.models import Team
from apps.teams.properties import TeamProperties
from apps.teams.telemetry import person_facts, team_facts
from apps.users.identity import identify
from apps.users.models import User
from apps.users.properties import UserProperties
from apps.utils import flags
from otel import Identity, record_error, record_named, set_group, set_person
from otel.identity import current_identity

__all__ = [
    "group_identify",
    "identify_user",
    "is_feature_enabled",
    "track_error",
    "track_event",
    "update_team_properties",
    "update_user_properties",
]

_log = logging.getLogger(__name__)

_Properties = TypeVar("_Properties")


def track_event(
    user: User | AnonymousUser | None, event_name: str, properties: Mapping[str, Any] | None = None
) -> None:
    """Record a declared event by its name.

    Args:
        user: the person who caused the event; if nobody is signed in, the request's visitor counts.
        event_name: the name of an event that an app declares in its `events.py`.
        properties: the declared properties of the event; events of a team require `team_slug`.
    """
    record_named(event_name, properties or {}, identity=_identity(user))


def identify_user(user: User, properties: Mapping[str, Any] | None = None) -> None:
    """Send a person's properties.

    Args:
        user: the person.
        properties: properties that `UserProperties` declares; by default all of them, read in one query.
    """
    if properties is None:
        set_person(person_facts(user), identity=identify(user))
    else:
        update_user_properties(user, **properties)


def group_identify(team: Team, properties: Mapping[str, Any] | None = None) -> None:
    """Send a team's properties.

    Args:
        team: the team.
        properties: properties that `TeamProperties` declares; by default all of them, read in one query.
    """
    if properties is None:
        set_group(team_facts(team), key=str(team.public_id))
    else:
        update_team_properties(team, **properties)


def update_user_properties(user: User, **properties: Any) -> None:
    """Change some of a person's properties.

    Args:
        user: the person.
        properties: properties that `UserProperties` declares.
    """
    declared = _declared(UserProperties, properties)
    if declared is not None:
        set_person(declared, identity=identify(user))


def update_team_properties(team: Team, **properties: Any) -> None:
    """Change some of a team's properties.

    Args:
        team: the team.
        properties: properties that `TeamProperties` declares.
    """
    declared = _declared(TeamProperties, properties)
    if declared is not None:
        set_group(declared, key=str(team.public_id))


def track_error(
    error: BaseException, request: HttpRequest | None = None, user: User | AnonymousUser | None = None
) -> None:
    """Record an error that the product handled.

    Args:
        error: the exception.
        request: the request that raised the error; by default the current request.
        user: the person who was affected; by default the request's user.
    """
    match = request.resolver_match if request is not None else None
    whom = user or (request.user if request is not None else None)
    record_error(error, identity=_identity(whom, request), view_name=match.view_name if match else None)


def is_feature_enabled(flag: str, user: User, default: bool = False) -> bool:
    """Return whether a feature flag is enabled for a person, in the request's current team.

    Flags are evaluated locally, without a network request. This requires POSTHOG_PERSONAL_API_KEY (a personal
    API key, or a project's secret key); without a key, and before the definitions are loaded, the result is
    the default.

    Args:
        flag: the flag's key.
        user: the person.
        default: the result if the flag cannot be evaluated locally.
    """
    distinct_id, current = str(user.public_id), current_identity()
    groups = current.groups if current is not None and current.distinct_id == distinct_id else {}
    return flags.is_enabled(flag, distinct_id, groups, default)


def _identity(user: Any, request: HttpRequest | None = None) -> Identity | None:
    """Return a signed-in person's identity; None stands for the identity of the current request or task."""
    return identify(user, request) if getattr(user, "is_authenticated", False) else None


def _declared(kind: Callable[..., _Properties], properties: Mapping[str, Any]) -> _Properties | None:
    """Return the declared properties; an undeclared name raises in development and is logged otherwise."""
    try:
        return kind(**properties)
    except TypeError:
        if settings.DEBUG:
            raise
        _log.exception("undeclared properties were not sent")
        return None
