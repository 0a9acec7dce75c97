"""The choice of Jira projects in settings."""

from __future__ import annotations

from http import HTTPStatus

from django.test import Client

from apps.integrations.models import Connection, JiraProject
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.choices.pages import choices, ticked
from tests.apps.conftest import Browser
from tformance.sandbox.running import RunningSandbox

PATH = "/integrations/jira/projects/"


def _followed(team: Team) -> list[tuple[str, str]]:
    return list(team.jira_projects.order_by("key").values_list("key", "name"))


def test_projects_from_every_page_are_offered_and_the_chosen_ones_are_saved(
    client_of_alice: Client, captured_events: CapturedEvents, acme: Team
) -> None:
    known = choices(client_of_alice, PATH)

    client_of_alice.post(PATH, {"chosen": ["ENG", "OLD60"]})

    assert len(known) == 63
    assert _followed(acme) == [("ENG", "Engine"), ("OLD60", "Archive 60")]
    assert ticked(client_of_alice, PATH) == ["Engine (ENG)", "Archive 60 (OLD60)"]
    assert list(captured_events) == []


def test_deselected_projects_are_dropped_and_names_are_updated(
    client_of_alice: Client, acme: Team, other: Team
) -> None:
    JiraProject.objects.create(team=acme, key="ENG", name="As it was called")
    JiraProject.objects.create(team=acme, key="GONE", name="Gone")
    JiraProject.objects.create(team=other, key="GONE", name="Theirs")

    client_of_alice.post(PATH, {"chosen": ["ENG", "LOOM"]})

    assert _followed(acme) == [("ENG", "Engine"), ("LOOM", "Loom")]
    assert _followed(other) == [("GONE", "Theirs")]


def test_a_long_list_can_be_searched(client_of_alice: Client) -> None:
    assert 'role="search"' in client_of_alice.get(PATH).content.decode()
    assert list(choices(client_of_alice, f"{PATH}?q=archive+60")) == ["Archive 60 (OLD60)"]
    assert "Nothing is called “&lt;b&gt;”" in client_of_alice.get(f"{PATH}?q=<b>").content.decode()


def test_an_expired_token_is_renewed_to_list_projects(
    client_of_alice: Client, sandbox: RunningSandbox, acme: Team
) -> None:
    Connection.objects.filter(provider="jira").update(expires_at="2020-01-01T00:00Z")

    assert "Engine (ENG)" in choices(client_of_alice, PATH)


def test_a_member_sees_the_projects_but_cannot_change_them(browser: Browser, acme: Team, bob: User) -> None:
    JiraProject.objects.create(team=acme, key="ENG", name="Engine")
    client = browser(bob)

    assert "Engine (ENG)" in client.get(PATH).content.decode()
    assert client.post(PATH, {"chosen": []}).status_code == HTTPStatus.FORBIDDEN
    assert _followed(acme) == [("ENG", "Engine")]
