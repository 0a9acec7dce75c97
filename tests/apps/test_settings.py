"""Tests of a person's own settings."""

from __future__ import annotations

from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary, group_updates
from tests.apps.conftest import Browser


def test_a_changed_profile_is_recorded_with_field_names_but_no_values(
    browser: Browser, captured_events: CapturedEvents, alice: User
) -> None:
    browser(alice).post("/profile/", {"name": "Alice Archer"})

    properties = {"section": "profile", "changed_fields": ["name"]}
    assert events_summary(captured_events) == [("settings_updated", str(alice.public_id), properties)]
    assert "Archer" not in repr(captured_events[0].properties)


def test_changed_notifications_are_recorded_with_the_field_name(
    browser: Browser, captured_events: CapturedEvents, alice: User
) -> None:
    client = browser(alice)
    client.post("/profile/notifications/", {})
    assert not User.objects.get().insight_emails
    client.post("/profile/notifications/", {"insight_emails": "on"})
    assert User.objects.get().insight_emails

    properties = {"section": "notifications", "changed_fields": ["insight_emails"]}
    assert events_summary(captured_events) == [("settings_updated", str(alice.public_id), properties)] * 2


def test_an_unchanged_form_is_not_recorded(
    browser: Browser, captured_events: CapturedEvents, alice: User
) -> None:
    client = browser(alice)
    client.post("/profile/", {"name": " Alice "})
    client.post("/profile/privacy/", {})
    client.post("/profile/notifications/", {"insight_emails": "on"})

    assert list(captured_events) == []


def test_an_invalid_form_changes_and_records_nothing(
    browser: Browser, captured_events: CapturedEvents, alice: User
) -> None:
    page = browser(alice).post("/profile/", {"name": "x" * 101})

    assert page.context["form"].errors
    assert page.context["user"].name == "Alice"
    assert list(captured_events) == []


def test_a_person_who_opts_out_is_not_recorded_from_then_on(
    browser: Browser, captured_events: CapturedEvents, alice: User
) -> None:
    client = browser(alice)
    client.post("/profile/privacy/", {"analytics_opt_out": "on"})
    client.post("/profile/", {"name": "Someone else"})

    assert User.objects.get(pk=alice.pk).analytics_opt_out
    assert list(captured_events) == []


def test_a_person_who_opts_in_again_is_recorded_from_then_on(
    browser: Browser, captured_events: CapturedEvents, alice: User
) -> None:
    User.objects.update(analytics_opt_out=True)
    browser(alice).post("/profile/privacy/", {})

    properties = {"section": "privacy", "changed_fields": ["analytics_opt_out"]}
    assert events_summary(captured_events) == [("settings_updated", str(alice.public_id), properties)]


def test_the_choice_in_the_profile_applies_to_the_browser_after_the_logout(
    browser: Browser, captured_events: CapturedEvents, alice: User
) -> None:
    client = browser(alice)
    client.post("/profile/privacy/", {"analytics_opt_out": "on"})
    assert client.cookies["analytics_opt_out"].value == "1"
    client.post("/accounts/logout/")
    assert not client.get("/").context["asks_consent"]
    assert list(captured_events) == []

    client.force_login(alice)
    client.post("/profile/privacy/", {})
    assert client.cookies["analytics_opt_out"].value == "0"
    assert [one.event for one in captured_events] == ["settings_updated"]


def test_an_opt_out_in_the_notice_survives_saving_other_settings(browser: Browser, alice: User) -> None:
    client = browser(alice)
    client.post("/privacy/notice/", {"choice": "out"})
    client.post("/profile/privacy/", {})
    client.post("/profile/", {"name": "Alice Archer"})
    assert client.cookies["analytics_opt_out"].value == "1"


def test_a_change_by_an_admin_who_opted_out_still_updates_the_team(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    User.objects.update(analytics_opt_out=True)
    captured_events.clear()

    browser(alice).post("/team/settings/", {"name": "Acme", "slug": "acme", "plan": "pro"})

    assert events_summary(captured_events) == []
    assert group_updates(captured_events, acme)[0]["plan"] == "pro"
