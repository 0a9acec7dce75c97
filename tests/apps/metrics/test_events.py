"""Tests of the events about viewing metrics, and of what is not recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.metrics.models import Repository
from apps.teams.membership.memberships import create_team
from apps.teams.models import Membership, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import declared, events_summary, of_team
from tests.apps.conftest import Browser
from tests.apps.metrics.factories import pull_request

TABS = ("overview", "ai_adoption", "delivery", "quality", "team", "trends")
OVERVIEW, LIST = "/analytics/overview/", "/analytics/pull-requests/"


@pytest.fixture
def client(browser: Browser, bob: User, engine: Repository, loom: Repository) -> Client:
    for repository in (engine, loom):
        pull_request(repository, 3, merged_days_ago=1)
    return browser(bob)


def _told(captured: CapturedEvents) -> list[tuple[str, dict[str, object]]]:
    """Return the events since the last call, without the team's slug."""
    told = []
    for event, _, properties in events_summary(captured):
        assert properties.pop("team_slug") == "acme"
        told.append((event, properties))
    captured.clear()
    return told


def _viewed(tab: str, date_range: str) -> tuple[str, dict[str, object]]:
    return ("analytics_viewed", {"tab": tab, "date_range": date_range})


def _ranged(date_range: str, previous: str, page: str) -> tuple[str, dict[str, object]]:
    properties: dict[str, object] = {"date_range": date_range, "previous_range": previous, "page": page}
    return ("date_filter_changed", properties)


def _chosen(count: int, page: str) -> tuple[str, dict[str, object]]:
    return ("repo_filter_applied", {"repos_count": count, "page": page})


def _listed(filters: list[str], sort: str) -> tuple[str, dict[str, object]]:
    return ("pr_list_filtered", {"filters": filters, "sort": sort})


@pytest.mark.parametrize("tab", TABS)
def test_each_opening_of_a_tab_is_recorded_and_nothing_else_is(
    client: Client, bob: User, acme: Team, captured_events: CapturedEvents, tab: str
) -> None:
    for _ in range(2):
        assert client.get(f"/analytics/{tab}/").status_code == 200

    assert events_summary(captured_events)[0][1] == str(bob.public_id)
    assert of_team(captured_events[0]) == str(acme.public_id)
    assert _told(captured_events) == [_viewed(tab, "30d")] * 2


def test_changing_a_filter_does_not_count_as_another_view(
    client: Client, engine: Repository, captured_events: CapturedEvents
) -> None:
    client.get(OVERVIEW)
    captured_events.clear()
    here = {"Referer": f"http://testserver{OVERVIEW}"}

    client.get(f"{OVERVIEW}?range=90d", headers=here)
    assert _told(captured_events) == [_ranged("90d", "30d", "overview")]
    client.get(f"{OVERVIEW}?range=7d&repo={engine.pk}", headers=here)
    assert _told(captured_events) == [_ranged("7d", "90d", "overview"), _chosen(1, "overview")]
    client.get(f"{OVERVIEW}?range=7d", headers=here)
    assert _told(captured_events) == [_chosen(0, "overview")]


def test_filters_are_kept_between_pages_without_counting_as_changed(
    client: Client, captured_events: CapturedEvents
) -> None:
    client.get(f"{OVERVIEW}?range=90d")
    captured_events.clear()

    client.get("/analytics/quality/?range=90d")
    client.get(f"{LIST}?range=90d")
    client.get(f"{LIST}?range=90d&sort=-opened&page=1")
    client.get("/analytics/trends/?range=90d")

    assert _told(captured_events) == [_viewed("quality", "90d"), _viewed("trends", "90d")]


def test_a_link_without_filters_restores_the_last_selection(
    client: Client, engine: Repository, captured_events: CapturedEvents
) -> None:
    client.get(f"{OVERVIEW}?range=90d&repo={engine.pk}")
    captured_events.clear()

    page = client.get("/analytics/team/")
    assert page.status_code == 302
    assert page.headers["Location"] == f"/analytics/team/?range=90d&repo={engine.pk}"
    client.get(page.headers["Location"])

    assert _told(captured_events) == [_viewed("team", "90d")]


