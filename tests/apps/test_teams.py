"""Tests of creating and changing teams, and of the current team."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.teams.membership.memberships import create_team
from apps.teams.models import Membership, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary, group_updates, of_team, person_updates
from tests.apps.conftest import Browser


def test_a_new_team_is_sent_with_all_properties(
    browser: Browser, captured_events: CapturedEvents, alice: User
) -> None:
    browser(alice).post("/teams/new/", {"name": "Acme & Söhne"})

    team = Team.objects.get()
    assert group_updates(captured_events, team) == [
        {
            "name": "Acme & Söhne",
            "slug": "acme-sohne",
            "plan": "trial",
            "onboarding_complete": False,
            "member_count": 1,
            "repos_tracked": 0,
            "total_prs": 0,
            "ai_adoption_rate": 0.0,
            "created_at": team.created_at.isoformat(),
        }
    ]
    assert person_updates(captured_events, alice) == [{"role": "admin", "teams_count": 1}]


@pytest.mark.parametrize(("name", "slug"), [("Acme", "acme-2"), ("acme!", "acme-2"), ("茶", "team")])
@pytest.mark.usefixtures("acme")
def test_a_slug_is_readable_and_unique(browser: Browser, charlie: User, name: str, slug: str) -> None:
    browser(charlie).post("/teams/new/", {"name": name})

    assert Membership.objects.get(user=charlie).team.slug == slug


def test_the_chosen_team_is_current_and_not_the_first_one(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    second = create_team(alice, name="Second", slug="second").team
    client = browser(alice)
    client.post("/teams/switch/", {"team": str(acme.public_id)})
    assert client.get("/dashboard/").context["request"].team == acme
    captured_events.clear()

    client.post("/teams/switch/", {"team": str(second.public_id)})
    client.post("/team/invitations/", {"email": "dana@new.example", "role": "member"})

    (invited,) = captured_events.named("team_member_invited")
    assert (invited.properties["team_slug"], of_team(invited)) == ("second", str(second.public_id))


def test_each_session_keeps_its_own_current_team(browser: Browser, alice: User, acme: Team) -> None:
    second = create_team(alice, name="Second", slug="second").team
    laptop, phone = browser(alice), browser(alice)

    laptop.post("/teams/switch/", {"team": str(acme.public_id)})
    phone.post("/teams/switch/", {"team": str(second.public_id)})

    assert laptop.get("/dashboard/").context["request"].team == acme
    assert phone.get("/dashboard/").context["request"].team == second


def test_a_new_session_begins_in_the_team_last_worked_in(browser: Browser, alice: User, acme: Team) -> None:
    create_team(alice, name="Second", slug="second")
    browser(alice).post("/teams/switch/", {"team": str(acme.public_id)})

    assert browser(alice).get("/dashboard/").context["request"].team == acme


def test_switching_updates_the_role_to_that_in_the_new_team(
    browser: Browser, captured_events: CapturedEvents, bob: User, acme: Team
) -> None:
    create_team(bob, name="Bob's", slug="bobs")
    captured_events.clear()

    browser(bob).post("/teams/switch/", {"team": str(acme.public_id)})

    assert person_updates(captured_events, bob) == [{"role": "member"}]


def test_nobody_can_switch_to_another_persons_team(
    browser: Browser, bob: User, acme: Team, other: Team
) -> None:
    client = browser(bob)

    assert client.post("/teams/switch/", {"team": str(other.public_id)}).status_code == 404
    assert client.post("/teams/switch/", {"team": "nonsense"}).status_code == 404
    assert client.get("/dashboard/").context["request"].team == acme


def test_team_settings_are_recorded_with_field_names_and_update_the_team(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    captured_events.clear()

    browser(alice).post("/team/settings/", {"name": "Acme Inc", "slug": "acme-inc", "plan": "trial"})

    properties = {"section": "team", "changed_fields": ["name", "slug"], "team_slug": "acme-inc"}
    assert events_summary(captured_events) == [("settings_updated", str(alice.public_id), properties)]
    assert of_team(captured_events.named("settings_updated")[0]) == str(acme.public_id)
    assert group_updates(captured_events, acme) == [{"name": "Acme Inc", "slug": "acme-inc"}]


def test_a_new_plan_updates_the_team(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    captured_events.clear()

    browser(alice).post("/team/settings/", {"name": "Acme", "slug": "acme", "plan": "pro"})

    assert group_updates(captured_events, acme) == [{"plan": "pro"}]


def test_a_second_team_with_the_same_name_is_refused_as_a_double_click(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    captured_events.clear()

    page = browser(alice).post("/teams/new/", {"name": "ACME "})

    assert "You are in a team of this name" in page.content.decode()
    assert Team.objects.count() == 1
    assert list(captured_events) == []


def test_creating_a_second_team_updates_the_team_count(
    browser: Browser, captured_events: CapturedEvents, bob: User
) -> None:
    captured_events.clear()

    browser(bob).post("/teams/new/", {"name": "Bob's"})

    assert person_updates(captured_events, bob) == [{"role": "admin", "teams_count": 2}]


@pytest.mark.parametrize("slug", ["acme", " acme ", "Acme!", "other", ""])
@pytest.mark.usefixtures("other")
def test_unchanged_or_invalid_team_settings_are_not_recorded(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team, slug: str
) -> None:
    captured_events.clear()

    browser(alice).post("/team/settings/", {"name": "Acme", "slug": slug, "plan": "trial"})

    assert list(captured_events) == []
    assert Team.objects.get(pk=acme.pk).slug == "acme"


@pytest.mark.usefixtures("acme")
def test_a_page_without_a_team_sends_no_query_for_one(
    browser: Browser,
    alice: User,
) -> None:
    client = browser(alice)
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/health/").status_code == 200

    assert [query["sql"] for query in captured if "teams_" in query["sql"]] == []
