"""Tests of filters in the query string: complete, partial and invalid."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.metrics.filters.query import DEFAULT, Filters, Period, read_filters
from apps.metrics.filters.selection import Selection, read_selection
from apps.metrics.models import Repository
from apps.metrics.pull_requests.listing import COLUMNS, Listing
from apps.metrics.tabs import TABS
from apps.teams.models import Team
from apps.users.models import User
from tests.apps.conftest import Browser
from tests.apps.metrics.factories import pull_request

TODAY = date(2026, 11, 23)
OURS = (3, 5, 8)
BEFORE = Filters(Period("90d"), (5,))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", BEFORE),
        ("utm_source=mail", BEFORE),
        ("range=7d", Filters(Period("7d"))),
        ("range=30d&repo=8&repo=3", Filters(Period("30d"), (3, 8))),
        ("repo=3", Filters(Period("90d"), (3,))),
        ("range=all&repo=999&repo=x&repo=-3&repo=3", Filters(Period("all"), (3,))),
        ("range=all&repo=999", Filters(Period("all"))),
        ("range=all&repo=3&repo=5&repo=8", Filters(Period("all"))),
        ("range=nonsense", BEFORE),
        ("range=custom", BEFORE),
        ("range=custom&from=x&to=2026-02-30", BEFORE),
        (
            "range=custom&from=2026-01-02&to=2026-01-05",
            Filters(Period("custom", date(2026, 1, 2), date(2026, 1, 5))),
        ),
        (
            "from=2026-01-05&to=2026-01-02",
            Filters(Period("custom", date(2026, 1, 2), date(2026, 1, 5))),
        ),
        ("range=custom&from=2026-11-01", Filters(Period("custom", date(2026, 11, 1), TODAY))),
        ("range=custom&to=9999-12-31", Filters(Period("custom", date(2008, 1, 1), TODAY))),
        ("range=custom&from=0001-01-01&to=", Filters(Period("custom", date(2008, 1, 1), TODAY))),
        ("range=7d&from=2026-01-05&to=2026-01-02", Filters(Period("7d"))),
    ],
)
def test_a_query_string_sets_its_filters_and_keeps_the_others(said: str, expected: Filters) -> None:
    if expected is BEFORE and "repo" not in said:
        assert read_filters(QueryDict(said), available=OURS, today=TODAY) == DEFAULT
    assert read_filters(QueryDict(said), available=OURS, today=TODAY, before=BEFORE) == expected


@pytest.mark.parametrize("days", [7, 30, 90, 365])
def test_a_range_of_days_ends_now_and_the_range_before_is_as_long(days: int) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    filters = read_filters(QueryDict(f"range={days}d"), available=(), today=TODAY)
    span = filters.period.span(now)

    assert (span.start, span.end) == (now - timedelta(days=days), now)
    assert span.before is not None
    assert (span.before.start, span.before.end) == (now - timedelta(days=2 * days), span.start)


def test_the_last_day_of_a_custom_range_belongs_to_it() -> None:
    span = Period("custom", date(2026, 1, 2), date(2026, 1, 2)).span(datetime.now(UTC))
    assert span.start == datetime(2026, 1, 2, tzinfo=UTC)
    assert span.end == datetime(2026, 1, 3, tzinfo=UTC)


texts = st.text(max_size=12)
names = st.sampled_from(
    ("range", "from", "to", "repo", "search", "state", "author", "reviewer", "ai", "size", "sort", "page")
)
likely = st.sampled_from(
    (
        *("7d", "all", "custom", "30d", "2026-01-01", "2026-12-31", "9999-12-31", "0001-01-01", "3", "5"),
        *("open", "merged", "yes", "no", "Claude", "XL", "-size", "title", "-1", "0", "1e9", "999999"),
        *("\0", "٣", "9" * 5000, "'", "%"),
    )
)
queries = st.lists(st.tuples(names | texts, likely | texts), max_size=10)


@given(queries, queries)
def test_a_selection_survives_a_round_trip_through_the_query_string(
    said: list[tuple[str, str]], remembered: list[tuple[str, str]]
) -> None:
    def read(query: str, before: Selection | None = None) -> Selection:
        return read_selection(QueryDict(query), available=OURS, today=TODAY, before=before)

    before = read(urlencode(remembered))
    selection = read(urlencode(said), before)

    assert read(selection.query) == selection
    assert read(selection.query, before) == selection
    assert set(selection.filters.repositories) < set(OURS)
    assert selection.listing.sort.removeprefix("-") in COLUMNS


def test_a_sort_order_is_not_a_filter() -> None:
    assert Listing(sort="size").names == ()
    assert dict(parse_qsl(Selection(listing=Listing(search="a b")).query))["search"] == "a b"


@pytest.fixture
def client(browser: Browser, bob: User) -> Client:
    return browser(bob)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    page=st.sampled_from((*(f"{tab}/" for tab in TABS), "pull-requests/", "pull-requests.csv")),
    query=queries,
)
def test_no_query_string_breaks_a_page(
    client: Client, engine: Repository, page: str, query: list[tuple[str, str]]
) -> None:
    if not engine.pull_requests.exists():
        pull_request(engine, 3, merged_days_ago=1)
        pull_request(engine, 400)

    response = client.get(f"/analytics/{page}?{urlencode(query)}", follow=True)

    assert response.status_code == 200
    assert b"".join(response) is not None


@pytest.mark.parametrize("path", ["nonsense/", "Overview/", "pull-requests/0/", f"pull-requests/{'9' * 30}/"])
@pytest.mark.usefixtures("acme")
def test_an_unknown_page_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"/analytics/{path}").status_code == 404


def test_another_teams_repository_is_ignored(
    client: Client, acme: Team, engine: Repository, loom: Repository, foreign: Repository
) -> None:
    pull_request(engine, title="Ours")
    pull_request(foreign, title="Theirs")

    page = client.get(f"/analytics/pull-requests/?range=all&repo={foreign.pk}").content.decode()

    assert "Ours" in page
    assert "Theirs" not in page
    assert "secret" not in page
