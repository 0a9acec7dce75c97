"""Choices while a provider does not answer or has revoked the access."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from pytest_django import Settings

from apps.integrations.models import Connection, JiraProject, SlackFeatures
from apps.metrics.models import Repository
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import declared, person_updates
from tests.apps.choices.connecting import connect
from tests.apps.choices.pages import choices
from tests.apps.rivals import rival
from tformance.sandbox.running import RunningSandbox

PATHS: dict[Any, str] = {
    "github": "/integrations/github/repositories/",
    "jira": "/integrations/jira/projects/",
    "slack": "/integrations/slack/features/",
}
LABELS = {"github": "GitHub", "jira": "Jira", "slack": "Slack"}
# More often than our clients retry.
OFTEN = 9


@pytest.fixture
def chosen(client_of_alice: Client, acme: Team) -> None:
    """Save a choice for each provider, without a sync."""
    Repository.objects.create(team=acme, external_id=1, full_name="acme/known", is_tracked=True)
    Repository.objects.create(team=acme, external_id=2, full_name="acme/other", is_tracked=False)
    JiraProject.objects.create(team=acme, key="KNOWN", name="Known")
    SlackFeatures.objects.create(team=acme, channel_id="C1", channel_name="known")


@pytest.mark.parametrize("provider", sorted(PATHS))
@pytest.mark.parametrize("kind", ["unavailable", "error", "malformed", "drop", "denied", "rate_limit"])
@pytest.mark.usefixtures("chosen")
def test_if_a_provider_does_not_answer_known_options_are_offered(
    client_of_alice: Client, sandbox: RunningSandbox, acme: Team, provider: Any, kind: Any
) -> None:
    sandbox.fail(provider, kind, count=OFTEN)

    page = client_of_alice.get(PATHS[provider])

    assert page.status_code == HTTPStatus.OK
    assert f"{LABELS[provider]} does not answer" in page.content.decode()
    assert "known" in page.content.decode().lower()
    assert Connection.objects.filter(team=acme, disconnected_at=None).count() == len(PATHS)


@pytest.mark.usefixtures("chosen")
def test_known_repositories_can_be_chosen_while_github_is_down(
    client_of_alice: Client, sandbox: RunningSandbox, acme: Team
) -> None:
    sandbox.fail("github", "unavailable", count=OFTEN)

    page = client_of_alice.post(PATHS["github"], {"chosen": []})

    assert page.status_code == HTTPStatus.FOUND
    assert not acme.repositories.filter(is_tracked=True).exists()
    assert acme.repositories.count() == 2


@pytest.mark.parametrize("provider", sorted(PATHS))
@pytest.mark.parametrize("method", ["get", "post"])
def test_revoked_access_ends_the_connection_once(
    client_of_alice: Client,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    provider: Any,
    method: str,
) -> None:
    sandbox.revoke(provider)

    pages = [getattr(client_of_alice, method)(PATHS[provider]) for _ in range(2)]

    assert f"{LABELS[provider]} does not let us in any more" in pages[0].content.decode()
    assert f"{LABELS[provider]} is not connected" in pages[1].content.decode()
    (ended,) = captured_events.named("integration_disconnected")
    properties = {"team_slug": "acme", "provider": provider, "reason": "revoked", "connected_days": 0}
    assert declared(ended) == properties
    assert person_updates(captured_events, alice) == [{f"has_connected_{provider}": False}]
    assert not Connection.objects.filter(team=acme, provider=provider, disconnected_at=None).exists()


@pytest.mark.parametrize("provider", sorted(PATHS))
def test_a_late_refusal_of_the_old_token_does_not_end_a_renewed_connection(
    client_of_alice: Client, sandbox: RunningSandbox, captured_events: CapturedEvents, provider: Any
) -> None:
    sandbox.revoke(provider)
    ours = Connection.objects.filter(provider=provider)

    def renew() -> None:
        ours.update(access_token="renewed")

    with rival(renew, lambda sql: "access_token" in sql, after=True):  # after the old token is read
        client_of_alice.get(PATHS[provider])

    assert ours.get().access_token == "renewed"
    assert captured_events.named("integration_disconnected") == []


@pytest.mark.parametrize("path", [*PATHS.values(), "/onboarding/repos/", "/onboarding/jira/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_the_key_of_a_token_the_page_asks_to_reconnect(
    client_of_alice: Client, settings: Settings, path: str, method: str
) -> None:
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]

    page = getattr(client_of_alice, method)(path)

    assert page.status_code == HTTPStatus.OK
    assert "any more. Connect it again." in page.content.decode()


@pytest.mark.parametrize(("step", "provider"), [("repos", "github"), ("jira", "jira"), ("slack", "slack")])
def test_the_onboarding_offers_to_reconnect_or_to_skip(
    client_of_alice: Client, sandbox: RunningSandbox, step: str, provider: Any
) -> None:
    sandbox.revoke(provider)

    shown = client_of_alice.get(f"/onboarding/{step}/").content.decode()

    assert f"{LABELS[provider]} does not let us in any more" in shown
    assert f"Connect {LABELS[provider]}" in shown
    assert "Skip this step" in shown
    assert connect(client_of_alice, sandbox, provider, "onboarding") == "/onboarding/"
    assert choices(client_of_alice, f"/onboarding/{step}/")


def test_the_onboarding_step_can_be_skipped_while_a_provider_is_down(
    client_of_alice: Client, sandbox: RunningSandbox
) -> None:
    sandbox.fail("github", "unavailable", count=OFTEN)

    page = client_of_alice.get("/onboarding/repos/")

    assert "GitHub does not answer" in page.content.decode()
    assert client_of_alice.post("/onboarding/repos/skip/").status_code == HTTPStatus.FOUND


def test_only_unexpected_answers_are_recorded_as_errors(
    client_of_alice: Client, sandbox: RunningSandbox, captured_events: CapturedEvents
) -> None:
    sandbox.fail("jira", "unavailable", count=OFTEN)
    client_of_alice.get(PATHS["jira"])
    assert captured_events.named("$exception") == []
    sandbox.reset()

    # The reset deleted the sandbox's tokens.
    connect(client_of_alice, sandbox, "jira", "settings")
    sandbox.fail("jira", "malformed", count=OFTEN)
    client_of_alice.get(PATHS["jira"])

    assert len(captured_events.named("$exception")) == 1
