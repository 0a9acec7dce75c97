"""Tests of feature flags, evaluated locally from definitions that a stand-in serves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest

from apps.teams.models import Team
from apps.teams.telemetry import identity_in
from apps.users.models import User
from apps.utils import analytics, flags
from otel import Identity
from otel.identity import identified

_DEFINITIONS = {
    "flags": [
        {
            "id": number,
            "key": key,
            "active": active,
            "filters": {"groups": [{"properties": [], "rollout_percentage": 100}]},
        }
        for number, (key, active) in enumerate({"new-dashboard": True, "old-dashboard": False}.items())
    ]
    + [
        {
            "id": 3,
            "key": "of-teams",
            "active": True,
            "filters": {
                "aggregation_group_type_index": 0,
                "groups": [{"properties": [], "rollout_percentage": 100}],
            },
        }
    ],
    "group_type_mapping": {"0": "team"},
    "cohorts": {},
}


class _Here(NamedTuple):
    """A request with an identity."""

    who: Identity

    def identity(self) -> Identity:
        return self.who


class _PostHog(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(f"GET {self.path.split('?')[0]}")
        body = json.dumps(_DEFINITIONS).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.asked.append(f"POST {self.path.split('?')[0]}")
        self.send_response(500)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Suppress the server's log."""


@pytest.fixture
def posthog(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Serve flag definitions on the loopback interface; yield the request lines that were received."""
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Asked", (_PostHog,), {"asked": asked}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("POSTHOG_API_KEY", "phc_test")
    monkeypatch.setenv("POSTHOG_PERSONAL_API_KEY", "phx_test")
    monkeypatch.setenv("POSTHOG_HOST", f"http://127.0.0.1:{server.server_port}")
    flags._client.cache_clear()
    yield asked
    client = flags._client()
    assert client is not None
    client.shutdown()
    flags._client.cache_clear()
    server.shutdown()
    server.server_close()
    thread.join()


def test_without_a_key_a_flag_has_its_default(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSTHOG_PERSONAL_API_KEY", raising=False)
    flags._client.cache_clear()

    assert analytics.is_feature_enabled("new-dashboard", alice) is False
    assert analytics.is_feature_enabled("new-dashboard", alice, default=True) is True


def test_a_flag_is_evaluated_locally_once_its_definition_is_loaded(alice: User, posthog: list[str]) -> None:
    assert analytics.is_feature_enabled("unheard-of", alice, default=True) is True  # without waiting

    deadline = time.monotonic() + 10
    while not analytics.is_feature_enabled("new-dashboard", alice) and time.monotonic() < deadline:
        time.sleep(0.01)

    assert analytics.is_feature_enabled("new-dashboard", alice) is True
    assert analytics.is_feature_enabled("old-dashboard", alice, default=True) is False
    assert analytics.is_feature_enabled("unheard-of", alice, default=True) is True
    assert {line.split()[0] for line in posthog} == {"GET"}  # the definitions, and nothing about a person


@pytest.mark.usefixtures("posthog")
def test_a_group_flag_depends_on_the_current_team(alice: User, acme: Team) -> None:
    def is_on() -> bool:
        return analytics.is_feature_enabled("of-teams", alice)

    with identified(_Here(identity_in(alice, acme))):
        deadline = time.monotonic() + 10
        while not is_on() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert is_on()
    assert not is_on()
