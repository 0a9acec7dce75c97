"""Tests of skipping steps, in every combination."""

from __future__ import annotations

from itertools import product

import pytest

from apps.onboarding.models import StepOutcome, StepRecord
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.conftest import Browser
from tests.apps.onboarding.setting_up import STEPS, do_step, of_onboarding
from tformance.sandbox.running import RunningSandbox

PATTERNS = [
    frozenset(step for step, is_in in zip(STEPS, one, strict=True) if is_in)
    for one in product([0, 1], repeat=4)
]


def _outcomes(team: Team) -> dict[str, str]:
    return dict(StepRecord.objects.filter(team=team).values_list("step", "outcome"))


@pytest.mark.parametrize("skipped", PATTERNS, ids=lambda skipped: "+".join(sorted(skipped)) or "none")
def test_each_step_is_either_completed_or_skipped(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    skipped: frozenset[str],
) -> None:
    client = browser(alice)
    # Without GitHub, the step for repositories is skipped, too.
    expected = {step: "skipped" if step in skipped else "completed" for step in STEPS}
    if "github" in skipped:
        expected["repos"] = "skipped"

    for _ in STEPS:
        following = client.get("/onboarding/").headers["Location"]
        step = following.split("/")[2]
        if step == "complete":
            break
        if step in skipped:
            assert client.post(f"{following}skip/").headers["Location"] == "/onboarding/"
        else:
            do_step(client, sandbox, step)
    client.post("/onboarding/complete/")

    assert _outcomes(acme) == expected
    recorded = of_onboarding(captured_events, acme)
    for step, outcome in expected.items():
        told = [(event, one) for event, one in recorded if one.get("step") == step]
        assert len(told) == 1
        assert told[0][0] == ("onboarding_skipped" if outcome == "skipped" else "onboarding_step_completed")
    reasons = {one["step"]: one["reason"] for event, one in recorded if event == "onboarding_skipped"}
    assert reasons == {
        step: "not_applicable" if (step, "github" in skipped) == ("repos", True) else "user"
        for step, outcome in expected.items()
        if outcome == "skipped"
    }
    steps_skipped = list(expected.values()).count("skipped")
    assert recorded[-1] == ("onboarding_completed", {"steps_skipped": steps_skipped})


def test_open_steps_are_skipped_at_the_end(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)

    client.post("/onboarding/complete/")

    assert of_onboarding(captured_events, acme) == [
        ("onboarding_skipped", {"step": "github", "reason": "user"}),
        ("onboarding_skipped", {"step": "repos", "reason": "not_applicable"}),
        ("onboarding_skipped", {"step": "jira", "reason": "user"}),
        ("onboarding_skipped", {"step": "slack", "reason": "user"}),
        ("onboarding_completed", {"steps_skipped": 4}),
    ]


def test_a_skipped_step_can_be_completed_later(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    client.post("/onboarding/jira/skip/")
    client.post("/onboarding/github/skip/")

    do_step(client, sandbox, "jira")
    client.post("/onboarding/complete/")

    assert _outcomes(acme)["jira"] == StepOutcome.COMPLETED
    recorded = of_onboarding(captured_events, acme)
    assert ("onboarding_skipped", {"step": "jira", "reason": "user"}) in recorded
    assert ("onboarding_step_completed", {"step": "jira", "projects_count": 2}) in recorded
    assert recorded[-1] == ("onboarding_completed", {"steps_skipped": 3})


def test_connecting_github_later_reopens_the_repositories_step(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    client.post("/onboarding/github/skip/")
    assert client.get("/onboarding/").headers["Location"] == "/onboarding/jira/"

    do_step(client, sandbox, "github")
    assert client.get("/onboarding/").headers["Location"] == "/onboarding/repos/"
    client.post("/onboarding/repos/skip/")
    assert client.get("/onboarding/").headers["Location"] == "/onboarding/jira/"
    client.post("/onboarding/complete/")

    skips = [
        one["step"] for event, one in of_onboarding(captured_events, acme) if event == "onboarding_skipped"
    ]
    assert skips == ["github", "repos", "jira", "slack"]
    assert of_onboarding(captured_events, acme)[-1][1] == {"steps_skipped": 3}


def test_a_completed_step_cannot_be_skipped(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    do_step(client, sandbox, "github")
    captured_events.clear()

    client.post("/onboarding/github/skip/")

    assert list(captured_events) == []
    assert _outcomes(acme) == {"github": "completed"}
