"""Tests of the privacy notice: how an answer is stored, and that an opt-out applies everywhere."""

from __future__ import annotations

import time
from urllib.parse import quote

import orjson
import pytest
from django.test import Client
from pytest_django import Settings

from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary
from tests.apps.conftest import PASSWORD, Browser

VISITOR = "0190f5b0-1111-7000-8000-000000000001"
SESSION = "0190f5b0-2222-7000-8000-000000000002"
COOKIE = "analytics_opt_out"


def _asks(client: Client, **headers: str) -> bool:
    return bool(client.get("/", headers=headers).context["asks_consent"])


def test_the_notice_is_shown_until_it_is_answered(browser: Browser) -> None:
    client = browser(None)
    assert _asks(client)
    assert client.get("/").cookies.get(COOKIE) is None

    client.post("/privacy/notice/", {"choice": "in"})

    assert client.cookies[COOKIE].value == "0"
    assert not _asks(client)


def test_the_notice_is_not_shown_to_people_who_already_opted_out(browser: Browser, alice: User) -> None:
    User.objects.update(analytics_opt_out=True)

    assert not _asks(browser(None), DNT="1")
    assert not _asks(browser(None), **{"Sec-GPC": "1"})
    assert not _asks(browser(alice))


def test_the_notice_is_not_shown_if_nothing_is_recorded(browser: Browser, settings: Settings) -> None:
    settings.POSTHOG_API_KEY = ""

    assert not _asks(browser(None))


def test_an_opt_out_is_stored_for_a_year_in_a_first_party_cookie(browser: Browser) -> None:
    response = browser(None).post("/privacy/notice/", {"choice": "out"}, secure=True)
    cookie = response.cookies[COOKIE]

    assert (cookie.value, cookie["max-age"], cookie["samesite"]) == ("1", 365 * 24 * 60 * 60, "Lax")
    assert (cookie["path"], cookie["domain"], cookie["secure"]) == ("/", "", True)


def test_an_opt_out_can_be_withdrawn(browser: Browser) -> None:
    client = browser(None)
    client.post("/privacy/notice/", {"choice": "out"})
    client.post("/privacy/notice/", {"choice": "in"})

    assert client.cookies[COOKIE].value == "0"


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("/insights/?page=2", "/insights/?page=2"),
        ("", "/"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("nowhere", "/"),
    ],
)
def test_the_answer_redirects_to_the_page_and_never_to_another_site(
    browser: Browser, came_from: str, leads_to: str
) -> None:
    response = browser(None).post("/privacy/notice/", {"choice": "out", "next": came_from})

    assert (response.status_code, response["Location"]) == (302, leads_to)


def test_an_invalid_answer_changes_nothing(browser: Browser) -> None:
    response = browser(None).post("/privacy/notice/", {"choice": "perhaps"})

    assert response.status_code == 400
    assert COOKIE not in response.cookies


def _refusing_browser() -> Client:
    """Return the browser of a visitor who has ids from posthog-js and has opted out since."""
    now = time.time_ns() // 1_000_000
    state = quote(orjson.dumps({"distinct_id": VISITOR, "$sesid": [now, SESSION, now]}).decode())
    client = Client(headers={"X-POSTHOG-DISTINCT-ID": VISITOR, "X-POSTHOG-SESSION-ID": SESSION})
    client.cookies["ph_phc_test_posthog"] = state
    client.post("/privacy/notice/", {"choice": "out"})
    return client


def test_a_person_who_opted_out_is_not_captured_even_when_signing_up(
    captured_events: CapturedEvents,
) -> None:
    client = _refusing_browser()
    client.post("/accounts/signup/", {"email": "eve@else.example", "password1": PASSWORD})
    client.post("/profile/", {"name": "Eve"})

    assert User.objects.get().name == "Eve"
    assert events_summary(captured_events) == []
    assert [one for one in captured_events if VISITOR in repr(one) or SESSION in repr(one)] == []
    assert [
        one.event for one in captured_events if one.distinct_id == str(User.objects.get().public_id)
    ] == []


def test_an_error_after_an_opt_out_is_captured_without_a_person(
    captured_events: CapturedEvents, settings: Settings
) -> None:
    settings.DEBUG = True
    client = _refusing_browser()
    client.raise_request_exception = False
    client.get("/debug/fail/")

    assert {one.event for one in captured_events} == {"$exception", "error_occurred"}
    for one in captured_events:
        assert one.distinct_id != VISITOR
        assert one.properties["$process_person_profile"] is False
        assert "$session_id" not in one.properties


def test_a_person_who_opted_in_is_captured(
    browser: Browser, captured_events: CapturedEvents, alice: User
) -> None:
    client = browser(alice)
    client.post("/privacy/notice/", {"choice": "in"})
    client.post("/profile/", {"name": "Alice Archer"})

    assert [one.event for one in captured_events] == ["settings_updated"]
