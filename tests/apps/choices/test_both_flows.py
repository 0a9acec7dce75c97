"""Connecting and choosing record the same events in settings and in the onboarding."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.teams.membership.memberships import create_team
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary, group_updates, of_team, person_updates
from tests.apps.choices.connecting import Flow, connect
from tests.apps.choices.pages import choices, slack_form
from tests.apps.conftest import Browser
from tformance.sandbox.running import RunningSandbox

PATHS: dict[Flow, dict[str, str]] = {
    "onboarding": {
        "github": "/onboarding/repos/",
        "jira": "/onboarding/jira/",
        "slack": "/onboarding/slack/",
    },
    "settings": {
        "github": "/integrations/github/repositories/",
        "jira": "/integrations/jira/projects/",
        "slack": "/integrations/slack/features/",
    },
}
# The properties that differ between the flows.
OWN = {"flow", "trigger", "team_slug", "duration_ms"}


def _go(client: Client, sandbox: RunningSandbox, provider: str, flow: Flow) -> None:
    connect(client, sandbox, provider, flow)
    path = PATHS[flow][provider]
    match provider:
        case "github":
            form: dict[str, Any] = {"chosen": [choices(client, path)["analytical-engines/cards"]]}
        case "jira":
            form = {"chosen": ["ENG"]}
        case _:
            form = slack_form(client, path)
    client.post(path, form)


@pytest.mark.parametrize("provider", ["github", "jira", "slack"])
def test_only_the_names_of_the_flows_differ(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, provider: str
) -> None:
    recorded: dict[Flow, Any] = {}
    for flow in PATHS:
        team: Team = create_team(alice, name=flow, slug=flow).team
        client = browser(alice)
        client.post("/teams/switch/", {"team": str(team.public_id)})
        captured_events.clear()

        _go(client, sandbox, provider, flow)

        events = events_summary(captured_events)
        assert {of_team(one) for one in captured_events if not one.event.startswith("$")} == {
            str(team.public_id)
        }
        kept = [
            (event, person, {k: v for k, v in one.items() if k not in OWN}) for event, person, one in events
        ]
        integrations = [one for one in kept if not one[0].startswith(("onboarding", "github"))]
        updates = group_updates(captured_events, team), person_updates(captured_events, alice)
        recorded[flow] = (integrations, updates)
        told = [one for _, _, one in events]
        assert {one["flow"] for one in told if "flow" in one} == {flow}
        triggers = {one["trigger"] for one in told if "trigger" in one}
        assert triggers <= {"onboarding" if flow == "onboarding" else "manual"}

    assert recorded["onboarding"] == recorded["settings"]
    assert recorded["settings"][0]
