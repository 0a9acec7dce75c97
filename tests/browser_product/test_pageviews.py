"""Tests that a page view is recorded once, with its route: tokens, search terms and ids are never sent."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from tests.browser_product.running import Product
from tests.browser_product.visiting import Visits, finish, leave, many_swaps, ready, shown, sidebar, swap
from tests.browser_product.wire import FLAGS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("product")]

# Texts that do not occur unless a test has entered them.
_WORD, _ADDRESS = "zyxw-search-word", "zyxw-invited@example.com"


def test_every_page_view_is_recorded_once_with_its_route(product: Product, visits: Visits) -> None:
    page = visits.open(product.stage.ada)
    many_swaps(page)
    swap(page, sidebar("metrics:pull_requests"), "metrics:pull_requests")
    swap(page, "tbody th a", "metrics:pull_request")
    finish(product, page)
    routes = [
        "/dashboard/",
        "/insights/",
        "/integrations/",
        "/insights/",
        "/integrations/",
        "/dashboard/",
        "/analytics/pull-requests/",
        "/analytics/pull-requests/:pk/",
    ]
    views = product.events("$pageview")
    assert [one["properties"]["$pathname"] for one in views] == routes
    assert [one["properties"]["$current_url"] for one in views] == [product.url + one for one in routes]
    assert len({one["properties"]["$session_id"] for one in views}) == 1


def test_no_token_search_term_email_address_or_id_is_sent(product: Product, visits: Visits) -> None:
    page = visits.open(product.stage.ada)
    many_swaps(page)
    swap(page, sidebar("teams:members"), "teams:members")
    page.fill('#invite [name="email"]', _ADDRESS)
    page.click('#invite button:has-text("Send invitation")')
    page.wait_for_selector(f"text={_ADDRESS}")
    page.goto("/analytics/pull-requests/")
    with page.expect_request("**/ph/e/**"):
        page.click("tbody th a")
        page.wait_for_url(re.compile(r"/pull-requests/\d+/$"))
    raw = urlsplit(page.url).path
    leave(page)
    # Filters are remembered: use another person for the search.
    searcher = visits.open(product.stage.alan)
    many_swaps(searcher)
    swap(searcher, sidebar("metrics:pull_requests"), "metrics:pull_requests")
    searcher.fill('[name="search"]', _WORD)
    searcher.press('[name="search"]', "Enter")
    searcher.wait_for_url(f"**search={_WORD}**")
    swap(searcher, sidebar("web:dashboard"), "web:dashboard")
    swap(searcher, sidebar("metrics:pull_requests"), "metrics:pull_requests")
    leave(searcher)
    mails = "".join(
        path.read_text() for path in (product.folder / "mail").glob("*.log") if _ADDRESS in path.read_text()
    )
    (token,) = set(re.findall(r"/invitations/([^/\s]+)/", mails))
    visitor = visits.open()
    ready(visitor, f"/invitations/{token}/")
    visitor.get_by_role("link", name="log in").first.click()
    shown(visitor, "account_login")
    finish(product, visitor)
    routes = {one["properties"]["$pathname"] for one in product.events("$pageview")}
    assert {"/invitations/:token/", "/analytics/pull-requests/:pk/", "/accounts/login/"} <= routes
    assert product.wire.passed
    for hidden in (token, _WORD, _ADDRESS, raw):
        assert product.wire.holds(hidden) == []


def test_flags_are_in_the_page_and_are_not_requested(product: Product, visits: Visits) -> None:
    page = visits.open(product.stage.ada)
    many_swaps(page)
    finish(product, page)
    for view in product.events("$pageview"):
        assert {name: view["properties"][f"$feature/{name}"] for name in FLAGS} == FLAGS
    assert not [path for path in product.wire.paths() if "flags" in path or "config" in path]
