"""What happens in the background: syncs, and what the clock starts (`CELERY_BEAT_SCHEDULE`)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from celery import Task, shared_task

from apps.insights.finding import find
from apps.integrations import slack_digest
from apps.integrations.models import Provider, SyncRun, Trigger
from apps.integrations.reconciling import batches, reconcile_person, reconcile_team
from apps.integrations.syncing import proceed
from apps.integrations.syncs import request_sync, resume
from apps.metrics.models import Repository
from apps.teams.models import Team
from apps.teams.standing import acting_for
from apps.users.models import User
from otel import flush, record_error

__all__ = ["find_insights", "post_to_slack", "reconcile", "sync_all", "sync_repository"]

_log = logging.getLogger(__name__)


# How often it goes on is decided there, by what happens in between.
@shared_task(bind=True, max_retries=None)
def sync_repository(self: Task[Any, Any], run_pk: int) -> None:
    """Go on with a sync; where GitHub makes it wait, no worker does.

    Args:
        self: the task.
        run_pk: the `SyncRun`.
    """
    resumes_at = proceed(run_pk)
    if resumes_at is not None:
        raise self.retry(eta=resumes_at)


@shared_task
def find_insights(team_pk: int) -> None:
    """Look at what a team's syncs have brought; a task of its own, so that a fault here ends no sync.

    Args:
        team_pk: the `Team`.
    """
    team = Team.objects.filter(pk=team_pk).first()
    if team is not None:
        with acting_for(team):
            find(team)


@shared_task
def sync_all() -> None:
    """Take up the syncs that broke off, and sync whatever is tracked."""
    for run in SyncRun.objects.filter(finished_at=None).select_related("repository__team").order_by("pk"):
        with _alone(run.repository.team):
            resume(run)
    tracked = Repository.objects.filter(
        is_tracked=True,
        team__connections__provider=Provider.GITHUB,
        team__connections__disconnected_at=None,
    )
    for repository in tracked.select_related("team").order_by("pk"):
        with _alone(repository.team):
            request_sync(repository, Trigger.SCHEDULED)


@shared_task
def reconcile() -> None:
    """Tell PostHog again of every team and person, for whatever it has missed."""
    for teams in batches(Team.objects.all()):
        for team in teams:
            with _alone(team):
                reconcile_team(team)
        flush()  # the pipeline's queue is as long as a busy hour needs, which this is not
    for users in batches(User.objects.filter(is_active=True)):
        for user in users:
            with _alone():
                reconcile_person(user)
        flush()


@shared_task
def post_to_slack() -> None:
    """Post the week's digest for each team that has Slack."""
    teams = Team.objects.filter(
        slack_features__isnull=False,
        connections__provider=Provider.SLACK,
        connections__disconnected_at=None,
    )
    for team in teams.order_by("pk"):
        with _alone(team):
            slack_digest.post(team)


@contextmanager
def _alone(team: Team | None = None) -> Iterator[None]:
    """Keep a failure from the others' turns; it is recorded as one that was handled.

    Args:
        team: whose turn it is, which events, errors and further tasks then belong to.
    """
    with nullcontext() if team is None else acting_for(team):
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever has failed for one
            _log.exception("one turn has failed; the next follow")
            record_error(error)
