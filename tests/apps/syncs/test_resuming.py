"""An interrupted sync resumes after its last page and is recorded once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import cast

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.integrations.events import RepoSyncCompleted, RepoSyncStarted
from apps.integrations.models import BROKEN_OFF_AFTER, SyncRun
from apps.integrations.sync.tasks import sync_repository
from apps.integrations.tasks import sync_all
from apps.metrics.models import PullRequest, Repository
from otel.testing import CapturedEvents
from tests.apps.assertions import declared
from tests.apps.syncs.conftest import AtPage, Waiting
from tests.apps.syncs.seeing import break_off, cursors, missing, rows, sync_path
from tformance.sandbox.control.failures import Kind
from tformance.sandbox.running import RunningSandbox


class KilledError(BaseException):
    """An exception that the product never handles, like a SIGKILL."""


def _die(admin: Client, engine: Repository, waiting: Waiting, within_page: AtPage, page: int) -> None:
    """Request a sync and let its worker die while it saves a page; the sync ends if it has fewer pages."""

    def die() -> None:
        raise KilledError

    with waiting():
        admin.post(sync_path(engine))
    run = SyncRun.objects.get(finished_at=None)
    # A copy of the context, because the context of a killed process dies with it.
    with within_page(page, die), suppress(KilledError):
        copy_context().run(sync_repository.apply, (run.pk,))


@pytest.fixture
def clean(admin: Client, engine: Repository) -> Callable[[], list[tuple[object, ...]]]:
    """Return the rows of an undisturbed sync, and delete the sync."""
    admin.post(sync_path(engine))
    found = rows(engine)
    PullRequest.objects.all().delete()
    SyncRun.objects.all().delete()
    return lambda: found


@pytest.mark.parametrize("page", [1, 2, 4])
@pytest.mark.parametrize("by", ["the button", "the hourly task"])
def test_a_sync_whose_worker_died_resumes_at_that_page(
    admin: Client,
    sandbox: RunningSandbox,
    engine: Repository,
    loom: Repository,
    captured_events: CapturedEvents,
    within_page: AtPage,
    waiting_tasks: Waiting,
    page: int,
    by: str,
) -> None:
    Repository.objects.filter(pk=loom.pk).update(is_tracked=False)
    _die(admin, engine, waiting_tasks, within_page, page)
    run = SyncRun.objects.get()
    assert run.finished_at is None
    assert run.prs_synced == PullRequest.objects.count() == 50 * (page - 1)
    assert "under way already" in admin.post(sync_path(engine), follow=True).content.decode()
    asked = len(cursors(sandbox))

    break_off(run)
    assert "was broken off" in admin.get("/integrations/progress/").content.decode()
    if by == "the button":
        assert "has begun" in admin.post(sync_path(engine), follow=True).content.decode()
    else:
        sync_all.delay()

    assert cursors(sandbox)[asked] == (run.cursor or None)
    assert missing(sandbox, engine) == set()
    # The hourly task then starts another sync, which is not initial.
    initial = [one for one in captured_events.of(RepoSyncCompleted) if declared(one)["is_initial"]]
    (completed,) = initial
    assert declared(completed)["prs_synced"] == PullRequest.objects.count()
    started = [one for one in captured_events.of(RepoSyncStarted) if declared(one)["is_initial"]]
    assert len(started) == 1


def test_a_redelivered_task_does_nothing(
    admin: Client, engine: Repository, captured_events: CapturedEvents
) -> None:
    admin.post(sync_path(engine))
    before, run = rows(engine), SyncRun.objects.get()
    captured_events.clear()

    sync_repository.delay(run.pk)

    assert rows(engine) == before
    assert list(captured_events) == []


def test_of_two_workers_on_one_run_the_slower_stops(
    admin: Client,
    sandbox: RunningSandbox,
    engine: Repository,
    captured_events: CapturedEvents,
    after_page: AtPage,
) -> None:
    def overtake() -> None:
        sync_repository.delay(SyncRun.objects.get().pk)  # as if the broker had redelivered the task

    with after_page(2, overtake):
        admin.post(sync_path(engine))

    assert missing(sandbox, engine) == set()
    (completed,) = captured_events.of(RepoSyncCompleted)
    assert declared(completed)["outcome"] == "success"
    assert declared(completed)["prs_synced"] == PullRequest.objects.count()
    assert captured_events.named("error_occurred") == []


def test_a_task_for_a_deleted_run_does_nothing(captured_events: CapturedEvents) -> None:
    sync_repository.delay(123_456)

    assert list(captured_events) == []


_DISTURBANCES = st.lists(
    st.tuples(
        st.integers(1, 5),
        st.sampled_from(["die", "drop", "malformed", "rate_limit", "secondary_limit", "overtake"]),
    ),
    max_size=5,
)


@example(disturbances=[(4, "drop"), (1, "die")])
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(disturbances=_DISTURBANCES)
def test_after_any_disturbances_the_rows_match_one_clean_sync(
    admin: Client,
    sandbox: RunningSandbox,
    engine: Repository,
    clean: Callable[[], list[tuple[object, ...]]],
    captured_events: CapturedEvents,
    after_page: AtPage,
    within_page: AtPage,
    waiting_tasks: Waiting,
    disturbances: list[tuple[int, str]],
) -> None:
    PullRequest.objects.all().delete()
    SyncRun.objects.all().delete()
    captured_events.clear()
    for page, how in disturbances:
        if how == "die":
            _die(admin, engine, waiting_tasks, within_page, page)
            # If the run was waiting for GitHub, its queued task has died too.
            SyncRun.objects.update(seen_at=timezone.now() - 2 * BROKEN_OFF_AFTER, resumes_at=None)
        else:
            with after_page(page, partial(_disturb, sandbox, how)):
                admin.post(sync_path(engine))
    admin.post(sync_path(engine))

    assert rows(engine) == clean()
    assert len(captured_events.of(RepoSyncStarted)) == len(captured_events.of(RepoSyncCompleted))
    assert not SyncRun.objects.filter(finished_at=None).exists()


def _disturb(sandbox: RunningSandbox, how: str) -> None:
    if how == "overtake":
        sync_repository.delay(SyncRun.objects.latest("pk").pk)
    else:
        sandbox.fail("github", cast("Kind", how), path="graphql")
