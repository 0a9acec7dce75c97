"""Callbacks that are forged, expired, used or belong to another session: all of them are rejected."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apps.auth.models import Authorization
from apps.integrations.models import Connection
from apps.teams.models import Membership, Role, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.conftest import Browser
from tests.apps.connections.oauth_flow import PROVIDERS, fail, return_path, start
from tests.apps.connections.problems import nothing_happened, problem_text
from tests.apps.rivals import rival
from tformance.sandbox.running import RunningSandbox


def test_an_expired_callback_is_rejected(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    monkeypatch: pytest.MonkeyPatch,
    alice: User,
    acme: Team,
) -> None:
    client = browser(alice)
    path = return_path(client, sandbox, "github")
    captured_events.clear()
    now = time.time

    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: now() + 601)
        back = fail(client, path)

    assert back.status_code == 410
    assert "longer than 10 minutes" in problem_text(back)
    assert nothing_happened(captured_events)


def test_the_next_authorization_deletes_expired_ones(
    browser: Browser, sandbox: RunningSandbox, alice: User, acme: Team
) -> None:
    client = browser(alice)
    start(client, "github")
    Authorization.objects.update(since=timezone.now() - timedelta(minutes=11))

    start(client, "jira")

    assert [one.provider for one in Authorization.objects.all()] == ["jira"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_callback_works_once(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    provider: str,
) -> None:
    client = browser(alice)
    path = return_path(client, sandbox, provider)
    client.get(path)

    again = fail(client, path)

    assert (again.status_code, "has been used" in problem_text(again)) == (410, True)
    assert len(captured_events.named("integration_connected")) == 1
    assert Connection.objects.count() == 1


def test_reloading_the_callback_does_not_lose_the_choice(
    browser: Browser, sandbox: RunningSandbox, alice: User, acme: Team
) -> None:
    client = browser(alice)
    path = return_path(client, sandbox, "github", login="ada")
    choice = client.get(path).headers["Location"]

    assert fail(client, path).status_code == 410
    assert client.get(choice).status_code == 200


def _as_bob(browser: Browser, alice: User, bob: User) -> Client:
    return browser(bob)


def _as_alice_elsewhere(browser: Browser, alice: User, bob: User) -> Client:
    return browser(alice)


@pytest.mark.parametrize("who", [_as_bob, _as_alice_elsewhere])
@pytest.mark.parametrize("login", ["grace", "ada"])
def test_a_callback_works_only_in_its_own_session(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    bob: User,
    acme: Team,
    who: Callable[[Browser, User, User], Client],
    login: str,
) -> None:
    Membership.objects.filter(user=bob).update(role=Role.ADMIN)
    own, foreign = browser(alice), who(browser, alice, bob)
    path = return_path(own, sandbox, "github", login=login)
    captured_events.clear()

    back = fail(foreign, path)

    assert back.status_code == 403
    assert "another browser" in problem_text(back)
    assert nothing_happened(captured_events)
    # The person who started can still continue; the same is true of the choice.
    choice = own.get(path).headers["Location"]
    if login == "ada":
        assert foreign.get(choice).status_code == foreign.post(choice).status_code == 403
        assert own.get(choice).status_code == 200


def test_a_signed_out_person_is_asked_to_log_in_and_the_code_is_not_used(
    browser: Browser, sandbox: RunningSandbox, alice: User, acme: Team
) -> None:
    path = return_path(browser(alice), sandbox, "github")

    back = browser(None).get(path)

    assert back.status_code == 302
    assert back.headers["Location"] == "/accounts/login/?next=/integrations/"


@pytest.mark.parametrize("change", ["demoted", "removed"])
@pytest.mark.parametrize("login", ["grace", "ada"])
def test_a_former_admin_cannot_connect(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    change: str,
    login: str,
) -> None:
    client = browser(alice)
    path = return_path(client, sandbox, "github", login=login)
    if login == "ada":
        path = client.get(path).headers["Location"]
    membership = Membership.objects.filter(user=alice)
    _ = membership.delete() if change == "removed" else membership.update(role=Role.MEMBER)
    captured_events.clear()

    backs = (
        [fail(client, path)] if login == "grace" else [client.get(path), client.post(path, {"account": "x"})]
    )

    for back in backs:
        assert (back.status_code, "not an admin of Acme any more" in problem_text(back)) == (403, True)
    assert nothing_happened(captured_events)


def test_a_callback_for_one_provider_does_not_work_for_another(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    path = return_path(client, sandbox, "github")
    captured_events.clear()

    back = fail(client, path.replace("/github/", "/slack/"))

    assert (back.status_code, "not made by Tformance" in problem_text(back)) == (400, True)
    assert nothing_happened(captured_events)


@hypothesis_settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(state=st.text(max_size=80))
@example(state="")
@example(state="::")
@example(state="0" * 32 + ":1abcde:x")
def test_a_forged_state_is_never_accepted(
    browser: Browser, captured_events: CapturedEvents, alice: User, acme: Team, state: str
) -> None:
    client = browser(alice)
    query = urlencode({"code": "x", "state": state.encode("utf-8", "replace")})

    back = fail(client, f"/auth/github/callback/?{query}")

    assert (back.status_code, "not made by Tformance" in problem_text(back)) == (400, True)


@hypothesis_settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.one_of(st.text(max_size=40), st.uuids().map(str)))
@example(key="")
def test_a_forged_choice_is_never_shown(browser: Browser, alice: User, acme: Team, key: str) -> None:
    address = f"/auth/github/choose/?{urlencode({'of': key.encode('utf-8', 'replace')})}"

    assert browser(alice).get(address).status_code in (400, 410)


def test_a_state_with_one_changed_letter_is_rejected(
    browser: Browser, sandbox: RunningSandbox, alice: User, acme: Team
) -> None:
    client = browser(alice)
    state = parse_qs(urlsplit(start(client, "github")).query)["state"][0]
    changed = ("1" if state[0] != "1" else "2") + state[1:]

    back = fail(client, f"/auth/github/callback/?{urlencode({'state': changed, 'code': 'x'})}")

    assert back.status_code == 400
    assert Authorization.objects.count() == 1


def test_two_concurrent_callbacks_connect_once(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    path = return_path(client, sandbox, "github")
    answers: list[str] = []

    def answer_too() -> None:
        answers.append(client.get(path).headers["Location"])

    def reads_the_answer(sql: str) -> bool:
        return sql.startswith("SELECT") and 'FROM "oauth_authorization"' in sql

    with rival(answer_too, reads_the_answer, after=True):
        first = client.get(path)

    assert [*answers, first.headers["Location"]] == ["/integrations/", "/auth/github/callback/"]
    assert len(captured_events.named("integration_connected")) == 1
