"""Tests of the header: its links, and how it marks the current page."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from apps.teams.membership.memberships import create_team
from apps.teams.models import Team
from apps.users.models import User
from tests.apps.conftest import Browser

MEMBERS = ["Dashboard", "Analytics", "Pull requests", "Insights", "Integrations", "Team", "Feedback"]
PAGES = {
    "/dashboard/": "Dashboard",
    "/analytics/overview/": "Analytics",
    "/analytics/trends/": "Analytics",
    "/analytics/pull-requests/": "Pull requests",
    "/insights/": "Insights",
    "/integrations/": "Integrations",
    "/team/": "Team",
    "/team/settings/": "Team settings",
    "/feedback/": "Feedback",
    "/profile/": "Profile",
    "/profile/privacy/": "Profile",
}


def _header(client: Client, path: str) -> BeautifulSoup:
    return BeautifulSoup(
        str(BeautifulSoup(client.get(path).content, "html.parser").select("header")[0]), "html.parser"
    )


def _links(header: BeautifulSoup) -> list[str]:
    return [link.text for link in header.select("a:not(.brand)")]


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(("path", "name"), PAGES.items())
def test_the_current_page_is_marked_and_no_other(browser: Browser, alice: User, path: str, name: str) -> None:
    header = _header(browser(alice), path)

    assert [link.text for link in header.select("[aria-current=page]")] == [name]


def test_a_member_sees_the_links_of_the_team(browser: Browser, bob: User) -> None:
    assert _links(_header(browser(bob), "/dashboard/")) == [*MEMBERS, "Profile"]


def test_an_admin_also_sees_the_link_to_the_teams_settings(browser: Browser, acme: Team, alice: User) -> None:
    links = _links(_header(browser(alice), "/dashboard/"))

    assert set(links) - {*MEMBERS, "Profile"} == {"Team settings"}


def test_a_person_without_a_team_sees_a_link_to_create_one(browser: Browser, charlie: User) -> None:
    assert _links(_header(browser(charlie), "/profile/")) == ["New team", "Profile"]


def test_a_visitor_sees_links_to_log_in_or_sign_up(browser: Browser) -> None:
    assert _links(_header(browser(None), "/")) == ["Log in", "Sign up"]


def test_a_person_in_several_teams_can_switch(browser: Browser, acme: Team, alice: User) -> None:
    client = browser(alice)
    assert _header(client, "/dashboard/").select("select") == []
    create_team(alice, name="Second", slug="second")

    header = _header(client, "/dashboard/")

    assert {option.text for option in header.select("option")} == {"Acme", "Second"}
    assert [option.text for option in header.select("option[selected]")] == ["Second"]


@pytest.mark.parametrize("path", ["/nowhere/", "/insights/1/"])
def test_a_missing_page_has_the_navigation_without_a_current_page(
    browser: Browser, acme: Team, bob: User, path: str
) -> None:
    client = browser(bob)

    header = _header(client, path)

    assert _links(header) == [*MEMBERS, "Profile"]