def test_a_range_changed_on_the_list_is_changed_back_by_the_back_button(
    client: Client, captured_events: CapturedEvents
) -> None:
    client.get(f"{OVERVIEW}?range=30d")
    client.get(f"{LIST}?range=7d")
    client.get(f"{OVERVIEW}?range=30d")  # the back button
    client.get(f"{OVERVIEW}?range=30d")  # a reload

    assert _told(captured_events) == [
        _viewed("overview", "30d"),
        _ranged("7d", "30d", "pr_list"),
        _ranged("30d", "7d", "overview"),
        _viewed("overview", "30d"),
        _viewed("overview", "30d"),
    ]


def test_a_shared_link_with_another_range_counts_once(
    client: Client, captured_events: CapturedEvents
) -> None:
    for _ in range(2):
        client.get("/analytics/delivery/?range=custom&from=2026-01-01&to=2026-02-01")
    client.get("/analytics/delivery/?range=custom&from=2026-01-01&to=2026-02-02")

    assert [one for one in _told(captured_events) if one[0] != "analytics_viewed"] == [
        _ranged("custom", "30d", "delivery"),
        _ranged("custom", "custom", "delivery"),
    ]


def test_each_session_and_each_team_remembers_its_own(
    browser: Browser, bob: User, client: Client, acme: Team, captured_events: CapturedEvents
) -> None:
    client.get(f"{OVERVIEW}?range=90d")
    second = create_team(bob, name="Second", slug="second").team
    client.post("/teams/switch/", {"team": str(second.public_id)})
    captured_events.clear()

    assert client.get(OVERVIEW).status_code == 200
    client.post("/teams/switch/", {"team": str(acme.public_id)})
    assert client.get(OVERVIEW).status_code == 302
    phone = browser(bob)
    assert phone.get(OVERVIEW).status_code == 200

    names = [one[0] for one in events_summary(captured_events)]
    assert names.count("date_filter_changed") == 0
    assert names.count("analytics_viewed") == 2


def test_the_lists_own_filters_are_recorded_only_when_they_change(
    client: Client, captured_events: CapturedEvents
) -> None:
    client.get(LIST)
    assert _told(captured_events) == []
    client.get(f"{LIST}?range=30d&state=open&author=ada&search=&ai=&size=&reviewer=&sort=-opened")
    assert _told(captured_events) == [_listed(["state", "author"], "-opened")]
    client.get(f"{LIST}?range=30d&state=open&author=ada&sort=-opened&page=2")
    assert _told(captured_events) == []
    client.get(f"{LIST}?range=30d&state=open&author=ada&sort=size")
    assert _told(captured_events) == [_listed(["state", "author"], "size")]
    client.get(f"{LIST}?range=30d&state=merged&author=ada&sort=size")
    assert _told(captured_events) == [_listed(["state", "author"], "size")]
    client.get(OVERVIEW)  # a tab does not have these filters, and does not change them
    assert client.get(LIST).headers["Location"] == f"{LIST}?range=30d&state=merged&author=ada&sort=size"
    assert _told(captured_events) == [_viewed("overview", "30d")]
    client.get(f"{LIST}?range=30d&sort=-opened")
    assert _told(captured_events) == [_listed([], "-opened")]
    client.get(f"{LIST}?range=30d&reviewer=x&ai=yes&size=XL&search=y&sort=-opened")
    assert _told(captured_events) == [_listed(["reviewer", "ai", "size", "search"], "-opened")]


def test_all_filters_may_change_in_one_request(
    client: Client, engine: Repository, captured_events: CapturedEvents
) -> None:
    client.get(f"{LIST}?range=all&repo={engine.pk}&sort=title")

    assert _told(captured_events) == [
        _ranged("all", "30d", "pr_list"),
        _chosen(1, "pr_list"),
        _listed([], "title"),
    ]


