"""Telling PostHog what is connected, of a person and of a team."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from apps.integrations.models import Connection, Provider
from apps.metrics.models import Repository
from apps.teams.models import Team
from apps.teams.properties import TeamProperties
from apps.users.models import User
from apps.users.properties import UserProperties

__all__ = ["connection_facts", "connection_flag", "repository_facts"]


def connection_flag(provider: Provider, is_connected: bool) -> UserProperties:
    """Return the one property that a connection made or lost changes of a person.

    Args:
        provider: what is connected.
        is_connected: whether the person has a live connection of it, in any team.
    """
    match provider:
        case Provider.GITHUB:
            return UserProperties(has_connected_github=is_connected)
        case Provider.JIRA:
            return UserProperties(has_connected_jira=is_connected)
        case Provider.SLACK:
            return UserProperties(has_connected_slack=is_connected)


def connection_facts(user: User) -> UserProperties:
    """Read what a person has connected, in any team, in one query.

    Args:
        user: the person.
    """
    live = set(
        Connection.objects.filter(connected_by=user, disconnected_at=None).values_list("provider", flat=True)
    )
    return UserProperties(
        has_connected_github=Provider.GITHUB in live,
        has_connected_jira=Provider.JIRA in live,
        has_connected_slack=Provider.SLACK in live,
    )


def repository_facts(team: Team) -> TeamProperties:
    """Read how many repositories of a team are synced, in one query; none are without GitHub.

    Args:
        team: the team.
    """
    github = Connection.objects.filter(team=OuterRef("team"), provider=Provider.GITHUB, disconnected_at=None)
    tracked = Repository.objects.filter(Exists(github), team=team, is_tracked=True)
    return TeamProperties(repos_tracked=tracked.count())
