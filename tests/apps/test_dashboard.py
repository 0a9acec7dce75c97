"""Tests of the dashboard of an empty team and of a busy team."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.insights.models import Insight
from apps.integrations.models import Connection, SyncRun
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.conftest import Browser
from tests.apps.insights.factories import opened, some_repository

NOW = timezone.now()


def _shown(browser: Browser, user: User) -> BeautifulSoup:
    return BeautifulSoup(browser(user).get("/dashboard/").content, "html.parser")


def _connected(team: Team, provider: str = "github", *, days: int = 90, live: bool = True) -> Connection:
    return Connection.objects.create(
        team=team,
        provider=provider,
        account_id="1",
        account_name=f"Acme at {provider}",
        connected_at=NOW - timedelta(days=days),
        disconnected_at=None if live else NOW,
    )


def _busy(team: Team) -> None:
    """Give a team a connection, two months of pull requests, some of which wait, and insights."""
    _connected(team)
    repository = some_repository(team)
    for day in range(1, 59):
        opened(
            repository,
            NOW - timedelta(days=day, minutes=1),
            reviewed_after=2,
            merged_after=10 if day < 30 else 20,
            ai=day < 16,
        )
    for day in range(7):
        opened(repository, NOW - timedelta(days=3 + day), title=f"Waiting {day}")
    for number, priority in enumerate(["low", "high", "medium", "low"]):
        Insight.objects.create(
            team=team,
            kind="change",
            key=str(number),
            priority=priority,
            title=f"Insight {priority} {number}",
            body="",
        )


def _figures(page: BeautifulSoup) -> dict[str, list[str]]:
    return {
        one.select("dt")[0].text: [value.text for value in one.select("dd")]
        for one in page.select("dl.figures > div")
    }


def test_a_new_teams_admin_sees_a_link_to_the_setup(browser: Browser, acme: Team, alice: User) -> None:
    page = _shown(browser, alice)

    (setup,) = page.select('a[href="/onboarding/"]')
    assert setup.text == "Go on with the setup"
    assert "connect GitHub" in page.text
    assert "Nothing stands out right now" in page.text
    assert page.select("table, dl") == []


def test_a_new_teams_member_sees_who_sets_it_up(browser: Browser, bob: User) -> None:
    page = _shown(browser, bob)

    assert page.select('main a[href="/onboarding/"]') == []
    assert "not set up completely yet" in page.text


def test_a_team_that_is_set_up_does_not_see_the_link_again(browser: Browser, acme: Team, alice: User) -> None:
    Team.objects.update(onboarded_at=NOW)

    assert "Go on with the setup" not in _shown(browser, alice).text


def test_a_connected_team_without_pull_requests_sees_what_is_missing(
    browser: Browser, acme: Team, alice: User
) -> None:
    _connected(acme)

    assert "once your repositories are chosen and synced" in " ".join(_shown(browser, alice).text.split())


def test_the_key_figures_are_those_of_the_last_30_days_against_the_30_before(
    browser: Browser, acme: Team, bob: User
) -> None:
    _busy(acme)

    figures = _figures(_shown(browser, bob))

    assert figures["Time to merge"] == ["10 hours", "50 % less than 20 hours"]
    assert figures["Wait for the first review"] == ["2 hours", "as before: 2 hours"]
    assert figures["Typical size"] == ["100 lines", "as before: 100 lines"]
    assert figures["Merged pull requests"][0] == "30"
    assert figures["Pull requests assisted by AI"][0].endswith("%")


def test_the_most_urgent_insights_are_shown_with_their_links(browser: Browser, acme: Team, bob: User) -> None:
    _busy(acme)
    Insight.objects.filter(title="Insight medium 2").update(dismissed_at=NOW)

    links = _shown(browser, bob).select("main h3 a")

    assert [link.text for link in links] == ["Insight high 1", "Insight low 3", "Insight low 0"]
    high = Insight.objects.get(priority="high")
    assert links[0]["href"] == f"/insights/{high.pk}/"


def test_the_longest_waits_for_a_review_are_named(browser: Browser, acme: Team, bob: User) -> None:
    _busy(acme)

    (table,) = _shown(browser, bob).select("main table")

    assert table.caption is not None
    assert table.caption.text == "Open for more than 2 days without a review: 7"
    assert [link.text for link in table.select("a")] == [f"Waiting {day}" for day in (6, 5, 4, 3, 2)]


def test_the_state_of_each_connection_is_shown(browser: Browser, acme: Team, bob: User) -> None:
    _connected(acme, "jira")
    _connected(acme, "slack", live=False)

    shown = [item.text for item in _shown(browser, bob).select("main section li")]

    assert shown == ["GitHub: not connected", "Jira: connected to Acme at jira", "Slack: not connected"]


def test_the_progress_of_a_running_sync_is_shown(browser: Browser, acme: Team, bob: User) -> None:
    _busy(acme)
    run = SyncRun.objects.create(
        repository=acme.repositories.get(), trigger="manual", is_initial=True, prs_synced=50, prs_expected=180
    )
    assert "50 of 180 pull requests" in _shown(browser, bob).text

    run.finished_at, run.outcome = NOW, "success"
    run.save()
    assert "Tracked repositories" not in _shown(browser, bob).text


@pytest.mark.usefixtures("other")
def test_nothing_of_another_team_is_shown(browser: Browser, acme: Team, charlie: User) -> None:
    _busy(acme)

    page = _shown(browser, charlie)

    assert _figures(page) == {}
    for secret in ("Acme", "Insight", "Waiting 6"):
        assert secret not in page.text.replace("Insights", "")


@pytest.mark.parametrize("is_busy", [False, True])
def test_the_dashboard_takes_few_queries_for_any_amount_of_data(
    browser: Browser,
    acme: Team,
    alice: User,
    is_busy: bool,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    if is_busy:
        _busy(acme)
    client = browser(alice)
    client.get("/dashboard/")

    # Session, person, memberships; pull requests, insights, waiting ones, connections; two for the syncs.
    with django_assert_max_num_queries(9):
        client.get("/dashboard/")


@pytest.mark.parametrize("method", ["head", "prefetch"])
def test_a_prefetch_does_not_count_as_the_first_view(
    browser: Browser, bob: User, captured_events: CapturedEvents, method: str
) -> None:
    client = browser(bob)
    captured_events.clear()
    if method == "head":
        client.head("/dashboard/")
    else:
        client.get("/dashboard/", headers={"sec-purpose": "prefetch;prerender"})
    assert list(captured_events) == []

    client.get("/dashboard/")

    assert len(captured_events.named("dashboard_first_view")) == 1
