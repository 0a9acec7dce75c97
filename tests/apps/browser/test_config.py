"""Tests of a page's telemetry configuration: identity, route, consent and recording."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from django.test import Client
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from posthog import Posthog
from pytest_django import Settings

from apps.metrics.events import ChartType
from apps.metrics.models import Repository
from apps.teams.models import Invitation, Team
from apps.users.models import User
from apps.utils import flags
from otel import pipeline
from otel.inspector.running import RunningInspector, running_inspector
from tests.apps.addresses import ADDRESSES, Address
from tests.apps.browser.conftest import KEY
from tests.apps.browser.reading import config_of
from tests.apps.conftest import Browser
from tests.apps.metrics.factories import pull_request
from tests.apps.queries import statements
from tests.otel.installing import installed

PAGES = [one for one in ADDRESSES if one.get in ("public", "signed_in", "member") and "{" not in one.path]


def test_the_config_for_a_visitor_has_a_route_but_no_identity(browser: Browser) -> None:
    assert config_of(browser(None).get("/?ref=friend")) == {
        "key": KEY,
        "api_host": "/ph",
        "ui_host": "https://us.posthog.com",
        "page": "web:landing",
        "route": "/",
        "distinct_id": None,
        "team": None,
        "opted_out": False,
        "recording": False,
        "send_organisation": True,
        "flags": {},
        "origin": {},
    }


def test_the_config_has_the_same_origin_as_the_servers_events(browser: Browser) -> None:
    resource = Resource({"service.name": "tformance", "deployment.environment.name": "staging"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    running = pipeline.running()
    assert running is not None
    with installed(running.settings.replace(release_id="r1"), provider):
        config = config_of(browser(None).get("/"))
    assert config is not None
    assert config["origin"] == {
        "service_name": "tformance",
        "environment": "staging",
        "$release_id": "r1",
    }


def test_the_config_for_a_member_has_the_same_ids_as_the_servers_events(
    browser: Browser, alice: User, acme: Team
) -> None:
    config = config_of(browser(alice).get("/analytics/overview/?q=secret"))

    assert config is not None
    assert config["distinct_id"] == str(alice.public_id)
    assert config["team"] == {"key": str(acme.public_id), "slug": "acme"}
    assert (config["page"], config["route"]) == ("metrics:tab", "/analytics/:tab/")


def test_a_person_without_a_team_has_no_team_in_the_config(browser: Browser, charlie: User) -> None:
    config = config_of(browser(charlie).get("/profile/"))

    assert config is not None
    assert (config["distinct_id"], config["team"]) == (str(charlie.public_id), None)


def test_routes_do_not_contain_the_token_of_an_invitation(browser: Browser, acme: Team) -> None:
    invitation = Invitation.objects.create(team=acme, email="dana@new.example")

    config = config_of(browser(None).get(f"/invitations/{invitation.token}/"))

    assert config is not None
    assert config["route"] == "/invitations/:token/"
    assert invitation.token not in str(config)


def test_a_regular_expression_becomes_a_route(browser: Browser) -> None:
    config = config_of(browser(None).get("/accounts/password/reset/key/1-made-up/"))

    assert config is not None
    assert config["route"] == "/accounts/password/reset/key/:uidb36-:key/"


def test_a_missing_page_has_a_name(browser: Browser, alice: User) -> None:
    response = browser(alice).get("/nothing/of/alice@acme.example/")
    config = config_of(response)

    assert response.status_code == 404
    assert config is not None
    assert (config["page"], config["route"]) == ("not_found", "/not_found")
    assert config["distinct_id"] == str(alice.public_id)


@pytest.mark.parametrize("key", ["", "phx_personal", "phs_secret"])
def test_without_a_project_key_a_page_has_no_config(browser: Browser, settings: Settings, key: str) -> None:
    settings.POSTHOG_API_KEY = key
    response = browser(None).get("/")

    assert config_of(response) is None
    assert "posthog" not in response.content.decode()


def test_a_fragment_has_no_config_but_a_boosted_page_has_one(browser: Browser) -> None:
    client = browser(None)
    asked: dict[str, Any] = {"HX-Request": "true"}

    assert config_of(client.get("/", headers=asked)) is None
    assert config_of(client.get("/", headers={**asked, "HX-Boosted": "true"})) is not None
    assert config_of(client.get("/", headers={**asked, "HX-History-Restore-Request": "true"})) is not None


@pytest.mark.parametrize("how", ["profile", "cookie", "Sec-GPC", "DNT"])
def test_a_person_who_opted_out_is_not_identified(
    browser: Browser, settings: Settings, acme: Team, how: str
) -> None:
    settings.SESSION_RECORDING = True
    User.objects.update(analytics_opt_out=how == "profile")
    client = browser(User.objects.get())
    if how == "cookie":
        client.cookies["analytics_opt_out"] = "1"
    headers: Any = {how: "1"} if how in ("Sec-GPC", "DNT") else {}

    config = config_of(client.get("/dashboard/", headers=headers))

    assert config is not None
    assert config["opted_out"] is True
    told = (config["distinct_id"], config["team"], config["recording"], config["flags"])
    assert told == (None, None, False, {})


def test_pages_are_recorded_only_if_that_is_enabled_and_allowed(
    browser: Browser, settings: Settings, alice: User, acme: Team
) -> None:
    invitation = Invitation.objects.create(team=acme, email="dana@new.example")
    settings.SESSION_RECORDING = True
    paths = [one.path for one in PAGES if one.name != "metrics:export"] + [
        f"/invitations/{invitation.token}/",
        "/nothing/",
    ]
    pages = {
        path: config_of(client.get(path)) for client in (browser(None), browser(alice)) for path in paths
    }

    recorded = {path for path, config in pages.items() if config and config["recording"]}

    assert recorded >= {"/", "/dashboard/", "/analytics/overview/", "/insights/", "/integrations/"}
    private = ("/accounts/", "/auth/", "/invitations/", "/profile/", "/team", "/feedback/", "/nothing/")
    assert not [path for path in recorded if path.startswith(private)]

    settings.SESSION_RECORDING = False
    config = config_of(browser(alice).get("/dashboard/"))
    assert config is not None
    assert config["recording"] is False


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.name)
@pytest.mark.usefixtures("acme")
def test_the_config_adds_no_queries_to_a_page(
    browser: Browser, settings: Settings, alice: User, address: Address
) -> None:
    for client in (browser(None), browser(alice)):
        client.get(address.path)  # a first visit may store something
        _assert_alike(client, address.path, settings)


def _assert_alike(client: Client, path: str, settings: Settings) -> None:
    settings.POSTHOG_API_KEY = KEY
    with_key = statements(lambda: client.get(path))
    settings.POSTHOG_API_KEY = ""
    assert statements(lambda: client.get(path)) == with_key


def test_pages_are_kept_out_of_shared_caches(browser: Browser, alice: User, acme: Team) -> None:
    client = browser(alice)

    assert "private" in client.get("/dashboard/")["Cache-Control"]
    assert "private" in browser(None).get("/")["Cache-Control"]
    assert "private" in client.get("/nothing/")["Cache-Control"]


@pytest.fixture
def inspector(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningInspector]:
    """Serve the definitions of feature flags from an inspector."""
    with running_inspector() as running:
        monkeypatch.setenv("POSTHOG_API_KEY", KEY)
        monkeypatch.setenv("POSTHOG_PERSONAL_API_KEY", "phx_test")
        monkeypatch.setenv("POSTHOG_HOST", running.url)
        flags._client.cache_clear()
        yield running
        client = flags._client()
        assert client is not None
        client.shutdown()
        flags._client.cache_clear()


def test_a_page_contains_the_persons_flags_once_the_definitions_are_loaded(
    browser: Browser, alice: User, inspector: RunningInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_load, load = threading.Event(), Posthog.load_feature_flags

    def load_when_allowed(client: Posthog) -> None:
        may_load.wait()
        load(client)  # type: ignore[no-untyped-call]  # the SDK does not annotate it

    monkeypatch.setattr(Posthog, "load_feature_flags", load_when_allowed)
    inspector.flags({"new-dashboard": True, "old-dashboard": False, "colour": "</script><b>"})
    client = browser(alice)

    def flags() -> Any:
        config = config_of(client.get("/profile/"))
        assert config is not None
        return config["flags"]

    assert flags() == {}  # the page does not wait
    may_load.set()
    deadline = time.monotonic() + 10
    while not (found := flags()) and time.monotonic() < deadline:
        time.sleep(0.01)

    assert found == {"new-dashboard": True, "old-dashboard": False, "colour": "</script><b>"}
    assert b"</script><b>" not in client.get("/profile/").content


def test_every_chart_on_the_tabs_is_a_declared_chart_type(browser: Browser, alice: User, acme: Team) -> None:
    repository = Repository.objects.create(team=acme, external_id=1, full_name="acme/engine", is_tracked=True)
    pull_request(repository, 3, merged_days_ago=1)
    client = browser(alice)
    tabs = ("overview", "ai_adoption", "delivery", "quality", "team", "trends")
    pages = [client.get("/dashboard/"), *(client.get(f"/analytics/{tab}/") for tab in tabs)]

    shown = {key for page in pages for key in re.findall(r'data-chart="(\w+)"', page.content.decode())}

    assert shown == set(get_args(ChartType))
