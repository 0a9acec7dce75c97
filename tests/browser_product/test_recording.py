"""Tests that sessions are recorded only if the setting allows it, and that inputs are masked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser_product.running import Product, running_besides
from tests.browser_product.visiting import Visits, finish, many_swaps, ready, sidebar, swap

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("product")]

_TYPED = "zyxw-typed"


@pytest.fixture(scope="module")
def recording(started_product: Product) -> Iterator[str]:
    """The base URL of a product that records sessions."""
    with running_besides(started_product, SESSION_RECORDING="true") as url:
        yield url


def test_a_session_is_recorded_if_enabled_and_its_inputs_are_masked(
    product: Product, visits: Visits, recording: str
) -> None:
    page = visits.open(product.stage.ada, url=recording)
    many_swaps(page)
    swap(page, sidebar("metrics:pull_requests"), "metrics:pull_requests")
    page.locator('[name="search"]').press_sequentially(_TYPED, delay=20)
    page.wait_for_timeout(500)
    page.click(sidebar("insights:list"))
    page.wait_for_timeout(2_500)  # posthog-js sends a recording every 2 s
    finish(product, page)
    recorded = [one for one in product.wire.passed if one.path.startswith("/s/")]
    assert any("$snapshot" in one.text and "*" * len(_TYPED) in one.text for one in recorded)
    assert product.wire.holds(_TYPED) == []


def test_an_account_page_is_not_recorded(product: Product, visits: Visits, recording: str) -> None:
    page = visits.open(product.stage.ada, url=recording)
    ready(page, "/profile/")
    page.fill('[name="name"]', _TYPED)
    page.wait_for_timeout(3_000)
    finish(product, page)
    assert "/s/" not in product.wire.paths()


def test_no_session_is_recorded_if_disabled(product: Product, visits: Visits) -> None:
    page = visits.open(product.stage.ada)
    many_swaps(page)
    page.wait_for_timeout(3_000)
    finish(product, page)
    assert product.wire.passed
    assert "/s/" not in product.wire.paths()
