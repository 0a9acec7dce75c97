"""Tests that each interaction with the page records one event, also after swaps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.metrics.formatting import Unit, written
from otel.inspector import RunningInspector
from tests.browser.site import ANN, TEAM, Site
from tests.browser.waiting import arrived, follow, ready, settle, shown

pytestmark = pytest.mark.slow

CHART = """<figure><svg width="10" height="10"></svg>
<canvas hidden data-chart="merged" data-source="chart-{n}" role="img" aria-label="Merged"></canvas></figure>
<script type="application/json" id="chart-{n}">{data}</script>"""
DATA = json.dumps(
    {
        "title": "Merged",
        "unit": "hours",
        "labels": ["May", "June", "July"],
        "datasets": [{"label": "Merged", "data": [1, None, 90]}, {"label": "Opened", "data": [4, 5, 6]}],
    }
)


def own(event: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return some of an event's properties."""
    return {name: event["properties"].get(name) for name in names}


def test_a_sidebar_link_is_one_event_by_mouse_keyboard_middle_button_and_in_a_new_tab(
    site: Site, page: Page, context: BrowserContext, inspector: RunningInspector
) -> None:
    ready(page, site.url)
    follow(page, "#to-analytics span", "/analytics/")
    page.focus("#to-start")
    page.keyboard.press("Enter")
    shown(page, "/")
    for button, modifiers in (("middle", []), ("left", ["Control"])):
        with context.expect_page() as opened:
            page.click("#to-pull", button=button, modifiers=modifiers)  # type: ignore[arg-type]
        opened.value.close()
    page.click("#to-pull", button="right")
    page.keyboard.press("Escape")
    events = arrived(inspector, page, "sidebar_navigation", 4)
    assert [own(one, "from_page", "to_page") for one in events] == [
        {"from_page": "page:/", "to_page": "metrics:tab"},
        {"from_page": "page:/analytics/", "to_page": "web:dashboard"},
        {"from_page": "page:/", "to_page": "metrics:pull_request"},
        {"from_page": "page:/", "to_page": "metrics:pull_request"},
    ]
    assert {one["properties"]["team_slug"] for one in events} == {"acme"}
    assert {one["properties"]["$groups"]["team"] for one in events} == {TEAM["key"]}


