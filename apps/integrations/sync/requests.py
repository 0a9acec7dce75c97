"""Requesting syncs, and taking up those that broke off."""

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

# By how much an incremental sync looks further back than to the start of the last: GitHub's clock is not
# ours, and its search for what has changed lags behind its database by seconds.
_OVERLAP = timedelta(minutes=5)


def request_syncs(
    team: Team, trigger: Trigger, repositories: Iterable[Repository] | None = None
) -> list[SyncRun]:
    """Sync repositories of a team in the background; those that are being synced go on.

    Args:
        team: whose.
        trigger: by what.
        repositories: which ones; all that are tracked by default.
    """
    if repositories is None:
        repositories = team.repositories.filter(is_tracked=True).select_related("team").order_by("pk")
    requested = [_request(repository, trigger) for repository in repositories]
    runs = [run for run in requested if run is not None]
    _go_on_after_commit(*runs)
    return runs


def request_sync(repository: Repository, trigger: Trigger) -> SyncRun | None:
    """Sync a repository in the background; None if that is under way. One that broke off is taken up again.

    Args:
        repository: which one.
        trigger: by what.
    """
    runs = request_syncs(repository.team, trigger, [repository])
    return runs[0] if runs else None


def resume(run: SyncRun) -> SyncRun | None:
    """Take up a run again if it broke off; None if it did not.

    Args:
        run: which one.
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
    except IntegrityError:  # a double click: the other request has just begun it
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
    running.seen_at = timezone.now()  # so that nobody else takes it up, too
    running.save(update_fields=["seen_at"])
    return running


def _go_on_after_commit(*runs: SyncRun) -> None:
    """Have a worker go on; where none can be told, a run counts as broken off after a while."""
    send_after_commit(sync_repository, *((run.pk,) for run in runs))
