"""The life of a sync: asked for, waiting, and ended, each told once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from apps.background import send_after_commit
from apps.integrations.events import OutcomeName, RepoSyncCompleted, RepoSyncStarted, TriggerName
from apps.integrations.models import SyncOutcome, SyncRun, Trigger
from apps.metrics.models import Repository
from apps.metrics.standing import update_metrics
from apps.teams.models import Team
from apps.teams.standing import current_identity_in
from otel import record

__all__ = ["finish", "request_sync", "request_syncs", "resume", "wait"]

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


def wait(run: SyncRun, until: datetime) -> None:
    """Note that a run goes on later.

    Args:
        run: which one.
        until: when.
    """
    SyncRun.objects.filter(pk=run.pk, finished_at=None).update(
        seen_at=timezone.now(), resumes_at=until, delays=F("delays") + 1
    )


@transaction.atomic
def finish(run: SyncRun, trouble: BaseException | None = None) -> bool:
    """End a run, and tell of it; False if it has ended before.

    Args:
        run: which one.
        trouble: what ended it early.
    """
    # Of a team's last two runs that end at once one waits here for the other, and then knows to be the last.
    team = Team.objects.select_for_update().get(pk=run.repository.team_id)
    unfinished = SyncRun.objects.filter(repository__team=team, finished_at=None)
    ending = unfinished.select_for_update(of=("self",)).filter(pk=run.pk).first()
    if ending is None:
        return False
    ending.finished_at = ending.seen_at = timezone.now()
    ending.resumes_at = None
    if trouble is None:
        ending.outcome = SyncOutcome.SUCCESS
    else:
        ending.outcome = SyncOutcome.PARTIAL if ending.prs_synced else SyncOutcome.FAILED
        ending.error_type = type(trouble).__name__
    ending.save(update_fields=["finished_at", "seen_at", "resumes_at", "outcome", "error_type"])
    _tell_of_end(ending, team, ending.finished_at)
    update_metrics(team)
    if not unfinished.exists():
        _find_insights_after_commit(team)
    return True


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


def _tell_of_end(run: SyncRun, team: Team, now: datetime) -> None:
    record(
        RepoSyncCompleted(
            team_slug=team.slug,
            trigger=cast("TriggerName", run.trigger),
            is_initial=run.is_initial,
            outcome=cast("OutcomeName", run.outcome),
            prs_synced=run.prs_synced,
            duration_ms=round((now - run.started_at) / timedelta(milliseconds=1)),
            error_type=run.error_type or None,
        ),
        identity=current_identity_in(team),
    )


def _go_on_after_commit(*runs: SyncRun) -> None:
    """Have a worker go on; where none can be told, a run counts as broken off after a while."""
    from apps.integrations.tasks import sync_repository  # the tasks know this module

    send_after_commit(sync_repository, *((run.pk,) for run in runs))


def _find_insights_after_commit(team: Team) -> None:
    from apps.integrations.tasks import find_insights  # the tasks know this module

    send_after_commit(find_insights, (team.pk,))