def test_an_external_link_is_recorded_although_the_page_is_left(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    site.pages["/"] = (
        f'<a id="out" href="http://localhost:{site.url.rpartition(":")[2]}/list/?token=x">Out</a>'
    )
    ready(page, site.url)
    page.click("#out", no_wait_after=True)
    page.wait_for_url("http://localhost:*/**")
    (event,) = arrived(inspector, page, "external_link_clicked")
    arrived(inspector, page, "$pageview", 2)
    assert own(event, "domain", "page") == {"domain": "localhost", "page": "page:/"}


def test_an_external_link_is_recorded_before_posthog_js_is_loaded(
    site: Site, page: Page, context: BrowserContext, inspector: RunningInspector
) -> None:
    out = f"http://localhost:{site.url.rpartition(':')[2]}/list/"
    site.pages["/"] = f'<a id="out" href="{out}">Out</a>'
    ready(page, site.url)
    (before,) = arrived(inspector, page, "$pageview")
    context.route("**/static/posthog-*.js", lambda route: None)
    page.goto(f"{site.url}/analytics/")
    page.goto(site.url)
    page.focus("#out")
    page.keyboard.press("Enter")
    page.wait_for_url(out)
    (event,) = arrived(inspector, page, "external_link_clicked")
    assert own(event, "domain", "page", "team_slug", "$pathname") == {
        "domain": "localhost", "page": "page:/", "team_slug": "acme", "$pathname": "/",
    }  # fmt: skip
    assert event["properties"]["$groups"] == {"team": TEAM["key"]}
    views = arrived(inspector, page, "$pageview", 3)
    assert [one["properties"]["$pathname"] for one in views] == ["/", "/analytics/", "/"]
    assert {one["distinct_id"] for one in [event, *views]} == {ANN}
    session = before["properties"]["$session_id"]
    assert {one["properties"]["$session_id"] for one in [event, *views]} == {session}


@pytest.mark.parametrize(("idle_min", "age_h", "goes_on"), [(29, 23, True), (31, 1, False), (1, 25, False)])
def test_a_page_left_before_posthog_js_is_loaded_does_not_continue_an_ended_session(
    site: Site, page: Page, inspector: RunningInspector, idle_min: int, age_h: int, goes_on: bool
) -> None:
    page.route("**/static/posthog-*.js", lambda route: None)
    page.goto(site.url)
    session = "0190f5b0-2222-7000-8000-000000000002"
    page.evaluate(
        """([session, idle_min, age_h]) => {
          const state = {$sesid: [Date.now() - idle_min * 60_000, session, Date.now() - age_h * 3_600_000]};
          document.cookie = `ph_phc_test_posthog=${encodeURIComponent(JSON.stringify(state))}; Path=/`;
        }""",
        [session, idle_min, age_h],
    )
    page.goto("about:blank")
    (view,) = arrived(inspector, page, "$pageview")
    assert view["properties"].get("$session_id") == (session if goes_on else None)


def test_a_visitor_who_leaves_before_posthog_js_is_loaded_is_not_recorded(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    assert site.config is not None
    site.config |= {"distinct_id": None, "team": None}
    page.route("**/static/posthog-*.js", lambda route: None)
    page.goto(site.url)
    page.click("[data-theme-choice=dark]")
    page.goto("about:blank")
    settle(inspector, page)
    assert inspector.good() == []


def test_internal_links_and_mail_links_are_not_recorded_as_external(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    site.pages["/"] = (
        f'<a id="own" href="{site.url}/list/">List</a><a id="mail" href="mailto:a@b.test">Mail</a>'
    )
    ready(page, site.url)
    page.click("#mail")
    follow(page, "#own", "/list/")
    arrived(inspector, page, "$pageview", 2)
    assert inspector.good("external_link_clicked") == []


def test_the_theme_switches_and_its_previous_value_is_right(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    page.emulate_media(color_scheme="dark")
    ready(page, site.url)
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "dark"
    page.click("[data-theme-choice=light]")
    assert page.evaluate(theme) == "light"
    follow(page, "#to-analytics", "/analytics/")
    expect(page.locator("[data-theme-choice=light]")).to_have_attribute("aria-pressed", "true")
    page.click("[data-theme-choice=light]")
    page.click("[data-theme-choice=system]")
    assert page.evaluate(theme) == "dark"
    page.emulate_media(color_scheme="light")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'light'")
    page.reload()
    page.click("[data-theme-choice=dark]")
    events = arrived(inspector, page, "theme_switched", 3)
    assert [own(one, "previous_theme", "theme") for one in events] == [
        {"previous_theme": "system", "theme": "light"},
        {"previous_theme": "light", "theme": "system"},
        {"previous_theme": "system", "theme": "dark"},
    ]


def test_a_theme_chosen_in_another_tab_is_marked_as_chosen(
    site: Site, page: Page, context: BrowserContext
) -> None:
    site.pages["/"] = '<p id="chosen" x-data x-text="$store.theme.chosen"></p>'
    page.goto(site.url)
    other = context.new_page()
    other.goto(site.url)
    other.click("[data-theme-choice=dark]")
    expect(page.locator("[data-theme-choice=dark]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-theme-choice=system]")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#chosen")).to_have_text("dark")


def test_a_chart_is_tracked_once_per_action_and_page_also_after_a_swap(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    more = '<button id="more" hx-get="/part/more" hx-target="#part">More</button><div id="part"></div>'
    site.pages["/"] = CHART.format(n=1, data=DATA) + more
    site.pages["/part/more"] = CHART.format(n=2, data=DATA)
    ready(page, site.url)
    first = page.locator("canvas[data-source=chart-1]")
    first.wait_for()
    assert page.locator("svg").is_hidden()
    first.click()
    first.click()
    page.mouse.move(0, 0)
    page.click("#more")
    second = page.locator("canvas[data-source=chart-2]")
    second.wait_for()
    page.click("#more")
    page.wait_for_timeout(300)
    second.hover()
    page.wait_for_timeout(700)
    assert page.locator("#part canvas").count() == 1
    events = arrived(inspector, page, "chart_interacted", 2)
    assert [own(one, "chart_type", "action") for one in events] == [
        {"chart_type": "merged", "action": "click"},
        {"chart_type": "merged", "action": "hover"},
    ]


def test_using_the_legend_does_not_count_as_a_click_on_the_chart(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    site.pages["/"] = CHART.format(n=1, data=DATA)
    ready(page, site.url)
    chart = page.locator("canvas")
    chart.wait_for()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 30, box["y"] + 15)
    page.mouse.move(0, 0)
    events = arrived(inspector, page, "chart_interacted")
    assert [one["properties"]["action"] for one in events] == ["legend"]


def test_a_click_on_a_chart_counts_in_the_same_frame_as_one_on_its_legend(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    site.pages["/"] = CHART.format(n=1, data=DATA)
    ready(page, site.url)
    page.locator("canvas").wait_for()
    page.evaluate("""
      const canvas = document.querySelector("canvas");
      const {left, top, width, height} = canvas.getBoundingClientRect();
      for (const [x, y] of [[width / 2, height / 2], [width - 30, 15]]) {
        canvas.dispatchEvent(new MouseEvent("click", {clientX: left + x, clientY: top + y, bubbles: true}));
      }""")
    events = arrived(inspector, page, "chart_interacted", 2)
    assert [one["properties"]["action"] for one in events] == ["click", "legend"]


def test_a_chart_can_be_read_with_the_keyboard(site: Site, page: Page) -> None:
    site.pages["/"] = CHART.format(n=1, data=DATA)
    ready(page, site.url)
    page.locator("canvas[tabindex]").focus()  # once it is drawn
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.text_content("canvas + [role=status]") == "June. Merged: —, Opened: 5 hours"
    page.keyboard.press("End")
    assert page.text_content("canvas + [role=status]") == "July. Merged: 3.8 days, Opened: 6 hours"


@pytest.mark.parametrize("unit", ["count", "percent", "hours", "lines"])
def test_a_chart_formats_its_figures_like_the_table_next_to_it(site: Site, page: Page, unit: Unit) -> None:
    figures = [0.0, 0.25, 0.35, 1.5, 2.25, 9.95, 10.5, 12.5, 13.5, 99.5, 1234.5]
    data = {
        "title": "Merged",
        "unit": unit,
        "labels": [str(figure) for figure in figures],
        "datasets": [{"label": "Merged", "data": figures}],
    }
    site.pages["/"] = CHART.format(n=1, data=json.dumps(data))
    page.goto(site.url)
    page.locator("canvas[tabindex]").focus()  # once it is drawn
    said = []
    for _ in figures:
        page.keyboard.press("ArrowRight")
        said.append(page.text_content("canvas + [role=status]"))
    assert said == [f"{figure}. Merged: {written(figure, unit)}" for figure in figures]


def test_events_before_posthog_js_is_loaded_arrive_with_their_page(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    def slowly(route: Any) -> None:
        page.wait_for_timeout(1_000)
        route.continue_()

    page.route("**/static/posthog-*.js", slowly)
    page.goto(site.url)
    page.click("[data-theme-choice=dark]")
    follow(page, "#to-pull", "/pulls/7/")
    views = arrived(inspector, page, "$pageview", 2)
    assert [one["properties"]["$pathname"] for one in views] == ["/", "/pulls/:pk/"]
    (theme,) = arrived(inspector, page, "theme_switched")
    assert theme["properties"]["$pathname"] == "/"
    assert views[0]["timestamp"] < theme["timestamp"] < views[1]["timestamp"]


def test_without_a_team_no_team_events_are_recorded(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    assert site.config is not None
    site.config["team"] = None
    ready(page, site.url)
    follow(page, "#to-analytics", "/analytics/")
    arrived(inspector, page, "$pageview", 2)
    settle(inspector, page)
    assert inspector.good("sidebar_navigation") == []


def test_properties_that_name_an_organization_are_withheld_by_a_setting(
    site: Site, page: Page, inspector: RunningInspector
) -> None:
    assert site.config is not None
    site.config["send_organisation"] = False
    ready(page, site.url)
    follow(page, "#to-analytics", "/analytics/")
    (event,) = arrived(inspector, page, "sidebar_navigation")
    assert "team_slug" not in event["properties"]
    assert event["properties"]["to_page"] == "metrics:tab"
