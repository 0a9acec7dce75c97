"""Helpers that wait for events, and check that no other events arrive."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from otel.inspector import RunningInspector

_PATIENCE_S = 15

# htmx sets the title 20 ms before it settles a page.
NOTE_SHOWN = """
for (const shown of ["DOMContentLoaded", "htmx:afterSettle", "htmx:historyRestore"])
    document.addEventListener(shown, () => { window.shownTitle = document.title; });
"""


def until(page: Page, arrived: Callable[[], bool]) -> None:
    """Wait for a condition while the page keeps running, which a sleep would prevent."""
    deadline = time.monotonic() + _PATIENCE_S
    while not arrived():
        assert time.monotonic() < deadline, f"it did not arrive within {_PATIENCE_S} s"
        page.wait_for_timeout(50)


def arrived(inspector: RunningInspector, page: Page, name: str, count: int = 1) -> list[dict[str, Any]]:
    """Return the events with a name, in order; fail unless exactly `count` events arrive."""
    until(page, lambda: len(inspector.good(name)) >= count)
    settle(inspector, page)
    events: list[dict[str, Any]] = inspector.good(name)
    assert len(events) == count, [one["properties"] for one in events]
    return sorted(events, key=lambda one: str(one["timestamp"]))


def settle(inspector: RunningInspector, page: Page) -> None:
    """Wait for events in transit, and check that none was refused.

    Events that are recorded together are sent in one request.
    """
    page.wait_for_timeout(700)
    refused = inspector.bad()
    assert refused == [], refused


def follow(page: Page, selector: str, path: str) -> None:
    """Click a link, and wait until its page is shown."""
    page.click(selector)
    shown(page, path)


def shown(page: Page, path: str) -> None:
    """Wait until a page is loaded, or swapped in and settled: a page that is left sooner has no page view."""
    page.wait_for_function("path => window.shownTitle === `Page ${path}`", arg=path)


def ready(page: Page, site_url: str, path: str = "/") -> None:
    """Open a page, and wait until posthog-js is loaded and has sent events."""
    with page.expect_request("**/ph/e/"):
        page.goto(site_url + path)
