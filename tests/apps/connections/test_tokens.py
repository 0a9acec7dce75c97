"""Jira's tokens: renewed before they expire, by one caller at a time, and given up if they are refused."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.integrations.connections.lifecycle import live_connection
from apps.integrations.connections.token import fresh_token
from apps.integrations.models import Connection, Provider
from apps.integrations.providers import jira
from apps.integrations.providers.errors import RevokedError, UnavailableError
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import declared
from tests.apps.conftest import Browser
from tests.apps.connections.oauth_flow import connect
from tests.apps.rivals import rival
from tformance.sandbox.running import RunningSandbox


@pytest.fixture
def client(browser: Browser, alice: User, acme: Team) -> Client:
    return browser(alice)


@pytest.fixture
def connected(client: Client, sandbox: RunningSandbox, acme: Team) -> Connection:
    connect(client, sandbox, "jira")
    connection = live_connection(acme, Provider.JIRA)
    assert connection is not None
    return connection


def _end(connection: Connection, sandbox: RunningSandbox) -> Connection:
    """Let the access token expire, here and at the sandbox."""
    sandbox.advance(1 / 20)
    Connection.objects.update(expires_at=timezone.now() - timedelta(minutes=12))
    return Connection.objects.get(pk=connection.pk)


def _refreshes(sandbox: RunningSandbox) -> int:
    paths = [str(one["path"]) for one in sandbox.requests()]
    return sum(path.endswith("/oauth/token") for path in paths) - 1  # the exchange of the code


def test_a_token_that_has_not_expired_is_not_renewed(connected: Connection, sandbox: RunningSandbox) -> None:
    before = connected.access_token

    assert fresh_token(connected) == before
    assert jira.projects(before, connected.account_id)[0].key == "CARD"
    assert _refreshes(sandbox) == 0


def test_an_expired_token_is_renewed_with_its_refresh_token(
    connected: Connection, sandbox: RunningSandbox
) -> None:
    first = connected.refresh_token
    ended = _end(connected, sandbox)

    token = fresh_token(ended)

    stored = Connection.objects.get()
    assert jira.projects(token, stored.account_id)
    assert (stored.access_token, stored.refresh_token == first) == (token, False)
    assert stored.expires_at is not None
    assert stored.expires_at > timezone.now() + timedelta(minutes=50)
    # The next renewal uses the new refresh token, which works.
    assert fresh_token(_end(stored, sandbox)) != token


def test_two_concurrent_callers_use_the_refresh_token_once(
    connected: Connection, sandbox: RunningSandbox
) -> None:
    ended = _end(connected, sandbox)
    copies = [Connection.objects.get(pk=ended.pk) for _ in range(2)]
    tokens: list[str] = []

    def renew(mine: Connection) -> None:
        try:
            tokens.append(fresh_token(mine))
        finally:
            database.close()

    # Concurrently, except with SQLite in memory, which two threads cannot share.
    if database.vendor == "sqlite":
        tokens += [fresh_token(copy) for copy in copies]
    else:
        threads = [threading.Thread(target=renew, args=[copy]) for copy in copies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(tokens) == 2
    assert len(set(tokens)) == 1
    assert _refreshes(sandbox) == 1
    assert Connection.objects.get().disconnected_at is None


def test_a_refused_refresh_token_ends_the_connection(
    connected: Connection, sandbox: RunningSandbox, captured_events: CapturedEvents, acme: Team
) -> None:
    ended = _end(connected, sandbox)
    sandbox.revoke("jira")
    captured_events.clear()

    for _ in range(2):
        with pytest.raises(RevokedError):
            fresh_token(ended)

    assert live_connection(acme, Provider.JIRA) is None
    (gone,) = captured_events.named("integration_disconnected")
    assert declared(gone)["reason"] == "revoked"


def test_the_refusal_of_a_replaced_refresh_token_ends_nothing(
    connected: Connection, sandbox: RunningSandbox, captured_events: CapturedEvents
) -> None:
    ended = _end(connected, sandbox)
    sandbox.revoke("jira")
    captured_events.clear()

    def renew() -> None:
        Connection.objects.update(access_token="new", refresh_token="new")

    # Just before the refused connection is ended.
    with rival(renew, lambda sql: "has_other" in sql), pytest.raises(RevokedError):
        fresh_token(ended)

    assert Connection.objects.get().access_token == "new"
    assert captured_events.named("integration_disconnected") == []


def test_atlassian_being_down_ends_nothing(
    connected: Connection, sandbox: RunningSandbox, acme: Team
) -> None:
    ended = _end(connected, sandbox)
    sandbox.fail("jira", "unavailable", path="oauth/token")

    with pytest.raises(UnavailableError):
        fresh_token(ended)

    assert live_connection(acme, Provider.JIRA) is not None
    assert fresh_token(ended)


def test_a_token_is_not_renewed_inside_a_transaction_that_may_roll_back(
    connected: Connection, sandbox: RunningSandbox
) -> None:
    ended = _end(connected, sandbox)

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        fresh_token(ended)

    assert _refreshes(sandbox) == 0


def test_a_token_that_does_not_expire_is_not_renewed(
    client: Client, sandbox: RunningSandbox, acme: Team
) -> None:
    connect(client, sandbox, "slack")
    connection = live_connection(acme, Provider.SLACK)
    assert connection is not None

    assert fresh_token(connection) == connection.access_token
