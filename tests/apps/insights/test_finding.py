"""Tests of finding insights in a team's pull requests, and of the emails about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from pytest_django import Settings

from apps.insights.finding import find
from apps.insights.models import Insight
from apps.metrics.models import Repository
from apps.teams.models import Membership, Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.insights.factories import opened, some_repository
from tests.apps.rivals import rival

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def repository(acme: Team) -> Repository:
    return some_repository(acme)


def _period(repository: Repository, weeks_ago: int, *, number: int = 20, **facts: Any) -> None:
    """Save pull requests that were opened on different days of four weeks, which began `weeks_ago`."""
    for day in range(number):
        opened(repository, NOW - timedelta(weeks=weeks_ago) + timedelta(days=day + 1), **facts)


def _slower(repository: Repository) -> None:
    _period(repository, 8, reviewed_after=2, merged_after=10)
    _period(repository, 4, reviewed_after=2, merged_after=24)


def test_insights_are_saved(repository: Repository, acme: Team) -> None:
    _period(repository, 8, reviewed_after=30, merged_after=40)
    _period(repository, 4, reviewed_after=10, merged_after=24, ai=True, lines=300)

    found = find(acme, NOW)

    assert {insight.title for insight in found} == {
        "Time to merge fell by 40 %, from 40 to 24 hours",
        "Wait for the first review fell by 67 %, from 30 to 10 hours",
        "Typical size rose by 200 %, from 100 to 300 lines",
        "AI helps with three quarters of your pull requests",
    }
    assert set(Insight.objects.values_list("title", "team", "found_at")) == {
        (insight.title, acme.pk, NOW) for insight in found
    }


def test_a_single_review_is_not_enough_for_a_median(repository: Repository, acme: Team) -> None:
    _period(repository, 8)
    _period(repository, 4)
    opened(repository, NOW - timedelta(weeks=5), reviewed_after=1, merged_after=2)
    opened(repository, NOW - timedelta(weeks=3), reviewed_after=60, merged_after=61)

    found = {insight.key.partition(":")[0] for insight in find(acme, NOW)}

    assert found == {"waiting"}


def test_a_second_run_finds_nothing_new_and_sends_no_emails(repository: Repository, acme: Team) -> None:
    _slower(repository)
    first = find(acme, NOW)
    mail.outbox.clear()

    assert first
    assert find(acme, NOW) == []
    assert find(acme, NOW + timedelta(days=1)) == []
    assert Insight.objects.count() == len(first)
    assert mail.outbox == []


def test_a_change_that_lasts_is_found_again_in_the_next_week_and_a_milestone_never(
    repository: Repository, acme: Team
) -> None:
    _period(repository, 8, merged_after=10)
    _period(repository, 4, merged_after=24, ai=True)
    find(acme, NOW)
    Insight.objects.filter(kind="ai_milestone").update(key="25")

    later = find(acme, NOW + timedelta(days=7))

    assert {insight.key for insight in later} == {
        "ai_share:2026-W49",
        "cycle_hours:2026-W49",
        "merged:2026-W49",
        "75",
    }
    assert [one for one in find(acme, NOW + timedelta(days=9)) if one.kind == "ai_milestone"] == []


def test_a_dismissed_finding_does_not_come_back(repository: Repository, acme: Team) -> None:
    _slower(repository)
    find(acme, NOW)
    Insight.objects.update(dismissed_at=NOW)

    assert find(acme, NOW) == []


def test_a_team_without_pull_requests_has_no_findings(acme: Team) -> None:
    assert find(acme) == []


def test_another_teams_pull_requests_are_ignored(repository: Repository, acme: Team, other: Team) -> None:
    _slower(repository)

    assert find(other, NOW) == []
    assert find(acme, NOW) != []
    assert not other.insights.exists()


def test_repositories_that_are_no_longer_synced_are_ignored(repository: Repository, acme: Team) -> None:
    opened(some_repository(acme, tracked=False), NOW - timedelta(days=9))
    opened(repository, NOW - timedelta(days=9), merged_after=1)
    opened(repository, NOW - timedelta(days=9), reviewed_after=1)
    opened(repository, NOW - timedelta(days=1))
    assert find(acme, NOW) == []
    longest = opened(repository, NOW - timedelta(days=3))
    opened(repository, NOW - timedelta(days=2))

    (insight,) = find(acme, NOW)

    assert insight.title == "2 pull requests wait for a first review for more than 2 days"
    assert insight.body.index(longest.url) < insight.body.rindex("https://")


def test_concurrent_runs_save_each_insight_once(repository: Repository, acme: Team) -> None:
    _slower(repository)
    first: list[Insight] = []

    def look_too() -> None:
        first.extend(find(acme, NOW))

    # Immediately after the figures were read.
    with rival(look_too, lambda sql: 'FROM "metrics_pullrequest"' in sql, after=True):
        second = find(acme, NOW)

    assert first
    assert second == []
    assert Insight.objects.count() == len(first)
    assert len(mail.outbox) == 1


@pytest.mark.usefixtures("charlie", "other")
def test_members_get_one_email_about_urgent_insights(repository: Repository, acme: Team, bob: User) -> None:
    _slower(repository)
    for _ in range(5):
        opened(repository, NOW - timedelta(days=60))

    find(acme, NOW)

    assert sorted(one.to for one in mail.outbox) == [["alice@acme.example"], [bob.email]]
    sent = mail.outbox[0]
    assert sent.subject == "2 urgent insights about your team's delivery"
    assert "In Acme:" in sent.body
    assert "- Time to merge rose by 140 %, from 10 to 24 hours\n" in sent.body
    assert "- 5 pull requests wait for a first review for more than 2 days\n" in sent.body
    assert "http://localhost:8000/insights/" in sent.body
    assert "http://localhost:8000/profile/notifications/" in sent.body


def _unsubscribed(user: User, acme: Team) -> None:
    User.objects.filter(pk=user.pk).update(insight_emails=False)


def _closed(user: User, acme: Team) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def _left(user: User, acme: Team) -> None:
    Membership.objects.filter(user=user, team=acme).delete()


@pytest.mark.parametrize("leave", [_unsubscribed, _closed, _left])
def test_people_who_unsubscribed_or_left_get_no_email(
    repository: Repository, acme: Team, bob: User, leave: Callable[[User, Team], None]
) -> None:
    _slower(repository)
    leave(bob, acme)

    find(acme, NOW)

    assert [one.to for one in mail.outbox] == [["alice@acme.example"]]


class FlakyBackend(EmailBackend):
    """A mail server that fails at first."""

    def send_messages(self, messages: Any) -> int:
        attempts.append(len(attempts))
        if len(attempts) < 3:
            raise SMTPServerDisconnected
        return super().send_messages(messages)


attempts: list[int] = []


def test_sending_is_retried_if_the_mail_server_fails(
    repository: Repository, acme: Team, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.FlakyBackend"
    attempts.clear()
    _slower(repository)

    find(acme, NOW)

    assert len(attempts) == 3
    assert [one.to for one in mail.outbox] == [["alice@acme.example"]]


def test_no_emails_are_sent_about_insights_that_are_not_urgent(repository: Repository, acme: Team) -> None:
    _period(repository, 8, reviewed_after=2, merged_after=40)
    _period(repository, 4, reviewed_after=2, merged_after=24)

    assert find(acme, NOW) != []
    assert mail.outbox == []


def test_finding_records_no_events_and_takes_a_handful_of_queries(
    repository: Repository,
    acme: Team,
    captured_events: CapturedEvents,
    django_assert_max_num_queries: Any,
) -> None:
    _slower(repository)
    Insight.objects.all().delete()
    User.objects.update(insight_emails=False)
    captured_events.clear()

    # Pull requests, waiting ones, begin and commit, the team, known insights, new insights, members.
    with django_assert_max_num_queries(8):
        assert find(acme, NOW) != []

    assert list(captured_events) == []
