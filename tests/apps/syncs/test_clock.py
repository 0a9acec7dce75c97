"""Scheduled tasks: the hourly sync, the nightly reconciliation, and the weekly digest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery.schedules import crontab
from django.test import Client
from django.utils import timezone

from apps.integrations.events import RepoSyncCompleted, RepoSyncStarted
from apps.integrations.models import Connection, Provider, SlackFeatures, SyncRun
from apps.integrations.providers import slack
from apps.integrations.tasks import post_to_slack, reconcile, sync_all
from apps.metrics.models import PullRequest, Repository
from apps.teams.models import Team
from apps.users.models import User
from otel.mapping.identify import SYSTEM_ID
from otel.testing import CapturedEvents
from tests.apps.assertions import declared, group_updates, of_team, person_updates
from tests.apps.syncs.connecting import connected, tracking
from tests.apps.syncs.seeing import missing, sync_path
from tformance.celery import app as celery
from tformance.sandbox.running import RunningSandbox


def test_the_hourly_sync_has_no_person_and_includes_each_team_with_github(
    sandbox: RunningSandbox,
    engine: Repository,
    loom: Repository,
    other: Team,
    captured_events: CapturedEvents,
) -> None:
    gone = Repository.objects.create(team=other, external_id=1, full_name="other/gone", is_tracked=True)
    captured_events.clear()

    sync_all.delay()

    assert missing(sandbox, engine) == missing(sandbox, loom) == set()
    assert not gone.sync_runs.exists()
    for event in (RepoSyncStarted, RepoSyncCompleted):
        for capture in captured_events.of(event):
            assert declared(capture)["trigger"] == "scheduled"
            assert of_team(capture) == str(engine.team.public_id)
            assert (capture.distinct_id, capture.properties["$set"]) == (SYSTEM_ID, {"is_system": True})
            assert "$process_person_profile" not in capture.properties
        assert len(captured_events.of(event)) == 2


def test_a_failing_team_does_not_keep_others_from_being_synced(
    sandbox: RunningSandbox, connection: Connection, charlie: User, other: Team
) -> None:
    tracking(sandbox, other, charlie)
    Connection.objects.filter(pk=connection.pk).update(access_token="not GitHub's")

    sync_all.delay()

    assert PullRequest.objects.filter(team=other).exists()
    assert set(SyncRun.objects.filter(repository__team=other).values_list("outcome", flat=True)) == {
        "success"
    }


def test_an_interrupted_sync_ends_even_if_github_is_disconnected(
    engine: Repository, captured_events: CapturedEvents
) -> None:
    long_ago = timezone.now() - timedelta(days=1)
    SyncRun.objects.create(
        repository=engine, trigger="manual", is_initial=True, started_at=long_ago, seen_at=long_ago
    )
    Connection.objects.update(disconnected_at=timezone.now())

    sync_all.delay()

    (completed,) = captured_events.of(RepoSyncCompleted)
    assert declared(completed)["error_type"] == "StoppedError"


def test_the_nightly_task_sends_all_properties_except_of_people_who_opted_out(
    admin: Client,
    engine: Repository,
    alice: User,
    bob: User,
    acme: Team,
    other: Team,
    captured_events: CapturedEvents,
) -> None:
    admin.post(sync_path(engine))
    User.objects.filter(pk=bob.pk).update(analytics_opt_out=True)
    captured_events.clear()

    reconcile.delay()

    (team,) = group_updates(captured_events, acme)
    total = PullRequest.objects.count()
    assisted = PullRequest.objects.filter(is_ai_assisted=True).count()
    assert team | {"created_at": None} == {
        "name": "Acme",
        "slug": "acme",
        "plan": "trial",
        "onboarding_complete": False,
        "member_count": 2,
        "repos_tracked": 2,
        "total_prs": total,
        "ai_adoption_rate": round(100 * assisted / total, 1),
        "created_at": None,
    }
    (empty,) = group_updates(captured_events, other)
    assert (empty["repos_tracked"], empty["total_prs"], empty["ai_adoption_rate"]) == (0, 0, 0.0)
    (person,) = person_updates(captured_events, alice)
    assert person == {
        "role": "admin",
        "teams_count": 1,
        "has_connected_github": True,
        "has_connected_jira": False,
        "has_connected_slack": False,
        "signed_up_at": alice.date_joined.isoformat(),
    }
    assert person_updates(captured_events, bob) == []


def _with_slack(sandbox: RunningSandbox, team: Team, user: User) -> None:
    tracking(sandbox, team, user)
    connected(sandbox, team, user, Provider.SLACK)
    SlackFeatures.objects.create(team=team, channel_id="C01GENERAL", channel_name="general")


@pytest.mark.parametrize("failing", [False, True])
def test_the_week_is_posted_for_each_team_that_has_slack(
    sandbox: RunningSandbox,
    alice: User,
    acme: Team,
    charlie: User,
    other: Team,
    captured_events: CapturedEvents,
    failing: bool,
) -> None:
    _with_slack(sandbox, acme, alice)
    _with_slack(sandbox, other, charlie)
    SlackFeatures.objects.update(channel_id=_channel(sandbox))
    sync_all.delay()
    captured_events.clear()
    if failing:
        sandbox.fail("slack", "error", path="chat.postMessage")

    post_to_slack.delay()

    assert len(sandbox.messages()) == (1 if failing else 2)
    told = captured_events.named("error_occurred")
    slug = Team.objects.order_by("pk").values_list("slug", flat=True)[0]
    expected = [("apps.integrations.tasks.post_to_slack", True, slug, SYSTEM_ID)] if failing else []
    assert [
        (*map(one.properties.get, ("task_name", "handled", "team_slug")), one.distinct_id) for one in told
    ] == expected


def _channel(sandbox: RunningSandbox) -> str:
    token = Connection.objects.filter(provider=Provider.SLACK).first()
    assert token is not None
    return slack.channels(token.access_token)[0].id


def test_every_scheduled_task_exists() -> None:
    celery.loader.import_default_modules()
    schedule: dict[str, dict[str, Any]] = celery.conf.beat_schedule
    assert {entry["task"] for entry in schedule.values()} <= set(celery.tasks)
    assert isinstance(schedule["reconcile"]["schedule"], crontab)
