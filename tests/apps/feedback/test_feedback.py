"""Tests of the feedback form and the list of feedback."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command

from apps.feedback.models import Category, Feedback
from apps.teams.membership.memberships import create_team
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary, of_team
from tests.apps.conftest import Browser


@pytest.mark.parametrize("category", Category.values)
@pytest.mark.parametrize(("text", "has_text"), [("More charts, please.", True), ("", False), (" \n ", False)])
def test_feedback_is_saved_and_recorded_without_its_text(
    browser: Browser,
    acme: Team,
    bob: User,
    captured_events: CapturedEvents,
    category: str,
    text: str,
    has_text: bool,
) -> None:
    captured_events.clear()

    page = browser(bob).post("/feedback/", {"category": category, "text": text}, follow=True)

    assert page.redirect_chain[0] == ("/dashboard/", 302)
    assert "Thank you" in page.content.decode()
    feedback = Feedback.objects.get()
    assert (feedback.team, feedback.user) == (acme, bob)
    assert (feedback.category, feedback.text) == (category, text.strip())
    submitted = events_summary(captured_events)[0]
    properties = {"team_slug": "acme", "category": category, "has_text": has_text}
    assert submitted == ("feedback_submitted", str(bob.public_id), properties)
    assert of_team(captured_events.named("feedback_submitted")[0]) == str(acme.public_id)


def test_feedback_is_of_the_current_team(
    browser: Browser, acme: Team, alice: User, captured_events: CapturedEvents
) -> None:
    second = create_team(alice, name="Second", slug="second").team
    client = browser(alice)
    client.post("/teams/switch/", {"team": str(second.public_id)})

    client.post("/feedback/", {"category": "praise", "text": ""})

    assert Feedback.objects.get().team == second
    assert of_team(captured_events.named("feedback_submitted")[0]) == str(second.public_id)


@pytest.mark.parametrize(
    ("category", "text", "words"),
    [
        ("idea", "x" * 5001, "at most 5000 characters (it has 5001)"),
        ("complaint", "More charts", "Select a valid choice"),
        ("", "More charts", "This field is required"),
    ],
)
def test_invalid_feedback_shows_an_error_and_keeps_the_input(
    browser: Browser,
    acme: Team,
    bob: User,
    captured_events: CapturedEvents,
    category: str,
    text: str,
    words: str,
) -> None:
    captured_events.clear()

    page = browser(bob).post("/feedback/", {"category": category, "text": text, "next": "/insights/"})

    shown = BeautifulSoup(page.content, "html.parser")
    assert words in shown.text
    (area,) = shown.select("textarea")
    assert area.text.strip() == text
    (came_from,) = shown.select("input[name=next]")
    assert came_from["value"] == "/insights/"
    assert not Feedback.objects.exists()
    assert list(captured_events) == []


@pytest.mark.usefixtures("acme")
def test_sending_feedback_redirects_to_the_previous_page(browser: Browser, bob: User) -> None:
    client = browser(bob)
    before = BeautifulSoup(client.get("/insights/?dismissed=1&page=2").content, "html.parser")
    (link,) = (one for one in before.select("header a") if one.text == "Feedback")
    form = BeautifulSoup(client.get(str(link["href"])).content, "html.parser")
    (came_from,) = form.select("input[name=next]")

    page = client.post("/feedback/", {"category": "idea", "next": str(came_from["value"])})

    assert page.headers["Location"] == "/insights/?dismissed=1&page=2"


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        "\x00",
        "nowhere",
        "",
    ],
)
def test_nobody_is_redirected_to_another_site(browser: Browser, bob: User, elsewhere: str) -> None:
    client = browser(bob)
    form = BeautifulSoup(client.get("/feedback/", {"next": elsewhere}).content, "html.parser")

    page = client.post("/feedback/", {"category": "idea", "next": elsewhere})

    assert form.select("input[name=next]")[0]["value"] == ""
    assert page.headers["Location"] == "/dashboard/"


def test_a_person_without_a_team_is_asked_to_create_one(
    browser: Browser, charlie: User, captured_events: CapturedEvents
) -> None:
    captured_events.clear()
    client = browser(charlie)

    assert client.get("/feedback/").headers["Location"] == "/teams/new/"
    assert client.post("/feedback/", {"category": "idea"}).headers["Location"] == "/teams/new/"
    assert not Feedback.objects.exists()
    assert list(captured_events) == []


def test_feedback_is_kept_when_its_author_is_deleted(browser: Browser, acme: Team, bob: User) -> None:
    browser(bob).post("/feedback/", {"category": "idea", "text": "More charts"})

    bob.delete()

    feedback = Feedback.objects.get()
    assert (feedback.team, feedback.user, feedback.text) == (acme, None, "More charts")


def test_staff_sees_the_feedback_of_all_teams_the_latest_first(
    browser: Browser, acme: Team, bob: User
) -> None:
    browser(bob).post("/feedback/", {"category": "idea", "text": "More charts"})
    browser(bob).post("/feedback/", {"category": "praise", "text": "I like <b>it</b>"})
    call_command("createsuperuser", email="staff@tformance.example", interactive=False)
    staff = User.objects.get(email="staff@tformance.example")

    page = BeautifulSoup(browser(staff).get("/feedback/received/").content, "html.parser")

    told = [item.get_text(" ", strip=True) for item in page.select("main li")]
    assert [one.split(" Bob of ")[0] for one in told] == ["Praise I like <b>it</b>", "Idea More charts"]
    assert all(str(acme) in one and one.endswith(" UTC") for one in told)


def test_only_staff_sees_the_link_to_the_feedback(browser: Browser, acme: Team, bob: User) -> None:
    client = browser(bob)
    assert "/feedback/received/" not in client.get("/feedback/").content.decode()
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    assert "/feedback/received/" in client.get("/feedback/").content.decode()
    assert "Nobody has told us anything yet" in client.get("/feedback/received/").content.decode()
