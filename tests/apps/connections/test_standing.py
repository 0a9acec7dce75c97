"""Properties that depend on connections: they match the database and need no extra queries."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.integrations.telemetry import connection_facts, repository_facts
from apps.metrics.models import Repository
from apps.teams.models import Team
from apps.teams.properties import TeamProperties
from apps.users.models import User
from apps.users.properties import UserProperties
from otel.testing import CapturedEvents
from tests.apps.assertions import group_updates, person_updates
from tests.apps.conftest import Browser
from tests.apps.connections.oauth_flow import PROVIDERS, connect, return_path
from tests.apps.queries import statements
from tformance.sandbox.running import RunningSandbox


@pytest.fixture
def client(browser: Browser, alice: User, acme: Team) -> Client:
    return browser(alice)


def _flags(*connected: str) -> UserProperties:
    return UserProperties(**{f"has_connected_{one}": one in connected for one in PROVIDERS})  # type: ignore[arg-type]  # three of its fields, which are bool


def test_the_properties_follow_connects_and_disconnects(
    client: Client, sandbox: RunningSandbox, alice: User, acme: Team
) -> None:
    assert connection_facts(alice) == _flags()
    connect(client, sandbox, "github")
    connect(client, sandbox, "slack")
    assert connection_facts(alice) == _flags("github", "slack")

    client.post("/integrations/github/disconnect/")
    assert connection_facts(alice) == _flags("slack")

    connect(client, sandbox, "jira")
    assert connection_facts(alice) == _flags("jira", "slack")


def test_repositories_count_while_github_is_connected(
    client: Client, sandbox: RunningSandbox, acme: Team, other: Team
) -> None:
    for number, (team, is_tracked) in enumerate([(acme, True), (acme, True), (acme, False), (other, True)]):
        Repository.objects.create(
            team=team, external_id=number, full_name=f"a/{number}", is_tracked=is_tracked
        )
    assert repository_facts(acme) == TeamProperties(repos_tracked=0)

    connect(client, sandbox, "github")
    assert repository_facts(acme) == TeamProperties(repos_tracked=2)
    assert repository_facts(other) == TeamProperties(repos_tracked=0)

    client.post("/integrations/github/disconnect/")
    assert repository_facts(acme) == TeamProperties(repos_tracked=0)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_sent_properties_match_the_database(
    client: Client,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    provider: str,
) -> None:
    Repository.objects.create(team=acme, external_id=1, full_name="a/1", is_tracked=True)
    flag = f"has_connected_{provider}"
    for act in (
        lambda: connect(client, sandbox, provider),
        lambda: connect(client, sandbox, provider),
        lambda: client.post(f"/integrations/{provider}/disconnect/"),
    ):
        captured_events.clear()
        act()
        assert person_updates(captured_events, alice)[-1][flag] == getattr(connection_facts(alice), flag)
        for update in group_updates(captured_events, acme):
            assert update["repos_tracked"] == repository_facts(acme).repos_tracked


_WHO = ["SELECT django_session", "SELECT users_user"]


def test_connecting_runs_no_queries_for_events(client: Client, sandbox: RunningSandbox) -> None:
    path = return_path(client, sandbox, "jira")

    assert statements(lambda: client.get(path)) == [
        *_WHO,
        "SELECT oauth_authorization",
        "SELECT teams_membership",  # whether the user is still an admin
        "DELETE oauth_authorization",
        "SELECT metrics_repository",  # the team's lock, which also counts the group's repositories
        "SELECT integrations_connection",  # earlier connections, and whether their creators have others
        "INSERT integrations_connection",
    ]


def test_disconnecting_runs_no_queries_for_events(client: Client, sandbox: RunningSandbox) -> None:
    connect(client, sandbox, "github")

    assert statements(lambda: client.post("/integrations/github/disconnect/")) == [
        *_WHO,
        "SELECT teams_membership",
        "SELECT integrations_connection",  # the team's connection
        "SELECT integrations_connection",  # its lock
        "SELECT integrations_connection",  # its token, to revoke it
        "UPDATE integrations_connection",
        "SELECT integrations_connection",  # whether another connection uses that token
    ]
