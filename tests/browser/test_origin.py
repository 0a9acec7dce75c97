"""Tests of the origin of the browser's events: service, version, environment and release of the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from otel.inspector import RunningInspector
from tests.browser.site import ORIGIN, Site
from tests.browser.waiting import follow, ready, until

pytestmark = pytest.mark.slow


def test_every_event_of_posthog_js_has_its_origin(
    site: Site, page: Page, inspector: RunningInspector, complaints: list[str]
) -> None:
    ready(page, site.url)
    page.click("[data-theme-choice=dark]")
    follow(page, "#to-analytics", "/analytics/")
    page.evaluate("setTimeout(() => { throw new RangeError('broken') })")
    wanted = {
        "$pageview",
        "$identify",
        "$groupidentify",
        "theme_switched",
        "sidebar_navigation",
        "$exception",
    }
    until(page, lambda: wanted <= {one["event"] for one in inspector.good()})
    for one in inspector.good():
        assert ORIGIN.items() <= one["properties"].items(), one["event"]
    complaints.remove("broken")


def test_events_sent_with_a_beacon_have_their_origin(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    page.route("**/static/posthog-*.js", lambda route: None)
    page.goto(site.url)
    page.goto("about:blank")
    until(page, lambda: len(inspector.good("$pageview")) == 1)
    (view,) = inspector.good("$pageview")
    assert ORIGIN.items() <= view["properties"].items()
