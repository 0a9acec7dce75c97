"""Tests that traces contain no secrets: each URL is requested with secrets, and all spans are searched."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from opentelemetry.instrumentation.urllib import URLLibInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from apps.teams.models import Invitation
from apps.users.models import User
from otel.traces import ScrubbingSpanExporter
from tests.apps import test_permissions
from tests.apps.addresses import ADDRESSES, Address
from tests.apps.conftest import PASSWORD, Browser

things = test_permissions.things

_QUERY = "?code=swordfish&state=swordfish&email=eve%40else.example&next=/x?token=swordfish"
_FORM = {
    "text": "swordfish",
    "email": "eve@else.example",
    "password": "swordfish",
    "login": "eve@else.example",
}
# From the database, forms and URLs; a team's slug and ids are allowed, since they identify its spans.
_SECRETS = (
    "swordfish",
    "@acme.example",
    "@new.example",
    "@else.example",
    PASSWORD,
    "Wind the engine",
    "Reviews are slow",
    "By a day.",
    "acme-org",
    "acme/engine",
    "made-up",
    "?code",
)


_PROBES = ("/health/", "/healthz/", "/readyz/")


class _Exported(SpanProcessor):
    """A span processor that exports only during a test; a provider cannot remove a processor."""

    def __init__(self) -> None:
        self.memory = InMemorySpanExporter()
        self.exporter = ScrubbingSpanExporter(self.memory)
        self.is_on = False

    def on_end(self, span: ReadableSpan) -> None:
        if self.is_on:
            self.exporter.export([span])


@pytest.fixture(scope="module")
def _exported() -> _Exported:
    exported = _Exported()
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(exported)
    return exported


@pytest.fixture
def spans(_exported: _Exported, transactional_db: None) -> Iterator[InMemorySpanExporter]:
    """Instrument databases and HTTP clients as the product does, and collect the exported spans."""
    clients: list[Any] = [
        HTTPXClientInstrumentor(),
        RequestsInstrumentor(),
        URLLibInstrumentor(),
    ]
    for client in clients:
        client.instrument()
    connection.ensure_connection()
    plain = connection.connection
    # The test database's connection is already open.
    if isinstance(plain, psycopg.Connection):
        PsycopgInstrumentor().instrument_connection(plain)
    elif isinstance(plain, sqlite3.Connection):
        connection.connection = SQLite3Instrumentor().instrument_connection(plain)
    _exported.is_on = True
    yield _exported.memory
    _exported.is_on = False
    _exported.memory.clear()
    if isinstance(plain, psycopg.Connection):
        PsycopgInstrumentor().uninstrument_connection(plain)
    connection.connection = plain
    for client in clients:
        client.uninstrument()


def _told(span: ReadableSpan) -> str:
    events = [(event.name, dict(event.attributes or {})) for event in span.events]
    return f"{span.name} {dict(span.attributes or {})} {events} {span.status.description}"


def _ask(client: Client, address: Address, things: test_permissions.Things, method: str) -> None:
    form = {name: value.format(**things) for name, value in address.form.items()}
    path = address.path.format(**things) + _QUERY
    headers = {
        "Authorization": "Bearer swordfish",
        "X-Forwarded-For": "8.8.8.8",
        "X-Api-Key": "swordfish",
    }
    if method == "get":
        client.get(path, headers=headers)
    else:
        client.post(path, _FORM | form, headers=headers)


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)
def test_no_page_leaves_a_secret_in_a_trace(
    address: Address,
    things: test_permissions.Things,
    browser: Browser,
    alice: User,
    spans: InMemorySpanExporter,
) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    spans.clear()
    for person in (alice, None):
        for method in ("get", "post"):
            client = browser(person)
            client.raise_request_exception = False
            _ask(client, address, things, method)

    finished = spans.get_finished_spans()
    secrets = (*_SECRETS, str(things["token"]), "8.8.8.8")
    assert {(secret, _told(one)) for one in finished for secret in secrets if secret in _told(one)} == set()
    assert bool(finished) is (address.path not in _PROBES)


def test_a_failing_statement_does_not_reveal_values(
    things: test_permissions.Things, spans: InMemorySpanExporter
) -> None:
    with trace.get_tracer("test").start_as_current_span("task"), suppress(Exception):
        Invitation.objects.create(team_id=-1, email="swordfish@new.example", token=str(things["token"]))
    told = "".join(map(_told, spans.get_finished_spans()))
    assert "INSERT teams_invitation" in told
    assert str(things["token"]) not in told
    assert "swordfish" not in told
