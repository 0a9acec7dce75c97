"""Tests that events contain only declared data, and that nothing is sent after an opt-out."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from playwright.sync_api import BrowserContext, Page, Request

from otel.inspector import RunningInspector
from tests.browser.site import ANN, Site
from tests.browser.waiting import arrived, follow, ready, settle, until

pytestmark = pytest.mark.slow

GZIP = b"\x1f\x8b"
STORED = """() => Object.keys({...localStorage, ...sessionStorage}).filter(name => name.includes("ph_"))
  .join() + document.cookie"""


def test_nothing_sent_contains_a_raw_path_a_query_a_text_or_an_input(
    site: Site, page: Page, inspector: RunningInspector, complaints: list[str]
) -> None:
    site.pages["/pulls/7/"] = """<h1>Secret title</h1>
<a id="list" href="/list/?search=hush" title="Secret title">Secret title</a>
<form action="/list/?search=hush"><input id="typed" name="search" aria-label="Secret title"></form>
<div class="ph-no-capture"><button id="unseen" data-secret="hush">Secret title</button></div>"""
    ready(page, site.url, "/pulls/7/?token=hush")
    page.fill("#typed", "hush")
    page.locator("#typed").blur()
    page.click("#unseen")
    page.evaluate("setTimeout(() => { throw new Error(`no ${location.href} here`) }, 0)")
    page.wait_for_timeout(100)
    follow(page, "#list", "/list/")
    follow(page, "#to-analytics", "/analytics/")
    arrived(inspector, page, "$pageview", 3)
    assert len(complaints) == 1
    complaints.clear()
    page.goto("about:blank")
    until(page, lambda: len(inspector.good("$pageleave")) == 1)
    said = orjson.dumps(inspector.good()).decode()
    assert inspector.good("$autocapture")
    assert inspector.good("$web_vitals")
    (error,) = inspector.errors()
    assert error["value"] == f"no {site.url}/pulls/:pk/ here"
    for secret in ("hush", "/pulls/7", "Secret title", "token="):
        assert secret not in said, said[said.index(secret) - 200 : said.index(secret) + 50]


def test_a_referrer_is_reduced_to_its_site(site: Site, page: Page, inspector: RunningInspector) -> None:
    page.goto(f"{site.url}/list/?search=hush", referer="http://search.example/?q=hush")
    (view,) = arrived(inspector, page, "$pageview")
    assert view["properties"]["$referrer"] == "http://search.example"
    assert "hush" not in orjson.dumps(view).decode()


def test_the_referrer_is_withheld_by_a_setting(site: Site, page: Page, inspector: RunningInspector) -> None:
    assert site.config is not None
    site.config["send_organisation"] = False
    page.goto(f"{site.url}/list/", referer="http://wiki.customer.example/")
    arrived(inspector, page, "$pageview")
    page.goto("about:blank")
    until(page, lambda: len(inspector.good("$pageleave")) == 1)
    assert inspector.good("$identify")
    assert "wiki.customer.example" not in orjson.dumps(inspector.good()).decode()


@pytest.mark.parametrize("way", ["profile", "cookie", "gpc", "dnt"])
def test_after_an_opt_out_nothing_is_loaded_sent_or_stored(
    site: Site, context: BrowserContext, page: Page, inspector: RunningInspector, way: str
) -> None:
    assert site.config is not None
    ready(page, site.url)
    assert "ph_" in page.evaluate(STORED)
    arrived(inspector, page, "$pageview")
    page.goto("about:blank")
    # Chromium unloads a page with a delay. The page's last events may arrive late, or never.
    page.wait_for_timeout(1_000)
    refused_at = datetime.now(UTC)
    if way == "profile":
        site.config |= {"opted_out": True, "distinct_id": None, "team": None}
    elif way == "cookie":
        context.add_cookies([{"name": "analytics_opt_out", "value": "1", "url": site.url}])
    else:
        name, value = {"gpc": ("globalPrivacyControl", "true"), "dnt": ("doNotTrack", "'1'")}[way]
        context.add_init_script(f"Object.defineProperty(navigator, '{name}', {{get: () => {value}}})")
    scripts: list[str] = []
    page.on("request", lambda request: scripts.append(request.url))
    site.asked.clear()
    page.goto(site.url)
    page.click("[data-theme-choice=dark]")
    follow(page, "#to-analytics", "/analytics/")
    page.wait_for_timeout(3_000)
    assert not [url for url in scripts if "posthog" in url or "/ph/" in url]
    assert not [headers for _, _, headers in site.asked if "x-posthog-session-id" in headers]
    assert [one for one in inspector.good() if datetime.fromisoformat(one["timestamp"]) > refused_at] == []
    assert "ph_" not in page.evaluate(STORED)


def test_an_opt_out_in_the_page_also_stops_queued_events(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    assert site.config is not None
    ready(page, site.url)
    arrived(inspector, page, "$pageview")
    page.click("[data-theme-choice=dark]")
    site.config |= {"opted_out": True, "distinct_id": None, "team": None}
    # The request for the page that contains the opt-out is sent before the opt-out is known.
    follow(page, "#to-analytics", "/analytics/")
    site.asked.clear()
    page.click("[data-theme-choice=light]")
    follow(page, "#to-start", "/")
    page.evaluate("fetch('/list/')")
    page.wait_for_timeout(4_000)
    page.goto("about:blank")
    settle(inspector, page)
    assert inspector.good("theme_switched") == []
    assert site.paths("POST") == []
    assert not [headers for _, _, headers in site.asked if "x-posthog-session-id" in headers]
    page.goto(site.url)
    assert "ph_" not in page.evaluate(STORED)


def _quiet(site: Site, page: Page) -> None:
    """Wait for a second without requests: a beacon of the previous page may still be in transit."""
    count = -1
    while count != len(site.asked):
        count = len(site.asked)
        page.wait_for_timeout(1_000)


def test_an_opt_out_in_another_tab_applies_from_the_next_click(
    site: Site, page: Page, context: BrowserContext, inspector: RunningInspector
) -> None:
    site.pages["/"] = "<button id=idle>Leads nowhere</button>"
    ready(page, site.url)
    arrived(inspector, page, "$pageview")
    # posthog-js sends these some seconds after the page is shown; nothing follows before the click.
    until(page, lambda: bool(inspector.good("$web_vitals")))
    other = context.new_page()
    ready(other, site.url, "/list/")
    other.evaluate("document.cookie = 'analytics_opt_out=1; Path=/'")
    other.reload()
    _quiet(site, other)
    assert "ph_" not in other.evaluate(STORED)
    site.asked.clear()
    page.click("#idle")
    page.evaluate("fetch('/list/')")
    page.wait_for_timeout(4_000)
    assert "/list/" in site.paths()
    assert [name for _, _, headers in site.asked for name in headers if name.startswith("x-posthog")] == []
    assert site.paths("POST") == []
    assert "ph_" not in page.evaluate(STORED)


def _recorded(requests: list[Request]) -> str:
    """Return everything that was sent as recordings, whose parts are compressed separately."""
    bodies = [request.post_data_buffer for request in requests if "/ph/s/" in request.url]
    texts = [gzip.decompress(body) if body.startswith(GZIP) else body for body in bodies if body]
    return "".join(map(_unpacked, map(orjson.loads, texts)))


def _unpacked(value: Any) -> str:
    """Serialize a value, with decompression of all strings in it that contain gzip data as Latin-1."""
    if isinstance(value, dict):
        return "".join(map(_unpacked, value.values()))
    if isinstance(value, list):
        return "".join(map(_unpacked, value))
    text = str(value)
    return gzip.decompress(text.encode("latin1")).decode() if text.startswith(GZIP.decode("latin1")) else text


def test_a_session_is_recorded_only_if_the_page_allows_it_and_without_inputs(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    assert site.config is not None
    site.pages["/list/"] = '<input id="typed" value="given hush">'
    site.pages["/"] = "<h1>Not to be recorded</h1>"
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    site.config["recording"] = False
    ready(page, site.url)
    page.wait_for_timeout(500)
    assert not [one for one in requests if "recorder" in one.url]
    site.config["recording"] = True
    page.goto(f"{site.url}/list/?token=hush")
    until(page, lambda: any("recorder" in one.url for one in requests))
    page.wait_for_timeout(1_000)
    page.fill("#typed", "typed hush")
    until(page, lambda: "typed" in _recorded(requests))
    site.config["recording"] = False
    follow(page, "#to-start", "/")
    page.wait_for_timeout(3_000)
    page.goto("about:blank")
    page.wait_for_timeout(500)
    recorded = _recorded(requests)
    # Links in the page are recorded unchanged, but not the page's own URL.
    assert "/list/?token=hush" not in recorded
    assert "typed hush" not in recorded
    assert "given hush" not in recorded
    assert "Not to be recorded" not in recorded
    assert ANN in recorded
