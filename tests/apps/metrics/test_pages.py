"""Tests of the metrics pages: their content, with and without data, and their queries."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from pytest_django import Settings

from apps.metrics.ingest.save import save_pull_requests
from apps.metrics.models import PullRequest, Repository
from apps.teams.models import Team
from apps.users.models import User
from tests.apps.conftest import Browser
from tests.apps.metrics.factories import facts, pull_request, review
from tests.apps.queries import statements

TABS = ("overview", "ai_adoption", "delivery", "quality", "team", "trends")
LIST = "/analytics/pull-requests/"
EXPORT = "/analytics/pull-requests.csv"


@pytest.fixture
def client(browser: Browser, bob: User) -> Client:
    return browser(bob)


def _page(client: Client, address: str) -> Any:  # every lookup succeeds, or the test fails
    response = client.get(address)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def _text(client: Client, address: str) -> str:
    return " ".join(_page(client, address).get_text(" ").split())


def _addresses(query: str = "") -> list[str]:
    return [*(f"/analytics/{tab}/{query}" for tab in TABS), f"{LIST}{query}"]


@pytest.mark.parametrize("address", _addresses())
def test_a_team_without_a_connection_is_asked_to_connect(client: Client, address: str) -> None:
    page = _page(client, address)

    assert page.find("a", string="Connect GitHub")["href"] == "/integrations/"


@pytest.mark.parametrize("address", _addresses())
def test_a_team_without_a_chosen_repository_is_asked_to_choose(
    client: Client, acme: Team, address: str
) -> None:
    Repository.objects.create(team=acme, external_id=1, full_name="acme/engine")

    page = _page(client, address)

    assert page.find("a", string="Choose repositories")["href"] == "/integrations/github/repositories/"
    assert "acme/engine" not in page.get_text()


@pytest.mark.parametrize("address", _addresses())
@pytest.mark.usefixtures("engine")
def test_a_team_that_waits_for_its_first_sync_is_informed(client: Client, address: str) -> None:
    assert "No pull requests have arrived yet." in _text(client, address)


@pytest.mark.parametrize("address", _addresses("?range=7d"))
def test_an_empty_selection_offers_to_show_everything(
    client: Client, engine: Repository, address: str
) -> None:
    pull_request(engine, 50, merged_days_ago=49)

    page = _page(client, address)
    everything = page.find("a", string="Show everything")["href"]

    assert "There is nothing for these filters." in page.get_text()
    assert "Change" in _text(client, f"{LIST}{everything}")


@pytest.mark.parametrize("date_range", ["7d", "365d", "all"])
@pytest.mark.parametrize(
    ("merged", "reviewed", "assisted", "bot"),
    list(product((False, True), repeat=4)),
    ids=lambda value: str(value)[0],
)
def test_every_tab_works_with_any_data(
    client: Client,
    engine: Repository,
    date_range: str,
    merged: bool,
    reviewed: bool,
    assisted: bool,
    bot: bool,
) -> None:
    pull_request(
        engine,
        6,
        merged_days_ago=2 if merged else None,
        reviews=(review(4, state="CHANGES_REQUESTED"), review(3)) if reviewed else (),
        branch="cursor/x" if assisted else "work",
        author="dependabot[bot]" if bot else "ada",
        title="",
    )
    for tab in TABS:
        page = _page(client, f"/analytics/{tab}/?range={date_range}")
        assert page.find(class_="figures") is not None
        for svg in page.select("main svg"):
            assert svg["aria-label"]
    assert len(_page(client, f"{LIST}?range={date_range}").select("main tbody tr")) == 1


@pytest.mark.parametrize("tab", TABS)
def test_a_chart_has_a_drawing_a_table_and_data_for_scripts(
    client: Client, engine: Repository, tab: str
) -> None:
    pull_request(engine, 6, merged_days_ago=2, reviews=(review(4),), branch="claude/x")
    page = _page(client, f"/analytics/{tab}/?range=30d")

    charts = page.select("canvas[data-chart]")
    assert charts
    for chart in charts:
        data = json.loads(page.find(id=chart["data-source"]).string)
        rows = chart.find_next("table").select("tbody tr")
        assert data["kind"] == ("bar" if data["unit"] == "count" else "line")
        assert [row.th.get_text() for row in rows] == data["labels"]
        assert all(len(one["data"]) == len(data["labels"]) for one in data["datasets"])
        for drawing in (chart, chart.find_next_sibling("svg")):
            assert all(one["label"] in drawing["aria-label"] for one in data["datasets"])


@pytest.mark.parametrize("address", _addresses("?range=90d"))
def test_a_page_has_headings_captions_and_labels(
    client: Client, engine: Repository, loom: Repository, address: str
) -> None:
    for repository in (engine, loom):
        pull_request(repository, 6, merged_days_ago=2)
    page = _page(client, address)

    assert len(page.find_all("h1")) == 1
    assert all(table.caption.get_text() for table in page.find_all("table"))
    assert all(head["scope"] in ("col", "row") for head in page.find_all("th"))
    for field in page.select("main form input:not([type=hidden]), main form select"):
        assert field.find_parent("label") or page.find("label", attrs={"for": field["id"]})
    assert len(page.select("nav[aria-label=Analytics] a[aria-current=page]")) == 1
    assert all("range=90d" in link["href"] for link in page.select("nav[aria-label=Analytics] a"))


def test_the_figures_are_compared_with_the_period_before(client: Client, engine: Repository) -> None:
    for days in (1, 2, 40):
        pull_request(engine, days)

    shown = _text(client, "/analytics/overview/?range=30d")

    assert "Opened 2 100 % more than 1" in shown
    assert "more than" not in _text(client, "/analytics/overview/?range=all")


def test_the_longest_wait_comes_first_and_only_synced_repositories_count(
    client: Client, engine: Repository, loom: Repository
) -> None:
    for days, title in ((5, "Younger"), (9, "Older")):
        pull_request(engine, days, title=title)
    pull_request(engine, 20, title="Reviewed", reviews=(review(),))
    pull_request(loom, 30, title="Forgotten")
    Repository.objects.filter(pk=loom.pk).update(is_tracked=False)

    table = _page(client, "/analytics/overview/?range=30d").find(
        "caption", string="Waiting longest for a first review"
    )

    assert [link.string for link in table.parent.select("th a")] == ["Older", "Younger"]


def test_ai_adoption_names_the_tools_and_compares(client: Client, engine: Repository) -> None:
    for branch in ("claude/a", "claude/b", "cursor/c", "work"):
        pull_request(engine, 3, merged_days_ago=2, branch=branch)
    page = _page(client, "/analytics/ai_adoption/?range=30d")

    tools = page.find("caption", string="By tool").parent
    assert [row.get_text(" ", strip=True).split()[:3] for row in tools.select("tbody tr")] == [
        ["Claude", "2", "50"],
        ["Cursor", "1", "25"],
    ]
    linked = _page(client, tools.select_one("th a")["href"])
    assert len(linked.select("main tbody tr")) == 2


def test_quality_shows_what_was_reviewed_before_it_was_merged(client: Client, engine: Repository) -> None:
    asked = (review(4, state="CHANGES_REQUESTED"), review(3, state="CHANGES_REQUESTED"), review(2.5))
    pull_request(engine, 5, merged_days_ago=2, reviews=asked)
    pull_request(engine, 5, merged_days_ago=2, reviews=(review(3),))
    pull_request(engine, 5, merged_days_ago=2, reviews=(review(1),), title="Looked at later", additions=900)
    pull_request(engine, 5, merged_days_ago=2, title="Never looked at")

    page = _page(client, "/analytics/quality/?range=30d")

    cards = {one.dt.string: one.dd.string for one in page.select(".figures > div")}
    assert cards["Reviewed before merging"] == "50 %"
    assert cards["Merged without a review"] == "2"
    assert cards["Changes were requested"] == "25 %"
    assert cards["Sent back more than once"] == "25 %"
    missed = page.find("caption", string="Largest merged without a review").parent
    assert [link.string for link in missed.select("th a")] == ["Looked at later", "Never looked at"]


def test_the_team_tab_counts_people_and_reviews_of_others_in_alphabetical_order(
    client: Client, engine: Repository, loom: Repository
) -> None:
    twice = (review(2, "grace"), review(1, "grace"), review(1, "ada"), review(1, "codecov[bot]"))
    pull_request(engine, 3, merged_days_ago=1, author="ada", reviews=twice)
    pull_request(loom, 3, author="Zoe", reviews=(review(1, "grace"),))
    pull_request(engine, 3, author="dependabot[bot]")
    pull_request(engine, 3, author="babbage", branch="claude/x")

    def rows(query: str) -> list[list[str]]:
        table = _page(client, f"/analytics/team/?{query}").find("caption", string="People").parent
        return [
            [cell.get_text(strip=True) for cell in row.find_all(["th", "td"])][:5]
            for row in table.select("tbody tr")
        ]

    assert rows("range=30d") == [
        ["ada", "1", "1", "0", "0"],
        ["babbage", "1", "0", "0", "1"],
        ["grace", "0", "0", "2", "0"],
        ["Zoe", "1", "0", "0", "0"],
    ]
    assert [row[0] for row in rows(f"range=30d&repo={loom.pk}")] == ["grace", "Zoe"]


def test_trends_compare_months_the_latest_first(client: Client, engine: Repository) -> None:
    for days in (5, 40, 75):
        pull_request(engine, days, merged_days_ago=days - 1)

    table = _page(client, "/analytics/trends/?range=all").find("caption", string="Months compared").parent

    months = [row.th.string for row in table.select("tbody tr")]
    assert len(months) in (3, 4)
    assert months[0].endswith("(part)")


def test_a_pull_requests_page_shows_its_timeline(client: Client, engine: Repository) -> None:
    asked = review(3, "grace", "CHANGES_REQUESTED")
    one = pull_request(
        engine,
        4,
        merged_days_ago=1,
        title="=ENG-42 <b>Bold</b>",
        reviews=(review(2, "linus"), asked),
        branch="cursor/x",
    )
    response = client.get(f"{LIST}{one.pk}/")
    page: Any = BeautifulSoup(response.content, "html.parser")

    assert "<b>Bold" not in response.content.decode()
    assert [
        item.get_text(strip=True).partition(":")[2].partition(":")[2].strip() for item in page.select("ol li")
    ] == [
        "ada opened it",
        "grace requested changes",
        "linus approved",
        "It was merged",
    ]
    assert all(moment.get_text().endswith(" UTC") for moment in page.select("ol li time"))
    shown = page.get_text(" ")
    assert "ENG-42" in shown
    assert "Cursor" in shown
    assert page.find("a", string="See it on GitHub")["href"] == one.url


def test_a_pull_request_closed_without_merging_says_so(client: Client, engine: Repository) -> None:
    one = pull_request(engine, 4)
    PullRequest.objects.update(state="closed", closed_at=one.opened_at, url="")
    shown = _text(client, f"{LIST}{one.pk}/")

    assert "It was closed without merging" in shown
    assert "See it on GitHub" not in shown


WHO = ["SELECT django_session", "SELECT users_user", "SELECT teams_membership"]
REPOSITORIES, PULLS = "SELECT metrics_repository", "SELECT metrics_pullrequest"
# The person, the repositories to choose from, the pull requests of the range, and the tab's own queries.
ASKED = {
    "/analytics/overview/?range=30d": [*WHO, REPOSITORIES, PULLS, PULLS],
    "/analytics/ai_adoption/?range=30d": [*WHO, REPOSITORIES, PULLS],
    "/analytics/delivery/?range=30d": [*WHO, REPOSITORIES, PULLS],
    "/analytics/quality/?range=30d": [*WHO, REPOSITORIES, PULLS, "SELECT metrics_review", PULLS],
    "/analytics/team/?range=30d": [*WHO, REPOSITORIES, PULLS, "SELECT metrics_review"],
    "/analytics/trends/?range=30d": [*WHO, REPOSITORIES, PULLS],
    # The number of pull requests, a page of them, and the authors to choose from.
    f"{LIST}?range=30d": [*WHO, REPOSITORIES, PULLS, PULLS, PULLS],
    # Django does not log statements of server-side cursors, with which PostgreSQL streams the response.
    f"{EXPORT}?range=30d": [*WHO, REPOSITORIES, *([PULLS] if connection.vendor == "sqlite" else [])],
}


@pytest.mark.parametrize("address", ASKED)
def test_a_page_sends_the_same_queries_for_any_amount_of_data_and_telemetry_sends_none(
    client: Client, engine: Repository, settings: Settings, address: str
) -> None:
    def ask() -> None:
        assert b"".join(client.get(address))

    pull_request(engine, 4, merged_days_ago=1, reviews=(review(2),))
    pull_request(engine, 4, merged_days_ago=1)
    assert statements(ask) == ASKED[address]
    save_pull_requests(
        engine, [facts(4, merged_days_ago=1, author=f"a{at}", reviews=(review(2),)) for at in range(120)]
    )
    assert statements(ask) == ASKED[address]
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "Telemetry" not in one]
    assert statements(ask) == ASKED[address]


def test_a_changed_filter_costs_one_write(client: Client, engine: Repository) -> None:
    pull_request(engine, 4)
    session = ["SELECT django_session", "UPDATE django_session"]

    asked = statements(lambda: client.get("/analytics/delivery/?range=7d"))

    assert asked == [*WHO, REPOSITORIES, PULLS, *session]


def test_a_pull_requests_page_queries_it_and_its_reviews(client: Client, engine: Repository) -> None:
    one = pull_request(engine, 4, reviews=(review(), review(), review()))

    asked = statements(lambda: client.get(f"{LIST}{one.pk}/"))

    assert asked == [*WHO, PULLS, "SELECT metrics_review"]
