"""Requesting a sync, and its progress on the page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from apps.insights.models import Insight
from apps.integrations.events import RepoSyncCompleted, RepoSyncStarted
from apps.integrations.models import Connection, SyncOutcome, SyncRun
from apps.integrations.sync.worker import proceed
from apps.metrics.models import PullRequest, Repository
from apps.teams.membership.memberships import create_team
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import of_team
from tests.apps.conftest import Browser
from tests.apps.queries import statements
from tests.apps.syncs.conftest import AtPage, Waiting
from tests.apps.syncs.connecting import tracking
from tests.apps.syncs.seeing import missing, sync_path
from tformance.sandbox.running import RunningSandbox

PROGRESS = "/integrations/progress/"


def _page(client: Client) -> str:
    return client.get(PROGRESS).content.decode()


def _said(client: Client, path: str) -> str:
    return " ".join(
        one.get_text()
        for one in BeautifulSoup(client.post(path, follow=True).content, "html.parser").select(".messages")
    )


def test_one_button_syncs_all_tracked_repositories(
    admin: Client,
    sandbox: RunningSandbox,
    engine: Repository,
    loom: Repository,
    captured_events: CapturedEvents,
) -> None:
    assert "has begun" in _said(admin, "/integrations/sync/")

    assert missing(sandbox, engine) == missing(sandbox, loom) == set()
    assert not PullRequest.objects.exclude(repository__in=[engine, loom]).exists()
    assert len(captured_events.of(RepoSyncStarted)) == len(captured_events.of(RepoSyncCompleted)) == 2


@pytest.mark.parametrize("path", ["/integrations/sync/", "one"])
def test_a_double_click_starts_one_sync(
    admin: Client,
    engine: Repository,
    loom: Repository,
    captured_events: CapturedEvents,
    waiting_tasks: Waiting,
    path: str,
) -> None:
    Repository.objects.filter(pk=loom.pk).update(is_tracked=False)
    path = sync_path(engine) if path == "one" else path
    with waiting_tasks():
        assert "has begun" in _said(admin, path)
        assert "under way already" in _said(admin, path)

    assert SyncRun.objects.count() == len(captured_events.of(RepoSyncStarted)) == 1


@pytest.mark.parametrize("path", ["/integrations/sync/", "one"])
def test_without_github_no_sync_starts(
    admin: Client, connection: Connection, engine: Repository, captured_events: CapturedEvents, path: str
) -> None:
    Connection.objects.update(disconnected_at=timezone.now())

    assert "GitHub is not connected" in _said(admin, sync_path(engine) if path == "one" else path)

    assert list(captured_events) == []
    assert not SyncRun.objects.exists()


def test_with_nothing_tracked_the_page_says_what_to_do(admin: Client, connection: Connection) -> None:
    Repository.objects.update(is_tracked=False)

    assert "Choose at least one" in _said(admin, "/integrations/sync/")
    assert "Choose repositories" in _page(admin)


@pytest.mark.parametrize("whose", ["untracked", "another team's"])
def test_a_repository_that_the_team_does_not_track_cannot_be_synced(
    admin: Client, browser: Browser, engine: Repository, charlie: User, other: Team, whose: str
) -> None:
    if whose == "untracked":
        Repository.objects.update(is_tracked=False)
    client = admin if whose == "untracked" else browser(charlie)

    assert client.post(sync_path(engine)).status_code == 404
    assert not SyncRun.objects.exists()


def test_a_sync_belongs_to_the_team_that_requested_it(
    admin: Client,
    sandbox: RunningSandbox,
    alice: User,
    engine: Repository,
    captured_events: CapturedEvents,
    after_page: AtPage,
) -> None:
    second = create_team(alice, name="Second", slug="second").team

    def turn_to(team: Team) -> None:
        admin.post("/teams/switch/", {"team": str(team.public_id)})

    turn_to(engine.team)
    with after_page(1, lambda: turn_to(second)):
        admin.post(sync_path(engine))

    (completed,) = captured_events.of(RepoSyncCompleted)
    assert completed.properties["team_slug"] == "acme"
    assert of_team(completed) == str(engine.team.public_id)


def test_the_page_shows_the_progress_of_a_sync(
    admin: Client, engine: Repository, loom: Repository, after_page: AtPage, waiting_tasks: Waiting
) -> None:
    shown: list[str] = []
    assert "Not synced yet" in _page(admin)
    with waiting_tasks():
        admin.post(sync_path(loom))
    with after_page(2, lambda: shown.append(_page(admin))):
        admin.post(sync_path(engine))

    (meanwhile,) = shown
    total = PullRequest.objects.filter(repository=engine).count()
    assert f"100 of {total} pull requests" in meanwhile
    assert f'value="100" max="{total}"' in meanwhile
    assert "Waiting for its turn" in meanwhile
    assert "Reload" in meanwhile
    assert f"Up to date, {total} pull requests read" in _page(admin)
    assert 'hx-get="/integrations/progress/" hx-trigger="every 3s"' in meanwhile


def test_a_rate_limited_sync_waits_without_a_worker_and_shows_when_it_resumes(
    admin: Client, sandbox: RunningSandbox, engine: Repository, waiting_tasks: Waiting, after_page: AtPage
) -> None:
    with waiting_tasks():
        admin.post(sync_path(engine))
    run = SyncRun.objects.get()

    # After a page, because the number of requests for a page depends on the day: some pull requests have more
    # reviews than fit on it.
    with after_page(1, lambda: sandbox.limit(0, seconds=1800)):
        until = proceed(run.pk)

    assert until is not None
    assert timedelta(seconds=1780) < until - timezone.now() < timedelta(seconds=1820)
    assert "goes on at <time" in _page(admin)
    assert f"{until:%H:%M:%S} UTC" in _page(admin)
    run.refresh_from_db()
    assert run.finished_at is None
    assert run.prs_synced == PullRequest.objects.count() > 0
    SyncRun.objects.update(seen_at=timezone.now() - timedelta(minutes=20))
    assert "under way already" in _said(admin, sync_path(engine)), "who waits has not broken off"

    sandbox.limit(5_000)
    assert proceed(run.pk) is None
    run.refresh_from_db()
    assert run.outcome == SyncOutcome.SUCCESS
    assert missing(sandbox, engine) == set()


def test_a_member_sees_the_progress_but_no_buttons(
    browser: Browser, admin: Client, engine: Repository, bob: User
) -> None:
    shown = browser(bob).get(PROGRESS).content.decode()

    assert engine.full_name in shown
    assert "<form" not in shown
    assert "<form" in _page(admin)


def test_nobody_sees_another_teams_syncs(
    browser: Browser, engine: Repository, charlie: User, other: Team
) -> None:
    assert engine.full_name not in browser(charlie).get(PROGRESS).content.decode()


def test_the_page_runs_as_few_queries_for_many_repositories_as_for_few(
    admin: Client, engine: Repository, acme: Team
) -> None:
    before = statements(lambda: admin.get(PROGRESS))
    for number in range(30):
        one = Repository.objects.create(
            team=acme, external_id=10**9 + number, full_name=f"acme/{number}", is_tracked=True
        )
        for _ in range(3):
            SyncRun.objects.create(
                repository=one, trigger="manual", is_initial=True, finished_at=timezone.now()
            )

    assert len(statements(lambda: admin.get(PROGRESS))) <= len(before) + 1  # one query for the latest runs


def test_insights_are_looked_for_when_the_last_sync_of_a_team_has_ended(
    admin: Client, engine: Repository, loom: Repository, waiting_tasks: Waiting
) -> None:
    with waiting_tasks():
        admin.post(sync_path(engine))
    admin.post(sync_path(loom))
    assert not Insight.objects.exists()

    proceed(SyncRun.objects.get(repository=engine).pk)

    assert Insight.objects.exists()


def test_a_sync_is_not_recorded_before_its_commit(
    sandbox: RunningSandbox, alice: User, acme: Team, captured_events: CapturedEvents
) -> None:
    tracking(sandbox, acme, alice)
    assert captured_events.of(RepoSyncStarted) == []
