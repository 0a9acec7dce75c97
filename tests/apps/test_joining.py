"""Tests of joining a team through an invitation, as the invited person."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from apps.teams.models import Invitation, Membership, Role, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary, group_updates, of_team, person_updates
from tests.apps.conftest import PASSWORD, Browser


@pytest.fixture
def invitation(acme: Team, alice: User) -> Invitation:
    return Invitation.objects.create(
        team=acme,
        email="dana@new.example",
        role=Role.ADMIN,
        invited_by=alice,
        created_at=timezone.now() - timedelta(days=3, hours=1),
    )


def _path(invitation: Invitation, step: str = "") -> str:
    return f"/invitations/{invitation.token}/{step}"


def _joined(user: User, via: str, days: int = 3) -> tuple[str, str, dict[str, object]]:
    properties = {"team_slug": "acme", "role": "admin", "joined_via": via, "invite_age_days": days}
    return ("team_member_joined", str(user.public_id), properties)


def test_joining_by_sign_up_records_the_sign_up_by_invitation_and_the_joining(
    browser: Browser, captured_events: CapturedEvents, invitation: Invitation, acme: Team
) -> None:
    captured_events.clear()
    client = browser(None)
    signup = client.post(_path(invitation, "sign-up/"), follow=True)
    assert "dana@new.example" in signup.content.decode()
    page = client.post(
        signup.redirect_chain[-1][0], {"email": "dana@new.example", "password1": PASSWORD}, follow=True
    )

    dana = User.objects.get(email="dana@new.example")
    assert page.redirect_chain[-1][0] == "/dashboard/"
    signed_up = ("user_signed_up", str(dana.public_id), {"method": "email", "signup_source": "invite"})
    assert events_summary(captured_events)[:2] == [signed_up, _joined(dana, "signup")]
    assert of_team(captured_events.named("team_member_joined")[0]) == str(acme.public_id)
    last = person_updates(captured_events, dana)[-1]
    assert (last["role"], last["teams_count"]) == ("admin", 1)
    assert group_updates(captured_events, acme)[-1]["member_count"] == 2


def test_joining_with_an_account_records_the_joining_for_the_team_joined(
    browser: Browser, captured_events: CapturedEvents, invitation: Invitation, charlie: User, other: Team
) -> None:
    Invitation.objects.update(email=charlie.email)
    captured_events.clear()
    client = browser(charlie)
    client.post("/teams/switch/", {"team": str(other.public_id)})  # another team is current now

    page = client.post(_path(invitation, "accept/"), follow=True)

    assert page.context["request"].team == invitation.team
    assert events_summary(captured_events)[0] == _joined(charlie, "existing_account")
    assert of_team(captured_events.named("team_member_joined")[0]) == str(invitation.team.public_id)
    last = person_updates(captured_events, charlie)[-1]
    assert (last["role"], last["teams_count"]) == ("admin", 2)


def test_logging_in_first_redirects_back_to_the_invitation(
    browser: Browser, captured_events: CapturedEvents, invitation: Invitation, charlie: User
) -> None:
    Invitation.objects.update(email=charlie.email.upper())
    client = browser(None)
    assert f"/accounts/login/?next={_path(invitation)}" in client.get(_path(invitation)).content.decode()

    page = client.post(
        f"/accounts/login/?next={_path(invitation)}",
        {"login": charlie.email, "password": PASSWORD},
        follow=True,
    )
    assert _path(invitation, "accept/") in page.content.decode()
    client.post(_path(invitation, "accept/"))

    assert events_summary(captured_events)[-1] == _joined(charlie, "existing_account")


def test_an_invitation_for_another_address_is_refused(
    browser: Browser, captured_events: CapturedEvents, invitation: Invitation, charlie: User
) -> None:
    captured_events.clear()
    client = browser(charlie)

    shown, accepted = client.get(_path(invitation)), client.post(_path(invitation, "accept/"))

    assert (shown.status_code, accepted.status_code) == (403, 403)
    assert "another address" in shown.content.decode()
    assert invitation.email not in shown.content.decode()
    assert not Membership.objects.filter(user=charlie).exists()
    assert list(captured_events) == []


def test_a_sign_up_with_another_email_address_does_not_count_as_invited(
    browser: Browser, captured_events: CapturedEvents, invitation: Invitation
) -> None:
    client = browser(None)
    signup = client.post(_path(invitation, "sign-up/"), follow=True)
    page = client.post(
        signup.redirect_chain[-1][0], {"email": "eve@else.example", "password1": PASSWORD}, follow=True
    )

    assert page.status_code == 403
    assert captured_events.named("user_signed_up")[0].properties["signup_source"] == "email"
    assert captured_events.named("team_member_joined") == []
    assert not Membership.objects.filter(user__email="eve@else.example").exists()


def test_an_invitation_cancelled_during_the_sign_up_leaves_an_account_without_team(
    browser: Browser, captured_events: CapturedEvents, invitation: Invitation
) -> None:
    client = browser(None)
    signup = client.post(_path(invitation, "sign-up/"), follow=True)
    Invitation.objects.update(cancelled_at=timezone.now())
    page = client.post(
        signup.redirect_chain[-1][0], {"email": "dana@new.example", "password1": PASSWORD}, follow=True
    )

    assert page.status_code == 410
    assert "was cancelled" in page.content.decode()
    assert captured_events.named("user_signed_up")[0].properties["signup_source"] == "email"
    assert captured_events.named("team_member_joined") == []


def test_a_link_works_once(
    browser: Browser, captured_events: CapturedEvents, invitation: Invitation, charlie: User
) -> None:
    Invitation.objects.update(email=charlie.email)
    client = browser(charlie)
    client.post(_path(invitation, "accept/"))

    again = client.post(_path(invitation, "accept/"))

    assert again.status_code == 410
    assert "has been used" in again.content.decode()
    assert len(captured_events.named("team_member_joined")) == 1
    assert client.get(_path(invitation)).headers["Location"] == "/dashboard/"
    assert browser(None).get(_path(invitation)).status_code == 410


def test_an_expired_link_says_so(browser: Browser, invitation: Invitation, charlie: User) -> None:
    Invitation.objects.update(email=charlie.email, expires_at=timezone.now())
    client = browser(charlie)

    pages = [client.get(_path(invitation)), client.post(_path(invitation, "accept/"))]
    pages.append(browser(None).post(_path(invitation, "sign-up/")))

    assert [page.status_code for page in pages] == [410, 410, 410]
    assert all("has expired" in page.content.decode() for page in pages)
    assert not Membership.objects.filter(user=charlie).exists()


def test_an_unknown_link_says_so(browser: Browser, charlie: User) -> None:
    page = browser(charlie).get("/invitations/made-up/")

    assert page.status_code == 404
    assert "no such invitation" in page.content.decode()
    assert browser(charlie).post("/invitations/made-up/accept/").status_code == 404


def test_a_reloaded_refusal_and_a_login_redirect_back_to_the_invitation(
    browser: Browser, invitation: Invitation, charlie: User
) -> None:
    Invitation.objects.update(email=charlie.email)
    led = {browser(None).get(_path(invitation, "sign-up/")).headers["Location"]}
    asked = browser(None).post(_path(invitation, "accept/")).headers["Location"]
    then = parse_qs(urlsplit(asked).query)["next"][0]
    led.add(browser(charlie).get(then).headers["Location"])

    assert led == {_path(invitation)}


def test_a_member_does_not_join_the_team_again(
    browser: Browser, captured_events: CapturedEvents, invitation: Invitation, bob: User
) -> None:
    Invitation.objects.update(email=bob.email)

    browser(bob).post(_path(invitation, "accept/"))

    assert captured_events.named("team_member_joined") == []
    assert Membership.objects.get(user=bob).role == Role.MEMBER
