"""The steps that lead from a visitor to a team with its first data."""

from __future__ import annotations

from typing import Any

from tformance.run._journey._expected import (
    ENGINES,
    KERNELS,
    first_view,
    in_team,
    new_team,
    person,
    signed_up,
    synced,
    team,
)
from tformance.run._journey._stage import PASSWORD, Person, Stage, Step
from tformance.run.arrivals.arrival import A_NUMBER, A_WORD, Arrival

__all__ = ["STEPS", "connect_github", "sign_up_by_email"]


def sign_up_by_email(person: Person) -> None:
    """Create an account with the sign-up form.

    Args:
        person: the person who signs up.
    """
    person.browser.open("/")
    person.browser.click("Start free")
    person.browser.submit("Sign up", email=person.email, password1=PASSWORD)


def connect_github(person: Person, button: str) -> None:
    """Connect GitHub as the sandbox's account Ada, which has two organizations.

    Args:
        person: the person who connects GitHub.
        button: the button on the open page.
    """
    person.browser.submit(button)
    person.browser.submit("Authorize", login="ada")
    person.browser.submit("Connect", account=["analytical-engines"])


def _look(stage: Stage) -> None:
    stage.ada.browser.open("/")


def _sign_up(stage: Stage) -> None:
    sign_up_by_email(stage.ada)


def _make_a_team(stage: Stage) -> None:
    stage.ada.browser.submit("Create team", name=ENGINES)


def _deny(stage: Stage) -> None:
    stage.ada.browser.submit("Connect GitHub")
    stage.ada.browser.submit("Cancel", status=403)


def _connect_github(stage: Stage) -> None:
    stage.ada.browser.open("/onboarding/")
    connect_github(stage.ada, "Connect GitHub")


def _choose_repositories(stage: Stage) -> None:
    names = [f"analytical-engines/{name}" for name in ("engine", "loom", "notes")]
    stage.ada.browser.submit("Save and continue", chosen=names)
    stage.wait_for_syncs(stage.ada)


def _connect_jira(stage: Stage) -> None:
    browser = stage.ada.browser
    browser.open("/onboarding/")
    browser.submit("Connect Jira")
    browser.submit("Accept", login="ada")
    browser.submit("Connect", account=["analytical-engines"])
    browser.submit("Save and continue", chosen=["Engine"])


def _skip_slack(stage: Stage) -> None:
    stage.ada.browser.submit("Skip this step")


def _finish(stage: Stage) -> None:
    stage.ada.browser.submit("Finish")
    stage.ada.browser.open("/dashboard/")
    stage.ada.browser.open("/onboarding/complete/")


def _skip_everything(stage: Stage) -> None:
    browser = stage.linus.browser
    sign_up_by_email(stage.linus)
    browser.submit("Create team", name=KERNELS)
    for _ in range(3):  # GitHub including its repositories, Jira, Slack
        browser.submit("Skip this step")
    browser.submit("Finish")
    browser.submit("Log out")
    browser.visit_anew()


def _done(step: str, **counts: Any) -> Arrival:
    return in_team("Ada", "onboarding_step_completed", step=step, **counts)


def _skipped(who: str, name: str, step: str, reason: str) -> Arrival:
    return in_team(who, "onboarding_skipped", name, step=step, reason=reason)


def _connected(provider: str) -> Arrival:
    return in_team("Ada", "integration_connected", provider=provider, flow="onboarding", is_reconnect=False)


def _completed(who: str, name: str, skipped: int) -> tuple[Arrival, ...]:
    return (
        in_team(who, "onboarding_completed", name, steps_skipped=skipped, duration_s=A_NUMBER),
        team(name, who, onboarding_complete=True),
        first_view(who, name),
    )


STEPS = (
    Step("Ada, a visitor, looks at the landing page", _look),
    Step("Ada signs up by e-mail", _sign_up, signed_up("Ada", method="email", source="email")),
    Step("Ada makes a team", _make_a_team, new_team(ENGINES, "Ada")),
    Step("Ada does not let Tformance into GitHub", _deny),
    Step(
        "Ada connects GitHub after all, and chooses one of two organisations",
        _connect_github,
        (
            _connected("github"),
            in_team("Ada", "github_connected", org_name=A_WORD, member_count=A_NUMBER),
            person("Ada", {"$set": {"has_connected_github": True}}),
            team(ENGINES, "Ada", repos_tracked=0),
            _done("github"),
        ),
    ),
    Step(
        "Ada chooses three repositories, and their pull requests are read",
        _choose_repositories,
        (
            _done("repos", repos_count=3),
            team(ENGINES, "Ada", repos_tracked=3),
            *synced("Ada", "onboarding", is_initial=True),
            *synced("Ada", "onboarding", is_initial=True),
            *synced("Ada", "onboarding", is_initial=True),
        ),
    ),
    Step(
        "Ada connects Jira, and chooses a project",
        _connect_jira,
        (
            _connected("jira"),
            in_team("Ada", "jira_connected", site_url=A_WORD),
            person("Ada", {"$set": {"has_connected_jira": True}}),
            _done("jira", projects_count=1),
        ),
    ),
    Step("Ada skips Slack", _skip_slack, (_skipped("Ada", ENGINES, "slack", "user"),)),
    Step(
        "Ada finishes, sees the dashboard, looks again, and goes back",
        _finish,
        _completed("Ada", ENGINES, 1),
    ),
    Step(
        "Linus makes a team of his own, skips all of it, and logs out",
        _skip_everything,
        (
            *signed_up("Linus", method="email", source="email"),
            *new_team(KERNELS, "Linus"),
            _skipped("Linus", KERNELS, "github", "user"),
            _skipped("Linus", KERNELS, "repos", "not_applicable"),
            _skipped("Linus", KERNELS, "jira", "user"),
            _skipped("Linus", KERNELS, "slack", "user"),
            *_completed("Linus", KERNELS, 4),
        ),
    ),
)
