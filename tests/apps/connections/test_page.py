"""The integrations page: the state of each provider, and who may change it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from apps.integrations.connections.lifecycle import disconnect
from apps.integrations.models import Connection, Provider
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.conftest import Browser
from tests.apps.connections.oauth_flow import PROVIDERS, connect
from tformance.sandbox.running import RunningSandbox


@pytest.fixture
def client(browser: Browser, alice: User, acme: Team) -> Client:
    return browser(alice)


def _page(client: Client) -> str:
    response = client.get("/integrations/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_without_connections_the_page_offers_to_connect(client: Client, sandbox: RunningSandbox) -> None:
    page = _page(client)

    for label in ("GitHub", "Jira", "Slack"):
        assert f">Connect {label}</button>" in page
        assert f"Disconnect {label}" not in page


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_page_shows_the_account_date_and_creator_of_a_connection(
    client: Client, sandbox: RunningSandbox, provider: str
) -> None:
    connect(client, sandbox, provider)
    Connection.objects.update(connected_at=datetime(2026, 3, 2, tzinfo=UTC))
    label, connection = Provider(provider).label, Connection.objects.get()

    page = _page(client)

    site = f'<a href="{connection.site_url}" hx-boost="false">{connection.account_name}</a>'
    assert f"Connected to {site} since" in page
    assert "2 March 2026</time>, by Alice." in page
    assert f"Disconnect {label}" in page
    links = {"github": "github/repositories", "jira": "jira/projects", "slack": "slack/features"}
    assert f"/integrations/{links[provider]}/" in page
    assert connection.access_token not in page


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_ended_connection_shows_who_ended_it_and_offers_to_reconnect(
    client: Client, sandbox: RunningSandbox, provider: str
) -> None:
    connect(client, sandbox, provider)
    client.post(f"/integrations/{provider}/disconnect/")
    label = Provider(provider).label

    assert f"Reconnect {label}" in _page(client)
    assert "Not connected since" in _page(client)

    connect(client, sandbox, provider)
    live = Connection.objects.get(disconnected_at=None)
    disconnect(live, refused=live.access_token)

    assert f"{label} has ended our access" in _page(client)
    assert f"Reconnect {label}" in _page(client)


def test_the_page_says_if_a_provider_is_not_set_up(client: Client, settings: object) -> None:
    for provider in PROVIDERS:
        setattr(settings, f"{provider.upper()}_CLIENT_ID", "")

    page = _page(client)

    assert page.count("Not available: whoever runs this Tformance") == 3
    assert "/start/" not in page


def test_a_member_sees_connections_but_no_buttons(
    browser: Browser, client: Client, sandbox: RunningSandbox, bob: User
) -> None:
    connect(client, sandbox, "github")

    page = _page(browser(bob))

    assert "Connected to" in page
    assert "admins can change it" in page
    assert "/start/" not in page
    assert "/disconnect/" not in page


def test_nobody_sees_another_teams_connections(
    browser: Browser, client: Client, sandbox: RunningSandbox, charlie: User, other: Team
) -> None:
    connect(client, sandbox, "github")

    assert "analytical-engines" not in _page(browser(charlie))


def test_viewing_the_page_changes_and_records_nothing(
    client: Client, sandbox: RunningSandbox, captured_events: CapturedEvents
) -> None:
    connect(client, sandbox, "github")
    captured_events.clear()

    _page(client)
    assert client.get("/integrations/github/disconnect/").status_code == 405
    assert client.get("/auth/github/start/").status_code == 405
    assert client.post("/integrations/").status_code == 405

    assert list(captured_events) == []
    assert Connection.objects.get().disconnected_at is None


@pytest.mark.parametrize("path", ["/auth/github/start/", "/integrations/github/disconnect/"])
def test_a_member_cannot_change_anything(
    browser: Browser,
    client: Client,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    bob: User,
    path: str,
) -> None:
    connect(client, sandbox, "github")
    captured_events.clear()

    assert browser(bob).post(path).status_code == 403
    assert list(captured_events) == []
    assert Connection.objects.get().disconnected_at is None
