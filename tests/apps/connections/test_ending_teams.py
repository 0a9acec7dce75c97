"""Ending of a team's connections when the team is deleted with its last member's account."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.integrations.models import Connection
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import declared, of_team, person_updates
from tests.apps.conftest import PASSWORD, Browser
from tests.apps.connections.oauth_flow import PROVIDERS, connect
from tformance.sandbox.running import RunningSandbox


@pytest.fixture
def client(browser: Browser, alice: User, acme: Team) -> Client:
    return browser(alice)


def test_each_connection_is_ended_and_its_token_revoked(
    client: Client, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    for provider in PROVIDERS:
        connect(client, sandbox, provider)
    captured_events.clear()

    client.post("/profile/delete/", {"password": PASSWORD})

    assert not Connection.objects.exists()
    ended = captured_events.named("integration_disconnected")
    assert [declared(one) for one in ended] == [
        {"team_slug": "acme", "provider": provider, "reason": "user", "connected_days": 0}
        for provider in PROVIDERS
    ]
    assert {of_team(one) for one in ended} == {str(acme.public_id)}
    assert person_updates(captured_events, alice) == []  # the account is deleted
    given_back = [one["path"].rpartition("/")[2] for one in sandbox.requests() if one["status"] in (200, 204)]
    assert {"token", "auth.revoke"} <= set(given_back)


def test_a_former_member_who_made_the_connection_loses_the_flag(
    client: Client,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    bob: User,
) -> None:
    connect(client, sandbox, "slack")
    Connection.objects.update(connected_by=bob)
    bob.memberships.all().delete()
    captured_events.clear()

    client.post("/profile/delete/", {"password": PASSWORD})

    assert person_updates(captured_events, bob) == [{"has_connected_slack": False}]
