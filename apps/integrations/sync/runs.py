"""Ending and delaying of sync runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.background import send_after_commit
from apps.integrations.events import OutcomeName, RepoSyncCompleted, TriggerName
from apps.integrations.models import SyncOutcome, SyncRun
from apps.integrations.sync.after import find_insights
from apps.metrics.telemetry import update_metrics
from apps.teams.models import Team
from apps.teams.telemetry import current_identity_in
from otel import record

__all__ = ["finish", "wait"]


def wait(run: SyncRun, until: datetime) -> None:
    """Save that a run resumes later.

    Args:
        run: the run that waits.
        until: when the run resumes.
    """
    SyncRun.objects.filter(pk=run.pk, finished_at=None).update(
        seen_at=timezone.now(), resumes_at=until, delays=F("delays") + 1
    )


@transaction.atomic
def finish(run: SyncRun, trouble: BaseException | None = None) -> bool:
    """End a run and record its event; return False if the run had already ended.

    Args:
        run: the run to end.
        trouble: the exception that ended the run early; None if the sync succeeded.
    """
    # If a team's last two runs end concurrently, one waits here for the other and sees that it is the last.
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
    _record_end(ending, team, ending.finished_at)
    update_metrics(team)
    if not unfinished.exists():
        send_after_commit(find_insights, (team.pk,))
    return True


def _record_end(run: SyncRun, team: Team, now: datetime) -> None:
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
