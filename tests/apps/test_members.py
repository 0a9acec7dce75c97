"""Tests of changing a team's members and their roles."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.teams.models import Membership, Role, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import group_updates, person_updates
from tests.apps.conftest import Browser


@pytest.mark.usefixtures("acme")
def test_a_new_role_updates_the_member_and_not_the_admin(
    browser: Browser,
    captured_events: CapturedEvents,
    alice: User,
    bob: User,
) -> None:
    captured_events.clear()
    membership = Membership.objects.get(user=bob)

    browser(alice).post(f"/team/members/{membership.pk}/role/", {"role": "admin"})

    assert person_updates(captured_events, bob) == [{"role": "admin"}]
    assert person_updates(captured_events, alice) == []


def test_a_new_role_in_a_team_that_is_not_current_does_not_update_the_member(
    browser: Browser, captured_events: CapturedEvents, alice: User, bob: User
) -> None:
    membership = Membership.objects.get(user=bob)
    bobs = browser(bob)
    bobs.post("/teams/new/", {"name": "Bob's"})
    captured_events.clear()

    browser(alice).post(f"/team/members/{membership.pk}/role/", {"role": "admin"})
    assert list(captured_events) == []

    bobs.post("/teams/switch/", {"team": str(membership.team.public_id)})
    assert person_updates(captured_events, bob) == [{"role": "admin"}]


def test_setting_the_same_role_again_records_nothing(
    browser: Browser, captured_events: CapturedEvents, alice: User, bob: User
) -> None:
    captured_events.clear()
    membership = Membership.objects.get(user=bob)

    browser(alice).post(f"/team/members/{membership.pk}/role/", {"role": "member"})

    assert list(captured_events) == []


def test_removing_a_member_updates_the_member_count(
    browser: Browser, captured_events: CapturedEvents, alice: User, bob: User, acme: Team
) -> None:
    captured_events.clear()
    bobs = browser(bob)
    assert bobs.get("/team/").status_code == 200

    browser(alice).post(f"/team/members/{Membership.objects.get(user=bob).pk}/remove/")

    assert bobs.get("/team/").headers["Location"] == "/teams/new/"
    assert person_updates(captured_events, bob) == [{"teams_count": 0}]
    assert group_updates(captured_events, acme)[-1]["member_count"] == 1


def test_removal_from_a_team_that_is_not_current_keeps_the_role_property(
    browser: Browser, captured_events: CapturedEvents, alice: User, bob: User
) -> None:
    membership = Membership.objects.get(user=bob)
    browser(bob).post("/teams/new/", {"name": "Bob's"})
    captured_events.clear()

    browser(alice).post(f"/team/members/{membership.pk}/remove/")

    assert person_updates(captured_events, bob) == [{"teams_count": 1}]


def test_leaving_a_team_switches_to_the_remaining_one(
    browser: Browser, captured_events: CapturedEvents, bob: User, acme: Team, other: Team
) -> None:
    Membership.objects.create(team=other, user=bob, role=Role.ADMIN)
    client = browser(bob)
    client.post("/teams/switch/", {"team": str(acme.public_id)})
    captured_events.clear()

    page = client.post("/team/leave/", follow=True)

    assert page.context["request"].team == other
    assert person_updates(captured_events, bob) == [{"role": "admin", "teams_count": 1}]
    assert group_updates(captured_events, acme)[-1]["member_count"] == 1


@pytest.mark.usefixtures("bob")
def test_a_team_keeps_an_admin(
    browser: Browser,
    alice: User,
) -> None:
    client, own = browser(alice), Membership.objects.get(user=alice)

    for path in ("/team/leave/", f"/team/members/{own.pk}/remove/", f"/team/members/{own.pk}/role/"):
        page = client.post(path, {"role": "member"}, follow=True)
        assert "needs an admin" in page.content.decode()

    assert Membership.objects.get(user=alice).role == Role.ADMIN


def test_the_members_page_takes_a_constant_number_of_queries(
    browser: Browser, alice: User, acme: Team
) -> None:
    client = browser(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/team/").status_code == 200
        return len(captured)

    few = queries()
    for number in range(20):
        user = User.objects.create_user(f"member{number}@acme.example")
        Membership.objects.create(team=acme, user=user)
        acme.invitations.create(email=f"invited{number}@acme.example")

    assert queries() == few <= 5
