"""The later steps: connections that change, syncs and pages that fail, opting out."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from tformance.run._journey._expected import (
    ENGINES,
    failed,
    in_team,
    person,
    settings,
    signed_up,
    synced,
    team,
)
from tformance.run._journey._setting_up import connect_github, sign_up_by_email
from tformance.run._journey._stage import PASSWORD, Stage, Step
from tformance.run.arrivals.arrival import NOBODY, SYSTEM, Arrival, slug

__all__ = ["DAYS", "STEPS"]

# Days that pass during the journey. The sandbox's clock starts this far back, so no date is in the future.
DAYS = 2

# The properties of an error on the page that fails.
_PAGE = {"view_name": "web:fail", "status_code": 500, "method": "GET"}
_RAISED = ["RuntimeError in apps.web.views.fail", "ValueError in apps.web.views.fail"]
_TASK = {"task_name": "apps.web.tasks.fail"}


def _connect_slack(stage: Stage) -> None:
    browser = stage.ada.browser
    browser.open("/integrations/")
    browser.submit("Connect Slack")
    browser.submit("Allow", login="ada")
    browser.click("Features and channel")
    browser.submit("Save", channel_id=["#engineering"], leaderboard_enabled=False)


def _disconnect_slack(stage: Stage) -> None:
    stage.linus.browser.open("/integrations/")
    stage.linus.browser.submit("Disconnect Slack")


def _reconnect_slack(stage: Stage) -> None:
    stage.ada.browser.open("/integrations/")
    stage.ada.browser.submit("Reconnect Slack")
    stage.ada.browser.submit("Allow", login="ada")


def _track_another(stage: Stage) -> None:
    names = [f"analytical-engines/{name}" for name in ("cards", "engine", "loom", "notes")]
    stage.ada.browser.open("/integrations/github/repositories/")
    stage.ada.browser.submit("Save", chosen=names)
    stage.wait_for_syncs(stage.ada)


def _sync_later(stage: Stage) -> None:
    stage.sandbox.advance(DAYS)
    stage.ada.browser.open("/integrations/")
    stage.ada.browser.submit("Sync all now")
    stage.wait_for_syncs(stage.ada)


def _sync_one(stage: Stage) -> None:
    stage.ada.browser.open("/integrations/")
    stage.ada.browser.submit("Sync now: analytical-engines/notes")
    stage.wait_for_syncs(stage.ada)


def _be_denied(stage: Stage) -> None:
    stage.sandbox.fail("github", "denied", path="graphql")
    _sync_one(stage)


def _be_revoked(stage: Stage) -> None:
    stage.sandbox.revoke("github")
    _sync_one(stage)


def _reconnect_github(stage: Stage) -> None:
    stage.ada.browser.open("/integrations/")
    connect_github(stage.ada, "Reconnect GitHub")


def _be_refused(stage: Stage) -> None:
    stage.grace.browser.open("/team/settings/", status=HTTPStatus.FORBIDDEN)
    stage.grace.browser.open("/no/such/page/", status=HTTPStatus.NOT_FOUND)


def _fail(stage: Stage) -> None:
    stage.ada.browser.open("/debug/fail/", status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _fail_in_task(stage: Stage) -> None:
    stage.ada.browser.open("/debug/fail-in-task/", status=HTTPStatus.ACCEPTED)


def _opt_out(stage: Stage) -> None:
    sign_up_by_email(stage.katherine)
    stage.katherine.browser.open("/profile/privacy/")
    stage.katherine.browser.submit("Save", analytics_opt_out=True)


def _stay_unseen(stage: Stage) -> None:
    browser = stage.katherine.browser
    browser.click("Profile")
    browser.submit("Save", name="Katherine")
    browser.open("/debug/fail/", status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _opt_in(stage: Stage) -> None:
    stage.katherine.browser.open("/profile/privacy/")
    stage.katherine.browser.submit("Save", analytics_opt_out=False)


def _refuse_by_browser(stage: Stage) -> None:
    sign_up_by_email(stage.edsger)
    stage.edsger.browser.open("/profile/")
    stage.edsger.browser.submit("Save", name="Edsger")


def _come_and_go(stage: Stage) -> None:
    sign_up_by_email(stage.charles)
    stage.charles.browser.open("/profile/delete/")
    stage.charles.browser.submit("Delete my account", password=PASSWORD)


def _connected(provider: str, *, is_reconnect: bool) -> tuple[Arrival, ...]:
    return (
        in_team(
            "Ada", "integration_connected", provider=provider, flow="settings", is_reconnect=is_reconnect
        ),
        person("Ada", {"$set": {f"has_connected_{provider}": True}}),
    )


# Marks a change that no person made.
_MARK = {"$set": {"is_system": True}}


def _disconnected(who: str, provider: str, reason: str, **more: object) -> Arrival:
    about: dict[str, Any] = {"provider": provider, "reason": reason, "connected_days": 0, **more}
    return in_team(who, "integration_disconnected", **about)


STEPS = (
    Step(
        "Ada connects Slack from the settings, and chooses what to get there",
        _connect_slack,
        (
            *_connected("slack", is_reconnect=False),
            in_team(
                "Ada",
                "slack_configured",
                surveys_enabled=True,
                leaderboard_enabled=False,
                reveals_enabled=True,
            ),
        ),
    ),
    Step(
        "Linus disconnects Slack, which Ada had connected",
        _disconnect_slack,
        (
            _disconnected("Linus", "slack", "user"),
            person("Ada", {"$set": {"has_connected_slack": False}}, session=False),
        ),
    ),
    Step("Ada connects Slack again", _reconnect_slack, _connected("slack", is_reconnect=True)),
    Step(
        "Ada tracks a fourth repository",
        _track_another,
        (team(ENGINES, "Ada", repos_tracked=4), *synced("Ada", "manual", is_initial=True)),
    ),
    Step(
        "Two days later Ada syncs all of them",
        _sync_later,
        4 * synced("Ada", "manual", is_initial=False),
    ),
    Step(
        "GitHub denies a repository",
        _be_denied,
        synced("Ada", "manual", is_initial=False, outcome="failed", error_type="AccessDeniedError"),
    ),
    Step(
        "GitHub revokes the access, and a sync notices",
        _be_revoked,
        (
            replace(_disconnected(SYSTEM, "github", "revoked", **_MARK), session=None),
            person("Ada", {"$set": {"has_connected_github": False}}),
            team(ENGINES, "Ada", repos_tracked=0),
            *synced("Ada", "manual", is_initial=False, outcome="failed", error_type="AccessRevokedError"),
        ),
    ),
    Step(
        "Ada connects GitHub again",
        _reconnect_github,
        (*_connected("github", is_reconnect=True), team(ENGINES, "Ada", repos_tracked=4)),
    ),
    Step("Grace, no admin, is refused the team's settings, and mistypes an address", _be_refused),
    Step(
        "Ada meets the page that fails",
        _fail,
        failed("Ada", _PAGE, _RAISED, session="Ada", team=ENGINES, told={"team_slug": slug(ENGINES)}),
    ),
    Step(
        "A task fails that Ada has started",
        _fail_in_task,
        failed(
            "Ada",
            _TASK,
            ["RuntimeError in apps.web.tasks.fail"],
            session="Ada",
            team=ENGINES,
            told={"team_slug": slug(ENGINES)},
        ),
    ),
    Step(
        "Katherine signs up, and opts out",
        _opt_out,
        signed_up("Katherine", method="email", source="email"),
    ),
    Step(
        "Katherine, unseen, changes her name and meets the page that fails",
        _stay_unseen,
        failed(NOBODY, _PAGE, _RAISED, session=None),
    ),
    Step("Katherine opts in again", _opt_in, (settings("Katherine", "privacy", "analytics_opt_out"),)),
    Step("Edsger, whose browser refuses tracking, signs up and changes his name", _refuse_by_browser),
    Step(
        "Charles signs up, and deletes his account",
        _come_and_go,
        signed_up("Charles", method="email", source="email"),
    ),
)
