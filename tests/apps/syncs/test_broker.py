"""An unreachable broker: requests are saved and recorded, and their tasks run later."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from apps.integrations.events import RepoSyncCompleted, RepoSyncStarted
from apps.integrations.models import SyncRun
from apps.integrations.sync.after import find_insights
from apps.integrations.tasks import sync_all
from apps.metrics.models import Repository
from apps.teams.models import Team
from apps.users.models import User
from otel.testing import CapturedEvents
from tests.apps.assertions import declared
from tests.apps.insights.factories import opened
from tests.apps.syncs.seeing import break_off, missing
from tformance.celery import app as celery
from tformance.sandbox.running import RunningSandbox


@pytest.fixture
def broker_away(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Send tasks to a port that nobody listens on, until `undo` is called."""
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://127.0.0.1:1/0")
    # These pools were created for the previous broker.
    monkeypatch.setattr(celery, "_pool", None)
    monkeypatch.setattr(celery.amqp, "_producer_pool", None)
    monkeypatch.setitem(celery.conf, "task_always_eager", False)
    return monkeypatch


def test_a_step_saved_without_a_broker_is_recorded_and_synced_within_the_hour(
    admin: Client,
    sandbox: RunningSandbox,
    engine: Repository,
    loom: Repository,
    captured_events: CapturedEvents,
    broker_away: pytest.MonkeyPatch,
) -> None:
    Repository.objects.update(is_tracked=False)
    ids = [str(one.external_id) for one in (engine, loom)]

    page = admin.post("/onboarding/repos/", {"chosen": ids})

    assert (page.status_code, page.headers["Location"]) == (302, "/onboarding/")
    assert len(captured_events.of(RepoSyncStarted)) == 2
    (step,) = captured_events.named("onboarding_step_completed")
    assert declared(step)["repos_count"] == 2
    # Only one attempt: each further one would keep the person waiting for another timeout.
    (error,) = captured_events.named("error_occurred")
    assert (declared(error)["error_type"], declared(error)["handled"]) == ("OperationalError", True)

    broker_away.undo()
    for run in SyncRun.objects.all():
        break_off(run)
    shown = BeautifulSoup(admin.get("/integrations/progress/").content, "html.parser").get_text()
    assert shown.count("was broken off") == 2
    sync_all()
    assert missing(sandbox, engine) == missing(sandbox, loom) == set()
    initial = [one for one in captured_events.of(RepoSyncCompleted) if declared(one)["is_initial"]]
    assert len(initial) == 2


@pytest.mark.usefixtures("broker_away")
def test_an_insight_is_saved_even_if_its_email_cannot_be_sent(
    acme: Team, alice: User, bob: User, captured_events: CapturedEvents
) -> None:
    repository = Repository.objects.create(team=acme, external_id=1, full_name="acme/engine", is_tracked=True)
    for _ in range(5):
        opened(repository, alice.date_joined.replace(year=2026, month=1, day=1))

    find_insights.apply((acme.pk,))

    assert [one.priority for one in acme.insights.all()] == ["high"]
    told = [declared(one) for one in captured_events.named("error_occurred")]
    assert [(one["task_name"], one["handled"]) for one in told] == [(find_insights.name, True)]


_SEND = """
import django
django.setup()
from kombu.exceptions import OperationalError
from apps.integrations.sync.tasks import sync_repository
try:
    sync_repository.delay(1)
except OperationalError:
    print("given up")
"""


@pytest.mark.slow
def test_sending_to_a_broker_that_does_not_answer_fails_within_seconds() -> None:
    with ExitStack() as opened_here:
        full = opened_here.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # fill the backlog, so that the kernel leaves further connections unanswered
            waiting = opened_here.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        env = os.environ | {
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{full.getsockname()[1]}/0",
            "DJANGO_SETTINGS_MODULE": "tformance.settings",
        }
        sent = subprocess.run(
            [sys.executable, "-c", _SEND], env=env, capture_output=True, text=True, check=True, timeout=20
        )

    assert sent.stdout == "given up\n"
