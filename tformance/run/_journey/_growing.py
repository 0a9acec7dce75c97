"""The steps in which a team grows: invitations, and each way to accept one."""

from __future__ import annotations

from tformance.run._journey._expected import (
    ENGINES,
    first_view,
    identified,
    in_team,
    invited,
    joined,
    settings,
    signed_up,
    team,
)
from tformance.run._journey._stage import PASSWORD, Person, Stage, Step

__all__ = ["STEPS"]


def _invite(stage: Stage) -> None:
    stage.ada.browser.open("/team/")
    stage.ada.browser.submit("Send invitation", email=stage.grace.email, role="member")
    stage.ada.browser.submit(f"Send again: the invitation to {stage.grace.email}")


def _join_by_sign_up(stage: Stage) -> None:
    browser = stage.grace.browser
    browser.open(stage.invitation_of(stage.grace))
    browser.submit("Join with a new account")
    browser.submit("Sign up", password1=PASSWORD)
    browser.open("/dashboard/")


def _invite_an_admin(stage: Stage) -> None:
    stage.ada.browser.open("/team/")
    stage.ada.browser.submit("Send invitation", email=stage.linus.email, role="admin")


def _join_by_login(stage: Stage) -> None:
    browser = stage.linus.browser
    browser.open(stage.invitation_of(stage.linus))
    browser.click("I have an account: log in to join")
    browser.submit("Log in", login=stage.linus.email, password=PASSWORD)
    browser.submit(f"Join {ENGINES}")
    browser.open("/dashboard/")


def _authorize_login(person: Person) -> None:
    person.browser.submit("Authorize", new_login=person.github, email=person.email)


def _sign_up_with_github(stage: Stage) -> None:
    stage.barbara.browser.open("/")
    stage.barbara.browser.click("Start free")
    stage.barbara.browser.submit("Continue with GitHub")
    _authorize_login(stage.barbara)


def _invite_another(stage: Stage) -> None:
    stage.ada.browser.open("/team/")
    stage.ada.browser.submit("Send invitation", email=stage.alan.email, role="member")


def _join_with_github(stage: Stage) -> None:
    stage.alan.browser.open(stage.invitation_of(stage.alan))
    stage.alan.browser.submit("Join with GitHub")
    _authorize_login(stage.alan)
    stage.alan.browser.open("/dashboard/")


def _change_settings(stage: Stage) -> None:
    stage.linus.browser.open("/team/settings/")
    stage.linus.browser.submit("Save", plan="starter")
    stage.grace.browser.open("/profile/")
    stage.grace.browser.submit("Save", name="Grace")
    stage.grace.browser.click("Notifications")
    stage.grace.browser.submit("Save", insight_emails=False)


STEPS = (
    Step(
        "Ada invites Grace, and sends the invitation again",
        _invite,
        (invited("member", is_resend=False), invited("member", is_resend=True)),
    ),
    Step(
        "Grace joins from the link in the e-mail, with a new account",
        _join_by_sign_up,
        (
            *signed_up("Grace", method="email", source="invite"),
            *joined("Grace", "member", "signup", members=2),
            first_view("Grace"),
        ),
    ),
    Step("Ada invites Linus", _invite_an_admin, (invited("admin", is_resend=False),)),
    Step(
        "Linus joins from the link, with his account",
        _join_by_login,
        (*identified("Linus"), *joined("Linus", "admin", "existing_account", members=3, teams=2)),
    ),
    Step(
        "Barbara signs up with GitHub",
        _sign_up_with_github,
        signed_up("Barbara", method="github", source="github"),
    ),
    Step("Ada invites Alan", _invite_another, (invited("member", is_resend=False),)),
    Step(
        "Alan joins from the link, with GitHub",
        _join_with_github,
        (
            *signed_up("Alan", method="github", source="invite"),
            *joined("Alan", "member", "signup", members=4),
            first_view("Alan"),
        ),
    ),
    Step(
        "Linus changes the team's plan; Grace her name, and which e-mails she gets",
        _change_settings,
        (
            in_team("Linus", "settings_updated", section="team", changed_fields=["plan"]),
            team(ENGINES, "Linus", plan="starter"),
            settings("Grace", "profile", "name"),
            settings("Grace", "notifications", "insight_emails"),
        ),
    ),
)
