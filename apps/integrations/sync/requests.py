"""Requesting syncs and resuming interrupted ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import cast

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.background import send_after_commit
from apps.integrations.events import RepoSyncStarted, TriggerName
from apps.integrations.models import SyncOutcome, SyncRun, Trigger
from apps.integrations.sync.tasks import sync_repository
from apps.metrics.models import Repository
from apps.teams.models import Team
from apps.teams.telemetry import current_identity_in
from otel import record

__all__ = ["request_sync", "request_syncs", "resume"]

# How far an incremental sync looks back before the start of the last sync, because GitHub's clock may differ
# from ours and its search for changes lags behind its database by seconds.
_OVERLAP = timedelta(minutes=5)


def request_syncs(
    team: Team, trigger: Trigger, repositories: Iterable[Repository] | None = None
) -> list[SyncRun]:
    """Sync repositories of a team in the background, except those that are already being synced.

    Args:
        team: the team.
        trigger: the cause of the syncs.
        repositories: the repositories to sync; defaults to all tracked ones.

    Returns:
        The runs that were started or resumed.
    """
    if repositories is None:
        repositories = team.repositories.filter(is_tracked=True).select_related("team").order_by("pk")
    requested = [_request(repository, trigger) for repository in repositories]
    runs = [run for run in requested if run is not None]
    _go_on_after_commit(*runs)
    return runs


def request_sync(repository: Repository, trigger: Trigger) -> SyncRun | None:
    """Start or resume a sync of a repository in the background; return None if it is already being synced.

    Args:
        repository: the repository to sync.
        trigger: the cause of the sync.
    """
    runs = request_syncs(repository.team, trigger, [repository])
    return runs[0] if runs else None


def resume(run: SyncRun) -> SyncRun | None:
    """Resume a run that was interrupted; return None if it was not.

    Args:
        run: the run to resume.
    """
    with transaction.atomic():
        running = SyncRun.objects.select_for_update().filter(pk=run.pk, finished_at=None).first()
        resumed = None if running is None else _take_up(running)
    if resumed is not None:
        _go_on_after_commit(resumed)
    return resumed


def _request(repository: Repository, trigger: Trigger) -> SyncRun | None:
    try:
        with transaction.atomic():
            running = repository.sync_runs.select_for_update().filter(finished_at=None).first()
            return _begin(repository, trigger) if running is None else _take_up(running)
    except IntegrityError:  # a double click: the other request has just started a run
        return None


def _begin(repository: Repository, trigger: Trigger) -> SyncRun:
    last = repository.sync_runs.filter(outcome=SyncOutcome.SUCCESS).order_by("-started_at").first()
    run = SyncRun.objects.create(
        repository=repository,
        trigger=trigger,
        is_initial=last is None,
        since=last.started_at - _OVERLAP if last else None,
    )
    team = repository.team
    started = RepoSyncStarted(
        team_slug=team.slug, trigger=cast("TriggerName", trigger.value), is_initial=run.is_initial
    )
    record(started, identity=current_identity_in(team))
    return run


def _take_up(running: SyncRun) -> SyncRun | None:
    if not running.is_broken_off:
        return None
    running.seen_at = timezone.now()  # so that nobody else resumes the run
    running.save(update_fields=["seen_at"])
    return running


def _go_on_after_commit(*runs: SyncRun) -> None:
    """Send the runs to a worker; if the broker is unreachable, they soon count as interrupted and resume."""
    send_after_commit(sync_repository, *((run.pk,) for run in runs))
