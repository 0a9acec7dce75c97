"""Tests that each interaction records one event with the right page, person, team and session."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser_product.running import Product
from tests.browser_product.visiting import Visits, finish, many_swaps, ready, shown, sidebar, swap

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("product")]


def _told(events: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(one["properties"].get(name) for name in names) for one in events]


def _assert_of_ada(product: Product, events: list[dict[str, Any]], *, in_team: bool = True) -> None:
    ada = product.records(product.stage.ada.email)[product.stage.ada.email]
    (team,) = ada["teams"]
    assert {one["distinct_id"] for one in events} == {ada["public_id"]}
    assert {one["properties"].get("team_slug") for one in events} == {team["slug"] if in_team else None}
    assert {one["properties"]["$groups"]["team"] for one in events} == {team["public_id"]}
    (session,) = {one["properties"]["$session_id"] for one in events}
    assert {one["properties"]["$session_id"] for one in product.events("$pageview")} >= {session}


def test_a_sidebar_link_is_recorded_once_by_click_key_and_middle_button(
    product: Product, visits: Visits
) -> None:
    page = visits.open(product.stage.ada)
    many_swaps(page)
    page.focus(sidebar("teams:members"))
    page.keyboard.press("Enter")
    shown(page, "teams:members")
    with page.context.expect_page() as opened:
        page.click(sidebar("metrics:tab"), button="middle")
    opened.value.wait_for_load_state()
    opened.value.close()
    page.click(sidebar("web:dashboard"), button="right")
    finish(product, page)
    events = product.events("sidebar_navigation")
    assert _told(events, "from_page", "to_page") == [
        ("web:dashboard", "insights:list"),
        ("insights:list", "integrations:index"),
        ("integrations:index", "web:dashboard"),
        ("web:dashboard", "teams:members"),
        ("teams:members", "metrics:tab"),
    ]
    _assert_of_ada(product, events)


def _choose(page: Page, theme: str) -> None:
    button = page.locator(f'[data-theme-choice="{theme}"]').first
    if not button.is_visible():
        page.click("[popovertarget=person-menu]")
    button.click()


def test_switching_the_theme_records_the_previous_theme(product: Product, visits: Visits) -> None:
    page = visits.open(product.stage.ada, color_scheme="dark")
    many_swaps(page)
    root = page.locator("html")
    assert root.get_attribute("data-theme") == "dark"
    shades = []
    for theme in ("light", "dark", "dark"):
        _choose(page, theme)
        shades.append(root.get_attribute("data-theme"))
    swap(page, sidebar("insights:list"), "insights:list")
    for theme in ("light", "system"):
        _choose(page, theme)
        shades.append(root.get_attribute("data-theme"))
    finish(product, page)
    assert shades == ["light", "dark", "dark", "light", "dark"]
    events = product.events("theme_switched")
    assert _told(events, "previous_theme", "theme") == [
        ("system", "light"),
        ("light", "dark"),
        ("dark", "light"),
        ("light", "system"),
    ]
    _assert_of_ada(product, events, in_team=False)


def test_an_external_link_is_recorded_once_by_click_key_and_middle_button(
    product: Product, visits: Visits
) -> None:
    page = visits.open(product.stage.ada)
    many_swaps(page)
    swap(page, sidebar("metrics:pull_requests"), "metrics:pull_requests")
    swap(page, "tbody th a", "metrics:pull_request")
    # Use the sandbox's page: a beacon may be lost on leaving if Playwright intercepts requests.
    link = page.get_by_role("link", name="See it on GitHub")
    with page.context.expect_page() as opened:
        link.click(button="middle")
    opened.value.wait_for_load_state()
    opened.value.close()
    link.click()
    page.wait_for_url("**/github/**")
    page.go_back()
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/github/**")
    product.wait_for(lambda: len(product.events("external_link_clicked")) >= 3)
    product.settle()
    events = product.events("external_link_clicked")
    assert _told(events, "domain", "page") == [("127.0.0.1", "metrics:pull_request")] * 3
    _assert_of_ada(product, events)


def _chart_of_several_series(page: Page) -> str:
    """Return the key of a chart with a legend."""
    for canvas in page.locator("canvas[data-chart]").all():
        data = json.loads(page.locator(f"#{canvas.get_attribute('data-source')}").text_content() or "{}")
        if len(data["datasets"]) > 1:
            return str(canvas.get_attribute("data-chart"))
    msg = "no chart has a legend"
    raise AssertionError(msg)


def _use(page: Page, key: str) -> None:
    """Hover over a chart briefly and then longer, click the chart and its legend, and repeat everything."""
    canvas = page.locator(f'canvas[data-chart="{key}"]')
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    inside = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*inside)
    page.wait_for_timeout(200)
    page.mouse.move(box["x"], box["y"] - 20)
    page.wait_for_timeout(500)
    for _ in range(2):
        page.mouse.move(*inside)
        page.wait_for_timeout(700)
        page.mouse.click(*inside)
        # The last label of the legend, at its right end.
        page.mouse.click(box["x"] + box["width"] - 25, box["y"] + 15)
        page.mouse.move(box["x"], box["y"] - 20)


def test_a_swapped_in_chart_records_each_action_once_per_page(product: Product, visits: Visits) -> None:
    page = visits.open(product.stage.ada)
    many_swaps(page)
    swap(page, sidebar("metrics:tab"), "metrics:tab")
    page.click('[aria-label="Analytics"] a:has-text("Delivery")')
    page.wait_for_url("**/analytics/delivery/**")
    page.wait_for_selector("canvas[data-chart=durations]:visible")
    key = _chart_of_several_series(page)
    _use(page, key)
    # Leave and come back: the chart is drawn again, and counts as on a new page.
    swap(page, sidebar("insights:list"), "insights:list")
    page.go_back()
    page.wait_for_selector("canvas[data-chart=durations]:visible")
    _use(page, key)
    finish(product, page)
    events = product.events("chart_interacted")
    once = [(key, "hover"), (key, "click"), (key, "legend")]
    assert _told(events, "chart_type", "action") == [*once, *once]
    _assert_of_ada(product, events)


def test_events_that_posthog_js_records_itself_arrive(product: Product, visits: Visits) -> None:
    page = visits.open(product.stage.ada)
    ready(page, "/dashboard/")
    page.click(sidebar("insights:list"))
    shown(page, "insights:list")
    page.evaluate("setTimeout(() => { throw new TypeError('hush') })")
    page.evaluate("void Promise.reject(new RangeError('rejected'))")
    # posthog-js collects web vitals for 5 s of its own; a busy machine needs longer.
    product.wait_for(lambda: _names(product, "$web_vitals") >= _VITALS)
    product.wait_for(lambda: len(product.events("$exception")) == 2)
    finish(product, page)
    raised = {one["properties"]["$exception_list"][0]["type"] for one in product.events("$exception")}
    assert raised == {"TypeError", "RangeError"}
    assert "hush" in visits.complaints
    visits.complaints.clear()
    assert len(product.events("$pageleave")) == 1
    assert product.events("$autocapture")


_VITALS = {"$web_vitals_FCP_value", "$web_vitals_LCP_value"}


def _names(product: Product, event: str) -> set[str]:
    return {name for one in product.events(event) for name in one["properties"]}
