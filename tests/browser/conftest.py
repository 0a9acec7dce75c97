"""One browser for a module; an inspector, a site and a page of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from otel.inspector import RunningInspector, running_inspector
from tests.browser.site import Site, running_site
from tests.inspector.browser import chromium


# Of its own for each test: what the page before says at its end may come late, and finds nobody.
@pytest.fixture
def inspector() -> Iterator[RunningInspector]:
    with running_inspector() as inspector:
        yield inspector


@pytest.fixture
def site(inspector: RunningInspector) -> Iterator[Site]:
    with running_site(inspector.url) as site:
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(reduced_motion="reduce")
    # Chromium may never close a context whose page is still on its way out: tests leave their pages at rest.
    yield context
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the console said; a test that lets something go wrong takes out what it meant to see."""
    return []


@pytest.fixture
def page(context: BrowserContext, site: Site, complaints: list[str]) -> Iterator[Page]:
    """A page whose console and policy must have nothing to complain of."""
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None
    )
    yield page
    assert complaints == []
