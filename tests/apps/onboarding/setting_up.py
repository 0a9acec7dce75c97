"""Helpers that set a team up as a person does, with a button for each step."""

from __future__ import annotations

from typing import Any

from django.test import Client

from apps.teams.models import Team
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary, of_team
from tests.apps.choices.connecting import connect
from tests.apps.choices.pages import choices, slack_form
from tformance.sandbox.running import RunningSandbox

__all__ = ["EVENTS", "STEPS", "do_step", "of_onboarding"]

STEPS = ("github", "repos", "jira", "slack")
EVENTS = (
    "github_connected",
    "onboarding_completed",
    "onboarding_skipped",
    "onboarding_step_completed",
)


def do_step(client: Client, sandbox: RunningSandbox, step: str) -> None:
    """Complete a step, including its connection."""
    path = f"/onboarding/{step}/"
    if step in ("github", "jira", "slack"):
        assert connect(client, sandbox, step, "onboarding") == "/onboarding/"
    form: dict[str, Any] = {}
    match step:
        case "repos":
            form = {"chosen": [choices(client, path)["analytical-engines/cards"]]}
        case "jira":
            found = choices(client, path)
            form = {"chosen": [found["Engine (ENG)"], found["Archive 60 (OLD60)"]]}
        case "slack":
            form = slack_form(client)
    if form:
        assert client.post(path, form).headers["Location"] == "/onboarding/"


def of_onboarding(captured: CapturedEvents, team: Team) -> list[tuple[str, dict[str, Any]]]:
    """Return the onboarding events of a team, without the team's slug and the duration."""
    own = [one for one in captured if one.event in EVENTS and of_team(one) == str(team.public_id)]
    found = []
    for event, _, properties in events_summary(own):
        assert properties.pop("team_slug") == team.slug
        if event == "onboarding_completed":
            assert properties.pop("duration_s") >= 0
        found.append((event, properties))
    return found
