"""The command `manage.py telemetry`, end to end."""

from __future__ import annotations

import io
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from opentelemetry import trace

from otel import pipeline, record_error
from otel._guard import raise_internal_errors
from otel.inspector.running import RunningInspector, running_inspector
from otel.settings import Settings
from tests.lifecycle.servers import environment, run
from tests.otel.delivery.scripted import Step, scripted_server
from tests.otel.installing import installed

Telemetry = Callable[..., str]


@pytest.fixture
def inspector() -> Iterator[RunningInspector]:
    with running_inspector() as running:
        yield running


@pytest.fixture
def install() -> Iterator[Callable[[Settings], object]]:
    """Install a pipeline for the test; restore the previous one afterwards."""
    with ExitStack() as stack:
        yield lambda settings: stack.enter_context(installed(settings))


def telemetry(*arguments: str) -> str:
    out = io.StringIO()
    call_command("telemetry", *arguments, stdout=out)
    return out.getvalue()


def test_the_generated_pages_are_current() -> None:
    assert "docs is current" in telemetry("catalog", "--check", "docs")


def test_a_stale_page_is_reported_with_the_command_to_run(tmp_path: Path) -> None:
    telemetry("catalog", "--write", str(tmp_path))
    (tmp_path / "reasons.md").write_text("old")
    with pytest.raises(CommandError, match=r"reasons.md in .* differ .* run `telemetry catalog --write"):
        telemetry("catalog", "--check", str(tmp_path))


def test_the_catalogue_names_every_event_with_its_properties() -> None:
    text = telemetry("catalog")
    assert "### `team_member_joined`" in text
    assert "| `joined_via` |" in text


def test_the_doctor_says_what_is_missing() -> None:
    with pytest.raises(CommandError, match="1 problem, listed above"):
        telemetry("doctor")


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ("tformance", "service_name=tformance, environment=staging, $release_id=r1"),
        ("", "not set (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, POSTHOG_RELEASE_ID)"),
    ],
)
def test_the_doctor_says_where_captures_come_from(service: str, said: str, tmp_path: Path) -> None:
    env = environment(
        "http://127.0.0.1:9",
        OTEL_SERVICE_NAME=service,
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=staging",
        POSTHOG_RELEASE_ID="r1",
        SQLITE_PATH=str(tmp_path / "db"),
        DJANGO_SETTINGS_MODULE="tformance.settings",
    )
    done = run([sys.executable, "manage.py", "telemetry", "doctor"], env)
    assert f"origin           {said}\n" in done.stdout


def test_the_doctor_sends_an_event_that_arrives(
    inspector: RunningInspector, install: Callable[[Settings], object]
) -> None:
    install(Settings(api_key="phc_test", host=inspector.url))
    assert "PostHog accepted a test event." in telemetry("doctor", "--send")
    assert [one["event"] for one in inspector.good()] == ["telemetry_checked"]


def test_the_doctor_asks_the_collector_without_sending_an_event(
    install: Callable[[Settings], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted_server() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        install(Settings(via="collector"))
        assert f"Collector        {collector.url}/v1/traces: accepts requests" in telemetry("doctor")
        assert [(one.path, one.raw) for one in collector.asked] == [("/v1/traces", b"")]
        collector.respond = lambda _: Step(status=404)
        with pytest.raises(CommandError, match="does not answer as a Collector does: status 404"):
            telemetry("doctor")
    with pytest.raises(CommandError, match="cannot reach http://localhost"):
        telemetry("doctor")


def test_the_doctor_says_why_an_event_does_not_arrive(install: Callable[[Settings], object]) -> None:
    install(Settings(api_key="phc_test", host="http://127.0.0.1:9", flush_timeout=0.5))
    with pytest.raises(CommandError, match="the test event did not arrive: undelivered"):
        telemetry("doctor", "--send")


def test_a_rejected_event_is_replayed_under_its_own_time_and_uuid(
    inspector: RunningInspector, install: Callable[[Settings], object], tmp_path: Path
) -> None:
    settings = Settings(api_key="phc_test", host=inspector.url, quarantine=tmp_path)
    install(settings)
    tracer = trace.get_tracer("tests")
    with tracer.start_as_current_span("request") as span:
        span.add_event(
            "user_signed_up", {"method": "email", "signup_source": "word_of_mouth"}, 1_767_182_400_000_000_000
        )
        span.add_event(
            "user_signed_up", {"method": "email", "signup_source": "email"}, 1_767_182_400_000_000_000
        )
    assert pipeline.flush()
    (arrived,) = inspector.good()
    assert "events to deliver: 0, still rejected: 1" in telemetry("replay")
    # The fix: the recorded value becomes one of the declared choices.
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes().replace(b"word_of_mouth", b"invite"))
    assert "events to deliver: 1" in telemetry("replay", "--dry-run")
    assert "delivered 1 of 1" in telemetry("replay")
    replayed = next(one for one in inspector.good() if one["uuid"] != arrived["uuid"])
    assert replayed["timestamp"] == arrived["timestamp"]
    assert uuid.UUID(replayed["uuid"]).version == 7
    assert "events to deliver: 0, still rejected: 0" in telemetry("replay")


@pytest.mark.parametrize("is_handled", [True, False])
def test_an_error_whose_mapping_failed_is_replayed(
    is_handled: bool,
    inspector: RunningInspector,
    install: Callable[[Settings], object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    install(Settings(api_key="phc_test", host=inspector.url, quarantine=tmp_path))
    raise_internal_errors(False)
    with monkeypatch.context() as patch:
        patch.setattr(pipeline.running().exporter, "_map_error", broken)  # type: ignore[union-attr]
        try:
            with trace.get_tracer("tests").start_as_current_span("job"):
                raise LookupError("no such parcel")
        except LookupError as error:
            if is_handled:
                record_error(error)
        assert pipeline.flush()
    assert inspector.good() == []
    replayed = 2 if is_handled else 1
    assert f"delivered {replayed} of {replayed}" in telemetry("replay")
    handled = [one["properties"]["handled"] for one in inspector.good("$exception")]
    assert sorted(handled) == ([False, True] if is_handled else [False])
    assert inspector.good("$exception")[0]["properties"]["$exception_list"][0]["value"] == "no such parcel"


def test_the_tail_prints_what_arrived(
    inspector: RunningInspector, install: Callable[[Settings], object]
) -> None:
    install(Settings(api_key="phc_test", host=inspector.url))
    telemetry("doctor", "--send")
    assert "telemetry_checked" in telemetry("tail", "--once")
    with pytest.raises(CommandError, match="is not an inspector; start one with"):
        telemetry("tail", "--once", "--url", "http://127.0.0.1:9")
