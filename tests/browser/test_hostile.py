"""Tests that the page works while PostHog is unavailable or blocked, or the browser forbids storage."""

from __future__ import annotations

import gzip
import json

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from tests.browser.building import built, manifest
from tests.browser.site import Site
from tests.browser.waiting import follow

pytestmark = pytest.mark.slow

# The size limit of each chunk, compressed. The full build of posthog-js would be 230 kB; ours leaves out
# surveys, tours and the toolbar, and the recorder is a separate chunk.
BUDGETS = {
    "main": 50_000,
    "theme": 1_000,
    "posthog": 100_000,
    "posthog-recorder": 75_000,
    "chart_drawing": 65_000,
}


def _use(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.click("[data-theme-choice=dark]")
    follow(page, "#to-analytics", "/analytics/")
    page.wait_for_timeout(4_000)
    follow(page, "#to-pull", "/pulls/7/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_page_works_while_posthog_is_down(site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    site.is_posthog_up = False
    _use(page, site)
    assert faults == []


@pytest.mark.parametrize("blocked", ["**/ph/**", "**/static/posthog-*.js"])
def test_the_page_works_if_posthog_is_blocked(site: Site, context: BrowserContext, blocked: str) -> None:
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))

    def block(route: Route) -> None:
        route.abort("blockedbyclient")

    page.route(blocked, block)
    _use(page, site)
    assert faults == []


def test_a_person_who_blocks_posthog_js_is_not_recorded_in_another_way(
    site: Site, page: Page, complaints: list[str]
) -> None:
    page.route("**/static/posthog-*.js", lambda route: route.abort("blockedbyclient"))
    _use(page, site)
    page.goto("about:blank")
    page.wait_for_timeout(300)
    assert site.paths("POST") == []
    assert [one for one in complaints if "net::ERR_BLOCKED_BY_CLIENT" not in one] == []
    complaints.clear()


def test_the_page_works_if_storage_and_cookies_are_forbidden(site: Site, context: BrowserContext) -> None:
    context.add_init_script("""
      const refuse = { get() { throw new DOMException("no", "SecurityError") } };
      for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, refuse);
      Object.defineProperty(Document.prototype, "cookie", { ...refuse, set: refuse.get });
    """)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    _use(page, site)
    assert faults == []


def test_without_a_key_nothing_is_loaded_and_the_page_works(site: Site, page: Page) -> None:
    site.config = None
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    _use(page, site)
    assert not [url for url in asked if "posthog" in url or "/ph/" in url]


def test_each_chunk_is_within_its_budget_and_loads_only_when_needed() -> None:
    folder = built()
    by_name = {one["name"]: one for one in manifest().values() if one["file"].endswith(".js")}
    sizes = {name: len(gzip.compress((folder / one["file"]).read_bytes())) for name, one in by_name.items()}
    assert set(sizes) == set(BUDGETS), json.dumps(sizes)
    assert {name: size for name, size in sizes.items() if size > BUDGETS[name]} == {}
    assert by_name["main"].get("imports", []) == []
    # A classic script cannot import modules.
    assert "import" not in (folder / by_name["theme"]["file"]).read_text()
