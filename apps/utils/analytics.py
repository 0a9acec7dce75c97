"""The plan's by-name analytics API, on top of `otel`.

Where the event is known, `otel.record(TeamMemberJoined(...))` says the same with the types checked.
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
from apps.utils import _flags
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
        user: whom it is about; for nobody signed in, the request's visitor.
        event_name: as declared in an app's `events.py`.
        properties: as declared; `team_slug` for what a team has done.
    """
    record_named(event_name, properties or {}, identity=_identity(user))


def identify_user(user: User, properties: Mapping[str, Any] | None = None) -> None:
    """Send what is known of a person.

    Args:
        user: the person.
        properties: of `UserProperties`; by default what the database knows, in one query.
    """
    if properties is None:
        set_person(person_facts(user), identity=identify(user))
    else:
        update_user_properties(user, **properties)


def group_identify(team: Team, properties: Mapping[str, Any] | None = None) -> None:
    """Send what is known of a team.

    Args:
        team: the team.
        properties: of `TeamProperties`; by default what the database knows, in one query.
    """
    if properties is None:
        set_group(team_facts(team), key=str(team.public_id))
    else:
        update_team_properties(team, **properties)


def update_user_properties(user: User, **properties: Any) -> None:
    """Change some of a person's properties.

    Args:
        user: the person.
        properties: of `UserProperties`.
    """
    declared = _declared(UserProperties, properties)
    if declared is not None:
        set_person(declared, identity=identify(user))


def update_team_properties(team: Team, **properties: Any) -> None:
    """Change some of a team's properties.

    Args:
        team: the team.
        properties: of `TeamProperties`.
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
        request: where it was handled, if not in the request under way.
        user: whom it happened to, if not the request's user.
    """
    match = request.resolver_match if request is not None else None
    whom = user or (request.user if request is not None else None)
    record_error(error, identity=_identity(whom, request), view_name=match.view_name if match else None)


def is_feature_enabled(flag: str, user: User, default: bool = False) -> bool:
    """Tell whether a feature flag is on for a person, in the team that the request is about, asking nobody.

    Flags are evaluated locally, which needs POSTHOG_PERSONAL_API_KEY (a personal key, or a project's secret
    key); without one, and until the definitions are here, the default counts.

    Args:
        flag: the flag's key.
        user: the person.
        default: what counts when the flag cannot be evaluated here.
    """
    distinct_id, current = str(user.public_id), current_identity()
    groups = current.groups if current is not None and current.distinct_id == distinct_id else {}
    return _flags.is_enabled(flag, distinct_id, groups, default)


def _identity(user: Any, request: HttpRequest | None = None) -> Identity | None:
    """Return a signed-in person's identity; None leaves it to the request or task under way."""
    return identify(user, request) if getattr(user, "is_authenticated", False) else None


def _declared(kind: Callable[..., _Properties], properties: Mapping[str, Any]) -> _Properties | None:
    """Make the declared properties; an undeclared name raises in development and is logged otherwise."""
    try:
        return kind(**properties)
    except TypeError:
        if settings.DEBUG:
            raise
        _log.exception("properties that nobody declares are not sent")
        return None
