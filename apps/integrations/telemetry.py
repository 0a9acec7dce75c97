"""Person and group properties that depend on connections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, QuerySet

from apps.integrations.models import Connection, Provider
from apps.metrics.models import Repository
from apps.metrics.telemetry import metrics_facts
from apps.teams.models import Team
from apps.teams.properties import TeamProperties
from apps.teams.telemetry import person_facts, team_facts
from apps.users.identity import identify
from apps.users.models import User
from apps.users.properties import UserProperties
from otel import set_group, set_person

__all__ = [
    "batches",
    "connection_facts",
    "connection_flag",
    "reconcile_person",
    "reconcile_team",
    "repository_facts",
]


def connection_flag(provider: Provider, is_connected: bool) -> UserProperties:
    """Return the person property that changes when a person gains or loses a connection.

    Args:
        provider: the provider of the connection.
        is_connected: whether the person has a live connection to the provider, in any team.
    """
    match provider:
        case Provider.GITHUB:
            return UserProperties(has_connected_github=is_connected)
        case Provider.JIRA:
            return UserProperties(has_connected_jira=is_connected)
        case Provider.SLACK:
            return UserProperties(has_connected_slack=is_connected)


def connection_facts(user: User) -> UserProperties:
    """Return the properties that say what a person has connected, in any team; runs one query.

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
    """Return the property that counts a team's synced repositories: 0 without GitHub; runs one query.

    Args:
        team: the team.
    """
    github = Connection.objects.filter(team=OuterRef("team"), provider=Provider.GITHUB, disconnected_at=None)
    tracked = Repository.objects.filter(Exists(github), team=team, is_tracked=True)
    return TeamProperties(repos_tracked=tracked.count())


# Well below the 10,000 spans that the pipeline holds, and a few megabytes of rows.
_BATCH = 1_000


M = TypeVar("M", bound=Model)


P = TypeVar("P", TeamProperties, UserProperties)


def batches(rows: QuerySet[M]) -> Iterator[list[M]]:
    """Yield rows in batches, each row exactly once, even if other rows are added or deleted meanwhile.

    Args:
        rows: the rows of any model; their order is ignored.
    """
    last = None
    while batch := list(rows.filter(**({"pk__gt": last} if last else {})).order_by("pk")[:_BATCH]):
        yield batch
        last = batch[-1].pk


def reconcile_team(team: Team) -> None:
    """Send all of a team's group properties to PostHog.

    Args:
        team: the team.
    """
    facts = _merged(team_facts(team), repository_facts(team), metrics_facts(team))
    set_group(facts, key=str(team.public_id))


def reconcile_person(user: User) -> None:
    """Send all of a person's properties to PostHog; the pipeline drops those of people who opted out.

    Args:
        user: the person.
    """
    facts = _merged(
        person_facts(user),
        connection_facts(user),
        UserProperties(signed_up_at=user.date_joined.isoformat()),
    )
    set_person(facts, identity=identify(user))


def _merged(first: P, *others: P) -> P:
    for other in others:
        known = {name: getattr(other, name) for name in other.property_names}
        first = replace(first, **{name: value for name, value in known.items() if value is not None})
    return first
