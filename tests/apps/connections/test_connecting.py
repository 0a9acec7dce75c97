"""Connecting with OAuth: each provider, from onboarding and settings, for the first time and again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.integrations.models import Connection, JiraProject, Provider, SlackFeatures
from apps.metrics.models import Repository
from apps.teams.models import Membership, Role, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import declared, events_summary, group_updates, of_team, person_updates
from tests.apps.conftest import Browser
from tests.apps.connections.oauth_flow import PROVIDERS, connect, return_path
from tformance.sandbox.running import RunningSandbox

HOMES = {"onboarding": "/onboarding/", "settings": "/integrations/"}
NAMES = {"github": "analytical-engines", "jira": "analytical-engines", "slack": "Analytical Engines"}


def _connected(
    user: User, provider: str, flow: str, *, again: bool = False
) -> tuple[str, str, dict[str, object]]:
    properties = {"team_slug": "acme", "provider": provider, "flow": flow, "is_reconnect": again}
    return ("integration_connected", str(user.public_id), properties)


@pytest.mark.parametrize("flow", ["onboarding", "settings"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_connecting_records_the_same_events_in_onboarding_and_settings(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    provider: str,
    flow: str,
) -> None:
    captured_events.clear()

    back = connect(browser(alice), sandbox, provider, flow)

    assert back.headers["Location"] == HOMES[flow]
    (connection,) = Connection.objects.all()
    assert (connection.team, connection.provider, connection.connected_by) == (acme, provider, alice)
    assert (connection.account_name, connection.disconnected_at) == (NAMES[provider], None)
    assert connection.site_url.startswith(sandbox.url)
    assert connection.access_token
    assert bool(connection.refresh_token) is (provider == "jira") is (connection.expires_at is not None)
    assert _connected(alice, provider, flow) in events_summary(captured_events)
    assert len(captured_events.named("integration_connected")) == 1
    assert {of_team(one) for one in captured_events if one.event[0] != "$"} == {str(acme.public_id)}
    assert person_updates(captured_events, alice) == [{f"has_connected_{provider}": True}]
    assert group_updates(captured_events, acme) == ([{"repos_tracked": 0}] if provider == "github" else [])


@pytest.mark.parametrize("flow", ["onboarding", "settings"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_flow_records_the_events_of_the_provider(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    provider: str,
    flow: str,
) -> None:
    connect(browser(alice), sandbox, provider, flow)

    jira = [declared(one) for one in captured_events.named("jira_connected")]
    site = {"team_slug": "acme", "site_url": f"{sandbox.url}/jira/sites/analytical-engines"}
    assert jira == ([site] if provider == "jira" else [])
    github = [declared(one) for one in captured_events.named("github_connected")]
    is_onboarding = (provider, flow) == ("github", "onboarding")
    assert len(github) == len(captured_events.named("onboarding_step_completed")) == is_onboarding
    for one in github:
        assert one["org_name"] == "analytical-engines"
        assert one["member_count"] > 1


@pytest.mark.parametrize("provider", ["github", "jira"])
@pytest.mark.parametrize("flow", ["onboarding", "settings"])
def test_a_person_with_several_accounts_chooses_one(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    provider: str,
    flow: str,
) -> None:
    client = browser(alice)
    captured_events.clear()

    asked = client.get(return_path(client, sandbox, provider, flow, login="ada"))
    path = asked.headers["Location"]
    page = client.get(path)

    assert (asked.status_code, page.status_code) == (302, 200)
    assert not Connection.objects.exists()
    assert list(captured_events) == []
    names = [account.name for account in page.context["accounts"]]
    assert sorted(names) == ["analytical-engines", "difference-works"]
    chosen = next(one for one in page.context["accounts"] if one.name == "difference-works")

    done = client.post(path, {"account": chosen.id})

    assert done.headers["Location"] == HOMES[flow]
    assert Connection.objects.get().account_name == "difference-works"
    assert _connected(alice, provider, flow) in events_summary(captured_events)
    if provider == "github" and flow == "onboarding":
        assert captured_events.named("github_connected")[0].properties["org_name"] == "difference-works"


@pytest.mark.parametrize("gap", ["disconnected", "live"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_connecting_a_previous_provider_is_a_reconnect(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    provider: str,
    gap: str,
) -> None:
    client = browser(alice)
    connect(client, sandbox, provider)
    before = Connection.objects.get().access_token
    if gap == "disconnected":
        client.post(f"/integrations/{provider}/disconnect/")

    connect(client, sandbox, provider)

    flags = [one.properties["is_reconnect"] for one in captured_events.named("integration_connected")]
    assert flags == [False, True]
    assert Connection.objects.count() == (2 if gap == "disconnected" else 1)
    assert Connection.objects.get(disconnected_at=None).access_token != before
    assert len(captured_events.named("integration_disconnected")) == (gap == "disconnected")
    assert person_updates(captured_events, alice)[-1] == {f"has_connected_{provider}": True}


def test_another_teams_connection_does_not_make_a_reconnect(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    charlie: User,
    other: Team,
) -> None:
    connect(browser(charlie), sandbox, "github")
    connect(browser(alice), sandbox, "jira")

    connect(browser(alice), sandbox, "github")

    last = captured_events.named("integration_connected")[-1]
    assert declared(last) == _connected(alice, "github", "settings")[2]
    assert Connection.objects.filter(provider="github", disconnected_at=None).count() == 2


@pytest.mark.parametrize("provider", PROVIDERS)
def test_another_account_replaces_the_first(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    provider: str,
) -> None:
    client = browser(alice)
    connect(client, sandbox, provider, login="ada", organisations=["analytical-engines"])
    Connection.objects.update(connected_at=timezone.now() - timedelta(days=5, hours=1))
    Repository.objects.create(team=acme, external_id=1, full_name="a/b", is_tracked=True)
    JiraProject.objects.create(team=acme, key="ENG", name="Engine")
    SlackFeatures.objects.create(team=acme, channel_id="C1", channel_name="general")
    captured_events.clear()

    connect(client, sandbox, provider, login="ada", organisations=["difference-works"])

    old, new = Connection.objects.order_by("connected_at")
    assert (old.disconnected_at is None, old.access_token, old.was_revoked) == (False, "", False)
    assert new.disconnected_at is None
    ended = captured_events.named("integration_disconnected")
    gone = {"team_slug": "acme", "provider": provider, "reason": "user", "connected_days": 5}
    assert [declared(one) for one in ended] == [gone]
    assert _connected(alice, provider, "settings", again=True) in events_summary(captured_events)
    assert person_updates(captured_events, alice) == [{f"has_connected_{provider}": True}]
    # Only the choices for the previous account are dropped.
    assert Repository.objects.filter(is_tracked=True).exists() is (provider != "github")
    assert JiraProject.objects.exists() is (provider != "jira")
    assert SlackFeatures.objects.exists() is (provider != "slack")
    assert group_updates(captured_events, acme) == ([{"repos_tracked": 0}] if provider == "github" else [])


def test_reconnecting_the_same_account_keeps_its_repositories(
    browser: Browser, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    client = browser(alice)
    connect(client, sandbox, "github")
    Repository.objects.create(team=acme, external_id=1, full_name="a/b", is_tracked=True)
    Repository.objects.create(team=acme, external_id=2, full_name="a/c")
    client.post("/integrations/github/disconnect/")
    connect(client, sandbox, "github")

    counts = [one["repos_tracked"] for one in group_updates(captured_events, acme) if "repos_tracked" in one]
    assert counts[-3:] == [0, 0, 1]
    assert Repository.objects.filter(is_tracked=True).count() == 1


def test_replacing_a_connection_moves_the_flag_to_the_new_creator(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    bob: User,
    acme: Team,
) -> None:
    Membership.objects.filter(user=bob).update(role=Role.ADMIN)
    connect(browser(alice), sandbox, "github")
    captured_events.clear()

    connect(browser(bob), sandbox, "github")

    assert Connection.objects.get().connected_by == bob
    assert person_updates(captured_events, alice) == [{"has_connected_github": False}]
    assert person_updates(captured_events, bob) == [{"has_connected_github": True}]


def test_the_team_that_started_is_connected_even_if_another_is_current(
    browser: Browser,
    sandbox: RunningSandbox,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    other: Team,
) -> None:
    Membership.objects.create(
        team=other, user=alice, role=Role.ADMIN, current_since=timezone.now() - timedelta(days=1)
    )
    client = browser(alice)
    path = return_path(client, sandbox, "jira")
    client.post("/teams/switch/", {"team": str(other.public_id)})
    captured_events.clear()

    page = client.get(path, follow=True)

    assert Connection.objects.get().team == acme
    events = [one for one in captured_events if one.event in ("integration_connected", "jira_connected")]
    assert [of_team(one) for one in events] == [str(acme.public_id)] * 2
    assert {one.properties["team_slug"] for one in events} == {"acme"}
    assert "Acme is connected" in page.content.decode()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_only_the_needed_scopes_are_requested(
    browser: Browser, sandbox: RunningSandbox, alice: User, acme: Team, provider: str
) -> None:
    response = browser(alice).post(f"/auth/{provider}/start/", {"flow": "settings"})
    address = response.headers["Location"]

    assert f"redirect_uri=http%3A%2F%2Ftestserver%2Fauth%2F{provider}%2Fcallback%2F" in address
    assert ("code_challenge_method=S256" in address) is (provider == "github")
    assert ("audience=api.atlassian.com" in address) is (provider == "jira")
    assert ("prompt=consent" in address) is (provider == "jira")
    scopes = {
        "github": "scope=read%3Aorg+repo",
        "jira": "scope=read%3Ajira-work+offline_access",
        "slack": "scope=channels%3Aread%2Cchat%3Awrite%2Cchat%3Awrite.public",
    }
    assert scopes[provider] in address.replace("%20", "+")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_without_an_app_cannot_be_connected(
    browser: Browser, sandbox: RunningSandbox, settings: object, alice: User, acme: Team, provider: str
) -> None:
    setattr(settings, f"{provider.upper()}_CLIENT_ID", "")

    page = browser(alice).post(f"/auth/{provider}/start/", {"flow": "settings"}, follow=True)

    assert page.redirect_chain[-1][0] == "/integrations/"
    label = Provider(provider).label
    assert f"{label} cannot be connected here yet" in page.content.decode()


def test_an_unknown_provider_or_flow_is_refused(browser: Browser, alice: User, acme: Team) -> None:
    client = browser(alice)

    assert client.post("/auth/gitlab/start/").status_code == 404
    assert client.get("/auth/gitlab/callback/").status_code == 404
    assert client.get("/auth/gitlab/choose/").status_code == 404
    assert client.post("/auth/github/start/", {"flow": "elsewhere"}).status_code == 400
