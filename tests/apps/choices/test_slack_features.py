"""The choice of Slack's features in settings."""

from __future__ import annotations

from http import HTTPStatus
from itertools import product

import pytest
from django.test import Client

from apps.integrations.models import SlackFeatures
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary
from tests.apps.choices.pages import choices, slack_form
from tests.apps.conftest import Browser

PATH = "/integrations/slack/features/"
FEATURES = ("surveys_enabled", "leaderboard_enabled", "reveals_enabled")


@pytest.mark.parametrize("enabled", list(product([False, True], repeat=3)))
def test_a_choice_is_saved_and_recorded(
    client_of_alice: Client,
    captured_events: CapturedEvents,
    alice: User,
    acme: Team,
    enabled: tuple[bool, bool, bool],
) -> None:
    chosen = dict(zip(FEATURES, enabled, strict=True))
    form = {name: "on" for name, is_on in chosen.items() if is_on}

    page = client_of_alice.post(PATH, {"channel_id": choices(client_of_alice, PATH)["#releases"], **form})

    assert page.headers["Location"] == PATH
    saved = SlackFeatures.objects.get(team=acme)
    assert {name: getattr(saved, name) for name in FEATURES} == chosen
    assert saved.channel_name == "releases"
    properties = {"team_slug": "acme", **chosen}
    assert events_summary(captured_events) == [("slack_configured", str(alice.public_id), properties)]


def test_each_change_is_recorded_once(client_of_alice: Client, captured_events: CapturedEvents) -> None:
    form = slack_form(client_of_alice, PATH)

    client_of_alice.post(PATH, form)
    client_of_alice.post(PATH, form)
    assert len(captured_events.named("slack_configured")) == 1

    client_of_alice.post(PATH, form | {"reveals_enabled": "on"})
    client_of_alice.post(PATH, form | {"channel_id": choices(client_of_alice, PATH)["#general"]})
    assert len(captured_events.named("slack_configured")) == 3


@pytest.mark.parametrize(("channel", "said"), [("", "Choose a channel"), ("C404", "is not there any more")])
def test_a_channel_is_required_and_must_exist(
    client_of_alice: Client, captured_events: CapturedEvents, channel: str, said: str
) -> None:
    page = client_of_alice.post(PATH, {"channel_id": channel, "surveys_enabled": "on"})

    assert page.status_code == HTTPStatus.OK
    assert said in page.content.decode()
    assert not SlackFeatures.objects.exists()
    assert list(captured_events) == []


def test_archived_channels_are_not_offered_and_a_search_has_no_effect(client_of_alice: Client) -> None:
    offered = choices(client_of_alice, f"{PATH}?q=nothing")

    assert "#engineering" in offered
    assert "#old-news" not in offered


def test_a_member_sees_the_features_but_cannot_change_them(browser: Browser, acme: Team, bob: User) -> None:
    SlackFeatures.objects.create(
        team=acme, channel_id="C1", channel_name="general", leaderboard_enabled=False
    )
    client = browser(bob)

    shown = client.get(PATH).content.decode()

    assert "#general" in shown
    assert "Ask authors whether AI helped" in shown
    assert "most" not in shown.split("<main")[1]
    assert client.post(PATH, {"channel_id": "C2"}).status_code == HTTPStatus.FORBIDDEN
    assert SlackFeatures.objects.get(team=acme).channel_id == "C1"
