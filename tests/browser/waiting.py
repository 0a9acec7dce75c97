"""Waiting for what arrives, and seeing that nothing more does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from otel.inspector import RunningInspector

_PATIENCE_S = 15


def until(page: Page, arrived: Callable[[], bool]) -> None:
    """Wait while the page goes on living, which a sleep would not let it."""
    deadline = time.monotonic() + _PATIENCE_S
    while not arrived():
        assert time.monotonic() < deadline, f"it did not arrive within {_PATIENCE_S} s"
        page.wait_for_timeout(50)


def arrived(inspector: RunningInspector, page: Page, name: str, count: int = 1) -> list[dict[str, Any]]:
    """Return the events of a name, in order: as many as there should be, and no more."""
    until(page, lambda: len(inspector.good(name)) >= count)
    settle(inspector, page)
    events: list[dict[str, Any]] = inspector.good(name)
    assert len(events) == count, [one["properties"] for one in events]
    return sorted(events, key=lambda one: str(one["timestamp"]))


def settle(inspector: RunningInspector, page: Page) -> None:
    """Let what is under way arrive: what happened at once leaves in one request. Nothing was refused."""
    page.wait_for_timeout(700)
    refused = inspector.bad()
    assert refused == [], refused


def follow(page: Page, selector: str, path: str) -> None:
    """Click a link, and wait until its page is shown."""
    page.click(selector)
    page.wait_for_function("path => document.title === `Page ${path}`", arg=path)


def ready(page: Page, site_url: str, path: str = "/") -> None:
    """Open a page, and wait until posthog-js has been loaded and has said something."""
    with page.expect_request("**/ph/e/"):
        page.goto(site_url + path)
