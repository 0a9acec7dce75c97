"""A team's repositories: listing them from GitHub and setting which ones are tracked."""

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
    """The result of a choice of repositories.

    Args:
        tracked: all tracked repositories, sorted by name.
        started: the repositories that were not tracked before and must be synced.
    """

    tracked: list[Repository]
    started: list[Repository]


def visible_repositories(connection: Connection) -> list[GitHubRepository]:
    """Return the repositories of the connected organization without duplicates, sorted by name.

    Args:
        connection: a live connection to GitHub.

    Raises:
        ProviderError: if the request to GitHub fails.
    """
    found = github.repositories(connection.access_token, connection.account_name)
    # A repository created between two pages pushes another one onto the next page, so it is read twice.
    visible = {one.id: one for one in found}
    return sorted(visible.values(), key=lambda one: one.full_name.lower())


def refresh_repositories(team: Team, connection: Connection) -> list[Repository]:
    """Save the repositories that a connection can see, update their names, and untrack those that are gone.

    Args:
        team: the team.
        connection: the team's live connection to GitHub.

    Returns:
        The visible repositories, sorted by name.

    Raises:
        ProviderError: if the request to GitHub fails.
    """
    visible = visible_repositories(connection)
    with transaction.atomic():
        _locked(team)  # lock in the usual order first: `bulk_create` writes the rows in another one
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
    """Track these repositories of a team and no others; untracked repositories keep their data.

    Args:
        team: the team.
        ids: GitHub's ids; ids that do not belong to a repository of the team are ignored.
    """
    return _apply(team, _locked(team), ids)


def _locked(team: Team) -> list[Repository]:
    """Lock a team's repositories, always in the same order, which prevents deadlocks."""
    return list(team.repositories.select_for_update().order_by("pk"))


def _apply(team: Team, repositories: Iterable[Repository], ids: Collection[int]) -> Tracked:
    """Apply the selection; update the team's group property if the selection changed."""
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
