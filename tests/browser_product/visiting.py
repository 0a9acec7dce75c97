"""A person's browser: opening, swapping and leaving pages, and collecting errors from the console."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError

from tests.browser_product.running import Product
from tformance.run._journey import Person

# Chromium's error for requests that were aborted because the page was left.
_LEFT = "net::ERR_ABORTED"


@dataclass
class Visits:
    """The pages that a test has open, and the errors that the browser reports.

    Args:
        browser: Chromium.
        product: the product that serves the pages.
        contexts: the open browser contexts.
        complaints: errors, warnings and policy violations, from the console, scripts and requests.
        asked: requests for pages, by navigation or script, without static files and posthog-js.
    """

    browser: Browser
    product: Product
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)

    def open(
        self, person: Person | None = None, *, url: str = "", is_asked: bool = False, **options: Any
    ) -> Page:
        """Return a blank page in a new browser context, for a person or a visitor.

        With `is_asked`, the privacy notice is still unanswered.
        """
        settings = {"base_url": url or self.product.url, "reduced_motion": "reduce", **options}
        context = self.browser.new_context(**settings)
        if person is not None:
            # Cookies apply to a host, regardless of the port.
            context.add_cookies(self.product.cookies(person))
        if not is_asked:
            context.add_cookies([{"name": "analytics_opt_out", "value": "0", "url": self.product.url}])
        context.on("console", self._heard)
        context.on("weberror", self._failed)
        context.on("requestfailed", self._unanswered)
        context.on("request", self._asked)
        self.contexts.append(context)
        return context.new_page()

    def close(self) -> None:
        """Leave all pages, which sends their remaining events, and close them."""
        for context in self.contexts:
            for page in context.pages:
                leave(page)
            context.close()
        self.contexts.clear()

    def _heard(self, said: ConsoleMessage) -> None:
        # Chromium requests /favicon.ico for pages without an icon, such as the sandbox's pages and fragments.
        if said.type in ("error", "warning") and not said.location.get("url", "").endswith("/favicon.ico"):
            self.complaints.append(f"{said.text} ({said.location.get('url')})")

    def _failed(self, error: WebError) -> None:
        self.complaints.append(str(error.error))

    def _unanswered(self, request: Request) -> None:
        if request.failure != _LEFT:
            self.complaints.append(f"{request.failure}: {request.url}")

    def _asked(self, request: Request) -> None:
        if request.resource_type in ("document", "fetch", "xhr") and "/ph/" not in request.url:
            self.asked.append(request)


def ready(page: Page, path: str) -> None:
    """Open a page, and wait until posthog-js is loaded and has sent events."""
    with page.expect_request("**/ph/e/**"):
        page.goto(path)
    # The variable is lost unless the next page comes by a swap.
    page.evaluate("window.stays = true")


def swap(page: Page, selector: str, view: str) -> None:
    """Follow a link, and wait until the page of a view has been swapped in."""
    page.click(selector)
    shown(page, view)


def shown(page: Page, view: str) -> None:
    """Wait until the page of a view has been swapped in."""
    page.wait_for_function(
        """view => window.stays
          && JSON.parse(document.getElementById("posthog-config")?.textContent ?? "{}").page === view
          && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")""",
        arg=view,
    )


def sidebar(view: str) -> str:
    """Return the selector of the sidebar's link to a view."""
    return f'[data-sidebar] a[data-page="{view}"]'


def many_swaps(page: Page) -> None:
    """Navigate to the dashboard by several swaps, including the back and forward buttons."""
    ready(page, "/dashboard/")
    swap(page, sidebar("insights:list"), "insights:list")
    swap(page, sidebar("integrations:index"), "integrations:index")
    page.go_back()
    shown(page, "insights:list")
    page.go_forward()
    shown(page, "integrations:index")
    swap(page, sidebar("web:dashboard"), "web:dashboard")


def leave(page: Page) -> None:
    """Leave a page, which makes posthog-js send its remaining events."""
    if page.url != "about:blank":
        page.goto("about:blank")


def finish(product: Product, page: Page) -> None:
    """Leave a recorded page, and wait until its last event has arrived."""
    seen = len(product.inspector.good("$pageleave"))
    leave(page)
    product.wait_for(lambda: len(product.inspector.good("$pageleave")) > seen)
    product.settle()


def stored(page: Page) -> list[str]:
    """Return the names of the cookies and storage entries of posthog-js in this browser."""
    kept: list[str] = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    names = [*kept, *(str(one.get("name")) for one in page.context.cookies())]
    return [name for name in names if name.startswith(("ph_", "__ph_"))]
