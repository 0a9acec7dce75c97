"""Fixtures: one running product for all tests, one browser per module; errors in the console fail a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser_product.running import Product, running_product
from tests.browser_product.visiting import Visits
from tests.inspector.browser import chromium

__all__ = ["TAXONOMY"]

# The section of the test report with the table of declared events.
TAXONOMY = "taxonomy of server and browser"


@pytest.fixture(scope="session")
def started_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running_product(tmp_path_factory.mktemp("product")) as product:
        yield product


@pytest.fixture
def product(started_product: Product) -> Product:
    started_product.reset()
    return started_product


# Closed after each module: while Playwright's event loop runs, its thread cannot run another loop or the ORM.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def visits(browser: Browser, product: Product) -> Iterator[Visits]:
    """The pages of a test; a test that causes errors on purpose clears `complaints`."""
    visits = Visits(browser, product)
    yield visits
    visits.close()
    product.wire.is_cut = False
    product.settle()
    assert visits.complaints == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of the taxonomy test if the test passed; a failed test prints its own table."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.sections:
            if name == f"Captured {TAXONOMY} call":
                terminalreporter.line(text)
