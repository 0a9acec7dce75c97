"""A sync reads from GitHub: everything the first time, then only changes."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.integrations.choices.repositories import refresh_repositories
from apps.integrations.events import RepoSyncCompleted, RepoSyncStarted
from apps.integrations.models import Connection, SyncOutcome, SyncRun
from apps.metrics.models import PullRequest, Repository, Review
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary, group_updates, of_team
from tests.apps.syncs.conftest import AtPage
from tests.apps.syncs.seeing import ENGINE, LOOM, cursors, missing, rows, sync_path
from tformance.sandbox.running import RunningSandbox


def test_the_first_sync_reads_every_pull_request_with_every_review(
    admin: Client, sandbox: RunningSandbox, engine: Repository
) -> None:
    page = admin.post(sync_path(engine), follow=True)

    assert page.redirect_chain[-1][0] == "/integrations/"
    assert "has begun" in page.content.decode()
    assert missing(sandbox, engine) == set()
    assert PullRequest.objects.filter(repository=engine).count() > 150
    # Some have more reviews than fit on one of GitHub's pages.
    assert max(one.reviews.count() for one in PullRequest.objects.all()) > 50


def test_a_first_sync_is_recorded_once_with_its_results(
    admin: Client, alice: User, acme: Team, engine: Repository, captured_events: CapturedEvents
) -> None:
    admin.post(sync_path(engine))

    (started,) = events_summary(captured_events.of(RepoSyncStarted))
    (completed,) = events_summary(captured_events.of(RepoSyncCompleted))
    known = {"team_slug": "acme", "trigger": "manual", "is_initial": True}
    assert started == ("repo_sync_started", str(alice.public_id), known)
    name, person, properties = completed
    assert (name, person) == ("repo_sync_completed", str(alice.public_id))
    assert properties.pop("duration_ms") >= 0
    total = PullRequest.objects.count()
    assert properties == {**known, "outcome": "success", "prs_synced": total}
    for one in captured_events.of(RepoSyncStarted) + captured_events.of(RepoSyncCompleted):
        assert of_team(one) == str(acme.public_id)
    assisted = PullRequest.objects.filter(is_ai_assisted=True).count()
    told = group_updates(captured_events, acme)[-1]
    assert told == {"total_prs": total, "ai_adoption_rate": round(100 * assisted / total, 1)}
    assert 0 < told["ai_adoption_rate"] < 100


def test_a_second_sync_changes_nothing_and_makes_few_requests(
    admin: Client, sandbox: RunningSandbox, engine: Repository, captured_events: CapturedEvents
) -> None:
    admin.post(sync_path(engine))
    before, asked = rows(engine), len(cursors(sandbox))
    captured_events.clear()

    admin.post(sync_path(engine))

    assert rows(engine) == before
    assert len(cursors(sandbox)) == asked + 1
    (completed,) = captured_events.of(RepoSyncCompleted)
    assert completed.properties["is_initial"] is False
    assert completed.properties["outcome"] == "success"
    assert completed.properties["prs_synced"] < 50


@pytest.mark.parametrize("days", [1, 20])
def test_a_later_sync_reads_only_what_has_changed(
    admin: Client, sandbox: RunningSandbox, engine: Repository, days: int
) -> None:
    admin.post(sync_path(engine))
    total = PullRequest.objects.count()
    sandbox.advance(days)
    assert missing(sandbox, engine)

    admin.post(sync_path(engine))

    assert missing(sandbox, engine) == set()
    assert SyncRun.objects.latest("pk").prs_synced < total


def test_syncing_everything_again_changes_nothing(
    admin: Client, sandbox: RunningSandbox, engine: Repository
) -> None:
    admin.post(sync_path(engine))
    before = rows(engine)
    reviews = set(Review.objects.values_list("pk", flat=True))
    SyncRun.objects.update(outcome=SyncOutcome.PARTIAL)  # as if no sync had succeeded

    admin.post(sync_path(engine))

    assert SyncRun.objects.latest("pk").is_initial
    assert rows(engine) == before
    assert set(Review.objects.values_list("pk", flat=True)) == reviews


@pytest.mark.parametrize("page", [1, 2, 3])
def test_changes_between_two_pages_are_read_by_the_next_sync(
    admin: Client, sandbox: RunningSandbox, engine: Repository, after_page: AtPage, page: int
) -> None:
    with after_page(page, lambda: sandbox.advance(10)):
        admin.post(sync_path(engine))
    numbers = {one["number"] for one in sandbox.pull_requests(engine.full_name)}
    assert set(PullRequest.objects.values_list("number", flat=True)) == numbers

    with after_page(1, lambda: sandbox.advance(10)):
        admin.post(sync_path(engine))
    admin.post(sync_path(engine))

    assert missing(sandbox, engine) == set()


@pytest.mark.usefixtures("loom")
def test_another_repository_with_the_same_name_is_not_read_instead(
    admin: Client, sandbox: RunningSandbox, engine: Repository
) -> None:
    sandbox.rename(ENGINE, "motor")
    sandbox.rename(LOOM, "engine")

    admin.post(sync_path(engine))

    run = SyncRun.objects.get()
    assert (run.outcome, run.error_type) == (SyncOutcome.FAILED, "RepositoryGoneError")
    assert PullRequest.objects.count() == 0


def test_a_renamed_repository_is_read_under_its_new_name(
    admin: Client, sandbox: RunningSandbox, connection: Connection, engine: Repository
) -> None:
    sandbox.rename(ENGINE, "motor")
    refresh_repositories(engine.team, connection)

    admin.post(sync_path(engine))

    assert SyncRun.objects.get().outcome == SyncOutcome.SUCCESS
    assert PullRequest.objects.filter(repository=engine).count() > 150
