"""Posting of the weekly digest to Slack."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.test import Client

from apps.integrations.digest.post import post
from apps.integrations.models import Connection, SlackFeatures
from apps.integrations.providers.errors import ProviderError
from apps.integrations.tasks import post_to_slack
from apps.metrics.models import PullRequest, Repository, Review
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import declared, person_updates
from tests.apps.choices.connecting import connect
from tests.apps.choices.pages import choices
from tests.apps.conftest import Browser
from tests.apps.rivals import rival
from tformance.sandbox.running import RunningSandbox

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NOW = MONDAY + timedelta(hours=7)
PATH = "/integrations/slack/features/"

PARTS = {
    "leaderboard_enabled": "Most pull requests merged",
    "reveals_enabled": "AI helped with",
    "surveys_enabled": "Did AI help?",
}


@pytest.fixture
def client(browser: Browser, sandbox: RunningSandbox, alice: User, acme: Team) -> Client:
    client = browser(alice)
    connect(client, sandbox, "slack", "settings")
    return client


@pytest.fixture
def features(client: Client, acme: Team) -> SlackFeatures:
    client.post(PATH, {"channel_id": choices(client, PATH)["#engineering"], **dict.fromkeys(PARTS, "on")})
    return SlackFeatures.objects.get(team=acme)


def _pull(
    team: Team, number: int, author: str, merged_at: datetime, *, is_ai_assisted: bool = False
) -> PullRequest:
    repository, _ = Repository.objects.get_or_create(team=team, external_id=1, full_name="acme/engine")
    return PullRequest.objects.create(
        team=team,
        repository=repository,
        number=number,
        title=f"Wind it {number} times",
        url=f"https://github.example/acme/engine/pull/{number}",
        author=author,
        state="merged",
        opened_at=merged_at - timedelta(hours=2),
        merged_at=merged_at,
        changed_at=merged_at,
        is_ai_assisted=is_ai_assisted,
    )


def _review(pull: PullRequest, reviewer: str, external_id: str) -> None:
    at = pull.opened_at + timedelta(hours=1)
    Review.objects.create(
        pull_request=pull, external_id=external_id, reviewer=reviewer, state="approved", submitted_at=at
    )


def _fill(team: Team) -> None:
    """Create two merged pull requests by ada and one by grace, reviews by both, and some of each by bots."""
    day = MONDAY - timedelta(days=3)
    first = _pull(team, 1, "ada", day, is_ai_assisted=True)
    second = _pull(team, 2, "ada", day)
    _pull(team, 3, "grace", day)
    program = _pull(team, 4, "dependabot[bot]", day)
    for number, (pull, reviewer) in enumerate(
        [(first, "grace"), (first, "grace"), (second, "grace"), (first, "ada"), (program, "renovate[bot]")]
    ):
        _review(pull, reviewer, str(number))


def test_the_week_is_posted_to_the_chosen_channel(
    features: SlackFeatures, sandbox: RunningSandbox, acme: Team
) -> None:
    _fill(acme)

    assert post(acme, NOW) is True

    (message,) = sandbox.messages()
    assert message["channel"] == "engineering"
    assert "Acme: last week" in message["text"]
    assert "ada: 2\ngrace: 1" in message["text"]
    assert "reviewed*\ngrace: 2" in message["text"]
    assert "AI helped with 25 % of the new pull requests" in message["text"]
    assert "<https://github.example/acme/engine/pull/1|Wind it 1 times> by ada" in message["text"]
    assert "bot" not in message["text"]
    assert message["blocks"]


@pytest.mark.usefixtures("features")
def test_a_week_is_posted_once_if_its_task_runs_twice(sandbox: RunningSandbox, acme: Team) -> None:
    _fill(acme)
    _pull(acme, 5, "ada", MONDAY + timedelta(days=1))

    weeks = [post(acme, NOW + timedelta(days=later)) for later in (0, 0, 1, 7, 7)]

    assert weeks == [True, False, False, True, False]
    assert len(sandbox.messages()) == 2


@pytest.mark.parametrize("enabled", list(product([False, True], repeat=3)))
def test_only_enabled_features_are_posted(
    features: SlackFeatures, sandbox: RunningSandbox, acme: Team, enabled: tuple[bool, bool, bool]
) -> None:
    _fill(acme)
    chosen = dict(zip(PARTS, enabled, strict=True))
    SlackFeatures.objects.filter(pk=features.pk).update(**chosen)

    assert post(acme, NOW) is any(enabled)

    shown = "".join(message["text"] for message in sandbox.messages())
    assert {name: part in shown for name, part in PARTS.items()} == chosen


@pytest.mark.parametrize(
    ("merged_at", "is_told"),
    [
        (MONDAY - timedelta(days=7, microseconds=1), False),
        (MONDAY - timedelta(days=7), True),
        (MONDAY - timedelta(microseconds=1), True),
        (MONDAY, False),
    ],
)
@pytest.mark.parametrize("day", range(7))
def test_the_last_full_week_is_posted_on_any_day_of_the_week(
    features: SlackFeatures, sandbox: RunningSandbox, acme: Team, merged_at: datetime, is_told: bool, day: int
) -> None:
    SlackFeatures.objects.filter(pk=features.pk).update(reveals_enabled=False)
    _pull(acme, 1, "ada", merged_at)

    assert post(acme, NOW + timedelta(days=day)) is is_told


@pytest.mark.usefixtures("features")
def test_a_week_without_content_is_not_posted(sandbox: RunningSandbox, acme: Team, other: Team) -> None:
    _fill(other)

    assert post(acme, NOW) is False
    assert sandbox.messages() == []


def test_without_features_or_connection_nothing_is_posted(
    client: Client, sandbox: RunningSandbox, acme: Team
) -> None:
    _fill(acme)
    assert post(acme, NOW) is False

    SlackFeatures.objects.create(team=acme, channel_id="C1", channel_name="engineering")
    client.post("/integrations/slack/disconnect/")
    assert post(acme, NOW) is False
    assert sandbox.messages() == []


def test_a_channel_that_is_gone_must_be_chosen_again(
    client: Client, features: SlackFeatures, sandbox: RunningSandbox, acme: Team
) -> None:
    _fill(acme)
    SlackFeatures.objects.filter(pk=features.pk).update(channel_id="C404")

    assert post(acme, NOW) is False

    features.refresh_from_db()
    assert features.channel_id == ""
    assert Connection.objects.filter(team=acme, disconnected_at=None).exists()
    page = client.get(PATH).content.decode()
    assert "The channel #engineering is gone" in page
    client.post(PATH, {"channel_id": choices(client, PATH)["#general"], "surveys_enabled": "on"})
    assert post(acme, NOW) is True


def test_a_revoked_token_ends_the_connection(
    features: SlackFeatures, sandbox: RunningSandbox, captured_events: CapturedEvents, alice: User, acme: Team
) -> None:
    _fill(acme)
    sandbox.revoke("slack")
    captured_events.clear()

    assert post(acme, NOW) is False
    assert post(acme, NOW) is False

    (ended,) = captured_events.named("integration_disconnected")
    assert (declared(ended)["provider"], declared(ended)["reason"]) == ("slack", "revoked")
    assert person_updates(captured_events, alice) == [{"has_connected_slack": False}]


@pytest.mark.usefixtures("features")
def test_a_late_refusal_of_the_old_token_does_not_end_a_renewed_connection(
    sandbox: RunningSandbox, acme: Team
) -> None:
    _fill(acme)
    sandbox.revoke("slack")

    def renew() -> None:
        Connection.objects.update(access_token="renewed")

    with rival(renew, lambda sql: "access_token" in sql, after=True):  # after the old token is read
        assert post(acme, NOW) is False

    assert Connection.objects.get(disconnected_at=None).access_token == "renewed"


@pytest.mark.usefixtures("features")
def test_if_slack_does_not_answer_the_task_gets_the_error(sandbox: RunningSandbox, acme: Team) -> None:
    _fill(acme)
    sandbox.fail("slack", "unavailable", count=9)

    with pytest.raises(ProviderError):
        post(acme, NOW)
    assert SlackFeatures.objects.get(team=acme).channel_id


@pytest.mark.usefixtures("features")
def test_a_week_that_slack_rejected_can_be_posted_later(sandbox: RunningSandbox, acme: Team) -> None:
    _fill(acme)
    sandbox.fail("slack", "error", path="chat.postMessage")

    with pytest.raises(ProviderError):
        post(acme, NOW)

    assert post(acme, NOW) is True


@pytest.mark.usefixtures("features")
def test_the_weekly_task_posts_the_message(sandbox: RunningSandbox, acme: Team) -> None:
    today = datetime.now(UTC)
    _pull(acme, 1, "ada", today - timedelta(days=today.weekday() + 3))

    post_to_slack.delay()

    assert [message["channel"] for message in sandbox.messages()] == ["engineering"]
