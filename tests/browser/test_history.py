"""Tests of the back and forward buttons: pages are reloaded for the current person, and errors are shown."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from otel.inspector import RunningInspector
from tests.browser.site import ANN, Site
from tests.browser.waiting import arrived, follow, ready, settle

pytestmark = pytest.mark.slow

# Playwright runs Chromium without the back-forward cache: dispatch the events that the cache would cause.
LEFT = "dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));"
BACK = "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));"


@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_page_restored_by_the_browser_is_reloaded(site: Site, page: Page, is_recorded: bool) -> None:
    if not is_recorded:
        site.config = None
    site.pages["/"] = "<h1>A customer's figures</h1>"
    page.goto(site.url)
    site.pages["/"] = "<h1>Log in</h1>"
    figures = page.evaluate(f"{LEFT}{BACK}document.querySelector('h1').checkVisibility()")
    expect(page.locator("h1")).to_have_text("Log in")
    expect(page.locator("h1")).to_be_visible()
    assert figures is False


def test_a_page_restored_by_the_browser_records_nothing_more(
    site: Site, page: Page, context: BrowserContext, inspector: RunningInspector
) -> None:
    assert site.config is not None
    ready(page, site.url)
    arrived(inspector, page, "$pageview")
    page.evaluate(LEFT)
    arrived(inspector, page, "$pageleave")
    site.config |= {"distinct_id": None, "team": None}
    other = context.new_page()
    ready(other, site.url, "/list/")
    with page.expect_request("**/ph/e/"):
        page.evaluate(f"{BACK}document.querySelector('[data-theme-choice=dark]').click()")
    settle(inspector, page)
    assert inspector.good("theme_switched") == []
    (left,) = inspector.good("$pageleave")
    assert left["distinct_id"] == ANN
    visitors = [one for one in inspector.good() if one["distinct_id"] != ANN]
    assert len({one["distinct_id"] for one in visitors}) == 1
    assert len([one for one in visitors if one["event"] == "$pageview"]) == 2
    assert [one for one in visitors if one["properties"].get("$groups")] == []


def test_a_page_restored_before_posthog_js_is_loaded_records_nothing_more(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    assert site.config is not None
    page.route("**/static/posthog-*.js", lambda route: None)
    page.goto(site.url)
    page.evaluate(LEFT)
    arrived(inspector, page, "$pageview")
    site.config |= {"distinct_id": None, "team": None}
    with page.expect_navigation():
        page.evaluate(f"{BACK}document.querySelector('[data-theme-choice=dark]').click()")
    settle(inspector, page)
    assert [one["event"] for one in inspector.good()] == ["$pageview"]


@pytest.mark.parametrize("status", [403, 404])
def test_going_back_to_a_page_that_is_now_forbidden_shows_the_error(
    site: Site, page: Page, complaints: list[str], status: int
) -> None:
    page.goto(site.url)
    follow(page, "#to-analytics", "/analytics/")
    site.pages["/"] = "<h1>Not for you</h1>"
    site.statuses["/"] = status
    page.go_back()
    expect(page.locator("h1")).to_have_text("Not for you")
    # The browser logs an error for each of the two requests, and htmx logs one.
    assert len(complaints) == 3
    complaints.clear()
