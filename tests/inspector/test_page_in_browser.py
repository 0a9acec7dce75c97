"""The page in a real browser: it updates itself, runs nothing that was sent, and works without a mouse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from otel.inspector import RunningInspector
from tests.inspector.browser import chromium
from tests.inspector.sending import Sender, batch, event
from tests.inspector.test_page import HOSTILE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("page")]

TABS = ("Captures", "Persons", "Groups", "Errors", "Funnel", "Rejected", "Warnings", "Rules")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, inspector: RunningInspector) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    page.goto(inspector.url)
    yield page
    context.close()
    assert faults == []


def test_a_new_capture_is_shown_immediately_with_its_details(page: Page, sender: Sender) -> None:
    expect(page.get_by_text("Nothing arrived yet")).to_be_visible()
    one = event("order_placed", properties={"team_slug": "acme", "$trace_id": "a" * 32, "amount": 3})
    sender.post(batch(one))
    sender.post(batch(one))
    row = page.locator("#list tbody tr")
    expect(row).to_contain_text(["order_placed delivered 2\N{MULTIPLICATION SIGN}"], use_inner_text=True)
    row.click()
    detail = page.get_by_role("dialog", name="order_placed")
    for text in ("a" * 32, one["uuid"], "acme", '"amount": 3', "2\N{MULTIPLICATION SIGN}, kept once"):
        expect(detail).to_contain_text(text)


def test_an_event_that_posthog_drops_is_shown_with_the_rule(page: Page, sender: Sender) -> None:
    update = {"$group_type": "team", "$group_key": "t1", "$process_person_profile": False}
    sender.post(batch(event("kept"), event("$groupidentify", properties=update)))
    rows = page.locator("#list tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_label("Outcome").select_option("not as intended")
    expect(rows).to_have_count(1)
    expect(rows).to_have_attribute("data-verdict", "dropped")
    expect(page.locator("[data-count=dropped]")).to_have_text("1")
    rows.click()
    detail = page.get_by_role("dialog", name="$groupidentify")
    for text in (
        "accepted at the door, then dropped",
        "invalid_event_when_process_person_profile_is_false",
        "PL-5",
        "normalize-process-person-flag-step.ts @86ed480",
    ):
        expect(detail).to_contain_text(text)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Rules", exact=True).click()
    expect(page.locator("tr[data-applied=yes]").first).to_contain_text("PL-5")
    page.get_by_role("link", name="Rejected", exact=True).click()
    expect(page.locator("main")).to_contain_text("$groupidentify needs person processing")


def test_captures_can_be_filtered(page: Page, sender: Sender) -> None:
    sender.post(
        batch(
            event("a_b", distinct_id="ann", properties={"team_slug": "acme"}),
            event("a[b]", distinct_id="bob"),
            event("c", distinct_id="ann", properties={"$groups": {"team": "t1"}}),
        )
    )
    names = page.locator("#list tbody tr [data-field=event]")
    expect(names).to_have_text(["c", "a[b]", "a_b"])
    for label, text, found in (
        ("Event", "A[", ["a[b]"]),
        ("Event", "a", ["a[b]", "a_b"]),
        ("Person", "an", ["c", "a_b"]),
        ("Team", "acm", ["a_b"]),
        ("Team", "t1", ["c"]),
    ):
        page.get_by_label(label).fill(text)
        expect(names).to_have_text(found)
        page.get_by_label(label).fill("")


def test_nothing_that_was_sent_is_run_on_any_tab(page: Page, sender: Sender) -> None:
    for name in HOSTILE:
        frame = {"platform": "python", "filename": name, "function": name, "context_line": name}
        exception = {"type": name, "value": name, "stacktrace": {"type": "raw", "frames": [frame]}}
        update = {"$group_type": "team", "$group_key": name, "$group_set": {name: name}}
        sender.post(
            batch(
                event(name, distinct_id=name, properties={"$set": {name: name}, "$session_id": name}),
                event("$groupidentify", distinct_id=name, properties=update),
                event("$exception", distinct_id=name, properties={"$exception_list": [exception]}),
                event("user_signed_up", distinct_id=name),
            )
        )
        sender.post(batch(event("", distinct_id=name)))
    for tab in TABS:
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.get_by_role("link", name=tab, exact=True)).to_have_attribute("aria-current", "page")
        if tab != "Rules":  # the only tab that shows nothing that was sent
            expect(page.locator("main")).to_contain_text(HOSTILE[0])
        # A name never becomes an element: the icon and the page's script are outside of `main`.
        assert page.locator("main img, main script, main h1, [onmouseover]").count() == 0
    page.get_by_role("link", name="Captures", exact=True).click()
    page.get_by_role("button", name=HOSTILE[0], exact=True).click()
    expect(page.get_by_role("heading", name=HOSTILE[0])).to_be_visible()


def test_it_works_with_the_keyboard_alone(page: Page, sender: Sender) -> None:
    sender.post(batch(event("first"), event("second")))
    expect(page.locator("#list tbody tr")).to_have_count(2)
    page.keyboard.press("/")
    expect(page.get_by_label("Event")).to_be_focused()
    for _ in ("Person", "Team", "Outcome", "the first row"):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="second")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="first")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    expect(page.get_by_role("button", name="first")).to_be_focused()


def test_it_can_be_reset(page: Page, sender: Sender, inspector: RunningInspector) -> None:
    sender.post(batch(event()))
    expect(page.locator("[data-count=good]")).to_have_text("1")
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("[data-count=good]")).to_have_text("0")
    expect(page.locator("#list tbody tr")).to_have_count(0)
    assert inspector.good() == []


def test_it_fits_on_a_phone(page: Page, sender: Sender) -> None:
    sender.post(batch(event("a_name_of_some_length_that_a_product_might_use", distinct_id="x" * 200)))
    page.set_viewport_size({"width": 360, "height": 700})
    for tab in TABS:
        page.get_by_role("link", name=tab, exact=True).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
