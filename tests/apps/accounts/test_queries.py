"""Queries of pages about accounts and teams: each one has a reason, and telemetry needs none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import pytest

from apps.teams.models import Membership, Role, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.conftest import PASSWORD, Browser
from tests.apps.queries import statements

# The session and its user.
WHO = ["SELECT django_session", "SELECT users_user"]
# The user's teams too, for the menu, the current team and the user's role in it.
TEAMS = [*WHO, "SELECT teams_membership"]
# The user again: a form has a separate instance, so that invalid values do not show in the header.
OWN = [*WHO, "SELECT users_user"]


@dataclass(frozen=True)
class Request:
    """A request with its expected queries and events.

    Args:
        who: the name of the signed-in user; empty for a visitor.
        method: the name of the test client's method.
        path: the path, with placeholders for ids.
        asks: the expected statements, in order.
        tells: the names of the events that PostHog gets.
        form: the posted form, with placeholders for ids.
    """

    who: str
    method: str
    path: str
    asks: list[str]
    tells: list[str] = field(default_factory=list)
    form: Mapping[str, str] = field(default_factory=dict)


REQUESTS = (
    Request("", "get", "/accounts/login/", []),
    Request("", "get", "/accounts/signup/", []),
    Request("alice", "get", "/profile/", [*OWN, "SELECT teams_membership"]),
    Request("alice", "get", "/profile/notifications/", [*OWN, "SELECT teams_membership"]),
    Request("alice", "get", "/profile/privacy/", [*OWN, "SELECT teams_membership"]),
    Request(
        "alice",
        "get",
        "/profile/delete/",
        # The user's teams; their other members; the menu.
        [*OWN, "SELECT teams_team", "SELECT teams_membership", "SELECT teams_membership"],
    ),
    Request("alice", "get", "/teams/new/", TEAMS),
    Request("alice", "get", "/team/", [*TEAMS, "SELECT teams_membership", "SELECT teams_invitation"]),
    Request("alice", "get", "/team/settings/", [*TEAMS, "SELECT teams_team"]),
    Request("", "get", "/invitations/{token}/", ["SELECT teams_invitation"]),
    Request(
        "alice",
        "post",
        "/profile/",
        [*OWN, "UPDATE users_user"],
        ["settings_updated"],
        {"name": "Alice Archer"},
    ),
    Request("alice", "post", "/profile/notifications/", [*OWN, "UPDATE users_user"], ["settings_updated"]),
    Request(
        "alice",
        "post",
        "/team/settings/",
        # The form's separate instance; whether another team has the slug.
        [*TEAMS, "SELECT teams_team", "SELECT teams_team", "UPDATE teams_team"],
        ["settings_updated", "$groupidentify"],
        {"name": "Acme", "slug": "acme", "plan": "pro"},
    ),
    Request(
        "alice",
        "post",
        "/team/invitations/",
        [
            *TEAMS,
            # Whether the address belongs to a member or has an invitation.
            *("SELECT teams_membership", "SELECT teams_invitation"),
            # The invitation; after the email, the time it was sent.
            *("INSERT teams_invitation", "UPDATE teams_invitation"),
        ],
        ["team_member_invited"],
        {"email": "eve@else.example", "role": "member"},
    ),
    Request(
        "alice",
        "post",
        "/team/invitations/{invitation}/resend/",
        [
            *TEAMS,
            # The invitation; the invitation again with a lock; its new expiry.
            *("SELECT teams_invitation", "SELECT teams_invitation", "UPDATE teams_invitation"),
            # The time the email was sent.
            "UPDATE teams_invitation",
        ],
        ["team_member_invited"],
    ),
    Request(
        "alice",
        "post",
        "/team/invitations/{invitation}/cancel/",
        [*TEAMS, "SELECT teams_invitation", "SELECT teams_invitation", "UPDATE teams_invitation"],
    ),
    Request(
        "alice",
        "post",
        "/team/members/{membership}/role/",
        # The membership; the team's lock; the other admins.
        [
            *TEAMS,
            "SELECT teams_membership",
            "SELECT teams_team",
            "SELECT teams_membership",
            "UPDATE teams_membership",
        ],
        ["$set"],
        {"role": "admin"},
    ),
    Request(
        "alice",
        "post",
        "/team/members/{membership}/remove/",
        # The membership; the team's lock; the other admins.
        [
            *TEAMS,
            "SELECT teams_membership",
            "SELECT teams_team",
            "SELECT teams_membership",
            "DELETE teams_membership",
        ],
        ["$set", "$groupidentify"],
    ),
    Request(
        "bob",
        "post",
        "/team/leave/",
        # The team's lock; the other admins.
        [*TEAMS, "SELECT teams_team", "SELECT teams_membership", "DELETE teams_membership"],
        ["$set", "$groupidentify"],
    ),
    Request(
        "charlie",
        "post",
        "/teams/switch/",
        # The person's current team; the session's.
        [*TEAMS, "UPDATE teams_membership", "UPDATE django_session"],
        ["$set"],
        {"team": "{other}"},
    ),
    Request(
        "charlie",
        "post",
        "/invitations/{charlies}/accept/",
        [
            *WHO,
            # The invitation; the invitation again with a lock; its acceptance.
            *("SELECT teams_invitation", "SELECT teams_invitation", "UPDATE teams_invitation"),
            # Whether the user is already a member.
            *("SELECT teams_membership", "INSERT teams_membership", "UPDATE django_session"),
        ],
        ["team_member_joined", "$set", "$groupidentify"],
    ),
    Request(
        "charlie",
        "post",
        "/teams/new/",
        [
            *WHO,
            # A free slug; the user's lock; whether the user has a team of this name.
            *("SELECT teams_team", "SELECT users_user", "SELECT teams_membership"),
            *("INSERT teams_team", "INSERT teams_membership", "UPDATE django_session"),
        ],
        ["$set", "$groupidentify"],
        {"name": "New"},
    ),
)


@pytest.mark.parametrize("is_told", [False, True], ids=["untold", "told"])
@pytest.mark.parametrize("one", REQUESTS, ids=lambda one: f"{one.method} {one.path}")
def test_a_request_runs_no_queries_for_telemetry(
    browser: Browser,
    request: pytest.FixtureRequest,
    one: Request,
    is_told: bool,
    acme: Team,
    bob: User,
    other: Team,
    charlie: User,
) -> None:
    # Acme stays Bob's current team.
    Membership.objects.create(team=other, user=bob, role=Role.ADMIN, current_since=acme.created_at)
    ids = {
        "invitation": (invitation := acme.invitations.create(email="dana@new.example")).pk,
        "token": invitation.token,
        "charlies": acme.invitations.create(email=charlie.email).token,
        "membership": Membership.objects.get(user=bob, team=acme).pk,
        "other": other.public_id,
    }
    client = browser(User.objects.get(name=one.who.title()) if one.who else None)
    form = {name: value.format(**ids) for name, value in one.form.items()}
    captured: CapturedEvents | None = request.getfixturevalue("captured_events") if is_told else None
    if captured is not None:
        captured.clear()

    asked = statements(partial(getattr(client, one.method), one.path.format(**ids), form))

    assert asked == one.asks
    if captured is not None:
        assert sorted(capture.event for capture in captured) == sorted(one.tells)


def test_signing_up_runs_no_queries_for_teams(browser: Browser, captured_events: CapturedEvents) -> None:
    form = {"email": "dana@new.example", "password1": PASSWORD}

    asked = statements(partial(browser(None).post, "/accounts/signup/", form))

    assert [one for one in asked if "teams_" in one] == []
    assert [capture.event for capture in captured_events] == ["user_signed_up", "$set"]
