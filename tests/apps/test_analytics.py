"""Tests of the by-name analytics API."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from pytest_django import Settings

from apps.teams.models import Team
from apps.users.models import User
from apps.utils import analytics
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary, group_updates, person_updates


def test_an_event_is_tracked_by_its_name(captured_events: CapturedEvents, alice: User) -> None:
    properties = {"team_slug": "acme", "role": "member", "is_resend": False}
    analytics.track_event(alice, "team_member_invited", properties)

    assert events_summary(captured_events) == [("team_member_invited", str(alice.public_id), properties)]


def test_an_event_without_a_person_is_anonymous(captured_events: CapturedEvents) -> None:
    analytics.track_event(
        AnonymousUser(), "settings_updated", {"section": "team", "changed_fields": ["name"]}
    )

    (capture,) = captured_events
    assert capture.properties["$process_person_profile"] is False


def test_an_event_in_a_transaction_that_is_rolled_back_is_not_sent(
    captured_events: CapturedEvents, alice: User
) -> None:
    with transaction.atomic():
        analytics.track_event(alice, "dashboard_first_view", {"team_slug": "acme", "days_since_signup": 0})
        transaction.set_rollback(True)

    assert list(captured_events) == []


def test_a_person_and_a_team_are_identified_with_all_properties(
    captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    captured_events.clear()
    analytics.identify_user(alice)
    analytics.group_identify(acme)

    assert person_updates(captured_events, alice) == [{"role": "admin", "teams_count": 1}]
    assert group_updates(captured_events, acme) == [
        {
            "name": "Acme",
            "slug": "acme",
            "plan": "trial",
            "onboarding_complete": False,
            "member_count": 1,
            "created_at": acme.created_at.isoformat(),
        }
    ]


def test_single_properties_are_updated_without_changing_others(
    captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    captured_events.clear()
    analytics.update_user_properties(alice, has_connected_github=True)
    analytics.identify_user(alice, {"has_connected_slack": False})
    analytics.update_team_properties(acme, total_prs=12, ai_adoption_rate=33.3)
    analytics.group_identify(acme, {"onboarding_complete": True})

    assert person_updates(captured_events, alice) == [
        {"has_connected_github": True},
        {"has_connected_slack": False},
    ]
    assert group_updates(captured_events, acme) == [
        {"total_prs": 12, "ai_adoption_rate": 33.3},
        {"onboarding_complete": True},
    ]


def test_an_undeclared_property_raises_in_development_only(
    captured_events: CapturedEvents, alice: User, settings: Settings
) -> None:
    analytics.update_user_properties(alice, shoe_size=42)
    assert list(captured_events) == []

    settings.DEBUG = True
    with pytest.raises(TypeError, match="shoe_size"):
        analytics.update_user_properties(alice, shoe_size=42)


def test_a_handled_error_is_attributed_to_its_person(captured_events: CapturedEvents, alice: User) -> None:
    try:
        int("not a number")
    except ValueError as error:
        analytics.track_error(error, user=alice)

    (occurred,) = captured_events.named("error_occurred")
    assert occurred.distinct_id == str(alice.public_id)
    assert (occurred.properties["error_type"], occurred.properties["handled"]) == ("ValueError", True)
