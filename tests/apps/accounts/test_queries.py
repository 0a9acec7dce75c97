"""What accounts and teams ask of the database: each statement has a reason, and none is telemetry's."""

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

# Who asks, by the session's cookie.
WHO = ["SELECT django_session", "SELECT users_user"]
# And in which teams: the menu, the current team, and the role in it.
TEAMS = [*WHO, "SELECT teams_membership"]
# A form works on an instance of its own, so that refused values do not show in the header.
OWN = [*WHO, "SELECT users_user"]


@dataclass(frozen=True)
class Request:
    """One request, with what it has to ask and what is told of it.

    Args:
        who: asks; a visitor if empty.
        method: by which.
        path: with the ids of the fixture.
        asks: the statements, in their order.
        tells: the events that PostHog gets.
        form: what is posted.
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
        # Each team that is left, and who else is in it; the menu.
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
        # The form's own instance; whether another team has the address.
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
            # Whether the address is a member's, or invited.
            *("SELECT teams_membership", "SELECT teams_invitation"),
            # Kept, and once the mail has left, that it has.
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
            # Found, then read again under its lock, with its time begun anew.
            *("SELECT teams_invitation", "SELECT teams_invitation", "UPDATE teams_invitation"),
            # The mail has left.
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
        # Found; the team's lock; who else is an admin.
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
        # Found; the team's lock; who else is an admin.
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
        # The team's lock; who else is an admin.
        [*TEAMS, "SELECT teams_team", "SELECT teams_membership", "DELETE teams_membership"],
        ["$set", "$groupidentify"],
    ),
    Request(
        "charlie",
        "post",
        "/teams/switch/",
        # The person, and this session.
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
            # Found, then read again under its lock, and closed.
            *("SELECT teams_invitation", "SELECT teams_invitation", "UPDATE teams_invitation"),
            # Whether this is a member already.
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
            # A free address; the person's lock; whether the person has a team of this name.
            *("SELECT teams_team", "SELECT users_user", "SELECT teams_membership"),
            *("INSERT teams_team", "INSERT teams_membership", "UPDATE django_session"),
        ],
        ["$set", "$groupidentify"],
        {"name": "New"},
    ),
)


@pytest.mark.parametrize("is_told", [False, True], ids=["untold", "told"])
@pytest.mark.parametrize("one", REQUESTS, ids=lambda one: f"{one.method} {one.path}")
def test_a_request_asks_what_it_has_to_and_nothing_for_telemetry(
    browser: Browser,
    request: pytest.FixtureRequest,
    one: Request,
    is_told: bool,
    acme: Team,
    bob: User,
    other: Team,
    charlie: User,
) -> None:
    # Acme is where Bob has been last.
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


def test_signing_up_asks_nothing_of_teams(browser: Browser, captured_events: CapturedEvents) -> None:
    form = {"email": "dana@new.example", "password1": PASSWORD}

    asked = statements(partial(browser(None).post, "/accounts/signup/", form))

    assert [one for one in asked if "teams_" in one] == []
    assert [capture.event for capture in captured_events] == ["user_signed_up", "$set"]
