"""A test that the recorded events match the state, for any requests in any order."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.integrations.models import Connection
from apps.metrics.models import Repository
from apps.onboarding.models import StepRecord
from apps.teams.membership.memberships import create_team
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.choices.connecting import connect_all
from tests.apps.choices.pages import choices, slack_form
from tests.apps.conftest import Browser
from tests.apps.onboarding.setting_up import STEPS, of_onboarding
from tformance.sandbox.running import RunningSandbox

NUMBERS = count(1)

acts = st.one_of(
    st.tuples(st.sampled_from(["skip", "do", "look"]), st.sampled_from(STEPS)),
    st.just(("finish", "")),
)


class Reference:
    """A simple model of the onboarding, which predicts its outcome."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.recorded: list[tuple[str, dict[str, Any]]] = []
        self.is_over = False
        self.asks_for_repos_again = False

    def skip(self, step: str, reason: str = "user") -> None:
        if self.is_over:
            return
        if step == "repos":
            self.asks_for_repos_again = False
        if step in self.outcomes:
            return
        self.outcomes[step] = "skipped"
        self.recorded.append(("onboarding_skipped", {"step": step, "reason": reason}))
        if step == "github":
            self.skip("repos", "not_applicable")

    def do(self, step: str, counts: dict[str, int]) -> None:
        if self.is_over or self.outcomes.get(step) == "completed":
            return
        self.outcomes[step] = "completed"
        self.recorded.append(("onboarding_step_completed", {"step": step, **counts}))
        if step in ("github", "repos"):
            self.asks_for_repos_again = self.outcomes.get("repos") == "skipped"

    def finish(self) -> None:
        if self.is_over:
            return
        for step in STEPS:
            self.skip(step)
        skipped = list(self.outcomes.values()).count("skipped")
        self.recorded.append(("onboarding_completed", {"steps_skipped": skipped}))
        self.is_over = True

    @property
    def leads_to(self) -> str:
        if self.is_over:
            return "/dashboard/"
        for step in STEPS:
            if step not in self.outcomes or (step == "repos" and self.asks_for_repos_again):
                return f"/onboarding/{step}/"
        return "/onboarding/complete/"


@pytest.fixture
def connected(browser: Browser, sandbox: RunningSandbox, alice: User, acme: Team) -> Client:
    client = browser(alice)
    connect_all(client, sandbox)
    return client


def _another_team(client: Client, alice: User, acme: Team) -> Team:
    """Create a team with the same connections as Acme, and switch to it."""
    slug = f"team-{next(NUMBERS)}"
    team = create_team(alice, name=slug, slug=slug).team
    for connection in Connection.objects.filter(team=acme):
        connection.pk, connection.team = None, team
        connection.save()
    client.post("/teams/switch/", {"team": str(team.public_id)})
    return team


@given(sent=st.lists(acts, max_size=9))
@settings(
    max_examples=40,
    # Each example creates its own team and does not change the fixtures.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_recorded_events_match_the_state(
    connected: Client, captured_events: CapturedEvents, alice: User, acme: Team, sent: list[tuple[str, str]]
) -> None:
    client, expected = connected, Reference()
    team = _another_team(client, alice, acme)
    captured_events.clear()

    for act, step in sent:
        match act:
            case "skip":
                client.post(f"/onboarding/{step}/skip/")
                expected.skip(step)
            case "do":
                counts = _do(client, team, step)
                expected.do(step, counts)
            case "look":
                client.get(f"/onboarding/{step}/")
            case _:
                client.post("/onboarding/complete/")
                expected.finish()
        assert client.get("/onboarding/").headers["Location"] == expected.leads_to

    recorded = of_onboarding(captured_events, team)
    assert recorded == expected.recorded
    outcomes = dict(StepRecord.objects.filter(team=team).values_list("step", "outcome"))
    assert outcomes == expected.outcomes
    done = [one["step"] for event, one in recorded if event == "onboarding_step_completed"]
    assert sorted(done) == sorted(step for step, outcome in outcomes.items() if outcome == "completed")
    skips = [one["step"] for event, one in recorded if event == "onboarding_skipped"]
    assert len(skips) == len(set(skips))
    assert {step for step, outcome in outcomes.items() if outcome == "skipped"} <= set(skips)


def _do(client: Client, team: Team, step: str) -> dict[str, int]:
    """Submit a step's form; return the counts that its event should have."""
    path = f"/onboarding/{step}/"
    match step:
        case "repos":
            known = [one for name, one in choices(client, path).items() if name == "analytical-engines/cards"]
            # Already tracked, so that choosing the repository does not start a sync, which this test ignores.
            for one in known:
                Repository.objects.get_or_create(
                    team=team, external_id=int(one), full_name="analytical-engines/cards", is_tracked=True
                )
            client.post(path, {"chosen": known})
            return {"repos_count": 1}
        case "jira":
            client.post(path, {"chosen": ["ENG", "LOOM"]})
            return {"projects_count": 2}
        case "slack":
            offered = choices(client, path)
            client.post(path, slack_form(client) if offered else {})
            return {}
        case _:
            client.post(path)
            return {}
