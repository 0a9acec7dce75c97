"""posthog-js in a real browser delivers to the inspector as it would to PostHog."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, Page

from otel.inspector import RunningInspector, running_inspector
from tests.inspector.browser import chromium, posthog_js, serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("posthog-js")]

PAGE = """<!doctype html><meta charset="utf-8"><title>Product</title>
<script src="/posthog.js"></script>
<script>
  const query = new URLSearchParams(location.search);
  posthog.init("phc_test", {
    api_host: query.get("host"),
    defaults: "2025-11-30",
    disable_compression: query.get("plain") === "1",
    opt_out_useragent_filter: true,
    person_profiles: "identified_only",
    capture_exceptions: true,
    autocapture: false,
    disable_session_recording: true,
    disable_surveys: true,
    capture_performance: false,
    request_queue_config: { flush_interval_ms: 250 },
  });
</script>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


# Each test has its own inspector: the last events of the previous test's page may arrive late.
@pytest.fixture
def inspector() -> Iterator[RunningInspector]:
    with running_inspector() as inspector:
        yield inspector


@pytest.fixture(scope="module")
def product() -> Iterator[str]:
    pages = {"/": ("text/html", PAGE.encode()), "/posthog.js": ("text/javascript", posthog_js())}
    with serving(pages) as url:
        yield url


@pytest.fixture(params=["compressed", "plain"])
def page(
    request: pytest.FixtureRequest, browser: Browser, product: str, inspector: RunningInspector
) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{product}/?host={inspector.url}&plain={int(request.param == 'plain')}")
    yield page
    context.close()


def _are_there(inspector: RunningInspector, event: str, count: int) -> bool:
    return len(inspector.good(event)) >= count


def _until(arrived: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not arrived():
        assert time.monotonic() < deadline, "it did not arrive within 15 s"
        time.sleep(0.05)


def test_a_visitor_becomes_a_person_with_a_team(inspector: RunningInspector, page: Page) -> None:
    visitor = page.evaluate("posthog.get_distinct_id()")
    page.evaluate("posthog.capture('theme_switched', {theme: 'dark'})")
    _until(lambda: len(inspector.good("$pageview")) == len(inspector.good("theme_switched")) == 1)
    assert inspector.good("theme_switched")[0]["distinct_id"] == visitor
    assert inspector.persons() == []

    page.evaluate("posthog.identify('ann', {role: 'admin'}, {signup_source: 'github'})")
    page.evaluate("posthog.group('team', 't1', {name: 'Acme'})")
    page.evaluate("posthog.capture('chart_interacted', {chart_type: 'bar'})")
    _until(lambda: len(inspector.good("chart_interacted")) == 1 and len(inspector.groups()) == 1)
    [person] = inspector.persons()
    assert (person["distinct_id"], set(person["distinct_ids"])) == ("ann", {"ann", visitor})
    assert person["is_identified"]
    assert person["properties"] | {"role": "admin", "signup_source": "github"} == person["properties"]
    assert person["events"] >= 5
    [team] = inspector.groups()
    assert (team["key"], team["properties"]) == ("t1", {"name": "Acme"})
    chart = inspector.good("chart_interacted")[0]
    assert chart["properties"]["$groups"] == {"team": "t1"}
    assert chart["lib"].startswith("web 1.")
    assert (inspector.bad(), inspector.warnings()) == ([], [])


def test_two_accounts_without_a_reset_in_between_are_two_persons(
    inspector: RunningInspector, page: Page
) -> None:
    # posthog-js does not send a second $identify if the previous id was not anonymous.
    visitor = page.evaluate("posthog.get_distinct_id()")
    page.evaluate("posthog.identify('account-a')")
    page.evaluate("posthog.identify('account-b')")
    page.evaluate("posthog.capture('chart_interacted')")
    _until(lambda: len(inspector.good("chart_interacted")) == len(inspector.good("$identify")) == 1)
    persons = {one["distinct_id"]: set(one["distinct_ids"]) for one in inspector.persons()}
    assert persons == {"account-a": {"account-a", visitor}, "account-b": {"account-b"}}
    assert inspector.warnings() == []


def test_an_error_in_the_page_arrives_with_its_frames(inspector: RunningInspector, page: Page) -> None:
    page.evaluate("setTimeout(function inChart() { throw new TypeError('no data') }, 0)")
    page.evaluate("posthog.captureException(new RangeError('handled'), {view: 'chart'})")
    _until(lambda: len(inspector.errors()) == 2)
    errors = {error["type"]: error for error in inspector.errors()}
    assert (errors["TypeError"]["value"], errors["TypeError"]["handled"]) == ("no data", False)
    assert errors["RangeError"]["value"] == "handled"
    frames = errors["TypeError"]["exceptions"][0]["stacktrace"]["frames"]
    assert "inChart" in [frame["function"] for frame in frames]
    assert (inspector.bad(), inspector.warnings()) == ([], [])


def test_events_in_the_queue_of_a_closing_page_arrive_by_beacon(
    inspector: RunningInspector, page: Page
) -> None:
    address = page.url
    # On a busy machine Chromium occasionally loses a beacon, but not those of all four pages.
    for visit in range(1, 5):
        page.goto(address)
        _until(partial(_are_there, inspector, "$pageview", visit))
        # Leave immediately: posthog-js repeats a request in flight by beacon, as a second delivery.
        page.evaluate("posthog.capture('left'); location.href = 'about:blank'")
        # Chromium may never close a context whose page is still unloading.
        page.wait_for_url("about:blank")
    _until(partial(_are_there, inspector, "left", 2))
    # A request that was in flight is a second delivery of the same event, which the inspector recognizes.
    assert {one["deliveries"] for one in inspector.good("left")} <= {1, 2}
    assert inspector.bad() == []


def test_its_flags_are_those_of_the_inspector(
    inspector: RunningInspector, browser: Browser, product: str
) -> None:
    inspector.flags({"new-chart": True, "layout": "wide"})
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{product}/?host={inspector.url}")
    page.wait_for_function("posthog.isFeatureEnabled('new-chart') === true")
    assert page.evaluate("posthog.getFeatureFlag('layout')") == "wide"
    context.close()


@pytest.mark.parametrize("plain", [False, True])
def test_both_encodings_are_used(
    inspector: RunningInspector, browser: Browser, product: str, plain: bool
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{product}/?host={inspector.url}&plain={int(plain)}")
    _until(lambda: len(inspector.good("$pageview")) == 1)
    context.close()
    encodings = {one["encoding"] for one in inspector.requests() if one["events"]}
    # Closing the page sends a beacon, which is a base64 form if compression is off.
    assert encodings - {"base64"} == ({"none"} if plain else {"gzip"})
