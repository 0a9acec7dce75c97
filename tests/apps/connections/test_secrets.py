"""Protection of secrets: tokens in the database, and codes in logs or events."""

from __future__ import annotations

import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.fernet import Fernet
from django.contrib.sessions.models import Session
from django.db import connection as database
from django.test import Client
from pytest_django import Settings

from apps.auth.models import Authorization
from apps.auth.pending_choice import PendingChoice
from apps.integrations.connections.lifecycle import live_connection
from apps.integrations.models import Connection, Provider
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.conftest import Browser
from tests.apps.connections.oauth_flow import PROVIDERS, connect, fail, return_path
from tformance.sandbox.running import RunningSandbox


@pytest.fixture
def client(browser: Browser, alice: User, acme: Team) -> Client:
    return browser(alice)


def _stored(table: str) -> str:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return repr(cursor.fetchall())


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_connections_tokens_are_not_readable_in_the_database(
    client: Client, sandbox: RunningSandbox, provider: str
) -> None:
    connect(client, sandbox, provider)
    connection = Connection.objects.get()

    stored = _stored("integrations_connection")

    assert connection.account_name in stored
    for secret in filter(None, (connection.access_token, connection.refresh_token)):
        assert secret not in stored


@pytest.mark.parametrize("provider", ["github", "jira"])
def test_a_pending_choice_is_not_readable_in_the_database_or_the_session(
    client: Client, sandbox: RunningSandbox, provider: str
) -> None:
    path = return_path(client, sandbox, provider, login="ada")
    verifier = Authorization.objects.get().verifier
    assert verifier not in _stored("oauth_authorization")
    client.get(path)
    grant = PendingChoice.from_text(Authorization.objects.get().waiting).grant

    stored = _stored("oauth_authorization") + repr([one.get_decoded() for one in Session.objects.all()])

    for secret in filter(None, (grant.access_token, grant.refresh_token)):
        assert secret not in stored


def test_a_new_key_encrypts_and_the_old_one_still_decrypts(
    client: Client, sandbox: RunningSandbox, settings: Settings, acme: Team
) -> None:
    connect(client, sandbox, "github")
    token, old = Connection.objects.get().access_token, settings.TOKEN_KEYS
    new = Fernet.generate_key().decode()

    settings.TOKEN_KEYS = [new, *old]
    assert Connection.objects.get().access_token == token
    connect(client, sandbox, "jira")

    settings.TOKEN_KEYS = [new]
    jira = live_connection(acme, Provider.JIRA)
    assert jira is not None
    assert jira.access_token


def test_without_the_key_the_page_works_and_connections_can_be_replaced_and_ended(
    client: Client, sandbox: RunningSandbox, settings: Settings, acme: Team
) -> None:
    connect(client, sandbox, "github")
    connect(client, sandbox, "slack")

    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]

    assert client.get("/integrations/").status_code == 200
    assert client.post("/integrations/slack/disconnect/").status_code == 302
    connect(client, sandbox, "github")
    connection = live_connection(acme, Provider.GITHUB)
    assert connection is not None
    assert connection.access_token


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("ending", ["connected", "failed", "declined"])
def test_no_code_state_or_token_is_logged_or_recorded(
    client: Client,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    caplog: pytest.LogCaptureFixture,
    provider: str,
    ending: str,
) -> None:
    decision = {"decision": "deny"} if ending == "declined" else {}
    with caplog.at_level(logging.DEBUG):
        path = return_path(client, sandbox, provider, **decision)
        secrets = [Authorization.objects.get().verifier]
        if ending == "failed":
            sandbox.fail(provider, "malformed", count=9)  # type: ignore[arg-type]  # a name of the three
        _ = client.get(path) if ending == "connected" else fail(client, path)
        for connection in Connection.objects.all():
            secrets += filter(None, [connection.access_token, connection.refresh_token])
        client.post(f"/integrations/{provider}/disconnect/")

    query = parse_qs(urlsplit(path).query)
    secrets += [values[0] for name, values in query.items() if name in ("code", "state")]
    assert len(secrets) >= 2
    told = caplog.text + repr([(one.event, one.properties) for one in captured_events])
    assert "sandbox-secret" not in told
    assert [secret for secret in secrets if secret in told] == []


def test_a_problem_page_has_a_url_without_secrets(client: Client, sandbox: RunningSandbox) -> None:
    path = return_path(client, sandbox, "github", decision="deny")
    state = parse_qs(urlsplit(path).query)["state"][0]

    page = fail(client, path)

    assert state not in page.content.decode()
    # A reload shows the same problem.
    assert client.get("/auth/github/callback/").status_code == 403
