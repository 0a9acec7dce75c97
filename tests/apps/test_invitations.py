"""Tests of sending, resending and canceling invitations, as an admin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from apps.teams.models import Invitation, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import declared, events_summary, invitation_link, of_team
from tests.apps.conftest import Browser


def test_an_invitation_is_sent_and_recorded_without_the_email_address(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    captured_events.clear()
    browser(alice).post("/team/invitations/", {"email": "Dana@New.example", "role": "admin"})

    assert mail.outbox[0].to == ["dana@new.example"]
    assert invitation_link() == f"/invitations/{Invitation.objects.get().token}/"
    assert events_summary(captured_events) == [
        (
            "team_member_invited",
            str(alice.public_id),
            {"team_slug": "acme", "role": "admin", "is_resend": False},
        )
    ]
    assert of_team(captured_events.named("team_member_invited")[0]) == str(acme.public_id)


@pytest.mark.usefixtures("acme")
def test_sending_an_invitation_again_renews_its_expiry(
    browser: Browser,
    captured_events: CapturedEvents,
    alice: User,
) -> None:
    client = browser(alice)
    client.post("/team/invitations/", {"email": "dana@new.example", "role": "member"})
    link = invitation_link()
    invitation = Invitation.objects.get()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))

    client.post(f"/team/invitations/{invitation.pk}/resend/")

    assert invitation_link() == link
    assert [one.properties["is_resend"] for one in captured_events.named("team_member_invited")] == [
        False,
        True,
    ]
    assert browser(None).get(link).status_code == 200


@pytest.mark.usefixtures("acme")
def test_an_address_that_is_invited_or_in_the_team_is_not_invited_again(
    browser: Browser,
    captured_events: CapturedEvents,
    alice: User,
    bob: User,
) -> None:
    client = browser(alice)
    client.post("/team/invitations/", {"email": "dana@new.example", "role": "member"})
    again = client.post("/team/invitations/", {"email": "DANA@new.example", "role": "member"})
    member = client.post("/team/invitations/", {"email": bob.email, "role": "member"})

    assert "invited already" in again.content.decode()
    assert "member already" in member.content.decode()
    assert len(mail.outbox) == 1
    assert len(captured_events.named("team_member_invited")) == 1


@pytest.mark.usefixtures("acme")
def test_reloading_a_refused_invitation_redirects_admins_to_the_members(
    browser: Browser, alice: User, bob: User
) -> None:
    assert browser(alice).get("/team/invitations/").headers["Location"] == "/team/"
    assert browser(bob).get("/team/invitations/").status_code == 403
    assert browser(None).get("/team/invitations/").headers["Location"].startswith("/accounts/login/")


@pytest.mark.usefixtures("acme")
def test_a_canceled_invitation_is_invalid_and_can_be_sent_again(
    browser: Browser,
    alice: User,
) -> None:
    client = browser(alice)
    client.post("/team/invitations/", {"email": "dana@new.example", "role": "member"})
    old_link, invitation = invitation_link(), Invitation.objects.get()

    client.post(f"/team/invitations/{invitation.pk}/cancel/")
    assert browser(None).get(old_link).status_code == 410
    client.post(f"/team/invitations/{invitation.pk}/resend/")
    assert len(mail.outbox) == 1

    client.post("/team/invitations/", {"email": "dana@new.example", "role": "member"})
    assert browser(None).get(invitation_link()).status_code == 200


@pytest.mark.usefixtures("acme")
def test_an_unsent_invitation_is_kept_and_recorded_once_it_is_sent(
    browser: Browser, captured_events: CapturedEvents, alice: User, settings: Settings
) -> None:
    client, works = browser(alice), settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nothing listens on this port

    pages = [
        client.post("/team/invitations/", {"email": "dana@new.example", "role": "member"}, follow=True),
        client.post(f"/team/invitations/{Invitation.objects.get().pk}/resend/", follow=True),
    ]

    for page in pages:
        assert "the mail could not be sent. Send it again." in page.content.decode()
        assert "dana@new.example" in page.content.decode()
    assert captured_events.named("team_member_invited") == []
    told = [declared(one) for one in captured_events.named("error_occurred")]
    assert [(one["error_type"], one["handled"]) for one in told] == [("ConnectionRefusedError", True)] * 2

    settings.EMAIL_BACKEND = works
    for _ in range(2):
        client.post(f"/team/invitations/{Invitation.objects.get().pk}/resend/")
    resends = [one.properties["is_resend"] for one in captured_events.named("team_member_invited")]
    assert resends == [False, True]


def test_a_team_name_with_a_line_break_does_not_break_the_invitation(browser: Browser, alice: User) -> None:
    client = browser(alice)
    client.post("/teams/new/", {"name": "Acme\r\nBcc: everybody@else.example"})
    client.post("/team/invitations/", {"email": "dana@new.example", "role": "member"})

    (message,) = mail.outbox
    assert message.subject == "Join Acme Bcc: everybody@else.example on Tformance"
    assert message.recipients() == ["dana@new.example"]
