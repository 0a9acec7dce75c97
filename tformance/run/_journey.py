"""The sample journey: what each step does in the pages, and what is to arrive because of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from tformance.run._arrival import NOBODY, SLUG, TEAM, Arrival, of, visitor
from tformance.run._browser import Browser
from tformance.run._mail import link_in_mail

__all__ = ["FUNNEL", "PASSWORD", "STEPS", "Person", "Stage", "Step"]

PASSWORD = "analytical engine 1843"  # noqa: S105 - of accounts that live on this machine alone

# How far the journey's people come (`otel.inspector` reads it).
FUNNEL = "user_signed_up > dashboard_first_view > team_member_invited"


@dataclass(frozen=True, slots=True)
class Person:
    """Be somebody of the journey.

    Args:
        name: what they are called.
        email: their login; new in each run.
        becomes: what they are after the journey.
        browser: theirs.
    """

    name: str
    email: str
    becomes: str
    browser: Browser


class Stage:
    """Hold the people and what they share.

    Args:
        address: the product's.
        api_key: PostHog's.
        mail: the folder of the e-mails.
        is_unsampled: whether their requests belong to traces that are not sampled.
    """

    def __init__(self, address: str, api_key: str, mail: Path, *, is_unsampled: bool = False) -> None:
        self._mail = mail
        run = secrets.token_hex(3)

        def person(name: str, becomes: str, headers: Mapping[str, str] | None = None) -> Person:
            browser = Browser(address, api_key, headers=headers, is_unsampled=is_unsampled)
            return Person(name, f"{name.lower()}.{run}@example.com", becomes, browser)

        self.ada = person("Ada", "admin")
        self.grace = person("Grace", "member")
        self.linus = person("Linus", "admin")
        self.katherine = person("Katherine", "in no team")
        self.edsger = person("Edsger", "in no team", {"Sec-GPC": "1"})

    @property
    def people(self) -> tuple[Person, ...]:
        """All of them."""
        return self.ada, self.grace, self.linus, self.katherine, self.edsger

    def invitation_of(self, person: Person) -> str:
        """Return the link that a person was sent.

        Args:
            person: who was invited.
        """
        return link_in_mail(self._mail, person.email)


@dataclass(frozen=True, slots=True)
class Step:
    """Be one step.

    Args:
        title: what happens.
        act: does it.
        arrives: what is to arrive, each as often as it stands here, and nothing else.
    """

    title: str
    act: Callable[[Stage], None]
    arrives: tuple[Arrival, ...] = ()


def _look(stage: Stage) -> None:
    stage.ada.browser.open("/")


def _sign_up_by_email(person: Person) -> None:
    person.browser.open("/")
    person.browser.click("Start free")
    person.browser.submit("Sign Up", email=person.email, password1=PASSWORD)


def _sign_up(stage: Stage) -> None:
    _sign_up_by_email(stage.ada)


def _make_a_team(stage: Stage) -> None:
    stage.ada.browser.submit("Create team", name="Analytical Engines")


def _look_again(stage: Stage) -> None:
    stage.ada.browser.open("/dashboard/")


def _invite(stage: Stage) -> None:
    stage.ada.browser.click("Team")
    stage.ada.browser.submit("Send invitation", email=stage.grace.email, role="member")
    stage.ada.browser.submit(f"Send the invitation to {stage.grace.email} again")


def _join_by_sign_up(stage: Stage) -> None:
    browser = stage.grace.browser
    browser.open(stage.invitation_of(stage.grace))
    browser.submit("Join with a new account")
    browser.submit("Sign Up", password1=PASSWORD)


def _have_an_account(stage: Stage) -> None:
    _sign_up_by_email(stage.linus)
    stage.linus.browser.submit("Log out")
    stage.linus.browser.visit_anew()


def _invite_an_admin(stage: Stage) -> None:
    stage.ada.browser.open("/team/")
    stage.ada.browser.submit("Send invitation", email=stage.linus.email, role="admin")


def _join_by_login(stage: Stage) -> None:
    browser = stage.linus.browser
    browser.open(stage.invitation_of(stage.linus))
    browser.click("I have an account: log in to join")
    browser.submit("Sign In", login=stage.linus.email, password=PASSWORD)
    browser.submit("Join Analytical Engines")


def _change_settings(stage: Stage) -> None:
    stage.linus.browser.click("Team settings")
    stage.linus.browser.submit("Save", plan="starter")
    stage.grace.browser.click("Profile")
    stage.grace.browser.submit("Save", name="Grace")


def _be_refused(stage: Stage) -> None:
    stage.grace.browser.open("/team/settings/", status=HTTPStatus.FORBIDDEN)
    stage.grace.browser.open("/no/such/page/", status=HTTPStatus.NOT_FOUND)


def _fail(stage: Stage) -> None:
    stage.ada.browser.open("/debug/fail/", status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _opt_out(stage: Stage) -> None:
    browser = stage.katherine.browser
    _sign_up_by_email(stage.katherine)
    browser.open("/profile/privacy/")
    browser.submit("Save", analytics_opt_out=True)


def _stay_unseen(stage: Stage) -> None:
    browser = stage.katherine.browser
    browser.click("Profile")
    browser.submit("Save", name="Katherine")
    browser.open("/debug/fail/", status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _opt_in(stage: Stage) -> None:
    stage.katherine.browser.open("/profile/privacy/")
    stage.katherine.browser.submit("Save", analytics_opt_out=False)


def _refuse_by_browser(stage: Stage) -> None:
    _sign_up_by_email(stage.edsger)
    stage.edsger.browser.open("/profile/")
    stage.edsger.browser.submit("Save", name="Edsger")


def _signed_up(name: str, source: str) -> tuple[Arrival, ...]:
    """Return what is to arrive of each new account."""
    connected = dict.fromkeys(("has_connected_github", "has_connected_jira", "has_connected_slack"), False)
    once = {"signup_source": source, "signed_up_at": f"(when {name} joined)"}
    return (
        of(name, "user_signed_up", method="email", signup_source=source),
        _update("$set", name, {"$set": {"teams_count": 0, **connected}, "$set_once": once}),
        _identified(name),
    )


def _identified(name: str) -> Arrival:
    """Return what joins the visitor's trail to the account."""
    return _update("$identify", name, {"$anon_distinct_id": visitor(name)})


