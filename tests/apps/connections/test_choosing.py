"""Choice of one of several accounts: it counts once, must be valid, and can be cancelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.auth.models import Authorization
from apps.auth.pending_choice import PendingChoice
from apps.auth.tasks import give_up_expired
from apps.integrations.models import Connection
from apps.integrations.providers.grant import Account, Grant
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.conftest import Browser
from tests.apps.connections.oauth_flow import return_path, start
from tests.apps.rivals import rival
from tformance.sandbox.running import RunningSandbox


@pytest.fixture
def client(browser: Browser, alice: User, acme: Team) -> Client:
    return browser(alice)


@pytest.fixture
def choice(client: Client, sandbox: RunningSandbox) -> str:
    """Return the address of the page with the choice of accounts."""
    back = client.get(return_path(client, sandbox, "github", login="ada"))
    return str(back.headers["Location"])


def _revocations(sandbox: RunningSandbox) -> int:
    return sum(str(one["path"]).endswith("/applications/sandbox/token") for one in sandbox.requests())


def _account(client: Client, choice: str) -> str:
    return str(client.get(choice).context["accounts"][0].id)


def test_a_choice_that_is_submitted_twice_counts_once(
    client: Client, choice: str, captured_events: CapturedEvents
) -> None:
    account = _account(client, choice)
    client.post(choice, {"account": account})

    again = [client.post(choice, {"account": account}), client.get(choice)]

    assert [one.status_code for one in again] == [410, 410]
    assert len(captured_events.named("integration_connected")) == 1
    assert Connection.objects.count() == 1


def test_two_concurrent_choices_connect_once(
    client: Client, choice: str, captured_events: CapturedEvents
) -> None:
    account = _account(client, choice)
    rivals: list[int] = []

    def choose() -> None:
        rivals.append(client.post(choice, {"account": account}).status_code)

    def reads_the_choice(sql: str) -> bool:
        return sql.startswith("SELECT") and 'FROM "oauth_authorization"' in sql

    with rival(choose, reads_the_choice, after=True):
        late = client.post(choice, {"account": account})

    assert (*rivals, late.status_code) == (302, 410)
    assert len(captured_events.named("integration_connected")) == 1


@pytest.mark.parametrize("form", [{}, {"account": ""}, {"account": "12345"}])
def test_an_invalid_choice_shows_the_form_again(
    client: Client, choice: str, captured_events: CapturedEvents, form: dict[str, str]
) -> None:
    captured_events.clear()

    page = client.post(choice, form)

    assert (page.status_code, "Choose one of these" in page.content.decode()) == (400, True)
    assert not Connection.objects.exists()
    assert list(captured_events) == []
    assert client.post(choice, {"account": _account(client, choice)}).status_code == 302


def test_cancelling_connects_nothing_and_revokes_the_token(
    client: Client, choice: str, sandbox: RunningSandbox, captured_events: CapturedEvents
) -> None:
    captured_events.clear()

    page = client.post(choice, {"cancel": "1"}, follow=True)

    assert page.redirect_chain[-1][0] == "/integrations/"
    assert "GitHub was not connected" in page.content.decode()
    assert not Connection.objects.exists()
    assert not Authorization.objects.exists()
    assert list(captured_events) == []
    assert [one["path"] for one in sandbox.requests()][-1].endswith("/applications/sandbox/token")


def test_a_choice_is_open_for_ten_minutes(client: Client, choice: str) -> None:
    Authorization.objects.update(since=timezone.now() - timedelta(minutes=11))

    page = client.get(choice)

    assert (page.status_code, "longer than 10 minutes" in page.content.decode()) == (410, True)


@pytest.mark.parametrize("by", ["the next who connects something", "the clock"])
def test_the_token_of_an_expired_choice_is_revoked(
    client: Client, choice: str, sandbox: RunningSandbox, by: str
) -> None:
    def act() -> None:
        _ = start(client, "slack") if by != "the clock" else give_up_expired.delay()

    act()
    assert client.get(choice).status_code == 200
    Authorization.objects.update(since=timezone.now() - timedelta(minutes=11))
    assert _revocations(sandbox) == 0

    act()

    assert _revocations(sandbox) == 1
    assert not Authorization.expired().exists()


@pytest.mark.usefixtures("choice")
def test_an_expired_choice_is_deleted_even_if_its_key_is_gone(
    client: Client, sandbox: RunningSandbox, settings: Settings
) -> None:
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    client.get(return_path(client, sandbox, "github", login="ada"))
    Authorization.objects.update(since=timezone.now() - timedelta(minutes=11))

    give_up_expired.delay()

    assert not Authorization.objects.exists()
    assert _revocations(sandbox) == 1  # for the other choice, whose key exists


def test_a_choice_for_one_provider_does_not_work_for_another(client: Client, choice: str) -> None:
    assert client.get(choice.replace("/github/", "/jira/")).status_code == 410
    assert client.get(choice).status_code == 200


def test_the_page_shows_no_token_and_can_be_used_without_a_mouse(client: Client, choice: str) -> None:
    page = client.get(choice).content.decode()

    token = PendingChoice.from_text(Authorization.objects.get().waiting).grant.access_token
    assert token.startswith("gho_")
    assert token not in page
    assert page.count('<label><input type="radio"') == 2
    assert "<legend>" in page


_TEXTS = st.text(max_size=20)


@given(
    token=_TEXTS,
    refresh=_TEXTS,
    ends=st.none() | st.datetimes(timezones=st.just(UTC)),
    accounts=st.lists(st.builds(Account, _TEXTS, _TEXTS, _TEXTS), max_size=4),
)
def test_a_pending_choice_survives_a_round_trip(
    token: str, refresh: str, ends: datetime | None, accounts: list[Account]
) -> None:
    waiting = PendingChoice(Grant(token, refresh, ends), accounts)

    assert PendingChoice.from_text(waiting.to_text()) == waiting
