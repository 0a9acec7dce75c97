"""A person's browser: pages that are opened, swapped and left, and nothing in them that complains."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError

from tests.browser_product.running import Product
from tformance.run._journey import Person

# What Chromium says of the requests that a page's leaving has ended.
_LEFT = "net::ERR_ABORTED"


@dataclass
class Visits:
    """Open pages as somebody, and note what the browser complains of.

    Args:
        browser: Chromium.
        product: what is visited.
        contexts: those that are open.
        complaints: of the console, scripts and requests: errors, warnings, violations of the policy.
        asked: of our own pages by scripts and people, but for files and what posthog-js sends.
    """

    browser: Browser
    product: Product
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)

    def open(
        self, person: Person | None = None, *, url: str = "", is_asked: bool = False, **options: Any
    ) -> Page:
        """Return an empty page of a new browser, of somebody or a visitor; `is_asked` leaves the notice."""
        settings = {"base_url": url or self.product.url, "reduced_motion": "reduce", **options}
        context = self.browser.new_context(**settings)
        if person is not None:
            # A cookie is a host's, whatever the port.
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
        """Leave all pages, and let what they still say arrive."""
        for context in self.contexts:
            for page in context.pages:
                leave(page)
            context.close()
        self.contexts.clear()

    def _heard(self, said: ConsoleMessage) -> None:
        # Chromium asks for it where a page names no icon, as the sandbox's and fragments do not.
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
    """Open a page, and wait until posthog-js is there and has said something."""
    with page.expect_request("**/ph/e/**"):
        page.goto(path)
    # Gone if anything but a swap brings another page.
    page.evaluate("window.stays = true")


def swap(page: Page, selector: str, view: str) -> None:
    """Follow a link, and wait until the page of that view has been swapped in."""
    page.click(selector)
    shown(page, view)


def shown(page: Page, view: str) -> None:
    """Wait until a swap has brought the page of a view."""
    page.wait_for_function(
        """view => window.stays
          && JSON.parse(document.getElementById("posthog-config")?.textContent ?? "{}").page === view
          && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")""",
        arg=view,
    )


def sidebar(view: str) -> str:
    """The selector of the sidebar's link to a view."""
    return f'[data-sidebar] a[data-page="{view}"]'


def many_swaps(page: Page) -> None:
    """Come to the dashboard by swaps, the back button and the forward button among them."""
    ready(page, "/dashboard/")
    swap(page, sidebar("insights:list"), "insights:list")
    swap(page, sidebar("integrations:index"), "integrations:index")
    page.go_back()
    shown(page, "insights:list")
    page.go_forward()
    shown(page, "integrations:index")
    swap(page, sidebar("web:dashboard"), "web:dashboard")


def leave(page: Page) -> None:
    """Leave a page, upon which posthog-js sends all that it still holds."""
    if page.url != "about:blank":
        page.goto("about:blank")


def finish(product: Product, page: Page) -> None:
    """Leave a page that is recorded, and wait until the last that it said has arrived."""
    seen = len(product.inspector.good("$pageleave"))
    leave(page)
    product.wait_for(lambda: len(product.inspector.good("$pageleave")) > seen)
    product.settle()


def stored(page: Page) -> list[str]:
    """What posthog-js keeps in this browser: names of cookies and of entries in its storage."""
    kept: list[str] = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    names = [*kept, *(str(one.get("name")) for one in page.context.cookies())]
    return [name for name in names if name.startswith(("ph_", "__ph_"))]