def _standing(name: str, role: str) -> Arrival:
    """Return what is to arrive of a person's place in the team."""
    return _update("$set", name, {"$set": {"role": role, "teams_count": 1}})


def _update(event: str, name: str, properties: Mapping[str, object]) -> Arrival:
    """Return one of PostHog's own events about a person; none of them is a team's."""
    return Arrival(event, name, properties, session=name)


def _team(plan: str, members: int, **more: object) -> Arrival:
    """Return what is to arrive of the team's own properties; they are about no person."""
    facts = {"name": "Analytical Engines", "slug": SLUG, "created_at": "(when it was made)"}
    return Arrival(
        "$groupidentify", TEAM, {"$group_set": {**facts, "plan": plan, "member_count": members, **more}}
    )


def _failed(who: str, session: str | None, team: str | None, **team_slug: str) -> tuple[Arrival, ...]:
    """Return what is to arrive of the page that fails."""
    about = {
        "error_type": "RuntimeError",
        "view_name": "web:fail",
        "status_code": 500,
        "method": "GET",
        "handled": False,
        "occurrences": 1,
    }
    raised = ["RuntimeError in apps.web.views.fail", "ValueError in apps.web.views.fail"]
    return (
        Arrival("$exception", who, {**about, "raised": raised}, team, session),
        Arrival("error_occurred", who, {**about, **team_slug}, team, session),
    )


def _settings(who: str, section: str, *fields: str) -> Arrival:
    return of(who, "settings_updated", section=section, changed_fields=list(fields))


def _invited(role: str, *, is_resend: bool) -> Arrival:
    return of("Ada", "team_member_invited", team=TEAM, team_slug=SLUG, role=role, is_resend=is_resend)


def _joined(who: str, role: str, via: str) -> Arrival:
    return of(
        who, "team_member_joined", team=TEAM, team_slug=SLUG, role=role, joined_via=via, invite_age_days=0
    )


def _first_view(who: str) -> Arrival:
    return of(who, "dashboard_first_view", team=TEAM, team_slug=SLUG, days_since_signup=0)


STEPS: tuple[Step, ...] = (
    Step("Ada, a visitor, looks at the landing page", _look),
    Step("Ada signs up by e-mail", _sign_up, _signed_up("Ada", "email")),
    Step(
        "Ada makes a team, and sees its dashboard",
        _make_a_team,
        (
            _team("trial", 1, onboarding_complete=False, repos_tracked=0, total_prs=0),
            _standing("Ada", "admin"),
            _first_view("Ada"),
        ),
    ),
    Step("Ada looks at the dashboard again", _look_again),
    Step(
        "Ada invites Grace, and sends the invitation again",
        _invite,
        (_invited("member", is_resend=False), _invited("member", is_resend=True)),
    ),
    Step(
        "Grace joins from the link in the e-mail, with a new account",
        _join_by_sign_up,
        (
            *_signed_up("Grace", "invite"),
            _joined("Grace", "member", "signup"),
            _team("trial", 2),
            _standing("Grace", "member"),
            _first_view("Grace"),
        ),
    ),
    Step("Linus signs up, and logs out", _have_an_account, _signed_up("Linus", "email")),
    Step("Ada invites Linus", _invite_an_admin, (_invited("admin", is_resend=False),)),
    Step(
        "Linus joins from the link, with his account",
        _join_by_login,
        (
            _identified("Linus"),
            _joined("Linus", "admin", "existing_account"),
            _team("trial", 3),
            _standing("Linus", "admin"),
            _first_view("Linus"),
        ),
    ),
    Step(
        "Linus changes the team's plan, Grace her name",
        _change_settings,
        (
            of(
                "Linus",
                "settings_updated",
                team=TEAM,
                section="team",
                changed_fields=["plan"],
                team_slug=SLUG,
            ),
            _team("starter", 3),
            _settings("Grace", "profile", "name"),
        ),
    ),
    Step("Grace, no admin, is refused the team's settings, and mistypes an address", _be_refused),
    Step("Ada meets the page that fails", _fail, _failed("Ada", "Ada", TEAM, team_slug=SLUG)),
    Step("Katherine signs up, and opts out", _opt_out, _signed_up("Katherine", "email")),
    Step(
        "Katherine, unseen, changes her name and meets the page that fails",
        _stay_unseen,
        _failed(NOBODY, None, None),
    ),
    Step("Katherine opts in again", _opt_in, (_settings("Katherine", "privacy", "analytics_opt_out"),)),
    Step("Edsger, whose browser refuses tracking, signs up and changes his name", _refuse_by_browser),
)
