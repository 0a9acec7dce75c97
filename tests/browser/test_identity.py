"""Tests of identity and page views: a visitor becomes a person, and a logout starts a new visitor."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from otel.inspector import RunningInspector
from tests.browser.site import ANN, BEN, OTHER_TEAM, TEAM, Site
from tests.browser.waiting import arrived, follow, ready, shown, until

pytestmark = pytest.mark.slow


def test_visitor_person_and_the_visitor_after_the_logout_have_different_ids(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    assert site.config is not None
    site.config |= {"distinct_id": None, "team": None}
    ready(page, site.url)
    site.config |= {"distinct_id": ANN, "team": TEAM}
    follow(page, "#to-analytics", "/analytics/")
    # Wait for the event: leaving the page while posthog-js compresses it would lose it.
    arrived(inspector, page, "$identify")
    site.config |= {"distinct_id": None, "team": None}
    page.goto(f"{site.url}/list/")
    page.wait_for_timeout(1_000)
    views = arrived(inspector, page, "$pageview", 3)
    before, during, after = (one["distinct_id"] for one in views)
    assert during == ANN
    assert len({before, during, after}) == 3
    # The server merges the visitor into the person; `$identify` only creates the person.
    (person,) = inspector.persons()
    assert person["distinct_ids"] == [ANN]
    assert "$anon_distinct_id" not in inspector.good("$identify")[0]["properties"]
    assert [one["properties"].get("$groups") for one in views] in (
        [None, {"team": TEAM["key"]}, None],
        [{}, {"team": TEAM["key"]}, {}],
    )
    assert [one["properties"]["$process_person_profile"] for one in views] == [False, True, False]


@pytest.mark.parametrize("forgets", [True, False])
def test_two_accounts_in_one_browser_remain_two_people(
    site: Site, page: Page, inspector: RunningInspector, forgets: bool
) -> None:
    """Also hold if posthog-js keeps its state, as if `reset` had never been called."""
    assert site.config is not None
    if not forgets:
        script = "Object.defineProperty(Object.prototype, 'reset', {get() { return () => {} }, set() {}})"
        page.add_init_script(script)
    ready(page, site.url)
    site.config |= {"distinct_id": BEN}
    follow(page, "#to-analytics", "/analytics/")
    arrived(inspector, page, "$pageview", 2)
    people = {one["distinct_id"]: set(one["distinct_ids"]) for one in inspector.persons()}
    assert set(people) == {ANN, BEN}
    assert not people[ANN] & people[BEN]


def test_switching_the_team_changes_the_group_and_each_group_is_sent_once(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    assert site.config is not None
    ready(page, site.url)
    follow(page, "#to-analytics", "/analytics/")
    site.config["team"] = OTHER_TEAM
    follow(page, "#to-pull", "/pulls/7/")
    views = arrived(inspector, page, "$pageview", 3)
    assert [one["properties"]["$groups"]["team"] for one in views] == [TEAM["key"]] * 2 + [OTHER_TEAM["key"]]
    assert len(inspector.good("$groupidentify")) == 2
    assert len(inspector.good("$identify")) == 1


def test_requests_of_the_page_have_headers_with_session_and_person(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    ready(page, site.url)
    follow(page, "#to-pull", "/pulls/7/")
    page.evaluate("fetch('/list/')")
    views = arrived(inspector, page, "$pageview", 2)
    session = views[0]["properties"]["$session_id"]
    asked = {path: headers for _, path, headers in site.asked if path in ("/pulls/7/?token=hush", "/list/")}
    assert {one["x-posthog-session-id"] for one in asked.values()} == {session}
    assert {one["x-posthog-distinct-id"] for one in asked.values()} == {ANN}


def test_each_way_to_open_a_page_is_one_page_view_and_a_fragment_is_none(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    site.pages["/"] = (
        '<button id="more" hx-get="/part/x" hx-target="#part">More</button><div id="part"></div>'
    )
    site.pages["/part/x"] = "<b>Part</b>"
    site.pages["/list/"] = """
<form id="filter" method="get"><input name="search" value="hush"><button>Show</button></form>
<form id="save" method="post" action="/save/"><button>Save</button></form>"""
    site.redirects["/save/"] = "/analytics/"
    ready(page, site.url)
    page.click("#more")
    page.wait_for_selector("#part b")
    follow(page, "#to-analytics", "/analytics/")
    page.go_back()
    shown(page, "/")
    page.go_forward()
    shown(page, "/analytics/")
    page.goto(f"{site.url}/list/")
    page.wait_for_timeout(1_000)
    with page.expect_response("**/list/?search=hush"):
        page.click("#filter button")
    page.wait_for_timeout(300)
    follow(page, "#save button", "/analytics/")
    views = arrived(inspector, page, "$pageview", 7)
    assert [one["properties"]["$pathname"] for one in views] == [
        "/", "/analytics/", "/", "/analytics/", "/list/", "/list/", "/analytics/",
    ]  # fmt: skip
    assert len({one["properties"]["$session_id"] for one in views}) == 1


def test_leaving_a_page_is_recorded_and_events_are_sent_together(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    ready(page, site.url)
    arrived(inspector, page, "$pageview", 1)
    posts = len(site.paths("POST"))
    for choice in ("dark", "light", "dark", "light"):
        page.click(f"[data-theme-choice={choice}]")
    arrived(inspector, page, "theme_switched", 4)
    assert len(site.paths("POST")) - posts <= 2
    page.goto("about:blank")
    until(page, lambda: len(inspector.good("$pageleave")) == 1)


def test_events_that_are_being_sent_when_a_page_is_left_arrive(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    # Simulate a slow browser, which any browser is on a busy machine.
    slow = "Object.defineProperty(CompressionStream.prototype, 'readable', {get: () => new ReadableStream()})"
    page.add_init_script(slow)
    ready(page, site.url)
    for choice in ("dark", "light"):
        page.click(f"[data-theme-choice={choice}]")
    page.wait_for_timeout(4_000)
    page.goto("about:blank")
    until(page, lambda: len(inspector.good("$pageleave")) == 1)
    arrived(inspector, page, "$pageview", 1)
    arrived(inspector, page, "theme_switched", 2)


def test_flags_are_in_the_page_and_are_not_fetched(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    assert site.config is not None
    site.config["flags"] = {"new-chart": True, "layout": "wide"}
    ready(page, site.url)
    site.config["flags"] = {"new-chart": False}
    follow(page, "#to-analytics", "/analytics/")
    first, second = arrived(inspector, page, "$pageview", 2)
    assert first["properties"]["$feature/layout"] == "wide"
    assert first["properties"]["$feature/new-chart"] is True
    assert second["properties"]["$feature/new-chart"] is False
    assert {path.partition("?")[0] for path in site.paths("POST")} == {"/ph/e/"}
    assert not [path for path in site.paths() if path.startswith("/ph/")]
