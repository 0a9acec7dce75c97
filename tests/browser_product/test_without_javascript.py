"""A test that the product works without JavaScript: sign-up, pull requests, export and settings."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.browser_product.running import Product
from tests.browser_product.visiting import Visits
from tformance.run._journey import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("product")]


def _press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).first.click()


def _await_syncs(page: Page) -> None:
    page.goto("/integrations/progress/")
    for _ in range(240):
        if page.locator("progress").count() == 0:
            return
        page.wait_for_timeout(250)
        page.reload()
    raise AssertionError("the syncs still run")


def test_the_product_works_without_javascript(product: Product, visits: Visits) -> None:
    page = visits.open(java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="Start free").first.click()
    page.fill('[name="email"]', "noscript@example.com")
    page.fill('[name="password1"]', PASSWORD)
    _press(page, "Sign up")
    page.fill('[name="name"]', "Plain Pages")
    _press(page, "Create team")
    _press(page, "Connect GitHub")
    page.check('[name="login"][value="ada"]')
    _press(page, "Authorize")
    page.get_by_label(re.compile("analytical-engines")).first.check()
    _press(page, "Connect")
    for name in ("engine", "notes"):
        page.get_by_label(re.compile(f"analytical-engines/{name}")).check()
    _press(page, "Save and continue")
    _await_syncs(page)
    page.goto("/onboarding/")
    _press(page, "Skip this step")
    _press(page, "Skip this step")
    _press(page, "Finish")
    page.goto("/dashboard/")
    page.click('[data-page="metrics:tab"]')
    assert page.locator("figure svg").first.is_visible()
    page.select_option('[name="range"]', "90d")
    _press(page, "Show")
    assert "range=90d" in page.url
    page.click('[data-page="metrics:pull_requests"]')
    page.click("summary:has-text('More filters')")
    page.select_option('[name="state"]', "merged")
    _press(page, "Show")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert download.value.path().read_text().count("\n") > 5
    page.locator("tbody th a").first.click()
    assert page.get_by_role("link", name="See it on GitHub").is_visible()
    page.goto("/profile/")
    page.fill('[name="name"]', "Plain")
    _press(page, "Save")
    assert page.get_by_text("Plain").first.is_visible()
    page.goto("/profile/privacy/")
    page.check('[name="analytics_opt_out"]')
    _press(page, "Save")
    assert page.locator('[name="analytics_opt_out"]').is_checked()
