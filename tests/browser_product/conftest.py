"""One running product for all tests, one browser for a module; what pages complain of fails a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser_product.running import Product, running_product
from tests.browser_product.visiting import Visits
from tests.inspector.browser import chromium

__all__ = ["TAXONOMY"]

# The report's section with the table of what is declared.
TAXONOMY = "taxonomy of server and browser"


@pytest.fixture(scope="session")
def started_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running_product(tmp_path_factory.mktemp("product")) as product:
        yield product


@pytest.fixture
def product(started_product: Product) -> Product:
    started_product.reset()
    return started_product


# Playwright's event loop stays with its thread, where neither a second one nor the ORM would run beside it.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def visits(browser: Browser, product: Product) -> Iterator[Visits]:
    """The pages of a test; a test that makes them complain clears `complaints` itself."""
    visits = Visits(browser, product)
    yield visits
    visits.close()
    product.wire.is_cut = False
    product.settle()
    assert visits.complaints == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of the test that passed; one that fails shows its own."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.sections:
            if name == f"Captured {TAXONOMY} call":
                terminalreporter.line(text)
