"""The team that an error is told of."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.looking import of_team


@pytest.fixture
def client(settings: Settings) -> Client:
    settings.DEBUG = True
    return Client(raise_request_exception=False)


def test_an_error_names_the_team_that_the_page_knew(
    client: Client, alice: User, acme: Team, captured_events: CapturedEvents
) -> None:
    client.force_login(alice)

    client.get("/debug/fail/")

    (occurred,) = captured_events.named("error_occurred")
    assert occurred.properties["team_slug"] == "acme"
    (issue,) = captured_events.named("$exception")
    assert of_team(occurred) == of_team(issue) == str(acme.public_id)


def test_an_error_of_who_is_in_no_team_names_none(client: Client, captured_events: CapturedEvents) -> None:
    client.get("/debug/fail/")

    (occurred,) = captured_events.named("error_occurred")
    assert "team_slug" not in occurred.properties
    assert of_team(occurred) is None
