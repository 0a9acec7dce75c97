"""Screenshots of the main pages, which must not scroll sideways or have serious findings in axe-core.

`PICTURES=docs/images/product` keeps the screenshots.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser_product.running import Product
from tests.browser_product.visiting import Visits, leave
from tests.inspector.browser import MissingError
from tests.lifecycle.servers import ROOT
from tformance.run._journey import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("product")]

_AXE = ROOT / "node_modules/axe-core/axe.min.js"

# A laptop and a narrow phone.
_SIZES = {"wide": {"width": 1280, "height": 800}, "narrow": {"width": 390, "height": 844}}
_THEMES = ("light", "dark")

_VISITORS = {"landing": "/", "sign-up": "/accounts/signup/"}
_MEMBERS = {
    "dashboard": "/dashboard/",
    "analytics": "/analytics/overview/",
    "ai-adoption": "/analytics/ai_adoption/",
    "pull-requests": "/analytics/pull-requests/",
    "insights": "/insights/",
    "integrations": "/integrations/",
    "members": "/team/",
    "privacy": "/profile/privacy/",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = os.environ.get("PICTURES")
    folder = ROOT / kept if kept else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def axe() -> str:
    if not _AXE.exists():
        msg = f"{_AXE} is missing: `make setup` installs it (npm ci)"
        raise MissingError(msg)
    return _AXE.read_text()


def _found(page: Page) -> list[str]:
    """Return the findings of axe-core that are serious or critical, with their elements."""
    violations = page.evaluate(
        """() => axe.run(document, {resultTypes: ["violations"]}).then(({violations}) =>
          violations.filter(({impact}) => impact === "serious" || impact === "critical")
            .map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html.slice(0, 120)).join(" | ")}`))"""
    )
    return [str(one) for one in violations]


def _take(page: Page, name: str, folder: Path, axe: str) -> list[str]:
    """Take all screenshots of the open page; return the problems that were found."""
    wrong = []
    # Evaluate the script, because the policy would block a script element.
    page.evaluate(axe)
    page.wait_for_function(
        "() => [...document.querySelectorAll('canvas[data-chart]')].every((one) => one.offsetHeight > 0)"
    )
    for theme in _THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
        for size, viewport in _SIZES.items():
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
            # Charts resize in the next frame.
            page.wait_for_timeout(100)
            page.screenshot(path=folder / f"{name}-{size}-{theme}.png")
            beside = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if beside > 0:
                wrong.append(f"{name}, {size}: {beside} px wider than the screen")
        page.set_viewport_size(_SIZES["wide"])  # type: ignore[arg-type]
        wrong += [f"{name}, {theme}: {one}" for one in _found(page)]
    return wrong


def test_the_pages_of_a_visitor_who_signs_up_are_accessible(
    product: Product, visits: Visits, folder: Path, axe: str
) -> None:
    page = visits.open()
    wrong = []
    for name, path in _VISITORS.items():
        page.goto(path)
        wrong += _take(page, name, folder, axe)
    page.fill('[name="email"]', "pictured@example.com")
    page.fill('[name="password1"]', PASSWORD)
    page.click('button:has-text("Sign up")')
    page.fill('[name="name"]', "Difference Engines")
    page.click('button:has-text("Create team")')
    page.wait_for_url("**/onboarding/github/")
    wrong += _take(page, "onboarding", folder, axe)
    leave(page)
    assert wrong == []


def test_the_pages_of_a_member_are_accessible(
    product: Product, visits: Visits, folder: Path, axe: str
) -> None:
    page = visits.open(product.stage.ada)
    wrong = []
    for name, path in _MEMBERS.items():
        page.goto(path)
        wrong += _take(page, name, folder, axe)
    page.goto("/analytics/pull-requests/")
    page.locator("tbody th a").first.click()
    page.get_by_role("link", name="See it on GitHub").wait_for()
    wrong += _take(page, "pull-request", folder, axe)
    leave(page)
    assert wrong == []
