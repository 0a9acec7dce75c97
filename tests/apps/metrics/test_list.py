"""Tests of the list of pull requests: filters, order, pages."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from apps.metrics.ingest.save import save_pull_requests
from apps.metrics.models import Repository
from apps.metrics.pull_requests.listing import COLUMNS
from apps.users.models import User
from tests.apps.conftest import Browser
from tests.apps.metrics.factories import facts, pull_request, review

LIST = "/analytics/pull-requests/"


@pytest.fixture
def client(browser: Browser, bob: User) -> Client:
    return browser(bob)


def _shown(client: Client, query: str) -> list[str]:
    page = BeautifulSoup(client.get(f"{LIST}?range=all&{query}").content, "html.parser")
    return [str(link.string) for link in page.select("main tbody th a")]


MADE: dict[str, dict[str, Any]] = {
    "Wind it": {"days_ago": 9, "merged_days_ago": 1, "additions": 5, "deletions": 0, "branch": "claude/x"},
    "oil ENG-7": {"days_ago": 8, "author": "Grace", "additions": 40, "reviews": (review(2, "linus"),)},
    "Zip 100%": {"days_ago": 7, "merged_days_ago": 6, "additions": 2000, "branch": "cursor/x"},
}


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["Zip 100%", "oil ENG-7", "Wind it"]),
        ("state=merged", ["Zip 100%", "Wind it"]),
        ("state=nonsense", ["Zip 100%", "oil ENG-7", "Wind it"]),
        ("author=grace", ["oil ENG-7"]),
        ("author=grac", []),
        ("reviewer=LINUS", ["oil ENG-7"]),
        ("ai=yes", ["Zip 100%", "Wind it"]),
        ("ai=no", ["oil ENG-7"]),
        ("ai=Claude", ["Wind it"]),
        ("size=XS", ["Wind it"]),
        ("size=XXL", ["Zip 100%"]),
        ("size=M", ["oil ENG-7"]),
        ("search=WIND", ["Wind it"]),
        ("search=eng-7", ["oil ENG-7"]),
        ("search=100%25", ["Zip 100%"]),
        ("search=%25", ["Zip 100%"]),
        ("search=_", []),
        ("state=merged&ai=Cursor&size=XXL&search=zip", ["Zip 100%"]),
        ("sort=title", ["oil ENG-7", "Wind it", "Zip 100%"]),
        ("sort=-title", ["Zip 100%", "Wind it", "oil ENG-7"]),
        ("sort=size", ["Wind it", "oil ENG-7", "Zip 100%"]),
        ("sort=-size", ["Zip 100%", "oil ENG-7", "Wind it"]),
        ("sort=cycle", ["Zip 100%", "Wind it", "oil ENG-7"]),
        ("sort=-cycle", ["Wind it", "Zip 100%", "oil ENG-7"]),
        ("sort=-review", ["oil ENG-7", "Zip 100%", "Wind it"]),
        ("sort=opened", ["Wind it", "oil ENG-7", "Zip 100%"]),
        ("sort=nonsense", ["Zip 100%", "oil ENG-7", "Wind it"]),
    ],
)
def test_the_list_is_filtered_and_sorted(
    client: Client, engine: Repository, query: str, titles: list[str]
) -> None:
    for title, made in MADE.items():
        pull_request(engine, title=title, **made)

    assert _shown(client, query) == titles


def test_a_number_finds_its_pull_request(client: Client, engine: Repository) -> None:
    one = pull_request(engine, title="Here")
    pull_request(engine, title="There")

    assert _shown(client, f"search=%23{one.number}") == _shown(client, f"search={one.number}") == ["Here"]


def test_repositories_filter_the_list(client: Client, engine: Repository, loom: Repository) -> None:
    pull_request(engine, title="Engine")
    pull_request(loom, title="Loom")

    assert _shown(client, f"repo={loom.pk}") == ["Loom"]
    assert sorted(_shown(client, f"repo={loom.pk}&repo={engine.pk}")) == ["Engine", "Loom"]


def test_pages_contain_each_pull_request_once_in_every_order(client: Client, engine: Repository) -> None:
    save_pull_requests(engine, [facts(3, title=f"Change {at}") for at in range(60)])
    for column in COLUMNS:
        found = [title for page in (1, 2) for title in _shown(client, f"sort={column}&page={page}")]
        assert sorted(found) == sorted(f"Change {at}" for at in range(60))


@pytest.mark.parametrize(
    ("page", "count"), [("0", 20), ("-1", 20), ("x", 50), ("3", 20), ("99", 20), ("2", 50)]
)
def test_a_page_number_out_of_range_shows_an_existing_page(
    client: Client, engine: Repository, page: str, count: int
) -> None:
    save_pull_requests(engine, [facts(3) for _ in range(120)])

    assert len(_shown(client, f"page={page}")) == count


def test_the_links_of_pages_and_columns_keep_the_filters(client: Client, engine: Repository) -> None:
    save_pull_requests(engine, [facts(3) for _ in range(120)])
    page: Any = BeautifulSoup(client.get(f"{LIST}?range=90d&state=open&page=2").content, "html.parser")

    links = page.select("main thead a, nav[aria-label=Pages] a, p a")
    assert len(links) == len(COLUMNS) + 3
    assert all("range=90d" in link["href"] and "state=open" in link["href"] for link in links)
    (current,) = page.select("th[aria-sort]")
    assert (current["aria-sort"], current.get_text()) == ("descending", "Opened")
    assert "sort=opened" in current.a["href"]
    assert not any("page=" in link["href"] for link in page.select("main thead a"))
