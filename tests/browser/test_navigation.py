"""Tests that htmx navigates as a browser does: errors are pages, the focus moves, old pages are gone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.waiting import follow, ready

pytestmark = pytest.mark.slow

FILTERS = """<form id="filters" method="get" x-data="filters">
<select id="range" name="range"><option value="7d">7</option><option value="30d" selected>30</option>
<option value="custom">Custom</option></select>
<div id="dates" x-show="$store.dateRange.isCustom">
<input type="date" id="from" name="from"><input type="date" id="to" name="to"></div>
<input type="checkbox" id="repo-1" name="repo" value="1">
<input type="checkbox" id="repo-2" name="repo" value="2">
<button>Show</button></form>"""

RUNNING = """<section id="syncs"
hx-get="/part/syncs" hx-trigger="every 200ms" hx-swap="outerHTML">1 of 2</section>"""


def test_an_error_page_is_shown(site: Site, page: Page, complaints: list[str]) -> None:
    site.pages["/analytics/"] = "<h1>There is no such page</h1>"
    site.statuses["/analytics/"] = 404
    page.goto(site.url)
    page.evaluate("window.survived = true")
    follow(page, "#to-analytics", "/analytics/")
    expect(page.locator("h1")).to_have_text("There is no such page")
    assert page.evaluate("window.survived")
    # The browser logs the status.
    assert len(complaints) == 1
    complaints.clear()


def test_after_a_swap_the_content_is_focused_and_the_title_announced(site: Site, page: Page) -> None:
    page.goto(site.url)
    follow(page, "#to-analytics", "/analytics/")
    expect(page.locator("main")).to_be_focused()
    expect(page.locator("body > [role=status]")).to_have_text("Page /analytics/")


def test_pages_are_not_kept_in_the_browsers_storage(site: Site, page: Page) -> None:
    page.goto(site.url)
    follow(page, "#to-pull", "/pulls/7/")
    follow(page, "#to-analytics", "/analytics/")
    assert "Secret title" not in page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Secret title")


def test_choosing_a_range_submits_once_and_a_custom_range_waits_for_its_days(site: Site, page: Page) -> None:
    site.pages["/list/"] = FILTERS
    page.goto(f"{site.url}/list/")
    expect(page.locator("#dates")).to_be_hidden()
    site.asked.clear()
    with page.expect_response("**/list/?range=7d*"):
        page.select_option("#range", "7d")
    page.wait_for_timeout(800)
    asked = [path for path in site.paths() if path.startswith("/list/")]
    assert len(asked) == 1
    page.select_option("#range", "custom")
    expect(page.locator("#dates")).to_be_visible()
    page.fill("#from", "2026-01-01")
    page.wait_for_timeout(800)
    assert len([path for path in site.paths() if path.startswith("/list/")]) == 1
    with page.expect_response("**/list/?range=custom&from=2026-01-01&to=2026-02-01*"):
        page.fill("#to", "2026-02-01")
    page.wait_for_timeout(800)
    assert len([path for path in site.paths() if path.startswith("/list/")]) == 2


def test_choosing_a_range_with_the_arrow_keys_submits_once(site: Site, page: Page) -> None:
    site.pages["/list/"] = FILTERS
    # The page's own clock: on a busy machine, keys may be further apart than the pause that submits.
    page.clock.install()
    page.goto(f"{site.url}/list/")
    site.asked.clear()
    # As in browsers without support for daisyUI's customizable select, which opens on these keys.
    page.evaluate("""const sheet = new CSSStyleSheet();
      sheet.replaceSync("select { appearance: none !important }");
      document.adoptedStyleSheets.push(sheet);""")
    page.focus("#range")
    for key in ("ArrowUp", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
        page.clock.run_for(100)
    with page.expect_response("**/list/?*"):
        page.clock.run_for(1_200)
    page.clock.run_for(5_000)
    asked = [path for path in site.paths() if path.startswith("/list/")]
    assert asked == ["/list/?range=7d&from=&to="]


def test_repositories_are_not_submitted_until_the_button_is_pressed(site: Site, page: Page) -> None:
    site.pages["/list/"] = FILTERS
    page.goto(f"{site.url}/list/")
    site.asked.clear()
    page.check("#repo-1")
    page.check("#repo-2")
    page.click("#filters button")
    page.wait_for_timeout(1_200)
    asked = [path for path in site.paths() if path.startswith("/list/")]
    assert asked == ["/list/?range=30d&from=&to=&repo=1&repo=2"]


def test_a_fragment_that_fails_leaves_the_page_as_it_was(
    site: Site, page: Page, complaints: list[str]
) -> None:
    site.pages["/"] = RUNNING
    site.pages["/part/syncs"] = "<p>Server error</p>"
    site.statuses["/part/syncs"] = 503
    page.goto(site.url)
    page.wait_for_timeout(700)
    expect(page.locator("#syncs")).to_have_text("1 of 2")
    # The fragment polls: stop it, so that no error is logged after the complaints were checked.
    page.goto("about:blank")
    assert all("503" in said for said in complaints)
    complaints.clear()


def test_a_sync_is_polled_until_it_has_finished(site: Site, page: Page) -> None:
    site.pages["/"] = RUNNING
    site.pages["/part/syncs"] = '<section id="syncs">Done</section>'
    page.goto(site.url)
    expect(page.locator("#syncs")).to_have_text("Done")
    page.wait_for_timeout(700)
    assert site.paths().count("/part/syncs") == 1


def test_a_fragment_after_a_logout_does_not_show_a_page_within_the_page(site: Site, page: Page) -> None:
    site.pages["/"] = RUNNING
    site.redirects["/part/syncs"] = "/analytics/"
    page.goto(site.url)
    site.pages["/"] = "<h1>Log in</h1>"
    expect(page.locator("h1")).to_have_text("Log in")
    assert page.locator("main").count() == 1


def test_success_toasts_disappear_and_errors_stay_until_dismissed(site: Site, page: Page) -> None:
    item = '<li class="{0}" x-data="toast" x-show="isShown">{0}<button @click="dismiss">Dismiss</button></li>'
    site.pages["/"] = f'<ul class="messages">{item.format("success")}{item.format("error")}</ul>'
    page.clock.install()
    page.goto(site.url)
    page.clock.run_for(1_000)
    expect(page.locator(".success")).to_be_visible()
    page.clock.run_for(9_000)
    expect(page.locator(".success")).to_be_hidden()
    expect(page.locator(".error")).to_be_visible()
    page.click(".error button")
    expect(page.locator(".error")).to_be_hidden()


LISTENING = """
  window.listening = 0;
  const add = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (...given) {
    const stays = this === window || this === document || this === document.body;
    if (stays && new Error().stack.includes("/main-")) window.listening += 1;
    return add.apply(this, given);
  };"""


def test_after_a_swap_nothing_listens_twice(site: Site, page: Page) -> None:
    site.pages["/list/"] = FILTERS
    page.add_init_script(LISTENING)
    ready(page, site.url, "/list/")
    listening = page.evaluate("listening")
    assert listening
    for selector, path in (("#to-analytics", "/analytics/"), ("#to-start", "/")) * 2:
        follow(page, selector, path)
    assert page.evaluate("listening") == listening
    page.click("[data-theme-choice=dark]")
    assert page.evaluate("localStorage.theme") == "dark"