@pytest.mark.parametrize(
    "headers", [{"Sec-Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}]
)
def test_a_page_that_nobody_sees_is_neither_recorded_nor_remembered(
    client: Client, engine: Repository, captured_events: CapturedEvents, headers: dict[str, str]
) -> None:
    detail = f"/analytics/pull-requests/{engine.pull_requests.get().pk}/"
    paths = (f"{OVERVIEW}?range=7d", f"{LIST}?range=90d&state=open", detail, "/analytics/pull-requests.csv")
    for path in paths:
        b"".join(client.get(path, headers=headers))
        assert client.head(path).status_code == 200

    assert _told(captured_events) == []
    assert "metrics" not in client.session


@pytest.mark.parametrize("path", ["/analytics/nonsense/?range=7d", "/analytics/pull-requests/0/"])
def test_an_error_is_not_recorded_as_a_view(
    client: Client, captured_events: CapturedEvents, path: str
) -> None:
    assert client.get(path).status_code == 404

    assert _told(captured_events) == []


@pytest.mark.parametrize("method", ["post", "put", "delete"])
@pytest.mark.parametrize("path", [OVERVIEW, LIST, "/analytics/pull-requests.csv"])
def test_pages_accept_only_safe_methods(client: Client, method: str, path: str) -> None:
    assert getattr(client, method)(path).status_code == 405


def test_a_double_click_is_recorded_once(client: Client, captured_events: CapturedEvents) -> None:
    client.get(OVERVIEW)
    captured_events.clear()
    changed = f"{OVERVIEW}?range=7d"
    reads: list[str] = []

    def rival(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Send the second click's request between the first one's read and lock of the session."""
        if sql.startswith("SELECT") and 'FROM "django_session"' in sql:
            reads.append(sql)
            if len(reads) == 2:
                assert client.get(changed).status_code == 200
        return execute(sql, params, many, context)

    with connection.execute_wrapper(rival):
        assert client.get(changed).status_code == 200

    assert len(reads) > 2
    assert [one for one in _told(captured_events) if one[0] != "analytics_viewed"] == [
        _ranged("7d", "30d", "overview")
    ]
    assert client.get(OVERVIEW).headers["Location"] == changed


@pytest.mark.parametrize(
    ("merged", "closed", "branch"), [(False, False, "work"), (True, False, "claude/x"), (False, True, "work")]
)
def test_each_view_of_a_pull_request_is_recorded(
    client: Client,
    engine: Repository,
    captured_events: CapturedEvents,
    merged: bool,
    closed: bool,
    branch: str,
) -> None:
    one = pull_request(engine, 5.5, merged_days_ago=1 if merged else None, branch=branch)
    if closed:
        engine.pull_requests.filter(pk=one.pk).update(state="closed")
    for _ in range(2):
        assert client.get(f"/analytics/pull-requests/{one.pk}/").status_code == 200

    state = "merged" if merged else "closed" if closed else "open"
    properties = {"pr_age_days": 5, "is_ai_assisted": branch != "work", "state": state}
    assert _told(captured_events) == [("pr_detail_viewed", properties)] * 2


def test_another_teams_pull_request_is_not_found_and_not_recorded(
    client: Client, foreign: Repository, captured_events: CapturedEvents
) -> None:
    secret = pull_request(foreign)

    assert client.get(f"/analytics/pull-requests/{secret.pk}/").status_code == 404
    assert _told(captured_events) == []


def test_events_belong_to_the_current_team(
    browser: Browser, charlie: User, other: Team, client: Client, acme: Team, captured_events: CapturedEvents
) -> None:
    Membership.objects.create(team=acme, user=charlie)
    session = browser(charlie)
    session.post("/teams/switch/", {"team": str(other.public_id)})
    captured_events.clear()

    session.get(f"{OVERVIEW}?range=7d")

    for capture in captured_events:
        assert (declared(capture)["team_slug"], of_team(capture)) == ("other", str(other.public_id))
