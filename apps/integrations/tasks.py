"""Scheduled tasks (`CELERY_BEAT_SCHEDULE`)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from celery import shared_task

from apps.integrations.digest.post import post
from apps.integrations.models import Provider, SyncRun, Trigger
from apps.integrations.sync.requests import request_sync, resume
from apps.integrations.telemetry import batches, reconcile_person, reconcile_team
from apps.metrics.models import Repository
from apps.teams.models import Team
from apps.teams.telemetry import acting_for
from apps.users.models import User
from otel import flush, record_error

__all__ = ["post_to_slack", "reconcile", "sync_all"]

_log = logging.getLogger(__name__)


@shared_task
def sync_all() -> None:
    """Resume interrupted syncs, and sync every tracked repository."""
    for run in SyncRun.objects.filter(finished_at=None).select_related("repository__team").order_by("pk"):
        with _isolated(run.repository.team):
            resume(run)
    tracked = Repository.objects.filter(
        is_tracked=True,
        team__connections__provider=Provider.GITHUB,
        team__connections__disconnected_at=None,
    )
    for repository in tracked.select_related("team").order_by("pk"):
        with _isolated(repository.team):
            request_sync(repository, Trigger.SCHEDULED)


@shared_task
def reconcile() -> None:
    """Send the properties of every team and person to PostHog again, in case an update was lost."""
    for teams in batches(Team.objects.all()):
        for team in teams:
            with _isolated(team):
                reconcile_team(team)
        flush()  # the pipeline's queue is sized for normal traffic, not for all teams in one go
    for users in batches(User.objects.filter(is_active=True)):
        for user in users:
            with _isolated():
                reconcile_person(user)
        flush()


@shared_task
def post_to_slack() -> None:
    """Post the weekly digest of each team that has connected Slack."""
    teams = Team.objects.filter(
        slack_features__isnull=False,
        connections__provider=Provider.SLACK,
        connections__disconnected_at=None,
    )
    for team in teams.order_by("pk"):
        with _isolated(team):
            post(team)


@contextmanager
def _isolated(team: Team | None = None) -> Iterator[None]:
    """Log and record an exception from the block instead of raising it, so that the loop continues.

    Args:
        team: the team to which events, errors and tasks sent from the block belong; None for no team.
    """
    with nullcontext() if team is None else acting_for(team):
        try:
            yield
        except Exception as error:  # noqa: BLE001 - any error of one item
            _log.exception("one item failed; continuing with the next")
            record_error(error)
