"""Tests of the pages of insights: access, order, dismissal and events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.insights.models import Insight
from apps.teams.membership.memberships import create_team
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary, of_team
from tests.apps.conftest import Browser

KINDS = ["change", "ai_milestone", "slow_reviews"]
PRIORITIES = ["high", "medium", "low"]


def _insight(team: Team, key: str = "cycle_hours:2026-W47", *, days: int = 0, **fields: Any) -> Insight:
    defaults = {
        "kind": "change",
        "priority": "medium",
        "title": f"Found {key}",
        "body": "First.\n\nSecond: https://github.example/acme/api/pull/1",
        "found_at": timezone.now() - timedelta(days=days, hours=1),
    }
    return Insight.objects.create(team=team, key=key, **{**defaults, **fields})


def _titles(page: Any) -> list[str]:
    return [link.text for link in BeautifulSoup(page.content, "html.parser").select("main h2 a")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("priority", PRIORITIES)
def test_each_opening_of_an_insight_is_recorded(
    browser: Browser, acme: Team, bob: User, captured_events: CapturedEvents, kind: str, priority: str
) -> None:
    insight = _insight(acme, kind=kind, priority=priority, days=3)
    client = browser(bob)
    captured_events.clear()

    client.get(f"/insights/{insight.pk}/")
    client.get(f"/insights/{insight.pk}/")

    properties = {"team_slug": "acme", "insight_type": kind, "priority": priority, "age_days": 3}
    assert events_summary(captured_events) == 2 * [("insight_viewed", str(bob.public_id), properties)]
    assert {of_team(one) for one in captured_events.named("insight_viewed")} == {str(acme.public_id)}


def test_a_person_with_two_teams_sees_insights_of_the_current_one(
    browser: Browser, acme: Team, alice: User, captured_events: CapturedEvents
) -> None:
    second = create_team(alice, name="Second", slug="second").team
    ours, theirs = _insight(acme), _insight(second)
    client = browser(alice)
    client.post("/teams/switch/", {"team": str(second.public_id)})
    captured_events.clear()

    assert client.get(f"/insights/{ours.pk}/").status_code == 404
    assert client.get(f"/insights/{theirs.pk}/").status_code == 200

    (viewed,) = captured_events.named("insight_viewed")
    assert (viewed.properties["team_slug"], of_team(viewed)) == ("second", str(second.public_id))


def test_a_prefetch_does_not_count_as_a_view(
    browser: Browser, acme: Team, alice: User, captured_events: CapturedEvents
) -> None:
    insight = _insight(acme)
    client = browser(alice)
    captured_events.clear()

    assert client.head(f"/insights/{insight.pk}/").status_code == 200
    assert client.get(f"/insights/{insight.pk}/", headers={"sec-purpose": "prefetch"}).status_code == 200

    assert list(captured_events) == []


def test_the_page_of_an_insight_shows_its_text_and_links(browser: Browser, acme: Team, bob: User) -> None:
    insight = _insight(acme, body="See “<b>”:\n\nhttps://github.example/acme/api/pull/1")

    page = browser(bob).get(f"/insights/{insight.pk}/").content.decode()

    assert "“&lt;b&gt;”" in page
    assert 'href="https://github.example/acme/api/pull/1"' in page
    assert 'href="/analytics/delivery/"' in page


@pytest.mark.parametrize(
    ("kind", "key", "tab"),
    [
        ("change", "cycle_hours:2026-W47", "delivery"),
        ("change", "merged:2026-W47", "delivery"),
        ("change", "review_hours:2026-W47", "delivery"),
        ("change", "size:2026-W47", "quality"),
        ("change", "ai_share:2026-W47", "ai_adoption"),
        ("ai_milestone", "25", "ai_adoption"),
        ("slow_reviews", "median:2026-W47", "delivery"),
        ("slow_reviews", "waiting:2026-W47", "delivery"),
    ],
)
def test_an_insight_links_to_the_figures_behind_it(
    browser: Browser, acme: Team, bob: User, kind: str, key: str, tab: str
) -> None:
    insight = _insight(acme, key, kind=kind)

    assert f'href="/analytics/{tab}/"' in browser(bob).get(f"/insights/{insight.pk}/").content.decode()


def test_the_list_is_sorted_by_urgency_and_then_the_newest_first(
    browser: Browser, acme: Team, bob: User, other: Team
) -> None:
    for days, priority in enumerate([*PRIORITIES, *PRIORITIES]):
        _insight(acme, f"{priority} {days}", days=days, priority=priority)
    _insight(acme, "gone", dismissed_at=timezone.now())
    _insight(other, "theirs")

    page = browser(bob).get("/insights/")

    expected = ["high 0", "high 3", "medium 1", "medium 4", "low 2", "low 5"]
    assert _titles(page) == [f"Found {key}" for key in expected]


def test_a_member_dismisses_an_insight_for_the_team(
    browser: Browser, acme: Team, bob: User, alice: User, captured_events: CapturedEvents
) -> None:
    insight = _insight(acme)
    captured_events.clear()

    page = browser(bob).post(f"/insights/{insight.pk}/dismiss/", follow=True)

    assert page.redirect_chain == [("/insights/", 302)]
    assert "Dismissed: Found" in page.content.decode()
    assert _titles(browser(alice).get("/insights/")) == []
    assert _titles(browser(alice).get("/insights/?dismissed=1")) == [insight.title]
    detail = browser(alice).get(f"/insights/{insight.pk}/").content.decode()
    assert "by Bob" in detail
    assert "/dismiss/" not in detail
    insight.refresh_from_db()
    assert insight.dismissed_by == bob
    assert [one.event for one in captured_events if not one.event.startswith("$")] == ["insight_viewed"]


def test_a_dismissed_insight_is_put_back_on_the_list(browser: Browser, acme: Team, bob: User) -> None:
    insight = _insight(acme, dismissed_at=timezone.now(), dismissed_by=bob)
    client = browser(bob)
    assert f"/insights/{insight.pk}/restore/" in client.get("/insights/?dismissed=1").content.decode()
    assert f"/insights/{insight.pk}/restore/" in client.get(f"/insights/{insight.pk}/").content.decode()

    page = client.post(f"/insights/{insight.pk}/restore/", follow=True)

    assert page.redirect_chain == [("/insights/", 302)]
    assert _titles(page) == [insight.title]
    insight.refresh_from_db()
    assert (insight.dismissed_at, insight.dismissed_by) == (None, None)


def test_a_second_dismissal_changes_nothing(browser: Browser, acme: Team, bob: User, alice: User) -> None:
    insight = _insight(acme)
    browser(bob).post(f"/insights/{insight.pk}/dismiss/")
    insight.refresh_from_db()
    dismissed_at = insight.dismissed_at

    assert browser(alice).post(f"/insights/{insight.pk}/dismiss/").status_code == 302

    insight.refresh_from_db()
    assert (insight.dismissed_by, insight.dismissed_at) == (bob, dismissed_at)


@pytest.mark.usefixtures("other")
def test_another_teams_insight_cannot_be_reached(
    browser: Browser, acme: Team, charlie: User, captured_events: CapturedEvents
) -> None:
    insight = _insight(acme)
    client = browser(charlie)
    captured_events.clear()

    assert client.get(f"/insights/{insight.pk}/").status_code == 404
    assert client.post(f"/insights/{insight.pk}/dismiss/").status_code == 404
    assert client.post(f"/insights/{insight.pk}/restore/").status_code == 404
    assert insight.title not in client.get("/insights/").content.decode()
    assert Insight.objects.get().dismissed_at is None
    assert list(captured_events) == []


def test_a_get_dismisses_nothing(browser: Browser, acme: Team, alice: User) -> None:
    insight = _insight(acme)

    assert browser(alice).get(f"/insights/{insight.pk}/dismiss/").status_code == 405
    assert Insight.objects.get().dismissed_at is None


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/insights/", "Nothing stands out right now"),
        ("/insights/?dismissed=1", "Nothing has been dismissed"),
    ],
)
def test_an_empty_list_says_so(browser: Browser, alice: User, path: str, words: str) -> None:
    assert words in browser(alice).get(path).content.decode()


@pytest.mark.parametrize("view", ["", "dismissed=1&"])
def test_a_long_list_has_pages_with_each_insight_once(
    browser: Browser, acme: Team, bob: User, view: str
) -> None:
    now = timezone.now()
    for number in range(45):
        _insight(acme, str(number), found_at=now, dismissed_at=now if view else None)
    client = browser(bob)

    pages = [client.get(f"/insights/?{view}page={number}") for number in (1, 2, 3)]

    assert [len(_titles(page)) for page in pages] == [20, 20, 5]
    assert len({title for page in pages for title in _titles(page)}) == 45
    forward = BeautifulSoup(pages[0].content, "html.parser").select_one("a[rel=next]")
    assert forward is not None
    assert forward["href"] == f"?{view}page=2"


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "", "1e9"])
def test_a_page_number_out_of_range_shows_an_existing_page(
    browser: Browser, acme: Team, bob: User, page: str
) -> None:
    insight = _insight(acme)

    assert _titles(browser(bob).get("/insights/", {"page": page})) == [insight.title]


def test_the_number_of_queries_does_not_grow_with_the_insights(
    browser: Browser, acme: Team, bob: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        _insight(acme, str(number))
    some = Insight.objects.first()
    assert some is not None
    client = browser(bob)

    # Session, person, memberships; then the count and the page of insights, or the single insight.
    with django_assert_max_num_queries(5):
        client.get("/insights/")
    with django_assert_max_num_queries(4):
        client.get(f"/insights/{some.pk}/")
