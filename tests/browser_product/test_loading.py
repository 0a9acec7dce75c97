"""Tests that analytics loads after the page, stays within its size limits, and is not needed by the page."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.building import built
from tests.browser_product.running import Product
from tests.browser_product.visiting import Visits, leave, many_swaps, ready, sidebar

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("product")]

# kB, gzipped: what a page waits for, what loads afterward, and what loads only if sessions are recorded.
_BUDGETS = {"main-*.js": 60, "main-*.css": 40, "posthog-[!r]*.js": 110, "posthog-recorder-*.js": 85}


@pytest.mark.parametrize(("pattern", "budget"), _BUDGETS.items())
def test_a_bundle_is_within_its_budget(pattern: str, budget: int) -> None:
    (path,) = built().glob(pattern)
    assert len(gzip.compress(path.read_bytes())) / 1000 <= budget


def test_analytics_is_loaded_after_the_page(product: Product, visits: Visits) -> None:
    page = visits.open(product.stage.ada)
    ready(page, "/analytics/overview/")
    loaded, asked = page.evaluate(
        """() => [performance.getEntriesByType("navigation")[0].loadEventStart,
          performance.getEntriesByType("resource").find((one) => /\\/posthog-/.test(one.name)).startTime]"""
    )
    assert 0 < loaded <= asked


def test_events_are_sent_in_batches(product: Product, visits: Visits) -> None:
    page = visits.open(product.stage.ada)
    many_swaps(page)
    page.click("[popovertarget=person-menu]")
    page.wait_for_timeout(3_500)
    sent = len(product.wire.passed)
    for theme in ("light", "dark") * 5:
        page.locator(f'[data-theme-choice="{theme}"]').first.click()
    page.wait_for_timeout(3_500)
    batches = [one for one in product.wire.passed[sent:] if one.path.startswith("/e/")]
    assert sum(one.text.count('"event":"theme_switched"') for one in batches) == 10
    assert len(batches) <= 3
    leave(page)


def _cut(page: Page, product: Product) -> None:
    product.wire.is_cut = True


def _block_the_path(page: Page, product: Product) -> None:
    page.context.route("**/ph/**", lambda route: route.abort())


def _block_the_script(page: Page, product: Product) -> None:
    page.context.route("**/posthog-*.js", lambda route: route.abort())


@pytest.mark.parametrize("prevent", [_cut, _block_the_path, _block_the_script], ids=lambda one: one.__name__)
def test_a_page_works_without_its_analytics(
    prevent: Callable[[Page, Product], None], product: Product, visits: Visits
) -> None:
    page = visits.open(product.stage.ada)
    prevent(page, product)
    page.goto("/dashboard/")
    page.wait_for_timeout(2_500)
    for view, path in (("metrics:tab", "/analytics/overview/"), ("teams:members", "/team/")):
        page.click(sidebar(view))
        page.wait_for_url(f"**{path}")
    page.wait_for_timeout(3_500)
    page.go_back()
    page.wait_for_url("**/analytics/overview/")
    assert page.locator("h1").first.is_visible()
    leave(page)
    # Chromium logs each failed request; scripts do not log or throw anything.
    ours = [
        one for one in visits.complaints if "Failed to load resource" not in one and "net::ERR_" not in one
    ]
    assert ours == []
    visits.complaints.clear()
