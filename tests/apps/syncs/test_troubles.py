"""Errors of a sync: temporary ones are retried, and permanent ones are explained on the page."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from pytest_django import Settings

from apps.integrations.events import IntegrationDisconnected, RepoSyncCompleted, RepoSyncStarted
from apps.integrations.models import Connection, SyncRun
from apps.integrations.providers import github
from apps.metrics.models import PullRequest, Repository
from otel.testing import CapturedEvents
from tests.apps.assertions import declared
from tests.apps.syncs.conftest import AtPage
from tests.apps.syncs.seeing import ENGINE, missing, sync_path
from tformance.sandbox.control.failures import Kind
from tformance.sandbox.running import RunningSandbox

FAILURES: list[Kind] = [
    "drop",
    "error",
    "malformed",
    "rate_limit",
    "secondary_limit",
    "timeout",
    "unavailable",
]


def _told(captured_events: CapturedEvents) -> dict[str, Any]:
    """Return the properties that say how the only sync ended, without those that vary."""
    assert len(captured_events.of(RepoSyncStarted)) == 1
    (completed,) = captured_events.of(RepoSyncCompleted)
    told = declared(completed)
    return {name: told.get(name) for name in ("outcome", "prs_synced", "error_type")}


def _errors(captured_events: CapturedEvents) -> list[tuple[str, str, bool]]:
    return [
        (told["error_type"], told["task_name"], told["handled"])
        for one in captured_events.named("error_occurred")
        for told in [declared(one)]
    ]


def _page(admin: Client) -> str:
    return admin.get("/integrations/progress/").content.decode()


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_temporary_failure_does_not_fail_the_sync(
    admin: Client,
    sandbox: RunningSandbox,
    engine: Repository,
    captured_events: CapturedEvents,
    after_page: AtPage,
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    page: int,
) -> None:
    monkeypatch.setattr(github, "TIMEOUT_S", 0.5)  # so that the test does not take ten seconds

    def fail() -> None:
        sandbox.fail("github", kind, path="graphql")

    with after_page(page, fail):
        admin.post(sync_path(engine))

    assert missing(sandbox, engine) == set()
    total = PullRequest.objects.count()
    assert _told(captured_events) == {"outcome": "success", "prs_synced": total, "error_type": None}
    assert _errors(captured_events) == []
    assert "Up to date" in _page(admin)


@pytest.mark.parametrize("kind", ["drop", "malformed"])
@pytest.mark.parametrize(("page", "outcome"), [(0, "failed"), (1, "partial")])
def test_a_permanent_failure_ends_the_sync_with_one_error(
    admin: Client,
    sandbox: RunningSandbox,
    engine: Repository,
    captured_events: CapturedEvents,
    after_page: AtPage,
    kind: Kind,
    page: int,
    outcome: str,
) -> None:
    def fail() -> None:
        sandbox.fail("github", kind, path="graphql", count=100)

    with after_page(page, fail):
        admin.post(sync_path(engine))

    error = "GitHubUnavailableError"
    assert _told(captured_events) == {"outcome": outcome, "prs_synced": 50 * page, "error_type": error}
    assert _errors(captured_events) == [(error, "apps.integrations.tasks.sync_repository", False)]
    assert PullRequest.objects.count() == 50 * page
    assert "GitHub did not answer properly" in _page(admin)


@pytest.mark.parametrize(("pages", "outcome"), [(0, "failed"), (2, "partial")])
def test_a_rate_limit_that_stays_used_up_ends_the_sync_without_an_error(
    admin: Client,
    sandbox: RunningSandbox,
    engine: Repository,
    captured_events: CapturedEvents,
    after_page: AtPage,
    pages: int,
    outcome: str,
) -> None:
    with after_page(pages, lambda: sandbox.limit(0)):
        admin.post(sync_path(engine))

    told = _told(captured_events)
    assert (told["outcome"], told["error_type"]) == (outcome, "RateLimitedError")
    assert _errors(captured_events) == []
    assert "limit of requests was used up" in _page(admin)


@pytest.mark.parametrize(("page", "outcome"), [(0, "failed"), (1, "partial")])
def test_a_forbidden_repository_is_not_recorded_as_an_error(
    admin: Client,
    sandbox: RunningSandbox,
    engine: Repository,
    captured_events: CapturedEvents,
    after_page: AtPage,
    page: int,
    outcome: str,
) -> None:
    def refuse() -> None:
        sandbox.fail("github", "denied", path="graphql")

    with after_page(page, refuse):
        admin.post(sync_path(engine))

    told = _told(captured_events)
    assert (told["outcome"], told["error_type"]) == (outcome, "AccessDeniedError")
    assert _errors(captured_events) == []
    assert "Ask an owner of the organisation" in _page(admin)


def test_a_vanished_repository_stays_tracked_and_the_page_says_so(
    admin: Client, sandbox: RunningSandbox, engine: Repository, captured_events: CapturedEvents
) -> None:
    sandbox.remove(ENGINE)

    admin.post(sync_path(engine))

    assert _told(captured_events) == {
        "outcome": "failed",
        "prs_synced": 0,
        "error_type": "RepositoryGoneError",
    }
    assert _errors(captured_events) == []
    assert Repository.objects.get(pk=engine.pk).is_tracked
    assert "GitHub does not find it" in _page(admin)


@pytest.mark.parametrize("page", [0, 1])
def test_revoked_access_disconnects_and_ends_the_teams_other_syncs(
    admin: Client,
    sandbox: RunningSandbox,
    connection: Connection,
    engine: Repository,
    loom: Repository,
    captured_events: CapturedEvents,
    after_page: AtPage,
    page: int,
) -> None:
    waiting = SyncRun.objects.create(repository=loom, trigger="manual", is_initial=True)

    with after_page(page, lambda: sandbox.revoke("github")):
        admin.post(sync_path(engine))

    (disconnected,) = captured_events.of(IntegrationDisconnected)
    assert declared(disconnected)["reason"] == "revoked"
    connection.refresh_from_db()
    assert connection.disconnected_at is not None
    ended = {declared(one)["error_type"] for one in captured_events.of(RepoSyncCompleted)}
    assert ended == {"AccessRevokedError"}
    assert len(captured_events.of(RepoSyncCompleted)) == 2
    assert list(SyncRun.objects.order_by("pk").values_list("outcome", flat=True)) == [
        "failed",
        "partial" if page else "failed",
    ]
    assert SyncRun.objects.get(pk=waiting.pk).finished_at is not None
    assert _errors(captured_events) == []
    shown = _page(admin)
    assert "GitHub is not connected" in shown
    assert "Sync now" not in shown


def test_access_that_was_renewed_meanwhile_is_kept(
    admin: Client,
    sandbox: RunningSandbox,
    connection: Connection,
    engine: Repository,
    captured_events: CapturedEvents,
    after_page: AtPage,
) -> None:
    def renew() -> None:
        sandbox.revoke("github")
        Connection.objects.filter(pk=connection.pk).update(access_token="renewed")

    with after_page(1, renew):
        admin.post(sync_path(engine))

    assert _told(captured_events)["error_type"] == "StoppedError"
    assert captured_events.of(IntegrationDisconnected) == []
    connection.refresh_from_db()
    assert connection.disconnected_at is None


def test_without_the_key_of_the_token_the_page_asks_to_reconnect(
    admin: Client, engine: Repository, captured_events: CapturedEvents, settings: Settings
) -> None:
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]

    admin.post(sync_path(engine))

    assert _told(captured_events)["error_type"] == "AccessUnreadableError"
    assert _errors(captured_events) == []
    assert "Connect GitHub again, then sync it now" in _page(admin)


@pytest.mark.parametrize("how", ["disconnected", "untracked"])
def test_a_sync_stops_if_its_repository_is_no_longer_wanted(
    admin: Client,
    connection: Connection,
    engine: Repository,
    captured_events: CapturedEvents,
    after_page: AtPage,
    how: str,
) -> None:
    def stop() -> None:
        if how == "disconnected":
            admin.post("/integrations/github/disconnect/")
        else:
            Repository.objects.filter(pk=engine.pk).update(is_tracked=False)

    with after_page(2, stop):
        admin.post(sync_path(engine))

    assert _told(captured_events) == {"outcome": "partial", "prs_synced": 100, "error_type": "StoppedError"}
    assert PullRequest.objects.count() == 100
    assert _errors(captured_events) == []


def test_an_unexpected_exception_ends_the_sync_with_one_error(
    admin: Client, engine: Repository, captured_events: CapturedEvents, within_page: AtPage
) -> None:
    def break_down() -> None:
        raise RuntimeError("the database fell over")

    with within_page(2, break_down):
        admin.post(sync_path(engine))

    assert _told(captured_events) == {"outcome": "partial", "prs_synced": 50, "error_type": "RuntimeError"}
    assert _errors(captured_events) == [("RuntimeError", "apps.integrations.tasks.sync_repository", False)]
    assert "we have been told" in _page(admin)
