"""A team's repositories: which there are at GitHub, and which of them are tracked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction

from apps.integrations.models import Connection
from apps.integrations.providers import github
from apps.integrations.providers.github import GitHubRepository
from apps.metrics.models import Repository
from apps.teams.models import Team
from apps.teams.properties import TeamProperties
from otel import set_group

__all__ = ["Tracked", "refresh_repositories", "set_tracked", "visible_repositories"]


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """Be what a choice of repositories has come to.

    Args:
        tracked: all that are tracked now, by name.
        started: those of them that were not before, and have to be synced.
    """

    tracked: list[Repository]
    started: list[Repository]


def visible_repositories(connection: Connection) -> list[GitHubRepository]:
    """Ask GitHub for the repositories of the connected organisation, each once, by name.

    Args:
        connection: a live one to GitHub.

    Raises:
        ProviderError: if GitHub does not tell.
    """
    found = github.repositories(connection.access_token, connection.account_name)
    # One that is made while the pages are read pushes another one onto the next page too.
    visible = {one.id: one for one in found}
    return sorted(visible.values(), key=lambda one: one.full_name.lower())


def refresh_repositories(team: Team, connection: Connection) -> list[Repository]:
    """Keep what the connection can see, under its present names, and track no more what has vanished.

    Args:
        team: whose.
        connection: its live one to GitHub.

    Raises:
        ProviderError: if GitHub does not tell.
    """
    visible = visible_repositories(connection)
    with transaction.atomic():
        _locked(team)  # before the rows are written in another order
        Repository.objects.bulk_create(
            [Repository(team=team, external_id=one.id, full_name=one.full_name) for one in visible],
            update_conflicts=True,
            unique_fields=["team", "external_id"],
            update_fields=["full_name"],
        )
        seen = {one.id for one in visible}
        repositories = _locked(team)
        _apply(team, repositories, {one.external_id for one in repositories if one.is_tracked} & seen)
    return sorted(
        (one for one in repositories if one.external_id in seen), key=lambda one: one.full_name.lower()
    )


@transaction.atomic
def set_tracked(team: Team, ids: Collection[int]) -> Tracked:
    """Track these repositories of the team and no others; what was read of the others stays.

    Args:
        team: whose.
        ids: GitHub's ids; one that is no repository of the team is passed over.
    """
    return _apply(team, _locked(team), ids)


def _locked(team: Team) -> list[Repository]:
    """Read them for a change, in one order, so that of two at once neither waits for the other forever."""
    return list(team.repositories.select_for_update().order_by("pk"))


def _apply(team: Team, repositories: Iterable[Repository], ids: Collection[int]) -> Tracked:
    """Track those, and tell of it if that changes anything."""
    tracked: list[Repository] = []
    started: list[Repository] = []
    ended: list[Repository] = []
    for one in repositories:
        if one.external_id in ids:
            tracked.append(one)
            if not one.is_tracked:
                started.append(one)
        elif one.is_tracked:
            ended.append(one)
    for changed, is_tracked in ((started, True), (ended, False)):
        if changed:
            Repository.objects.filter(pk__in=[one.pk for one in changed]).update(is_tracked=is_tracked)
            for one in changed:
                one.is_tracked = is_tracked
    if started or ended:
        set_group(TeamProperties(repos_tracked=len(tracked)), key=str(team.public_id))
    tracked.sort(key=lambda one: one.full_name.lower())
    return Tracked(tracked=tracked, started=started)
