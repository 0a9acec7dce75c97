"""Tests of the landing page, the dashboard, and the page that fails on purpose."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from apps.teams.membership.memberships import create_team
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import declared, events_summary, of_team
from tests.apps.conftest import Browser


def test_the_first_view_of_the_dashboard_is_recorded_only_once(
    browser: Browser, captured_events: CapturedEvents, bob: User, acme: Team
) -> None:
    User.objects.filter(pk=bob.pk).update(date_joined=timezone.now() - timedelta(days=2, hours=1))
    captured_events.clear()

    browser(bob).get("/dashboard/")
    browser(bob).get("/dashboard/")
    second = create_team(bob, name="Second", slug="second").team
    client = browser(bob)
    client.post("/teams/switch/", {"team": str(second.public_id)}, follow=True)

    properties = {"team_slug": "acme", "days_since_signup": 2}
    assert events_summary(captured_events) == [("dashboard_first_view", str(bob.public_id), properties)]
    assert of_team(captured_events.named("dashboard_first_view")[0]) == str(acme.public_id)


def test_the_landing_page_sends_no_queries_for_a_visitor(
    browser: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert browser(None).get("/").status_code == 200


def test_the_failing_page_is_for_staff(
    browser: Browser, alice: User, captured_events: CapturedEvents
) -> None:
    assert browser(None).get("/debug/fail/").status_code == 404
    assert browser(alice).get("/debug/fail/").status_code == 404
    assert list(captured_events) == []


def test_an_error_is_recorded_with_its_view_and_its_person(
    alice: User, captured_events: CapturedEvents, settings: Settings
) -> None:
    settings.DEBUG = True
    client = Client(raise_request_exception=False)
    client.force_login(alice)

    assert client.get("/debug/fail/").status_code == 500

    (occurred,) = captured_events.named("error_occurred")
    assert occurred.distinct_id == str(alice.public_id)
    assert declared(occurred) == {
        "error_type": "RuntimeError",
        "view_name": "web:fail",
        "status_code": 500,
        "method": "GET",
        "handled": False,
        "occurrences": 1,
    }
    (issue,) = captured_events.named("$exception")
    assert [one["type"] for one in issue.properties["$exception_list"]] == ["RuntimeError", "ValueError"]


def test_the_pages_are_the_same_under_asgi(bob: User, acme: Team, captured_events: CapturedEvents) -> None:
    captured_events.clear()
    client = AsyncClient()
    client.force_login(bob)

    page = async_to_sync(client.get)("/dashboard/")

    assert page.context["request"].team == acme
    (viewed,) = captured_events.named("dashboard_first_view")
    assert (viewed.distinct_id, of_team(viewed)) == (str(bob.public_id), str(acme.public_id))


def test_the_error_page_needs_only_files_that_are_not_built(browser: Browser) -> None:
    for name in ("error.css", "icon.svg"):
        page = browser(None).get(f"/static/web/{name}")

        assert page.status_code == 200
        assert b"".join(page.streaming_content)  # type: ignore[attr-defined]  # the response of a file
        assert f"web/{name}" in Path("templates/500.html").read_text()
