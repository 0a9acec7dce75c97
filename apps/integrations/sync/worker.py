"""The loop of a sync: it reads and saves page after page, until the last one or an error."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.utils import timezone

from apps.integrations.connections.lifecycle import disconnect, live_connection
from apps.integrations.models import Connection, Provider, SyncRun
from apps.integrations.providers.github import client
from apps.integrations.sync.errors import (
    AccessDeniedError,
    AccessRevokedError,
    AccessUnreadableError,
    GitHubUnavailableError,
    RateLimitedError,
    RepositoryGoneError,
    StoppedError,
)
from apps.integrations.sync.github_reader import Page, read_page
from apps.integrations.sync.runs import finish, wait
from apps.metrics.ingest.save import save_pull_requests
from apps.metrics.models import Repository

__all__ = ["proceed"]

# How often in a row a run waits before it fails: hours for rate limits, a few minutes for other errors.
_PATIENCE = 4
# The wait before the first retry after a failure; each further wait is three times as long.
_BACKOFF = timedelta(seconds=5)
# Added to the wait for a rate limit, so that not all runs resume in the same second.
_SPREAD_S = 10


class _OvertakenError(Exception):
    """Raised when another worker has taken over the run, or the run has ended."""


def proceed(run_pk: int) -> datetime | None:
    """Continue a run until it ends or must wait; return when to continue, or None.

    Args:
        run_pk: the primary key of the run; nothing happens if the run has ended or was deleted with its team.

    Raises:
        GitHubUnavailableError: after the last retry; the run has ended.
        Exception: any unexpected error; the run has ended.
    """
    run = SyncRun.objects.select_related("repository__team").filter(pk=run_pk, finished_at=None).first()
    if run is None:
        return None
    try:
        _read(run)
    except _OvertakenError:
        return None
    except RateLimitedError as trouble:
        return _later(run, trouble, trouble.retry_after + timedelta(seconds=random.uniform(1, _SPREAD_S)))
    except GitHubUnavailableError as trouble:
        later = _later(run, trouble, _BACKOFF * 3**run.delays * random.uniform(0.5, 1.5))
        if later is None:
            raise
        return later
    except AccessRevokedError as trouble:
        _end_all(run, trouble)
    except (AccessDeniedError, AccessUnreadableError, RepositoryGoneError, StoppedError) as trouble:
        finish(run, trouble)
    except Exception as error:
        finish(run, error)
        raise
    else:
        finish(run)
    return None


def _read(run: SyncRun) -> None:
    connection = live_connection(run.repository.team, Provider.GITHUB)
    if connection is None:
        raise StoppedError
    try:
        token = connection.access_token
    except InvalidToken as error:
        raise AccessUnreadableError from error
    with client(token) as github:
        is_last = False
        while not is_last:
            try:
                page = read_page(github, run.repository, since=run.since, cursor=run.cursor)
            except AccessRevokedError as trouble:
                if disconnect(connection, refused=token):
                    raise
                raise StoppedError from trouble  # a user has ended or renewed the connection meanwhile
            _save_page(run, page, connection)
            is_last = page.is_last


@transaction.atomic
def _save_page(run: SyncRun, page: Page, connection: Connection) -> None:
    """Save a page and the run's progress in one transaction; raise an error if the run must not continue."""
    ours = SyncRun.objects.select_for_update().filter(pk=run.pk, finished_at=None, cursor=run.cursor)
    if ours.first() is None:
        raise _OvertakenError
    is_wanted = Repository.objects.filter(
        pk=run.repository_id,
        is_tracked=True,
        team__connections=connection,
        team__connections__disconnected_at=None,
    )
    if not is_wanted.exists():
        raise StoppedError
    run.prs_synced += save_pull_requests(run.repository, page.facts)
    # GitHub does not say in advance how many pull requests have changed.
    run.prs_expected = page.total if run.since is None else 0
    run.cursor, run.seen_at = page.cursor, timezone.now()
    run.resumes_at, run.delays = None, 0
    run.save(update_fields=["prs_synced", "prs_expected", "cursor", "seen_at", "resumes_at", "delays"])


def _later(
    run: SyncRun, trouble: RateLimitedError | GitHubUnavailableError, delay: timedelta
) -> datetime | None:
    """Delay a run and return when it resumes; end the run and return None if it has waited too often."""
    if run.delays >= _PATIENCE:
        finish(run, trouble)
        return None
    until = timezone.now() + delay
    wait(run, until)
    return until


def _end_all(run: SyncRun, trouble: AccessRevokedError) -> None:
    """End a run and the team's other runs, which have lost access too."""
    finish(run, trouble)
    others = SyncRun.objects.filter(repository__team=run.repository.team_id, finished_at=None)
    for other in others.select_related("repository").order_by("pk"):
        finish(other, trouble)
