"""The gate: a journey and a tour in the browser record every declared event of browser and server."""

from __future__ import annotations

import io

import pytest

from tests.browser.site import ORIGIN
from tests.browser_product.conftest import TAXONOMY
from tests.browser_product.running import Product
from tests.browser_product.visiting import Visits, finish, many_swaps, sidebar, swap
from tformance.run.arrivals.coverage import cover, taxonomy
from tformance.run.arrivals.report import show_taxonomy
from tformance.run.console import Console

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("product")]

_SOURCES = ("server", "browser")


def test_every_declared_event_arrives_with_every_property_and_nothing_else_does(
    product: Product, visits: Visits, request: pytest.FixtureRequest
) -> None:
    page = visits.open(product.stage.ada)
    many_swaps(page)
    page.click("[popovertarget=person-menu]")
    for theme in ("light", "dark", "system"):
        page.click(f'#person-menu [data-theme-choice="{theme}"]')
    page.keyboard.press("Escape")
    swap(page, sidebar("metrics:tab"), "metrics:tab")
    page.locator("canvas[data-chart]").first.click()
    swap(page, sidebar("metrics:pull_requests"), "metrics:pull_requests")
    swap(page, "tbody th a", "metrics:pull_request")
    page.get_by_role("link", name="See it on GitHub").click()
    page.wait_for_url("**/github/**")
    product.wait_for(lambda: bool(product.events("external_link_clicked") and product.events("$pageleave")))
    product.settle()

    captures = [*product.journey, *product.inspector.good()]
    coverage = cover(taxonomy(), captures, sources=_SOURCES)
    table = io.StringIO()
    show_taxonomy(Console(table), coverage)
    request.node.add_report_section("call", TAXONOMY, table.getvalue())
    declared = {one.name for one in taxonomy()}
    assert {row.name for row in coverage.rows if row.tier is not None} == declared
    assert coverage.missing == []
    assert coverage.undeclared == []
    # The check itself must notice each missing event.
    for name in declared:
        others = [one for one in captures if one["event"] != name]
        assert f"{name} did not occur" in cover(taxonomy(), others, sources=_SOURCES).missing


def test_events_of_the_page_and_the_server_have_the_same_origin(product: Product, visits: Visits) -> None:
    page = visits.open(product.stage.ada)
    many_swaps(page)
    swap(page, sidebar("metrics:tab"), "metrics:tab")
    finish(product, page)
    by_server = {one["properties"].get("$is_server", False): one for one in product.inspector.good()}
    assert set(by_server) == {True, False}
    for one in product.inspector.good():
        assert ORIGIN.items() <= one["properties"].items(), one["event"]
