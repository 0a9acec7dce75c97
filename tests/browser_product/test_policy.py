"""Tests that no page violates the strict content security policy or logs anything to the console."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.apps.addresses import ADDRESSES, Address
from tests.browser_product.running import Product
from tests.browser_product.visiting import Visits, leave

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("product")]

# Chromium logs this for an error status, which some pages return to people without access.
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 40[0134]")

# URLs of a file and of JSON. Staff pages are left out, too: they fail on purpose, with Django's debug page.
_NO_PAGES = ("metrics:export", "web:health", "web:ready")


def _looked_at(*, by_visitors: bool) -> list[Address]:
    return [
        one
        for one in ADDRESSES
        if one.get not in (None, "staff")
        and one.name not in _NO_PAGES
        and (one.get == "public") is by_visitors
    ]


def _first(page: Page, listing: str, selector: str) -> str:
    """Return the id in the first link of a list."""
    page.goto(listing)
    found = re.search(r"/(\d+)/$", page.locator(selector).first.get_attribute("href") or "")
    assert found is not None
    return found.group(1)


def _look(visits: Visits, page: Page, path: str) -> None:
    response = page.goto(path)
    assert response is not None
    assert response.status < 500
    # In development, the 404 page is Django's debug page, to which django-csp does not add the policy.
    if response.status != 404:
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
    page.wait_for_function("() => document.readyState === 'complete'")
    visits.complaints[:] = [one for one in visits.complaints if not (_REFUSED.match(one) and page.url in one)]
    assert visits.complaints == [], path


def test_no_page_of_a_member_violates_the_policy(product: Product, visits: Visits) -> None:
    page = visits.open(product.stage.ada)
    ids = {
        "pull_request": _first(page, "/analytics/pull-requests/", "tbody th a"),
        "insight": _first(page, "/insights/", "main li h2 a"),
    }
    for address in _looked_at(by_visitors=False):
        _look(visits, page, address.path.format(**ids))
    for tab in ("ai_adoption", "delivery", "quality", "team", "trends"):
        _look(visits, page, f"/analytics/{tab}/")


def test_no_page_of_a_visitor_violates_the_policy(product: Product, visits: Visits) -> None:
    page = visits.open()
    for address in _looked_at(by_visitors=True):
        _look(visits, page, address.path.format(token="made-up"))
    _look(visits, page, "/no/such/page/")
    leave(page)
