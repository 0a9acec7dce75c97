"""The sample journey: what arrives of it is the same whatever is sampled, and what is missing is noticed."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.run.starting import IS_UP, starting
from tests.services.needing import needs_services
from tests.services.postgresql import running_postgresql
from tests.services.redis import running_redis

pytestmark = pytest.mark.slow

Captures = list[tuple[str, str, Any]]

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.+]+")

_UNSAMPLED = {
    "the sampler is off": ((), {"OTEL_TRACES_SAMPLER": "always_off"}),
    "the callers' traces are unsampled": (
        ("--traceparent-unsampled",),
        {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"},
    ),
}


def _deliver(folder: Path, *options: str, **env: str) -> Captures:
    """Return what arrived of a journey on a fresh database, without what each run makes anew."""
    folder.mkdir(exist_ok=True)
    with starting(folder, *options, **env) as run:
        run.wait_for(IS_UP)
        assert "; 0 unexpected, 0 rejected." in run.printed
        # Spans end, and so leave, in another order if one request's end waits while the next begins.
        captures = sorted(run.inspector().good(), key=lambda one: str(one["timestamp"]))
        assert run.end(signal.SIGINT) == 0
    known: dict[str, str] = {}

    def nameless(value: Any) -> Any:
        """Put in the place of each id how many were met before it, and of each time that it is one."""
        if isinstance(value, dict):
            return {key: nameless(one) for key, one in value.items() if key not in ("$trace_id", "$span_id")}
        if isinstance(value, list):
            return [nameless(one) for one in value]
        if isinstance(value, str):
            value = _UUID.sub(lambda found: known.setdefault(found.group(), f"id {len(known)}"), value)
            return _TIME.sub("a time", value)
        return value

    return [(one["event"], nameless(one["distinct_id"]), nameless(one["properties"])) for one in captures]


@pytest.fixture(scope="module")
def all_sampled(tmp_path_factory: pytest.TempPathFactory) -> Captures:
    return _deliver(tmp_path_factory.mktemp("all"), OTEL_TRACES_SAMPLER="always_on")


def test_the_journey_tells_all_that_its_pages_can(all_sampled: Captures) -> None:
    assert {event for event, _, _ in all_sampled} == {
        "$exception",
        "$groupidentify",
        "$identify",
        "$set",
        "dashboard_first_view",
        "error_occurred",
        "settings_updated",
        "team_member_invited",
        "team_member_joined",
        "user_signed_up",
    }


@pytest.mark.parametrize(("options", "env"), _UNSAMPLED.values(), ids=_UNSAMPLED)
def test_the_same_journey_delivers_the_same_captures_whatever_is_sampled(
    options: tuple[str, ...], env: dict[str, str], all_sampled: Captures, tmp_path: Path
) -> None:
    assert _deliver(tmp_path, *options, **env) == all_sampled


@needs_services
def test_the_same_journey_delivers_the_same_captures_on_postgresql_with_processes_for_all_of_it(
    all_sampled: Captures, tmp_path: Path
) -> None:
    with running_postgresql() as database, running_redis() as broker:
        services = {"DATABASE_URL": database, "CELERY_BROKER_URL": broker}
        assert _deliver(tmp_path, "--workers", "2", **services) == all_sampled


def test_an_event_that_posthog_refuses_is_named_and_fails_the_run(tmp_path: Path) -> None:
    with starting(tmp_path, "--once") as run:
        run.inspector().fail(status=400, count=1_000, events=["team_member_joined"])
        status = run.end()
    verdict = [line for line in run.printed.splitlines() if line.startswith("✗")]
    missing = [line.partition(",")[0] for line in verdict if "missing" in line]
    assert missing == ["✗ missing: team_member_joined of Grace", "✗ missing: team_member_joined of Linus"]
    assert (
        len([line for line in verdict if "rejected by the pipeline: team_member_joined: refused" in line])
        == 2
    )
    assert [line for line in verdict if "unexpected" in line] == []
    assert status == 1


def test_a_run_whose_events_all_arrive_ends_with_0(tmp_path: Path) -> None:
    with starting(tmp_path, "--once", POSTHOG_CAPTURE_MODE="v1") as run:
        assert run.end() == 0, run.printed
    assert "✗" not in run.printed
