"""The tasks that the clock starts (`CELERY_BEAT_SCHEDULE`)."""

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
            post(team)


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
