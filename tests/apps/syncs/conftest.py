"""Fixtures: Acme, connected as Ada to the sandbox's `analytical-engines`, tracks two of its repositories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.db import connection as database
from django.db import transaction
from django.test import Client
from kombu.transport.memory import Channel

from apps.integrations.models import Connection
from apps.metrics.models import Repository
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.conftest import Browser
from tests.apps.syncs.connecting import tracking
from tests.apps.syncs.seeing import ENGINE, LOOM
from tformance.celery import app as celery
from tformance.sandbox.running import RunningSandbox

Waiting = Callable[[], AbstractContextManager[None]]
AtPage = Callable[[int, Callable[[], None]], AbstractContextManager[None]]


@pytest.fixture
def connection(
    sandbox: RunningSandbox, acme: Team, alice: User, captured_events: CapturedEvents
) -> Connection:
    made = tracking(sandbox, acme, alice)
    captured_events.clear()
    return made


@pytest.fixture
def engine(connection: Connection) -> Repository:
    return Repository.objects.get(team=connection.team, full_name=ENGINE)


@pytest.fixture
def loom(connection: Connection) -> Repository:
    return Repository.objects.get(team=connection.team, full_name=LOOM)


@pytest.fixture
def admin(browser: Browser, alice: User) -> Client:
    return browser(alice)


@contextmanager
def _at_page(page: int, act: Callable[[], None]) -> Iterator[None]:
    saved = 0

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        nonlocal saved
        done = execute(sql, params, many, context)
        if sql.startswith('UPDATE "integrations_syncrun" SET "prs_synced"'):
            saved += 1
            if saved == page:
                act()
        return done

    with database.execute_wrapper(watch):
        yield


@pytest.fixture
def after_page() -> AtPage:
    """Return a context manager that calls a function after the n-th page is committed, or on entry for 0."""

    @contextmanager
    def happening(page: int, act: Callable[[], None]) -> Iterator[None]:
        if page == 0:
            act()
        with _at_page(page, lambda: transaction.on_commit(act)):
            yield

    return happening


@pytest.fixture
def within_page() -> AtPage:
    """Return a context manager that calls a function while the n-th page is saved, before the commit."""
    return _at_page


@pytest.fixture
def waiting_tasks(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    """Return a context manager in which tasks are queued and no worker runs them."""

    @contextmanager
    def waiting() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(before_task_publish, "receivers", [])
            celery.conf.update(task_always_eager=False)
            try:
                yield
            finally:
                celery.conf.update(task_always_eager=True)
                Channel.queues.clear()

    return waiting
