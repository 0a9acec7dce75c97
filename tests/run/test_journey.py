"""The sample journey: its captures do not depend on sampling, and missing captures are noticed."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.run.conftest import TAXONOMY
from tests.run.journeys import RELEASE, comparable, deliver, journey_of_all
from tests.run.starting import starting
from tests.services.needing import needs_services
from tests.services.postgresql import running_postgresql
from tests.services.redis import running_redis
from tformance.run.arrivals.coverage import cover, taxonomy
from tformance.run.arrivals.report import show_taxonomy
from tformance.run.console import Console
from tformance.run.programs.programs import API_KEY

# On one worker: the tests share a journey, and each starts several programs.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("journey")]

_UNSAMPLED = {
    "the sampler is off": ((), {"OTEL_TRACES_SAMPLER": "always_off"}),
    "the callers' traces are unsampled": (
        ("--traceparent-unsampled",),
        {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"},
    ),
}


@pytest.fixture(scope="module")
def all_sampled() -> list[dict[str, Any]]:
    return journey_of_all()


def test_every_declared_event_occurs_with_every_property_and_nothing_else_does(
    all_sampled: list[dict[str, Any]], request: pytest.FixtureRequest
) -> None:
    coverage = cover(taxonomy(), all_sampled)
    table = io.StringIO()
    show_taxonomy(Console(table), coverage)
    request.node.add_report_section("call", TAXONOMY, table.getvalue())

    assert coverage.missing == []
    assert coverage.undeclared == []


@pytest.mark.parametrize(("options", "env"), _UNSAMPLED.values(), ids=_UNSAMPLED)
def test_the_same_journey_delivers_the_same_captures_whatever_is_sampled(
    options: tuple[str, ...], env: dict[str, str], all_sampled: list[dict[str, Any]], tmp_path: Path
) -> None:
    delivered = deliver(tmp_path, *options, **env, POSTHOG_RELEASE_ID=RELEASE)
    assert comparable(delivered) == comparable(all_sampled)


@needs_services
def test_the_same_journey_delivers_the_same_captures_on_postgresql_with_workers(
    all_sampled: list[dict[str, Any]], tmp_path: Path
) -> None:
    with running_postgresql() as database, running_redis() as broker:
        services = {
            "DATABASE_URL": database,
            "CELERY_BROKER_URL": broker,
            "POSTHOG_RELEASE_ID": RELEASE,
        }
        assert comparable(deliver(tmp_path, "--workers", "2", **services)) == comparable(all_sampled)


def test_an_event_that_posthog_refuses_is_named_and_fails_the_run(tmp_path: Path) -> None:
    with starting(tmp_path, "--once") as run:
        run.inspector().fail(status=400, count=1_000, events=["team_member_joined"])
        status = run.end()
    verdict = [line for line in run.printed.splitlines() if line.startswith("✗")]
    missing = [line.partition(",")[0] for line in verdict if "missing" in line]
    assert missing == [f"✗ missing: team_member_joined of {name}" for name in ("Grace", "Linus", "Alan")]
    refused = [line for line in verdict if "rejected by the pipeline: team_member_joined: refused" in line]
    assert len(refused) == len(missing)
    assert [line for line in verdict if "unexpected" in line] == []
    assert status == 1


def test_an_event_that_posthog_would_drop_or_detach_is_named_and_fails_the_run(tmp_path: Path) -> None:
    personless = {"$process_person_profile": False}
    update = {"$group_type": "team", "$group_key": "t1", "$group_set": {"plan": "pro"}, **personless}
    event = {"$groups": {"team": "t1"}, **personless}
    with starting(tmp_path, "--once") as run:
        batch = [
            {
                "event": name,
                "distinct_id": "u1",
                "timestamp": "2026-11-30T10:00:00Z",
                "properties": properties,
            }
            for name, properties in (("$groupidentify", update), ("parcel_shipped", event))
        ]
        sent = requests.post(f"{run.inspector().url}/batch/", json={"api_key": API_KEY, "batch": batch})
        assert sent.status_code == 200
        status = run.end()
    verdict = [line for line in run.printed.splitlines() if line.startswith("✗")]
    assert [line for line in verdict if "at PostHog" in line or "by PostHog" in line] == [
        "✗ dropped by PostHog: $groupidentify of u1: $groupidentify needs person processing (PL-5)",
        "✗ detached at PostHog: parcel_shipped of u1 (UU-1, PL-1, PL-3)",
    ]
    assert "; 2 dropped, changed or warned of by PostHog." in run.printed
    assert status == 1


def test_a_run_whose_events_all_arrive_ends_with_0_and_dates_nothing_in_the_future(tmp_path: Path) -> None:
    with starting(tmp_path, "--once", POSTHOG_CAPTURE_MODE="v1") as run:
        assert run.end() == 0, run.printed
    assert "✗" not in run.printed
    with closing(sqlite3.connect(tmp_path / "run" / "tformance.sqlite3")) as database:
        [last] = database.execute("SELECT max(changed_at) FROM metrics_pullrequest").fetchone()
    assert datetime.fromisoformat(last).replace(tzinfo=UTC) < datetime.now(UTC)
