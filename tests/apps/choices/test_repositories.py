"""The choice of repositories in settings."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from apps.integrations.models import SyncRun
from apps.metrics.models import PullRequest, Repository
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import events_summary, group_updates
from tests.apps.choices.pages import choices, ticked
from tests.apps.conftest import Browser
from tests.apps.queries import statements
from tformance.sandbox.running import RunningSandbox

PATH = "/integrations/github/repositories/"
CARDS, NOTES = "analytical-engines/cards", "analytical-engines/notes"


def _track(client: Client, *names: str) -> Any:
    known = choices(client, PATH)
    return client.post(PATH, {"chosen": [known[name] for name in names]})


def _tracked(team: Team) -> list[str]:
    return sorted(team.repositories.filter(is_tracked=True).values_list("full_name", flat=True))


def test_tracked_repositories_are_synced_and_recorded(
    client_of_alice: Client, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    page = _track(client_of_alice, CARDS)

    assert page.headers["Location"] == PATH
    assert _tracked(acme) == ticked(client_of_alice, PATH) == [CARDS]
    assert {"repos_tracked": 1} in group_updates(captured_events, acme)
    properties = {"team_slug": "acme", "trigger": "manual", "is_initial": True}
    assert ("repo_sync_started", str(alice.public_id), properties) in events_summary(captured_events)
    assert PullRequest.objects.filter(repository__full_name=CARDS).exists()


def test_untracked_repositories_keep_their_data_and_are_recorded(
    client_of_alice: Client, captured_events: CapturedEvents, acme: Team
) -> None:
    _track(client_of_alice, CARDS)
    before = PullRequest.objects.count()
    captured_events.clear()

    _track(client_of_alice)

    assert _tracked(acme) == []
    assert PullRequest.objects.count() == before
    assert group_updates(captured_events, acme) == [{"repos_tracked": 0}]
    assert events_summary(captured_events) == []


def test_the_same_choice_again_records_and_starts_nothing(
    client_of_alice: Client, captured_events: CapturedEvents
) -> None:
    _track(client_of_alice, CARDS)
    runs = SyncRun.objects.count()
    captured_events.clear()

    _track(client_of_alice, CARDS)

    assert list(captured_events) == []
    assert SyncRun.objects.count() == runs


def test_a_renamed_repository_stays_tracked_under_its_new_name(
    client_of_alice: Client, sandbox: RunningSandbox, acme: Team
) -> None:
    _track(client_of_alice, CARDS)
    sandbox.rename(CARDS, "punched-cards")

    assert ticked(client_of_alice, PATH) == ["analytical-engines/punched-cards"]
    _track(client_of_alice, "analytical-engines/punched-cards")

    assert _tracked(acme) == ["analytical-engines/punched-cards"]
    assert not Repository.objects.filter(full_name=CARDS).exists()


def test_a_repository_that_has_vanished_is_untracked(
    client_of_alice: Client, sandbox: RunningSandbox, captured_events: CapturedEvents, acme: Team
) -> None:
    _track(client_of_alice, CARDS)
    sandbox.remove(CARDS)
    captured_events.clear()

    assert CARDS not in choices(client_of_alice, PATH)
    _track(client_of_alice)

    assert _tracked(acme) == []
    assert group_updates(captured_events, acme) == [{"repos_tracked": 0}]


def test_viewing_the_page_asks_github_and_saves_nothing(client_of_alice: Client, acme: Team) -> None:
    assert CARDS in choices(client_of_alice, PATH)

    assert not Repository.objects.exists()


def test_a_search_narrows_the_list_and_keeps_chosen_options(client_of_alice: Client) -> None:
    _track(client_of_alice, CARDS)

    assert sorted(choices(client_of_alice, f"{PATH}?q=NOT")) == [CARDS, NOTES]
    assert list(choices(client_of_alice, f"{PATH}?q=nothing")) == [CARDS]


@pytest.mark.parametrize("chosen", ["0", "-1", "nonsense", "9" * 30])
def test_a_repository_that_github_does_not_list_cannot_be_chosen(
    client_of_alice: Client, captured_events: CapturedEvents, acme: Team, chosen: str
) -> None:
    page = client_of_alice.post(PATH, {"chosen": [chosen]})

    assert page.status_code == HTTPStatus.OK
    assert "is not there any more" in page.content.decode()
    assert _tracked(acme) == []
    assert list(captured_events) == []


def test_another_teams_repository_of_the_same_name_does_not_change(
    client_of_alice: Client, acme: Team, other: Team
) -> None:
    known = choices(client_of_alice, PATH)
    theirs = Repository.objects.create(team=other, external_id=int(known[CARDS]), full_name="other/old-name")

    _track(client_of_alice, CARDS)

    theirs.refresh_from_db()
    assert (theirs.is_tracked, theirs.full_name) == (False, "other/old-name")
    assert _tracked(acme) == [CARDS]


def test_a_member_sees_tracked_repositories_without_a_request_to_github(
    browser: Browser, client_of_alice: Client, sandbox: RunningSandbox, bob: User, acme: Team
) -> None:
    _track(client_of_alice, CARDS)
    asked = len(sandbox.requests())
    client = browser(bob)

    shown = client.get(PATH).content.decode()

    assert CARDS in shown
    assert NOTES not in shown
    assert 'method="post"' not in shown.split("<main")[1]
    assert client.post(PATH, {"chosen": []}).status_code == HTTPStatus.FORBIDDEN
    assert _tracked(acme) == [CARDS]
    assert len(sandbox.requests()) == asked


def test_after_a_disconnect_the_choice_is_shown_but_cannot_be_changed(
    client_of_alice: Client, captured_events: CapturedEvents, acme: Team
) -> None:
    _track(client_of_alice, CARDS)
    known = choices(client_of_alice, PATH)
    client_of_alice.post("/integrations/github/disconnect/")
    assert group_updates(captured_events, acme)[-1] == {"repos_tracked": 0}
    captured_events.clear()

    for page in (client_of_alice.get(PATH), client_of_alice.post(PATH, {"chosen": [known[NOTES]]})):
        assert "GitHub is not connected" in page.content.decode()
        assert CARDS in page.content.decode()
    assert _tracked(acme) == [CARDS]
    assert list(captured_events) == []


def test_repositories_are_locked_in_order_before_they_are_written(
    client_of_alice: Client,
) -> None:
    asked = statements(lambda: _track(client_of_alice, CARDS))

    written = asked.index("INSERT metrics_repository")
    assert asked[written - 1 : written + 2] == [
        "SELECT metrics_repository",
        "INSERT metrics_repository",
        "SELECT metrics_repository",
    ]
