"""The sample journey through the Collector: PostHog gets all events, and Jaeger shows the traces."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.collector.deployment import collector_variables, running_bridge
from tests.run.journeys import RELEASE, comparable, journey_of_all
from tests.run.starting import IS_UP, starting
from tests.services.collector import CONFIG, running_collector
from tests.services.jaeger import RunningJaeger, running_jaeger
from tests.services.needing import needs_collector
from tformance.run._journey._stage import PASSWORD
from tformance.run.programs.ports import HOST, choose_port
from tformance.run.programs.programs import API_KEY

# The same group as the direct journey, because both are compared.
pytestmark = [pytest.mark.slow, needs_collector, pytest.mark.xdist_group("journey")]

_SERVICE = "tformance"
_SYNC = "run/apps.integrations.tasks.sync_repository"

Span = dict[str, Any]


@dataclass(frozen=True)
class Journey:
    """The results of a journey: the output of the run, the captures, and the traces."""

    printed: str
    captures: list[dict[str, Any]]
    jaeger: RunningJaeger

    def spans(self) -> list[Span]:
        """Return the spans of all traces."""
        return _spans(self.jaeger.traces(_SERVICE))

    def trace(self, capture: dict[str, Any]) -> list[Span]:
        """Return the spans of the trace that a capture names."""
        return _spans(self.jaeger.trace(capture["properties"]["$trace_id"]) or {"resourceSpans": []})

    def done(self) -> list[dict[str, Any]]:
        """Return the captures of completed syncs that a person's request started."""
        return [one for one in self.captures if one["event"] == "repo_sync_completed"]


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    """Run the journey under gunicorn, with all events and traces going to the Collector."""
    folder = tmp_path_factory.mktemp("journey")
    posthog = choose_port(0, 0)
    settings = {"DJANGO_SETTINGS_MODULE": "tformance.settings", "POSTHOG_API_KEY": API_KEY}
    with (
        running_jaeger() as jaeger,
        running_bridge(f"http://{HOST}:{posthog}", folder, **settings) as bridge,
        running_collector(
            CONFIG, collector_variables(bridge, jaeger.otlp_grpc_endpoint) | {"TAIL_BASELINE_PERCENT": "100"}
        ) as collector,
    ):
        env = {
            "POSTHOG_VIA": "collector",
            "OTEL_SERVICE_NAME": _SERVICE,
            "POSTHOG_RELEASE_ID": RELEASE,
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.otlp_url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        }
        options = ("--inspector-port", str(posthog), "--workers", "2")
        with starting(folder, *options, **env) as run:
            run.wait_for(IS_UP)
            captures = run.inspector().good()
            printed = run.printed
            print(printed)  # pytest shows it for a test that fails
            assert run.end(signal.SIGINT) == 0
        collector.stop()  # decides on all traces in its memory
        yield Journey(printed, captures, jaeger)


def _spans(found: dict[str, Any]) -> list[Span]:
    return [
        one for group in found["resourceSpans"] for scope in group["scopeSpans"] for one in scope["spans"]
    ]


def test_the_whole_journey_arrives_and_nothing_else(journey: Journey) -> None:
    assert "; 0 unexpected, 0 rejected; PostHog would keep all of them." in journey.printed
    assert "✗" not in journey.printed


def test_the_captures_equal_those_of_the_direct_journey(journey: Journey) -> None:
    assert comparable(journey.captures) == comparable(journey_of_all())
    assert {one["properties"]["$release_id"] for one in journey.captures} == {RELEASE}


def test_the_request_the_sync_and_the_calls_to_github_are_one_trace_to_which_the_event_refers(
    journey: Journey,
) -> None:
    done = journey.done()
    assert done != []
    for one in done:
        trace = journey.trace(one)
        names = {span["name"] for span in trace}
        (root,) = [span for span in trace if not span.get("parentSpanId")]
        assert root["name"].startswith("POST ")
        assert {_SYNC, f"POST {HOST}/graphql"} <= names
        known = {span["spanId"] for span in trace}
        assert [span["name"] for span in trace if span.get("parentSpanId", root["spanId"]) not in known] == []


def test_each_event_is_shown_once_in_its_trace_on_its_span(journey: Journey) -> None:
    shown = [
        (span["traceId"], span["spanId"], event["name"])
        for span in journey.spans()
        for event in span.get("events", ())
    ]
    recorded = [
        (one["properties"]["$trace_id"], one["properties"]["$span_id"], one["event"])
        for one in journey.done()
    ]
    assert sorted(one for one in shown if one[2] == "repo_sync_completed") == sorted(recorded)


def test_jaeger_has_no_secrets_and_no_personal_data(journey: Journey) -> None:
    text = json.dumps(journey.spans())
    persons = {one["distinct_id"] for one in journey.captures}
    sessions = {str(one["properties"].get("$session_id", "")) for one in journey.captures} - {""}
    assert len(persons) > 3
    assert sessions != set()
    secrets = {PASSWORD, "@example.com", "%40example.com", "posthog.", "sandbox-"}
    assert [one for one in persons | sessions | secrets if one in text] == []
