"""Tests that repeated, read-only and late requests do not record events again."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.core.serializers import serialize

from apps.onboarding import steps
from apps.onboarding.models import Step, StepRecord
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.choices.pages import choices, slack_form
from tests.apps.conftest import Browser
from tests.apps.onboarding.setting_up import STEPS, do_step, of_onboarding
from tests.apps.rivals import rival as acting
from tformance.sandbox.running import RunningSandbox

PAGES = ["/onboarding/", *(f"/onboarding/{step}/" for step in STEPS), "/onboarding/complete/"]


def test_a_form_that_is_sent_twice_is_recorded_once(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    for step in STEPS:
        do_step(client, sandbox, step)
    first = of_onboarding(captured_events, acme)
    runs = len(captured_events.named("repo_sync_started"))

    client.post("/onboarding/github/")
    client.post(
        "/onboarding/repos/", {"chosen": [choices(client, "/onboarding/repos/")["analytical-engines/cards"]]}
    )
    client.post("/onboarding/jira/", {"chosen": [choices(client, "/onboarding/jira/")["Engine (ENG)"]]})
    client.post("/onboarding/slack/", slack_form(client))

    assert of_onboarding(captured_events, acme) == first
    assert len(captured_events.named("repo_sync_started")) == runs
    assert len(captured_events.named("slack_configured")) == 1
    client.post("/onboarding/complete/")
    client.post("/onboarding/complete/")
    assert len(captured_events.named("onboarding_completed")) == 1


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("is_connected", [False, True])
def test_viewing_a_step_changes_and_records_nothing(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    path: str,
    is_connected: bool,
) -> None:
    client = browser(alice)
    if is_connected:
        for step in STEPS:
            do_step(client, sandbox, step)
    before = _everything()
    captured_events.clear()

    assert client.get(path).status_code in (HTTPStatus.OK, HTTPStatus.FOUND)
    assert client.get(path).status_code in (HTTPStatus.OK, HTTPStatus.FOUND)
    assert client.head(path).status_code in (HTTPStatus.OK, HTTPStatus.FOUND)

    assert list(captured_events) == []
    assert _everything() == before


def _everything() -> str:
    return str(serialize("json", [*Team.objects.order_by("pk"), *StepRecord.objects.order_by("pk")]))


def test_the_onboarding_finishes_once_and_later_posts_change_nothing(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    client.post("/onboarding/complete/")
    before = _everything()
    captured_events.clear()

    for path in (*PAGES[1:], *(f"/onboarding/{step}/skip/" for step in STEPS)):
        page = client.post(path, follow=True)
        assert page.redirect_chain[-1][0] == "/dashboard/"
        assert "The setup is finished" in page.content.decode()
    for path in PAGES:
        assert client.get(path).headers["Location"] == "/dashboard/"

    assert [one for one in captured_events if one.event.startswith("onboarding")] == []
    assert _everything() == before


@pytest.mark.parametrize("path", ["/onboarding/lunch/", "/onboarding/lunch/skip/"])
def test_an_unknown_step_is_not_found(browser: Browser, alice: User, acme: Team, path: str) -> None:
    assert browser(alice).post(path).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("step", ["repos", "jira", "slack"])
def test_choosing_nothing_shows_an_error(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    step: str,
) -> None:
    client = browser(alice)
    do_step(client, sandbox, "github")
    for provider in ("jira", "slack"):
        do_step(client, sandbox, provider)
    StepRecord.objects.exclude(step="github").delete()
    captured_events.clear()

    page = client.post(f"/onboarding/{step}/", {})

    assert page.status_code == HTTPStatus.OK
    assert "Choose a" in page.content.decode()
    assert list(captured_events) == []
    assert not StepRecord.objects.filter(step=step).exists()


@pytest.mark.parametrize(
    ("path", "rival"),
    [
        ("/onboarding/complete/", lambda team, user: steps.finish(team, user=user)),
        ("/onboarding/jira/skip/", lambda team, user: steps.skip(team, Step.JIRA, "user", user=user)),
        ("/onboarding/jira/skip/", lambda team, user: steps.complete(team, Step.JIRA, user=user)),
        ("/onboarding/jira/skip/", lambda team, user: steps.finish(team, user=user)),
    ],
)
def test_concurrent_clicks_record_each_step_once(
    browser: Browser,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    path: str,
    rival: Callable[[Team, User], bool],
) -> None:
    client = browser(alice)

    def reads_the_team(sql: str) -> bool:
        return sql.startswith('SELECT "teams_team"')

    with acting(lambda: rival(acme, alice), reads_the_team):  # the other click comes first
        assert client.post(path).status_code == HTTPStatus.FOUND

    recorded = of_onboarding(captured_events, acme)
    told = [one["step"] for event, one in recorded if event != "onboarding_completed"]
    assert len(told) == len(set(told)) == StepRecord.objects.filter(team=acme).count()
    assert len(captured_events.named("onboarding_completed")) <= 1
