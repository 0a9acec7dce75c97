"""Failing providers and declined access: users read what happened, and developers get what they can fix."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client

from apps.auth.models import Authorization
from apps.integrations.models import Connection
from apps.integrations.providers import _oauth, github, slack
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.conftest import Browser
from tests.apps.connections.oauth_flow import PROVIDERS, fail, path_of, return_path, start
from tests.apps.connections.problems import errors, nothing_happened, problem_text
from tformance.sandbox.control.failures import Kind
from tformance.sandbox.running import RunningSandbox


def _went(
    client: Client, sandbox: RunningSandbox, provider: str, flow: str = "settings", **decision: str
) -> Any:
    return fail(client, return_path(client, sandbox, provider, flow, **decision))


@pytest.mark.parametrize("flow", ["onboarding", "settings"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_declining_shows_a_page_and_is_not_an_error(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    provider: str,
    flow: str,
) -> None:
    captured_events.clear()

    back = _went(browser(alice), sandbox, provider, flow, decision="deny")

    assert back.status_code == 403
    assert "was not connected" in problem_text(back)
    assert ("/onboarding/" if flow == "onboarding" else "/integrations/") in problem_text(back)
    assert nothing_happened(captured_events)
    assert errors(captured_events) == []
    assert not Authorization.objects.exists()


# The requests of a callback that can fail: exchanging the code, then listing the accounts, then the members.
PLACES = {
    "github": ("access_token", "user/orgs", "members"),
    "jira": ("oauth/token", "accessible-resources"),
    "slack": ("oauth.v2.access", "auth.test"),
}
# The text on the page, and whether an error is recorded.
FAILURES: dict[Kind, tuple[str, bool]] = {
    "error": ("does not answer", False),
    "unavailable": ("does not answer", False),
    "drop": ("does not answer", False),
    "rate_limit": ("does not answer", False),
    "malformed": ("an answer that we do not understand", True),
}


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize(
    ("provider", "place"), [(provider, place) for provider, places in PLACES.items() for place in places]
)
def test_if_a_provider_fails_the_page_names_it_and_nothing_is_connected(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    caplog: pytest.LogCaptureFixture,
    alice: User,
    acme: Team,
    provider: str,
    place: str,
    kind: Kind,
) -> None:
    client = browser(alice)
    path = return_path(client, sandbox, provider, "onboarding")
    captured_events.clear()
    # The API client retries once after a server error.
    sandbox.fail(provider, kind, path=place, count=2)  # type: ignore[arg-type]  # a name of the three

    back = fail(client, path)

    said, is_told = FAILURES[kind]
    assert back.status_code == 502
    assert said in problem_text(back)
    assert "Nothing was connected" in problem_text(back)
    assert nothing_happened(captured_events)
    assert errors(captured_events) == (["UnexpectedAnswerError"] if is_told else [])
    assert f"connecting {Connection(provider=provider).get_provider_display()} failed" in caplog.text
    # The authorization has ended, so the same URL does not try again.
    assert fail(client, path).status_code == 410


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_slow_provider_is_given_up(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    monkeypatch: pytest.MonkeyPatch,
    alice: User,
    acme: Team,
    provider: str,
) -> None:
    for module in (_oauth, github, slack):
        monkeypatch.setattr(module, "TIMEOUT_S", 0.3)
    client = browser(alice)
    path = return_path(client, sandbox, provider)
    captured_events.clear()
    sandbox.fail(provider, "timeout", path=PLACES[provider][0], count=3, seconds=5)  # type: ignore[arg-type]

    began = time.monotonic()
    back = fail(client, path)
    sandbox.release()

    assert time.monotonic() - began < 4
    assert (back.status_code, "does not answer" in problem_text(back)) == (502, True)
    assert nothing_happened(captured_events)


def test_a_person_without_an_organization_reads_what_to_do(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    captured_events.clear()

    back = _went(browser(alice), sandbox, "github", login="linus")

    assert back.status_code == 409
    assert "Join one, or ask an owner" in problem_text(back)
    assert nothing_happened(captured_events)
    assert errors(captured_events) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_grant_with_missing_scopes_is_refused(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    provider: str,
) -> None:
    client = browser(alice)
    # The sandbox grants the scopes in its URL, so remove some as if the person had unchecked them.
    address = start(client, provider)
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    query["scope"] = query["scope"].replace(",", " ").split()[0]
    captured_events.clear()

    address = f"{address.partition('?')[0]}?{urlencode(query)}"
    back = fail(client, path_of(sandbox.authorize(address, login="grace")))

    assert back.status_code == 403
    assert "some access was left out" in problem_text(back)
    assert nothing_happened(captured_events)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_wrong_client_secret_is_recorded_as_an_error(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    settings: object,
    alice: User,
    acme: Team,
    provider: str,
) -> None:
    client = browser(alice)
    path = return_path(client, sandbox, provider)
    captured_events.clear()
    setattr(settings, f"{provider.upper()}_CLIENT_SECRET", "mistyped")

    back = fail(client, path)

    assert back.status_code == 502
    assert nothing_happened(captured_events)
    assert errors(captured_events) == ["UnexpectedAnswerError"]
    assert "mistyped" not in repr([one.properties for one in captured_events])


@pytest.mark.parametrize(
    ("answer", "is_told"),
    [
        ("error=server_error", True),
        ("error=redirect_uri_mismatch", True),
        ("error=%3Cscript%3Ealert(1)%3C%2Fscript%3E", True),
        ("", True),
        ("code=", True),
        ("code=made-up", False),
    ],
)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_callback_without_a_valid_code_connects_nothing(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    provider: str,
    answer: str,
    is_told: bool,
) -> None:
    client = browser(alice)
    state = parse_qs(urlsplit(start(client, provider)).query)["state"][0]
    captured_events.clear()

    back = fail(client, f"/auth/{provider}/callback/?{urlencode({'state': state})}&{answer}")

    assert back.status_code == 502
    assert "alert(1)" not in problem_text(back)
    assert nothing_happened(captured_events)
    assert errors(captured_events) == (["UnexpectedAnswerError"] if is_told else [])
