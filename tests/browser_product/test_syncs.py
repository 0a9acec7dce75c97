"""A test that the table of a running sync is updated without moving the focus."""

from __future__ import annotations

import pytest

from tests.browser_product.running import Product
from tests.browser_product.visiting import Visits, leave

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("product")]


@pytest.mark.parametrize("focused", ["text=Sync all now", "[aria-label='Tracked repositories']"])
def test_the_focus_stays_when_the_table_of_a_running_sync_is_updated(
    product: Product, visits: Visits, focused: str
) -> None:
    page = visits.open(product.stage.ada)
    page.goto("/integrations/")
    page.click("text=Sync all now")
    page.wait_for_selector("#syncs[hx-get]")
    with page.expect_response("**/integrations/progress/"):
        page.focus(focused)
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")
    assert page.locator(focused).evaluate("one => one === document.activeElement")
    leave(page)
