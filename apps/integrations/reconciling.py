"""Telling PostHog all that the database knows of a team, or of a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from django.db.models import Model, QuerySet

from apps.integrations.standing import connection_facts, repository_facts
from apps.metrics.standing import metrics_facts
from apps.teams.models import Team
from apps.teams.properties import TeamProperties
from apps.teams.standing import person_facts, team_facts
from apps.users.identity import identify
from apps.users.models import User
from apps.users.properties import UserProperties
from otel import set_group, set_person

__all__ = ["batches", "reconcile_person", "reconcile_team"]

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
