"""Tests that people who opt out are not recorded by the browser or the server, and that no ids are stored."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser_product.running import Product
from tests.browser_product.visiting import Visits, finish, leave, ready, stored

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("product")]

_REFUSE = 'form[action="/privacy/notice/"] button[value="out"]'


def _swap(page: Page, selector: str, path: str) -> None:
    """Follow a link that swaps the page; wait for its URL, as unrecorded pages may not have a view name."""
    page.click(selector)
    page.wait_for_url(f"**{path}**")
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")


def _assert_unseen(product: Product, visits: Visits, page: Page) -> None:
    """Wait until posthog-js would have loaded, leave the page, and assert that nothing was sent or stored."""
    page.wait_for_timeout(2_500)
    assert stored(page) == []
    assert not page.evaluate("performance.getEntriesByType('resource').some(one => /posthog/.test(one.name))")
    leave(page)
    product.settle()
    assert product.inspector.good() == []
    assert product.wire.passed == []
    told = [name for one in visits.asked for name in one.headers if name.startswith("x-posthog")]
    assert told == []


def test_opting_out_in_the_profile_stops_recording_until_opting_in_again(
    product: Product, visits: Visits
) -> None:
    page = visits.open(product.stage.katherine)
    ready(page, "/profile/")
    _swap(page, 'nav a:has-text("Privacy")', "/profile/privacy/")
    assert stored(page)
    page.check('[name="analytics_opt_out"]')
    with page.expect_navigation():
        page.click('main button:has-text("Save")')
    page.wait_for_timeout(300)
    product.settle()
    product.reset()
    visits.asked.clear()
    page.reload()
    _swap(page, 'main nav a:has-text("Profile")', "/profile/")
    page.fill('[name="name"]', "Kay")
    page.click('main button:has-text("Save")')
    page.wait_for_timeout(300)
    page.go_back()
    _assert_unseen(product, visits, page)

    page.goto("/profile/privacy/")
    page.uncheck('[name="analytics_opt_out"]')
    with page.expect_request("**/ph/e/**"):
        page.click('main button:has-text("Save")')
    finish(product, page)
    assert product.events("$pageview")


def test_opting_out_in_the_notice_stops_recording(product: Product, visits: Visits) -> None:
    page = visits.open(is_asked=True)
    ready(page, "/")
    assert stored(page)
    _swap(page, "header a:has-text('Log in')", "/accounts/login/")
    with page.expect_navigation():
        page.click(_REFUSE)
    page.wait_for_timeout(300)
    product.settle()
    product.reset()
    visits.asked.clear()
    page.reload()
    assert page.locator(_REFUSE).count() == 0
    _swap(page, "header a:has-text('Sign up')", "/accounts/signup/")
    page.go_back()
    _assert_unseen(product, visits, page)


@pytest.mark.parametrize("header", ["Sec-GPC", "DNT"])
def test_a_browser_with_an_opt_out_signal_is_not_recorded_and_not_asked(
    header: str, product: Product, visits: Visits
) -> None:
    page = visits.open(product.stage.grace, is_asked=True, extra_http_headers={header: "1"})
    page.goto("/dashboard/")
    assert page.locator(_REFUSE).count() == 0
    _swap(page, '[data-page="metrics:tab"]', "/analytics/overview/")
    _swap(page, '[data-page="teams:members"]', "/team/")
    page.go_back()
    _assert_unseen(product, visits, page)
