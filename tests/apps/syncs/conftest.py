"""Acme is connected to the sandbox's `analytical-engines`, as Ada, and tracks two of its repositories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection as database
from django.test import Client

from apps.integrations.connections import Account, connect
from apps.integrations.models import Connection, Provider
from apps.integrations.providers import github
from apps.integrations.repositories import refresh_repositories, set_tracked
from apps.metrics.models import Repository
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.conftest import Browser
from tests.apps.syncs.seeing import ENGINE, LOOM
from tformance.sandbox.running import RunningSandbox

# Runs an action in the middle of the n-th page that is saved, before its transaction commits.
Interrupt = Callable[[Callable[[], None], int], AbstractContextManager[None]]


def grant(sandbox: RunningSandbox, login: str = "ada") -> Any:
    """Do what the two redirects of OAuth do."""
    redirect_uri, verifier = "http://127.0.0.1/back", "v" * 43
    url = github.authorize_url(redirect_uri=redirect_uri, state="state", verifier=verifier)
    (code,) = parse_qs(urlsplit(sandbox.authorize(url, login=login)).query)["code"]
    return github.exchange(code=code, redirect_uri=redirect_uri, verifier=verifier)


def connected(sandbox: RunningSandbox, team: Team, user: User) -> Connection:
    granted = grant(sandbox)
    account = next(one for one in github.accounts(granted.access_token) if one.name == "analytical-engines")
    return connect(team, Provider.GITHUB, Account(account.id, account.name, account.site_url), granted, user=user, flow="settings")


@pytest.fixture
def connection(
    sandbox: RunningSandbox, acme: Team, alice: User, captured_events: CapturedEvents
) -> Connection:
    made = connected(sandbox, acme, alice)
    refresh_repositories(acme, made)
    wanted = Repository.objects.filter(full_name__in=[ENGINE, LOOM]).values_list("external_id", flat=True)
    set_tracked(acme, list(wanted))
    captured_events.clear()
    return made


@pytest.fixture
def engine(connection: Connection) -> Repository:
    return Repository.objects.get(full_name=ENGINE)


@pytest.fixture
def loom(connection: Connection) -> Repository:
    return Repository.objects.get(full_name=LOOM)


@pytest.fixture
def admin(browser: Browser, alice: User) -> Client:
    return browser(alice)


@pytest.fixture
def interrupt() -> Interrupt:
    @contextmanager
    def interrupting(action: Callable[[], None], page: int) -> Iterator[None]:
        saved = 0

        def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
            nonlocal saved
            found = execute(sql, params, many, context)
            if sql.startswith('INSERT INTO "metrics_pullrequest"'):
                saved += 1
                if saved == page:
                    action()
            return found

        with database.execute_wrapper(watch):
            yield

    return interrupting
