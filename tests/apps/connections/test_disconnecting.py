"""Ending of connections by a person or the provider, with the effects on flags and tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.integrations.connections.lifecycle import disconnect, live_connection
from apps.integrations.models import Connection, Provider
from apps.metrics.models import Repository
from apps.teams.models import Membership, Role, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import declared, events_summary, group_updates, of_team, person_updates
from tests.apps.conftest import Browser
from tests.apps.connections.oauth_flow import PROVIDERS, connect
from tests.apps.rivals import rival
from tformance.sandbox.running import RunningSandbox

# The endpoint that revokes a token at each provider; Atlassian has none.
REVOCATIONS = {"github": "/applications/sandbox/token", "jira": None, "slack": "/auth.revoke"}


@pytest.fixture
def client(browser: Browser, alice: User, acme: Team) -> Client:
    return browser(alice)


def _revocations(sandbox: RunningSandbox) -> list[str]:
    ends = tuple(end for end in REVOCATIONS.values() if end)
    return [one["path"] for one in sandbox.requests() if one["path"].endswith(ends)]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_disconnecting_is_recorded_deletes_the_tokens_and_keeps_the_data(
    client: Client,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    provider: str,
) -> None:
    connect(client, sandbox, provider)
    Connection.objects.update(connected_at=timezone.now() - timedelta(days=3, hours=23))
    Repository.objects.create(team=acme, external_id=1, full_name="a/b", is_tracked=True)
    captured_events.clear()

    page = client.post(f"/integrations/{provider}/disconnect/", follow=True)

    assert page.redirect_chain == [("/integrations/", 302)]
    assert "is disconnected. What was read from it stays." in page.content.decode()
    connection = Connection.objects.get()
    assert (connection.access_token, connection.refresh_token, connection.expires_at) == ("", "", None)
    assert (connection.disconnected_at is None, connection.was_revoked) == (False, False)
    gone = {"team_slug": "acme", "provider": provider, "reason": "user", "connected_days": 3}
    assert events_summary(captured_events) == [("integration_disconnected", str(alice.public_id), gone)]
    assert person_updates(captured_events, alice) == [{f"has_connected_{provider}": False}]
    assert group_updates(captured_events, acme) == ([{"repos_tracked": 0}] if provider == "github" else [])
    assert Repository.objects.filter(is_tracked=True).count() == 1
    assert [path.endswith(str(REVOCATIONS[provider])) for path in _revocations(sandbox)] == (
        [True] if REVOCATIONS[provider] else []
    )


@pytest.mark.parametrize("provider", PROVIDERS)
def test_nothing_is_recorded_where_nothing_was_connected(
    client: Client, sandbox: RunningSandbox, captured_events: CapturedEvents, provider: str
) -> None:
    captured_events.clear()

    page = client.post(f"/integrations/{provider}/disconnect/", follow=True)

    assert "was not connected" in page.content.decode()
    assert list(captured_events) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_second_click_records_nothing(
    client: Client, sandbox: RunningSandbox, captured_events: CapturedEvents, provider: str
) -> None:
    connect(client, sandbox, provider)

    for _ in range(2):
        client.post(f"/integrations/{provider}/disconnect/")

    assert len(captured_events.named("integration_disconnected")) == 1


def test_two_admins_who_disconnect_concurrently_record_one_disconnect(
    browser: Browser,
    client: Client,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    bob: User,
    acme: Team,
) -> None:
    Membership.objects.filter(user=bob).update(role=Role.ADMIN)
    connect(client, sandbox, "github")
    rivals: list[int] = []

    def disconnect_too() -> None:
        rivals.append(browser(bob).post("/integrations/github/disconnect/").status_code)

    def finds_it_live(sql: str) -> bool:
        return sql.startswith("SELECT") and "integrations_connection" in sql

    with rival(disconnect_too, finds_it_live, after=True):
        late = client.post("/integrations/github/disconnect/", follow=True)

    assert rivals == [302]
    assert "GitHub was not connected" in late.content.decode()
    (ended,) = captured_events.named("integration_disconnected")
    assert ended.distinct_id == str(bob.public_id)


def test_an_unknown_provider_is_not_found(client: Client) -> None:
    assert client.post("/integrations/gitlab/disconnect/").status_code == 404


def test_another_teams_connection_is_kept(
    browser: Browser, client: Client, sandbox: RunningSandbox, charlie: User, other: Team
) -> None:
    connect(browser(charlie), sandbox, "github")
    connect(client, sandbox, "github")

    client.post("/integrations/github/disconnect/")

    left = live_connection(other, Provider.GITHUB)
    assert left is not None
    # The other team's token, granted by the same person at GitHub, still works.
    assert browser(charlie).get("/integrations/github/repositories/").status_code == 200
    assert live_connection(other, Provider.GITHUB) is not None


def test_a_flag_stays_set_while_the_person_has_another_connection_to_the_provider(
    client: Client,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    other: Team,
) -> None:
    Membership.objects.create(
        team=other, user=alice, role=Role.ADMIN, current_since=timezone.now() - timedelta(days=1)
    )
    connect(client, sandbox, "github")
    client.post("/teams/switch/", {"team": str(other.public_id)})
    connect(client, sandbox, "github")
    captured_events.clear()

    client.post("/integrations/github/disconnect/")
    assert person_updates(captured_events, alice) == []

    client.post("/teams/switch/", {"team": str(acme.public_id)})
    captured_events.clear()
    client.post("/integrations/github/disconnect/")
    assert person_updates(captured_events, alice) == [{"has_connected_github": False}]


def test_the_flag_of_the_connections_creator_is_cleared_whoever_disconnects(
    browser: Browser,
    client: Client,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    bob: User,
    acme: Team,
) -> None:
    Membership.objects.filter(user=bob).update(role=Role.ADMIN)
    connect(client, sandbox, "slack")
    captured_events.clear()

    browser(bob).post("/integrations/slack/disconnect/")

    assert captured_events.named("integration_disconnected")[0].distinct_id == str(bob.public_id)
    assert person_updates(captured_events, alice) == [{"has_connected_slack": False}]
    assert person_updates(captured_events, bob) == []


def test_a_connection_can_be_ended_after_its_creators_account_was_deleted(
    browser: Browser,
    client: Client,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    bob: User,
    alice: User,
) -> None:
    Membership.objects.filter(user=bob).update(role=Role.ADMIN)
    connect(client, sandbox, "slack")
    alice.delete()
    captured_events.clear()

    browser(bob).post("/integrations/slack/disconnect/")

    assert [one.event for one in captured_events] == ["integration_disconnected"]


@pytest.mark.parametrize("provider", ["github", "slack"])
@pytest.mark.parametrize("kind", ["error", "drop", "malformed"])
def test_a_failed_revocation_does_not_fail_the_disconnect(
    client: Client,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    caplog: pytest.LogCaptureFixture,
    provider: str,
    kind: Any,
) -> None:
    connect(client, sandbox, provider)
    token = Connection.objects.get().access_token
    # Slack's client retries once after a dropped connection.
    sandbox.fail(provider, kind, path=str(REVOCATIONS[provider]), count=2)  # type: ignore[arg-type]

    page = client.post(f"/integrations/{provider}/disconnect/", follow=True)

    assert page.status_code == 200
    assert "is disconnected" in page.content.decode()
    assert len(captured_events.named("integration_disconnected")) == 1
    assert captured_events.named("$exception") == []
    # GitHub's answer to a revocation has no body that could be malformed.
    assert ("could not be revoked" in caplog.text) or (provider, kind) == ("github", "malformed")
    assert token not in caplog.text


def test_a_token_that_another_connection_uses_is_not_revoked(
    browser: Browser, client: Client, sandbox: RunningSandbox, charlie: User, acme: Team, other: Team
) -> None:
    connect(client, sandbox, "slack")
    connect(browser(charlie), sandbox, "slack")
    # Slack issues one token per app and workspace.
    shared, mine = live_connection(other, Provider.SLACK), live_connection(acme, Provider.SLACK)
    assert shared is not None
    assert mine is not None
    shared.access_token = mine.access_token
    shared.save(update_fields=["access_token"])

    client.post("/integrations/slack/disconnect/")
    assert _revocations(sandbox) == []

    browser(charlie).post("/integrations/slack/disconnect/")
    assert len(_revocations(sandbox)) == 1


def test_granting_access_again_revokes_the_old_token(
    client: Client, sandbox: RunningSandbox, alice: User
) -> None:
    connect(client, sandbox, "github")
    connect(client, sandbox, "github")

    assert len(_revocations(sandbox)) == 1
    assert client.get("/integrations/github/repositories/").status_code == 200
    assert Connection.objects.get().disconnected_at is None


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_revocation_by_the_provider_has_no_person(
    client: Client,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    provider: str,
) -> None:
    connect(client, sandbox, provider)
    connection = live_connection(acme, Provider(provider))
    assert connection is not None
    captured_events.clear()

    refused = connection.access_token
    assert not disconnect(connection, refused="another one, renewed meanwhile")
    assert disconnect(connection, refused=refused)
    assert not disconnect(connection, refused=refused)

    (ended,) = captured_events.named("integration_disconnected")
    assert declared(ended) == {
        "team_slug": "acme",
        "provider": provider,
        "reason": "revoked",
        "connected_days": 0,
    }
    assert of_team(ended) == str(acme.public_id)
    assert ended.distinct_id != str(alice.public_id)
    assert person_updates(captured_events, alice) == [{f"has_connected_{provider}": False}]
    assert _revocations(sandbox) == []
    assert Connection.objects.get().was_revoked
