"""Tests of the complete onboarding, from a new team to its dashboard, over HTTP against the sandbox."""

from __future__ import annotations

from datetime import timedelta

from bs4 import BeautifulSoup
from django.utils import timezone

from apps.integrations.models import SlackFeatures
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary, group_updates, person_updates
from tests.apps.conftest import Browser
from tests.apps.onboarding.setting_up import STEPS, do_step, of_onboarding
from tformance.sandbox.running import RunningSandbox


def test_every_step_is_recorded_once_and_for_the_team(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User
) -> None:
    client = browser(alice)
    assert client.post("/teams/new/", {"name": "Acme"}).headers["Location"] == "/onboarding/"
    Team.objects.update(created_at=timezone.now() - timedelta(hours=1))
    team = Team.objects.get()

    for step in STEPS:
        assert client.get("/onboarding/").headers["Location"] == f"/onboarding/{step}/"
        do_step(client, sandbox, step)
    assert client.get("/onboarding/").headers["Location"] == "/onboarding/complete/"
    assert client.post("/onboarding/complete/").headers["Location"] == "/dashboard/"

    assert of_onboarding(captured_events, team) == [
        ("github_connected", {"org_name": "analytical-engines", "member_count": 9}),
        ("onboarding_step_completed", {"step": "github"}),
        ("onboarding_step_completed", {"step": "repos", "repos_count": 1}),
        ("onboarding_step_completed", {"step": "jira", "projects_count": 2}),
        ("onboarding_step_completed", {"step": "slack"}),
        ("onboarding_completed", {"steps_skipped": 0}),
    ]
    assert {distinct_id for _, distinct_id, _ in events_summary(captured_events)} == {str(alice.public_id)}
    (finished,) = captured_events.named("onboarding_completed")
    assert 3600 <= finished.properties["duration_s"] < 3660
    for provider in ("github", "jira", "slack"):
        told = [one for one in person_updates(captured_events, alice) if f"has_connected_{provider}" in one]
        assert told[-1][f"has_connected_{provider}"] is True


def test_the_onboarding_also_records_the_events_of_integrations(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    captured_events.clear()

    for step in STEPS:
        do_step(client, sandbox, step)

    connected = [one.properties for one in captured_events.named("integration_connected")]
    assert [(one["provider"], one["flow"], one["is_reconnect"]) for one in connected] == [
        ("github", "onboarding", False),
        ("jira", "onboarding", False),
        ("slack", "onboarding", False),
    ]
    (jira,) = captured_events.named("jira_connected")
    assert "analytical-engines" in jira.properties["site_url"]
    (configured,) = captured_events.named("slack_configured")
    features = ("surveys_enabled", "leaderboard_enabled", "reveals_enabled")
    assert [configured.properties[name] for name in features] == [True, True, False]
    assert SlackFeatures.objects.get(team=acme).channel_name == "engineering"
    (started,) = captured_events.named("repo_sync_started")
    assert (started.properties["trigger"], started.properties["is_initial"]) == ("onboarding", True)
    assert captured_events.named("repo_sync_completed")[0].properties["outcome"] == "success"


def test_choosing_and_finishing_updates_group_properties(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    captured_events.clear()

    do_step(client, sandbox, "github")
    do_step(client, sandbox, "repos")
    client.post("/onboarding/complete/")

    updates = group_updates(captured_events, acme)
    assert [one["repos_tracked"] for one in updates if "repos_tracked" in one][-1] == 1
    assert updates[-1] == {"onboarding_complete": True}
    acme.refresh_from_db()
    assert acme.onboarded_at is not None


def test_the_pages_show_the_current_step_and_the_completed_steps(
    browser: Browser, sandbox: RunningSandbox, alice: User, acme: Team
) -> None:
    client = browser(alice)
    do_step(client, sandbox, "github")
    do_step(client, sandbox, "repos")
    client.post("/onboarding/jira/skip/")

    page = BeautifulSoup(client.get("/onboarding/slack/").content, "html.parser")
    steps = [" ".join(one.text.split()) for one in page.select("nav[aria-label=Steps] li")]
    (current,) = page.select("[aria-current=step]")
    assert steps == ["GitHub (done)", "Repositories (done)", "Jira (skipped)", "Slack", "Finish"]
    assert current.text == "Slack"

    last = BeautifulSoup(client.get("/onboarding/complete/").content, "html.parser")
    rows = [[cell.text for cell in row.select("th, td")] for row in last.select("tbody tr")]
    assert rows == [
        ["GitHub", "Done", "analytical-engines"],
        ["Repositories", "Done", "1 repository"],
        ["Jira", "Skipped", ""],
        ["Slack", "Open", ""],
    ]
    assert "What is open is skipped" in last.text
