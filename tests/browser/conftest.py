"""Fixtures: one browser per module; an inspector, a site and a page per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from otel.inspector import RunningInspector, running_inspector
from tests.browser.site import Site, running_site
from tests.browser.waiting import NOTE_SHOWN
from tests.inspector.browser import chromium


# One per test: late events of the previous test's page must not arrive here.
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
    context.add_init_script(NOTE_SHOWN)
    # Chromium may hang when it closes a context whose page is still unloading: tests must let pages settle.
    yield context
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """The errors and warnings in the console; a test that causes an error on purpose removes it."""
    return []


@pytest.fixture
def page(context: BrowserContext, site: Site, complaints: list[str]) -> Iterator[Page]:
    """A page that must not cause errors, warnings or policy violations."""
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None
    )
    yield page
    assert complaints == []
