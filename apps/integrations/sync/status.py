"""What is to be seen of a team's syncs, in a few queries however many repositories there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from apps.integrations.connections.lifecycle import live_connection
from apps.integrations.models import Provider, SyncOutcome, SyncRun
from apps.integrations.sync.errors import problem_text
from apps.metrics.models import Repository
from apps.teams.models import Team

__all__ = ["SyncOverview", "SyncState", "sync_overview"]


@dataclass(frozen=True, kw_only=True)
class SyncState:
    """Be how far the sync of a tracked repository is.

    Args:
        repository: which one.
        run: the latest; None if there was none.
        synced_at: when it was last synced to its end.
    """

    repository: Repository
    run: SyncRun | None
    synced_at: datetime | None

    @property
    def is_running(self) -> bool:
        """Whether it goes on by itself."""
        return self.run is not None and self.run.finished_at is None and not self.run.is_broken_off

    @property
    def problem(self) -> str:
        """What is wrong and what to do; empty if nothing is."""
        if self.run is None or self.is_running:
            return ""
        if self.run.is_broken_off:
            return "It was broken off. Sync it now to go on; otherwise it goes on within the hour."
        return problem_text(self.run.error_type)


@dataclass(frozen=True, kw_only=True)
class SyncOverview:
    """Be what `integrations/_syncs.html` shows.

    Args:
        states: of each tracked repository, by name.
        is_connected: whether GitHub is.
    """

    states: list[SyncState]
    is_connected: bool

    @property
    def is_running(self) -> bool:
        """Whether any of them goes on by itself."""
        return any(state.is_running for state in self.states)


def sync_overview(team: Team) -> SyncOverview:
    """Look at a team's syncs, in three queries.

    Args:
        team: whose.
    """
    runs = SyncRun.objects.filter(repository=OuterRef("pk")).order_by("-started_at", "-pk")
    synced = runs.filter(outcome=SyncOutcome.SUCCESS).values("finished_at")
    tracked = team.repositories.filter(is_tracked=True).annotate(
        run_pk=Subquery(runs.values("pk")[:1]), synced_at=Subquery(synced[:1])
    )
    repositories = list(tracked.order_by("full_name"))
    latest = SyncRun.objects.in_bulk([one.run_pk for one in repositories if one.run_pk])
    return SyncOverview(
        states=[
            SyncState(repository=one, run=latest.get(one.run_pk), synced_at=one.synced_at)
            for one in repositories
        ],
        is_connected=live_connection(team, Provider.GITHUB) is not None,
    )
