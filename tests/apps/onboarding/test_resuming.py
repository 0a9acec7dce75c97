"""Tests of leaving the onboarding and coming back, and of the people who may continue it."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from apps.integrations.models import Connection
from apps.onboarding.models import StepRecord
from apps.teams.models import Membership, Role, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary
from tests.apps.choices.connecting import connect
from tests.apps.conftest import Browser
from tests.apps.onboarding.setting_up import do_step, of_onboarding
from tformance.sandbox.running import RunningSandbox


def test_another_admin_continues_where_the_first_one_stopped(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    bob: User,
    acme: Team,
) -> None:
    Membership.objects.filter(user=bob).update(role=Role.ADMIN)
    do_step(browser(alice), sandbox, "github")

    client = browser(bob)
    assert client.get("/onboarding/").headers["Location"] == "/onboarding/repos/"
    do_step(client, sandbox, "repos")
    client.post("/onboarding/complete/")

    who = {(event, one.get("step")): person for event, person, one in events_summary(captured_events)}
    assert who["onboarding_step_completed", "github"] == str(alice.public_id)
    assert who["onboarding_step_completed", "repos"] == str(bob.public_id)
    assert who["onboarding_completed", None] == str(bob.public_id)
    assert browser(alice).get("/onboarding/").headers["Location"] == "/dashboard/"


@pytest.mark.parametrize("path", ["", "github/", "repos/", "jira/", "slack/", "complete/"])
def test_a_member_sees_that_an_admin_sets_up_the_team(
    browser: Browser, captured_events: CapturedEvents, bob: User, path: str
) -> None:
    captured_events.clear()
    client = browser(bob)

    page = client.get(f"/onboarding/{path}")

    assert page.status_code == HTTPStatus.OK
    assert "An admin of your team does this" in page.content.decode()
    assert "Alice" in page.content.decode()
    assert client.post(f"/onboarding/{path}").status_code in (
        HTTPStatus.FORBIDDEN,
        HTTPStatus.METHOD_NOT_ALLOWED,
    )
    assert list(captured_events) == []
    assert not StepRecord.objects.exists()


def test_github_connected_in_settings_only_needs_a_continue(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    connect(client, sandbox, "github", "settings")
    captured_events.clear()

    shown = client.get("/onboarding/github/").content.decode()
    assert "GitHub is connected to analytical-engines" in shown
    assert "Continue" in shown
    assert client.post("/onboarding/github/").headers["Location"] == "/onboarding/"

    assert of_onboarding(captured_events, acme) == [("onboarding_step_completed", {"step": "github"})]
    assert client.get("/onboarding/").headers["Location"] == "/onboarding/repos/"


def test_the_github_step_cannot_be_completed_without_a_connection(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    captured_events.clear()

    page = client.post("/onboarding/github/", follow=True)

    assert page.redirect_chain[-1][0] == "/onboarding/github/"
    assert "GitHub is not connected yet" in page.content.decode()
    assert list(captured_events) == []


@pytest.mark.parametrize("step", ["repos", "jira", "slack"])
def test_a_step_without_its_connection_only_offers_to_connect(
    browser: Browser,
    captured_events: CapturedEvents,
    sandbox: RunningSandbox,
    alice: User,
    acme: Team,
    step: str,
) -> None:
    client = browser(alice)
    captured_events.clear()

    for page in (client.get(f"/onboarding/{step}/"), client.post(f"/onboarding/{step}/", {"chosen": ["1"]})):
        assert 'name="flow" value="onboarding"' in page.content.decode()
    assert list(captured_events) == []
    assert not StepRecord.objects.exists()


def test_a_provider_that_is_not_set_up_here_can_only_be_skipped(
    browser: Browser, alice: User, acme: Team
) -> None:
    shown = browser(alice).get("/onboarding/jira/").content.decode()

    assert "Jira cannot be connected here" in shown
    assert "Skip this step" in shown
    assert "/auth/jira/start/" not in shown


def test_a_connection_from_settings_after_the_end_does_not_open_the_onboarding_again(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    client.post("/onboarding/complete/")
    captured_events.clear()

    assert connect(client, sandbox, "github", "settings") == "/integrations/"
    # As from a tab that still shows the onboarding.
    connect(client, sandbox, "github", "onboarding")

    assert Connection.objects.filter(team=acme, disconnected_at=None).exists()
    assert of_onboarding(captured_events, acme) == []
    assert set(StepRecord.objects.values_list("outcome", flat=True)) == {"skipped"}


def test_the_onboarding_is_of_the_current_team(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    client.post("/teams/new/", {"name": "Second"})
    second = Team.objects.get(slug="second")
    captured_events.clear()

    client.post("/onboarding/jira/skip/")

    assert of_onboarding(captured_events, acme) == []
    assert of_onboarding(captured_events, second) == [
        ("onboarding_skipped", {"step": "jira", "reason": "user"})
    ]
