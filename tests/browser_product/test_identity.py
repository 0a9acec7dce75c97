"""Tests of identity in browser and server: a visitor, the person after signing up, and the next visitor."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser_product.running import KEY, Product
from tests.browser_product.visiting import Visits, finish, many_swaps, ready, shown, sidebar, swap
from tformance.run._journey import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("product")]


def _now(page: Page) -> dict[str, Any]:
    """Return the state of posthog-js: `distinct_id`, and `$sesid`, whose second value is the session id."""
    kept: dict[str, Any] = page.evaluate(
        "key => ({...JSON.parse(localStorage.getItem(key) ?? '{}'),"
        " ...JSON.parse(decodeURIComponent(document.cookie.match(key + '=([^;]*)')?.[1] ?? '%7B%7D'))})",
        f"ph_{KEY}_posthog",
    )
    return kept


def test_a_visitor_who_signs_up_is_one_person_and_a_logout_starts_a_new_visitor(
    product: Product, visits: Visits
) -> None:
    page = visits.open()
    ready(page, "/")
    swap(page, "main a:has-text('I have an account')", "account_login")
    page.go_back()
    shown(page, "web:landing")
    swap(page, "main a:has-text('Start free') >> nth=0", "account_signup")
    before = _now(page)
    page.fill('[name="email"]', "visitor@example.com")
    page.fill('[name="password1"]', PASSWORD)
    with page.expect_request("**/ph/e/**"):
        page.click('button:has-text("Sign up")')
        page.wait_for_url("**/teams/new/")
    page.fill('[name="name"]', "Visitors")
    page.click('button:has-text("Create team")')
    page.wait_for_url("**/onboarding/**")
    page.wait_for_timeout(500)
    with page.expect_request("**/ph/e/**"):
        page.click("[popovertarget=person-menu]")
        page.click('button:has-text("Log out")')
        page.wait_for_url(product.url + "/")
    page.evaluate("window.stays = true")
    page.wait_for_timeout(500)
    after = _now(page)
    swap(page, "header a:has-text('Log in')", "account_login")
    finish(product, page)

    account = product.records("visitor@example.com")["visitor@example.com"]
    me, (team,) = account["public_id"], account["teams"]
    assert len({before["distinct_id"], me, after["distinct_id"]}) == 3
    (person,) = [one for one in product.inspector.persons() if me in one["distinct_ids"]]
    assert set(person["distinct_ids"]) == {before["distinct_id"], me}

    whose = [(one["properties"]["$pathname"], one["distinct_id"]) for one in product.events("$pageview")]
    assert whose[:4] == [
        (path, before["distinct_id"]) for path in ("/", "/accounts/login/", "/", "/accounts/signup/")
    ]
    assert whose[4] == ("/teams/new/", me)
    assert {one for _, one in whose[4:-2]} == {me}
    assert whose[-2:] == [("/", after["distinct_id"]), ("/accounts/login/", after["distinct_id"])]
    late = product.events("$pageview")[-1]["properties"]
    assert late["$process_person_profile"] is False
    assert not late.get("$groups")
    assert late["$session_id"] != before["$sesid"][1]

    (signed_up,) = product.events("user_signed_up")
    assert signed_up["distinct_id"] == me
    assert signed_up["properties"]["$session_id"] == before["$sesid"][1]
    joined = [one["properties"].get("$anon_distinct_id") for one in product.events("$identify")]
    assert set(joined) == {before["distinct_id"], None}  # merged by the server, not by posthog-js
    grouped = {one["properties"].get("$groups", {}).get("team") for one in product.events("$pageview")}
    assert grouped == {None, team["public_id"]}


def test_events_of_the_server_are_in_the_browsers_session(product: Product, visits: Visits) -> None:
    page = visits.open(product.stage.ada)
    many_swaps(page)
    swap(page, sidebar("metrics:tab"), "metrics:tab")
    page.click('[aria-label="Analytics"] a:has-text("Delivery")')
    page.wait_for_selector("h1:has-text('Delivery')")
    finish(product, page)
    views = product.events("analytics_viewed")
    assert [one["properties"]["tab"] for one in views] == ["overview", "delivery"]
    (session,) = {one["properties"]["$session_id"] for one in product.events("$pageview")}
    assert {one["properties"]["$session_id"] for one in views} == {session}
    sent = [one.headers for one in visits.asked if one.headers.get("hx-request")]
    assert sent
    assert {one.get("x-posthog-session-id") for one in sent} == {session}


def test_switching_the_team_changes_the_group_of_later_events(product: Product, visits: Visits) -> None:
    page = visits.open(product.stage.linus)
    many_swaps(page)
    email = product.stage.linus.email
    teams = {one["name"]: one["public_id"] for one in product.records(email)[email]["teams"]}
    now = page.locator("#switch-team option:checked").text_content() or ""
    (other,) = set(teams) - {now}
    for name in (other, now):
        page.select_option("#switch-team", label=name)
        page.click("form.team-switch button")
        page.wait_for_function(
            "key => JSON.parse(document.getElementById('posthog-config').textContent).team.key === key",
            arg=teams[name],
        )
        page.evaluate("window.stays = true")
        swap(page, sidebar("teams:members"), "teams:members")
    finish(product, page)
    views = product.events("$pageview")
    acted = [one["properties"]["$groups"]["team"] for one in views]
    changes = [key for at, key in enumerate(acted) if at == 0 or acted[at - 1] != key]
    assert changes == [teams[now], teams[other], teams[now]]
    assert len({one["distinct_id"] for one in views}) == 1
    moved = product.events("sidebar_navigation")
    assert [one["properties"]["$groups"]["team"] for one in moved[-2:]] == [teams[other], teams[now]]


def test_two_accounts_that_share_a_visitors_id_remain_two_people(product: Product, visits: Visits) -> None:
    """Let posthog-js create the visitor's id, and never call its `reset` after a login or logout."""
    page = visits.open()
    ready(page, "/")
    visitor = _now(page)["distinct_id"]
    page.route("**/posthog-*.js", lambda route: None)
    emails = ("first@example.com", "second@example.com")
    for email in emails:
        page.goto(f"{product.url}/accounts/signup/")
        page.fill('[name="email"]', email)
        page.fill('[name="password1"]', PASSWORD)
        page.click('button:has-text("Sign up")')
        page.wait_for_url("**/teams/new/")
        assert _now(page)["distinct_id"] == visitor
        page.click("[popovertarget=person-menu]")
        page.click('button:has-text("Log out")')
        page.wait_for_url(product.url + "/")
    page.unroute_all()
    page.goto(f"{product.url}/accounts/login/")
    page.fill('[name="login"]', emails[1])
    page.fill('[name="password"]', PASSWORD)
    page.click('button:has-text("Log in")')
    page.wait_for_url("**/teams/new/")
    with page.expect_request("**/ph/e/**"):
        page.wait_for_load_state()
    page.wait_for_timeout(1_000)
    page.close()
    product.wait_for(lambda: len(product.inspector.good("$identify")) >= 4)

    first, second = (product.records(email)[email]["public_id"] for email in emails)
    joined = [one for one in product.events("$identify") if one["properties"].get("$anon_distinct_id")]
    assert [(one["distinct_id"], one["outcome"]["verdict"]) for one in joined] == [
        (first, "kept"),
        (second, "not applied"),
        (second, "not applied"),
    ]
    persons = [set(one["distinct_ids"]) for one in product.inspector.persons()]
    assert [one for one in persons if one & {first, second, visitor}] == [{first, visitor}, {second}]
    inspector = visits.open()
    inspector.goto(f"{product.inspector.url}/#persons")
    inspector.wait_for_selector("article")
    shown = inspector.locator("article h2").all_text_contents()
    assert sorted(one for one in shown if one in (first, second)) == sorted([first, second])
    # The accounts stay separate because PostHog refuses the second account's alias.
    product.reset()
