"""Tests of the team that an error is attributed to."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from apps.teams.models import Team
from apps.teams.telemetry import acting_for
from apps.users.identity import identify
from apps.users.models import User
from apps.web.tasks import fail
from otel.identity import FixedIdentity, identified
from otel.mapping.identify import SYSTEM_ID
from otel.testing import CapturedEvents
from tests.apps.assertions import of_team


@pytest.fixture
def client(settings: Settings) -> Client:
    settings.DEBUG = True
    return Client(raise_request_exception=False)


def test_an_error_is_attributed_to_the_team_of_the_page(
    client: Client, alice: User, acme: Team, captured_events: CapturedEvents
) -> None:
    client.force_login(alice)

    client.get("/debug/fail/")

    (occurred,) = captured_events.named("error_occurred")
    assert occurred.properties["team_slug"] == "acme"
    (issue,) = captured_events.named("$exception")
    assert of_team(occurred) == of_team(issue) == str(acme.public_id)


def test_an_error_of_a_person_without_a_team_has_no_team(
    client: Client, captured_events: CapturedEvents
) -> None:
    client.get("/debug/fail/")

    (occurred,) = captured_events.named("error_occurred")
    assert "team_slug" not in occurred.properties
    assert of_team(occurred) is None


def test_an_error_after_an_opt_out_has_neither_person_nor_team(
    client: Client, alice: User, acme: Team, captured_events: CapturedEvents
) -> None:
    User.objects.filter(pk=alice.pk).update(analytics_opt_out=True)
    client.force_login(alice)

    client.get("/debug/fail/")

    assert {one.event for one in captured_events} == {"$exception", "error_occurred"}
    for one in captured_events:
        assert not [word for word in (alice.public_id, acme.public_id, acme.slug) if str(word) in str(one)]
        assert of_team(one) is None


def test_an_error_in_a_background_task_is_attributed_to_the_system_and_the_team(
    acme: Team, captured_events: CapturedEvents
) -> None:
    with acting_for(acme):
        fail.delay()

    issue, occurred = captured_events.named("$exception") + captured_events.named("error_occurred")
    assert occurred.properties["team_slug"] == "acme"
    assert (issue.distinct_id, occurred.distinct_id) == (SYSTEM_ID, SYSTEM_ID)
    assert of_team(occurred) == of_team(issue) == str(acme.public_id)
    assert occurred.properties["$set"] == {"is_system": True}
    assert "$set" not in issue.properties
    assert not [one for one in (issue, occurred) if "$process_person_profile" in one.properties]


def test_a_task_that_a_person_sends_is_attributed_to_its_team(
    alice: User, acme: Team, captured_events: CapturedEvents
) -> None:
    with identified(FixedIdentity(identify(alice))), acting_for(acme):
        fail.delay()

    (occurred,) = captured_events.named("error_occurred")
    assert (occurred.distinct_id, occurred.properties["team_slug"]) == (str(alice.public_id), "acme")
