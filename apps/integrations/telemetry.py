"""Telling PostHog what is connected, of a person and of a team."""

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


# Well below the spans that the pipeline holds at once (10,000), and a few megabytes of rows.
_BATCH = 1_000


M = TypeVar("M", bound=Model)


P = TypeVar("P", TeamProperties, UserProperties)


def batches(rows: QuerySet[M]) -> Iterator[list[M]]:
    """Read rows in batches; none twice and none left out, whatever comes and goes meanwhile.

    Args:
        rows: of any model.
    """
    last = None
    while batch := list(rows.filter(**({"pk__gt": last} if last else {})).order_by("pk")[:_BATCH]):
        yield batch
        last = batch[-1].pk


def reconcile_team(team: Team) -> None:
    """Send all of a team's properties.

    Args:
        team: whose.
    """
    facts = _merged(team_facts(team), repository_facts(team), metrics_facts(team))
    set_group(facts, key=str(team.public_id))


def reconcile_person(user: User) -> None:
    """Send all of a person's properties; the pipeline leaves out who opted out.

    Args:
        user: whose.
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
