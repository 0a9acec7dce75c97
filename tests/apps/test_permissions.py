"""Tests of access control: each rule is tried for each URL in `addresses.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest
from django.apps import apps
from django.core import mail
from django.core.serializers import serialize
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils import timezone
from pytest_django import Settings

from apps.insights.models import Insight
from apps.integrations.models import Connection, JiraProject, SlackFeatures
from apps.metrics.models import PullRequest, Repository
from apps.teams.models import Invitation, Membership, Role, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.addresses import ADDRESSES, Address, Rule
from tests.apps.conftest import Browser

Things = Mapping[str, object]

# Texts that are only on Acme's pages.
SECRETS = (
    "Acme",
    "Alice",
    "Bob",
    "dana@new.example",
    "acme/engine",
    "Wind the engine",
    "Reviews are slow",
    "acme-org",
    "ENGINE",
    "acme-channel",
)


@pytest.fixture
def things(acme: Team, bob: User, settings: Settings) -> Things:
    """Create one of each object that a URL or a page of Acme names; the providers do not respond."""
    settings.GITHUB_API_URL = settings.GITHUB_URL = "http://127.0.0.1:1"
    settings.JIRA_API_URL = settings.JIRA_AUTH_URL = settings.SLACK_URL = "http://127.0.0.1:1"
    invitation = Invitation.objects.create(team=acme, email="dana@new.example")
    repository = Repository.objects.create(team=acme, external_id=1, full_name="acme/engine", is_tracked=True)
    now = timezone.now()
    pull_request = PullRequest.objects.create(
        team=acme,
        repository=repository,
        number=1,
        title="Wind the engine",
        url="https://github.example/acme/engine/pull/1",
        author="ada",
        state="open",
        opened_at=now,
        changed_at=now,
    )
    insight = Insight.objects.create(
        team=acme,
        kind="slow_reviews",
        key="week",
        priority="high",
        title="Reviews are slow",
        body="By a day.",
    )
    for provider in ("github", "jira", "slack"):
        Connection.objects.create(
            team=acme,
            provider=provider,
            account_id="1",
            account_name="acme-org",
            access_token="secret",
            connected_by=bob,
        )
    JiraProject.objects.create(team=acme, key="ENGINE", name="Engine")
    SlackFeatures.objects.create(team=acme, channel_id="C1", channel_name="acme-channel")
    return {
        "team": acme.public_id,
        "membership": Membership.objects.get(user=bob).pk,
        "invitation": invitation.pk,
        "token": invitation.token,
        "repository": repository.pk,
        "pull_request": pull_request.pk,
        "insight": insight.pk,
    }


def _names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            if entry.name:  # allauth's legacy URLs have no name
                yield f"{namespace}{entry.name}"
        else:
            yield from _names(entry, f"{entry.namespace}:" if entry.namespace else namespace)


def _is_foreign(address: Address) -> bool:
    """Whether the path contains the id of one of Acme's objects; an invitation's token does not count."""
    return "{" in address.path and "{token}" not in address.path


def _requests(*rules: Rule) -> list[tuple[Address, str]]:
    """Return each URL with each method that one of the rules applies to."""
    return [
        (address, method)
        for address in ADDRESSES
        for method, rule in (("get", address.get), ("post", address.post))
        if rule in rules
    ]


def each(requests: list[tuple[Address, str]]) -> pytest.MarkDecorator:
    """Parametrize a test with the requests."""
    names = [f"{method} {address.name}" for address, method in requests]
    return pytest.mark.parametrize(("address", "method"), requests, ids=names)


def _send(client: Client, address: Address, method: str, things: Things) -> tuple[int, str]:
    """Send a request; return the status of the response, and the target of its redirect."""
    path = address.path.format(**things)
    if method == "get":
        response = client.get(path)
    else:
        response = client.post(path, {name: value.format(**things) for name, value in address.form.items()})
    return response.status_code, response.headers.get("Location", "")


def _everything() -> str:
    """Return every row of every app."""
    configs = [config for config in apps.get_app_configs() if config.name.startswith(("apps.", "allauth."))]
    rows = [
        row for config in configs for model in config.get_models() for row in model._default_manager.all()
    ]
    return str(serialize("json", rows))


def test_every_address_has_a_rule() -> None:
    assert sorted(address.name for address in ADDRESSES) == sorted(set(_names(get_resolver())))


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)
def test_every_example_resolves_to_its_view(address: Address) -> None:
    path = re.sub(r"\{\w+\}", "1", address.path)

    assert resolve(path).view_name == address.name


@each(_requests("signed_in", "member", "admin"))
def test_a_visitor_is_asked_to_log_in(
    browser: Browser, things: Things, address: Address, method: str, captured_events: CapturedEvents
) -> None:
    captured_events.clear()
    before = _everything()

    status, leads_to = _send(browser(None), address, method, things)

    assert status == 302
    assert leads_to.startswith("/accounts/login/")
    assert _everything() == before
    assert list(captured_events) == []


@each(_requests("member", "admin"))
def test_a_person_without_a_team_is_asked_to_create_one(
    browser: Browser, things: Things, charlie: User, address: Address, method: str
) -> None:
    client = browser(charlie)
    before = _everything()

    assert _send(client, address, method, things) == (302, "/teams/new/")
    assert _everything() == before


@each(_requests("admin"))
def test_a_member_cannot_act_as_an_admin(
    browser: Browser,
    things: Things,
    bob: User,
    address: Address,
    method: str,
    captured_events: CapturedEvents,
) -> None:
    captured_events.clear()
    client = browser(bob)
    before = _everything()

    assert _send(client, address, method, things)[0] == 403
    assert _everything() == before
    assert mail.outbox == []
    assert list(captured_events) == []


@each([request for request in _requests("member", "admin") if _is_foreign(request[0])])
@pytest.mark.usefixtures("other")
def test_an_admin_of_another_team_reaches_nothing_of_this_one(
    browser: Browser,
    things: Things,
    charlie: User,
    address: Address,
    method: str,
    captured_events: CapturedEvents,
) -> None:
    captured_events.clear()
    client = browser(charlie)
    before = _everything()

    assert _send(client, address, method, things)[0] == 404
    assert _everything() == before
    assert list(captured_events) == []


@each([request for request in _requests("signed_in", "member", "admin") if request[1] == "get"])
def test_nobody_sees_another_teams_data(
    browser: Browser, things: Things, charlie: User, other: Team, address: Address, method: str
) -> None:
    response = browser(charlie).get(address.path.format(**things), follow=True)
    shown = (response.getvalue() if response.streaming else response.content).decode()

    assert [secret for secret in (*SECRETS, str(things["token"])) if secret in shown] == []


@each([request for request in _requests("member", "admin") if request[1] == "get"])
def test_an_admin_can_use_every_page(
    browser: Browser, things: Things, alice: User, address: Address, method: str
) -> None:
    status, leads_to = _send(browser(alice), address, method, things)

    # Some pages redirect, as the onboarding does to its next step.
    assert status in (200, 302)
    assert not leads_to.startswith(("/accounts/login/", "/teams/new/"))


def test_a_member_sees_no_invitations(browser: Browser, things: Things, bob: User) -> None:
    shown = browser(bob).get("/team/").content.decode()

    assert "Alice" in shown
    assert "dana@new.example" not in shown
    assert str(things["token"]) not in shown


@pytest.mark.parametrize(
    "address", [one for one in ADDRESSES if one.get is None], ids=lambda address: address.name
)
def test_a_get_changes_nothing(
    browser: Browser, things: Things, alice: User, address: Address, captured_events: CapturedEvents
) -> None:
    captured_events.clear()
    client = browser(alice)
    before = _everything()

    led = (302, address.back.format(**things)) if address.back else (405, "")
    assert _send(client, address, "get", things) == led
    assert _everything() == before
    assert list(captured_events) == []


@pytest.mark.parametrize("signed_in", [False, True])
def test_looking_at_an_invitation_changes_nothing_not_even_the_session(
    browser: Browser, things: Things, charlie: User, signed_in: bool
) -> None:
    Invitation.objects.update(email=charlie.email)
    client = browser(charlie if signed_in else None)
    before, session = _everything(), dict(client.session)

    assert client.get(f"/invitations/{things['token']}/").status_code == 200
    assert client.head(f"/invitations/{things['token']}/").status_code == 200

    assert _everything() == before
    assert dict(client.session) == session


@each([request for request in _requests("public", "signed_in", "member", "admin") if request[1] == "post"])
def test_a_form_without_its_csrf_token_is_refused(
    things: Things, alice: User, address: Address, method: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    before = _everything()

    assert _send(client, address, method, things)[0] == 403
    assert _everything() == before


def test_an_unknown_role_is_refused(browser: Browser, things: Things, alice: User) -> None:
    path = f"/team/members/{things['membership']}/role/"

    assert browser(alice).post(path, {"role": "owner"}).status_code == 400
    assert Membership.objects.get(pk=str(things["membership"])).role == Role.MEMBER
