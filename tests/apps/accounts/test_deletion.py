"""Deletion of an account and of the teams without other members."""

from __future__ import annotations

import pytest

from apps.integrations.models import Connection
from apps.teams.models import Invitation, Membership, Role, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import group_updates, person_updates
from tests.apps.conftest import PASSWORD, Browser


@pytest.fixture
def proof() -> dict[str, str]:
    return {"password": PASSWORD}


def test_deleting_an_account_ends_its_sessions(browser: Browser, alice: User, proof: dict[str, str]) -> None:
    laptop, phone = browser(alice), browser(alice)

    page = laptop.post("/profile/delete/", proof, follow=True)

    assert page.redirect_chain[-1][0] == "/"
    assert "Your account is deleted" in page.content.decode()
    assert not page.context["user"].is_authenticated
    assert not User.objects.exists()
    assert phone.get("/profile/").headers["Location"].startswith("/accounts/login/")


def test_the_address_of_a_deleted_account_can_sign_up_again(
    browser: Browser, alice: User, proof: dict[str, str]
) -> None:
    browser(alice).post("/profile/delete/", proof)

    browser(None).post("/accounts/signup/", {"email": alice.email, "password1": PASSWORD})

    assert User.objects.get(email=alice.email).public_id != alice.public_id


@pytest.mark.parametrize(
    "form", [{}, {"password": "wrong"}, {"password": ""}, {"email": "alice@acme.example"}]
)
def test_without_the_right_password_nothing_is_deleted(
    browser: Browser, alice: User, form: dict[str, str]
) -> None:
    page = browser(alice).post("/profile/delete/", form)

    assert page.context["form"].errors
    assert User.objects.get() == alice


@pytest.mark.parametrize(
    ("typed", "is_deleted"), [(" Alice@Acme.example ", True), ("bob@acme.example", False), ("", False)]
)
def test_a_person_without_a_password_types_the_address(
    browser: Browser, alice: User, typed: str, is_deleted: bool
) -> None:
    alice.set_unusable_password()
    alice.save()
    client = browser(alice)
    assert 'name="password"' not in client.get("/profile/delete/").content.decode()

    client.post("/profile/delete/", {"email": typed})

    assert User.objects.exists() is not is_deleted


def test_password_attempts_are_limited(browser: Browser, alice: User, proof: dict[str, str]) -> None:
    client = browser(alice)
    for _ in range(10):
        client.post("/profile/delete/", {"password": "wrong"})

    page = client.post("/profile/delete/", proof, follow=True)

    assert "tried too often" in page.content.decode()
    assert User.objects.get() == alice


def test_a_team_without_other_members_is_deleted_too(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team, proof: dict[str, str]
) -> None:
    Invitation.objects.create(team=acme, email="dana@new.example")
    client = browser(alice)
    assert "Acme is deleted too" in client.get("/profile/delete/").content.decode()
    captured_events.clear()

    client.post("/profile/delete/", proof)

    assert not Team.objects.exists()
    assert not Invitation.objects.exists()
    assert group_updates(captured_events, acme) == [{"member_count": 0, "repos_tracked": 0, "total_prs": 0}]
    assert person_updates(captured_events, alice) == []


def test_a_team_with_other_members_continues_with_one_less(
    browser: Browser,
    captured_events: CapturedEvents,
    alice: User,
    bob: User,
    acme: Team,
    proof: dict[str, str],
) -> None:
    connection = Connection.objects.create(
        team=acme, provider="github", account_id="1", account_name="acme", connected_by=bob
    )
    invitation = Invitation.objects.create(team=acme, email="dana@new.example", invited_by=bob)
    client = browser(bob)
    assert "You leave Acme" in client.get("/profile/delete/").content.decode()
    captured_events.clear()

    client.post("/profile/delete/", proof)

    assert [membership.user for membership in acme.memberships.all()] == [alice]
    connection.refresh_from_db()
    invitation.refresh_from_db()
    assert (connection.disconnected_at, connection.connected_by, invitation.invited_by) == (None, None, None)
    assert group_updates(captured_events, acme) == [{"member_count": 1}]
    assert [capture.event for capture in captured_events] == ["$groupidentify"]


@pytest.mark.usefixtures("bob")
def test_the_last_admin_must_make_another_member_an_admin_first(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team, proof: dict[str, str]
) -> None:
    second = Team.objects.create(name="Second", slug="second")
    Membership.objects.create(team=second, user=alice, role=Role.ADMIN)
    captured_events.clear()
    client = browser(alice)

    page = client.post("/profile/delete/", proof, follow=True)

    assert "Acme has no other admin" in page.content.decode()
    assert "<form" not in page.content.decode().split("<h1>")[1]
    assert User.objects.filter(pk=alice.pk).exists()
    assert Team.objects.count() == 2
    assert list(captured_events) == []

    Membership.objects.filter(team=acme).update(role=Role.ADMIN)
    client.post("/profile/delete/", proof)
    assert not User.objects.filter(pk=alice.pk).exists()
    assert list(Team.objects.all()) == [acme]


def test_viewing_the_page_deletes_nothing(browser: Browser, alice: User, acme: Team) -> None:
    assert browser(alice).get("/profile/delete/").status_code == 200
    assert (User.objects.get(), Team.objects.get()) == (alice, acme)
