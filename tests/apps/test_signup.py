"""Tests of signing up and logging in."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import user_signed_up
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import signals
from django.test import Client, RequestFactory

from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary, person_updates
from tests.apps.conftest import PASSWORD, Browser


def test_signing_up_by_email_is_one_step_and_one_event(
    browser: Browser, captured_events: CapturedEvents
) -> None:
    response = browser(None).post(
        "/accounts/signup/", {"email": "Dana@New.example", "password1": PASSWORD}, follow=True
    )

    dana = User.objects.get(email="dana@new.example")
    assert response.context["user"] == dana
    assert events_summary(captured_events) == [
        ("user_signed_up", str(dana.public_id), {"method": "email", "signup_source": "email"})
    ]
    assert person_updates(captured_events, dana) == [
        {
            "teams_count": 0,
            "signup_source": "email",
            "signed_up_at": dana.date_joined.isoformat(),
            "has_connected_github": False,
            "has_connected_jira": False,
            "has_connected_slack": False,
        }
    ]


def test_what_a_person_was_at_sign_up_is_set_once(browser: Browser, captured_events: CapturedEvents) -> None:
    browser(None).post("/accounts/signup/", {"email": "dana@new.example", "password1": PASSWORD})

    (update,) = captured_events.named("$set")
    assert update.properties["$set_once"].keys() == {"signup_source", "signed_up_at"}


def test_an_account_from_a_social_login_counts_as_github(
    captured_events: CapturedEvents, alice: User
) -> None:
    request = RequestFactory().get("/accounts/github/login/callback/")
    request.session = SessionStore()

    user_signed_up.send(User, request=request, user=alice, sociallogin=object())

    assert events_summary(captured_events) == [
        ("user_signed_up", str(alice.public_id), {"method": "github", "signup_source": "github"})
    ]


def test_a_refused_form_records_nothing(
    browser: Browser, captured_events: CapturedEvents, alice: User
) -> None:
    browser(None).post("/accounts/signup/", {"email": alice.email, "password1": PASSWORD})
    browser(None).post("/accounts/signup/", {"email": "dana@new.example", "password1": "123"})

    assert list(captured_events) == []
    assert not EmailAddress.objects.filter(email="dana@new.example").exists()


def test_a_double_click_redirects_to_the_login_of_the_new_account(
    browser: Browser, captured_events: CapturedEvents
) -> None:
    def be_first(instance: User, **_: object) -> None:
        # Acts as the other click's request, between this request's check and its insert.
        signals.pre_save.disconnect(be_first, User)
        User.objects.create_user(instance.email, PASSWORD)

    signals.pre_save.connect(be_first, User)
    page = browser(None).post(
        "/accounts/signup/", {"email": "dana@new.example", "password1": PASSWORD}, follow=True
    )

    assert page.redirect_chain == [("/accounts/login/", 302)]
    assert "There is an account with this address now" in page.content.decode()
    assert list(captured_events) == []


def test_a_new_account_is_asked_to_create_a_team(browser: Browser) -> None:
    client = browser(None)
    response = client.post(
        "/accounts/signup/", {"email": "dana@new.example", "password1": PASSWORD}, follow=True
    )

    assert response.redirect_chain[-1][0] == "/teams/new/"


def test_logging_in_and_out_works_by_email(browser: Browser, alice: User) -> None:
    client = browser(None)

    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert client.get("/profile/").status_code == 200

    client.post("/accounts/logout/")
    assert client.get("/profile/").status_code == 302


@pytest.mark.parametrize("header", ["Sec-GPC", "DNT"])
def test_a_sign_up_from_a_browser_that_refuses_tracking_is_not_recorded(
    captured_events: CapturedEvents, header: str
) -> None:
    client = Client(headers={header: "1"})

    client.post("/accounts/signup/", {"email": "dana@new.example", "password1": PASSWORD})

    assert User.objects.filter(email="dana@new.example").exists()
    assert list(captured_events) == []
