"""The provider clients: pagination, and documented errors for any answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from apps.integrations.connections.lifecycle import live_connection
from apps.integrations.models import Connection, Provider
from apps.integrations.providers import github, jira, slack
from apps.integrations.providers.errors import ProviderError, RevokedError, UnavailableError
from apps.integrations.providers.grant import Account, Grant
from apps.teams.models import Team
from apps.users.models import User
from tests.apps.conftest import Browser
from tests.apps.connections.oauth_flow import connect
from tformance.sandbox.running import RunningSandbox


@pytest.fixture
def connected(
    browser: Browser, alice: User, acme: Team, sandbox: RunningSandbox
) -> Callable[[str], Connection]:
    def connecting(provider: str) -> Connection:
        client: Client = browser(alice)
        connect(client, sandbox, provider)
        connection = live_connection(acme, Provider(provider))
        assert connection is not None
        return connection

    return connecting


def test_github_lists_members_and_repositories(connected: Callable[[str], Connection]) -> None:
    connection = connected("github")

    members = github.member_count(connection.access_token, connection.account_name)
    repositories = github.repositories(connection.access_token, connection.account_name)

    people = github.client(connection.access_token).request(
        "GET", "/orgs/analytical-engines/members", params={"per_page": 100}
    )
    assert members == len(people.json()) > 1
    assert {one.full_name for one in repositories} >= {"analytical-engines/engine", "analytical-engines/loom"}
    assert len({one.id for one in repositories}) == len(repositories)


def test_jira_projects_are_read_from_all_pages(
    connected: Callable[[str], Connection], sandbox: RunningSandbox
) -> None:
    connection = connected("jira")

    projects = jira.projects(connection.access_token, connection.account_id)

    assert len({one.key for one in projects}) == len(projects) > 50
    assert ("ENG", "Engine") in projects
    assert sum(one["path"].endswith("/project/search") for one in sandbox.requests()) == 2


def test_slack_channels_are_read_from_all_pages(
    connected: Callable[[str], Connection], sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack, "_PAGE", 3)

    channels = slack.channels(connected("slack").access_token)

    names = [one.name for one in channels]
    assert len(set(names)) == len(names) > 3
    assert "engineering" in names
    assert "old-news" not in names  # archived


CALLS: dict[str, Callable[[str, str], object]] = {
    "github": github.repositories,
    "jira": jira.projects,
    "slack": lambda token, _: slack.channels(token),
}


@pytest.mark.parametrize("provider", CALLS)
def test_a_revoked_token_is_distinguished_from_a_provider_that_is_down(
    connected: Callable[[str], Connection], sandbox: RunningSandbox, provider: str
) -> None:
    connection = connected(provider)
    place = connection.account_name if provider == "github" else connection.account_id

    sandbox.fail(provider, "unavailable", count=2)  # type: ignore[arg-type]  # a name of the three
    with pytest.raises(UnavailableError):
        CALLS[provider](connection.access_token, place)
    sandbox.reset()
    with pytest.raises(RevokedError):
        CALLS[provider](connection.access_token, place)


class _Answers:
    """A fake provider whose answer a test sets between requests, because the server's threads read it."""

    def __init__(self) -> None:
        self.status = 200
        self.body = b""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(outer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            do_POST = do_GET  # noqa: N815 - as the base class calls it

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def answers(settings: Settings) -> Iterator[_Answers]:
    told = _Answers()
    thread = threading.Thread(target=told.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{told.server.server_port}"
    settings.GITHUB_URL = settings.JIRA_AUTH_URL = settings.JIRA_API_URL = settings.SLACK_URL = url
    settings.GITHUB_API_URL = f"{url}/api/v3"
    for provider in ("GITHUB", "JIRA", "SLACK"):
        setattr(settings, f"{provider}_CLIENT_ID", "id")
        setattr(settings, f"{provider}_CLIENT_SECRET", "secret")
    yield told
    told.server.shutdown()
    told.server.server_close()
    thread.join()


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10)
_NAMES = st.sampled_from(
    [
        "access_token",
        "expires_in",
        "expires_at",
        "refresh_token",
        "scope",
        "error",
        "error_description",
        "ok",
        "id",
        "name",
        "login",
        "url",
        "scopes",
        "team",
        "team_id",
    ]
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=10,
)
_STATUSES = st.sampled_from([200, 200, 200, 201, 400, 401, 403, 404, 429])

_EXCHANGE = {"code": "c", "redirect_uri": "http://x/", "verifier": "v" * 43}
_ASKING: dict[str, Callable[[], object]] = {
    "github exchange": lambda: github.exchange(**_EXCHANGE),
    "github accounts": lambda: github.accounts("t"),
    "github members": lambda: github.member_count("t", "o"),
    "github repositories": lambda: github.repositories("t", "o"),
    "jira exchange": lambda: jira.exchange(**_EXCHANGE),
    "jira refresh": lambda: jira.refresh("r"),
    "jira accounts": lambda: jira.accounts("t"),
    "slack exchange": lambda: slack.exchange(**_EXCHANGE),
    "slack accounts": lambda: slack.accounts("t"),
}


@pytest.mark.parametrize("asking", _ASKING)
@hypothesis_settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(status=_STATUSES, data=_JSON)
@example(status=200, data={"access_token": "t", "expires_in": 1e300})
@example(status=200, data={"access_token": "t", "expires_at": "soon"})
@example(status=200, data={"error": ["x"], "error_description": 'a "quoted" word'})
@example(status=200, data={"ok": True, "team": None})
@example(status=200, data=["not", "an", "object"])
def test_any_answer_is_read_or_raises_a_provider_error(
    answers: _Answers, asking: str, status: int, data: Any
) -> None:
    answers.status, answers.body = status, json.dumps(data).encode()
    with suppress(ProviderError):
        found = _ASKING[asking]()
        assert isinstance(found, Grant | list | int)
        if isinstance(found, Grant):
            assert found.access_token
        if isinstance(found, list):
            assert all(isinstance(one, Account | github.GitHubRepository) for one in found)
