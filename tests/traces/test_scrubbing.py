from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Tracer
from opentelemetry.util.types import AttributeValue

from otel.attributes import POSTHOG_ONLY
from otel.exceptions import parse_stacktrace
from otel.traces import Scrubber, ScrubbingSpanExporter


class Traces:
    """A tracer, and the spans that its scrubbing exporter passes on."""

    def __init__(self, *, send_messages: bool = True) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        scrubber = Scrubber(url_templates=["/orgs/{organisation}/members"], send_messages=send_messages)
        exporter = ScrubbingSpanExporter(self._exporter, scrubber.filter_and_scrub)
        self.provider.add_span_processor(SimpleSpanProcessor(exporter))
        self.tracer: Tracer = self.provider.get_tracer("test")

    def exported(self) -> ReadableSpan:
        (span,) = self._exporter.get_finished_spans()
        return span

    def count(self) -> int:
        return len(self._exporter.get_finished_spans())

    def attributes(
        self, attributes: Mapping[str, AttributeValue], kind: SpanKind = SpanKind.INTERNAL
    ) -> dict[str, object]:
        with self.tracer.start_as_current_span("GET x", kind=kind, attributes=attributes):
            pass
        return dict(self.exported().attributes or {})


@pytest.fixture
def traces() -> Iterator[Traces]:
    traces = Traces()
    yield traces
    traces.provider.shutdown()


_SERVER = {"http.method": "GET", "http.route": "invitations/<str:token>/"}
_CLIENT = {
    "http.method": "GET",
    "url.full": "https://anna:swordfish@api.example:8443/orgs/acme/x?code=swordfish",
}


@pytest.mark.parametrize(
    ("kind", "attributes", "left"),
    [
        (
            SpanKind.SERVER,
            {
                **_SERVER,
                "http.url": "https://x/invitations/swordfish/?a=b",
                "http.target": "/invitations/swordfish/",
            },
            {"http.url": "https://x/invitations/<str:token>/", "http.target": "/invitations/<str:token>/"},
        ),
        (
            SpanKind.SERVER,
            {
                **_SERVER,
                "url.path": "/invitations/swordfish/",
                "url.query": "code=swordfish",
                "url.scheme": "https",
            },
            {"url.path": "/invitations/<str:token>/", "url.scheme": "https"},
        ),
        # A URL without a route can contain anything.
        (
            SpanKind.SERVER,
            {
                "http.method": "GET",
                "http.url": "http://x/invitations/swordfish",
                "http.target": "/invitations/swordfish",
            },
            {"http.url": "http://x"},
        ),
        (SpanKind.CLIENT, _CLIENT, {"url.full": "https://api.example:8443"}),
        (SpanKind.CLIENT, {**_CLIENT, "url.full": "http://[swordfish"}, {"url.full": "://"}),
        (
            SpanKind.CLIENT,
            {"http.request.method": "GET", "url.full": "https://api.example/v3/orgs/acme/members?page=2"},
            {
                "url.full": "https://api.example/orgs/{organisation}/members",
                "url.template": "/orgs/{organisation}/members",
            },
        ),
    ],
)
def test_a_url_shows_its_route_or_template_and_nothing_else(
    traces: Traces, kind: SpanKind, attributes: dict[str, str], left: dict[str, str]
) -> None:
    with traces.tracer.start_as_current_span("test"):
        shown = traces.attributes(attributes, kind)
    assert "swordfish" not in str(shown)
    method_and_route = {"http.method", "http.request.method", "http.route"}
    assert {key: value for key, value in shown.items() if key not in method_and_route} == left


def test_headers_and_parameters_are_removed_even_if_they_are_recorded(traces: Traces) -> None:
    assert traces.attributes(
        {
            "http.request.header.authorization": ["swordfish"],
            "http.response.header.set_cookie": ["swordfish"],
            "db.statement.parameters": "('swordfish',)",
            "db.query.parameter.0": "swordfish",
            "db.system": "postgresql",
        }
    ) == {"db.system": "postgresql"}


def test_anything_named_or_shaped_like_a_secret_is_masked_everywhere(traces: Traces) -> None:
    with traces.tracer.start_as_current_span(
        "for anna@shop.example", attributes={"api_key": "swordfish"}
    ) as span:
        span.set_attribute("told", ["anna@shop.example", "ok"])
        span.add_event("undeclared", {"password": "swordfish", "to": "anna@shop.example", "number": 3})
        span.set_status(trace.Status(trace.StatusCode.ERROR, "no user anna@shop.example"))
    left = traces.exported()
    assert (left.name, left.status.description) == ("for [email]", "no user [email]")
    assert dict(left.attributes or {}) == {"api_key": "[secret]", "told": ("[email]", "ok")}
    assert dict(left.events[0].attributes or {}) == {"password": "[secret]", "to": "[email]", "number": 3}


def test_declared_events_and_identity_are_kept_unchanged(traces: Traces) -> None:
    given = {"team_slug": "anna@shop.example", "posthog.distinct_id": "anna@shop.example"}
    with traces.tracer.start_as_current_span("x", attributes={"user.id": "anna@shop.example"}) as span:
        span.add_event("repo_sync_started", {**given, "undeclared": "anna@shop.example"})
    left = traces.exported()
    assert dict(left.events[0].attributes or {}) == {**given, "undeclared": "[email]"}
    assert dict(left.attributes or {}) == {"user.id": "anna@shop.example"}


def test_a_span_for_posthog_only_is_unchanged(traces: Traces) -> None:
    given: dict[str, AttributeValue] = {POSTHOG_ONLY: True, "to": "anna@shop.example"}
    assert traces.attributes(given) == given


def _fail(traces: Traces) -> ReadableSpan:
    with suppress(KeyError), traces.tracer.start_as_current_span("failing"):
        try:
            raise ValueError("no user anna@shop.example")
        except ValueError as error:
            raise KeyError("password=swordfish") from error
    return traces.exported()


def test_messages_of_exceptions_are_scrubbed_and_their_frames_are_kept(traces: Traces) -> None:
    left = _fail(traces)
    (event,) = left.events
    shown = dict(event.attributes or {})
    everything = f"{shown} {left.status.description}"
    assert "swordfish" not in everything
    assert "anna@" not in everything
    parsed = parse_stacktrace(str(shown["exception.stacktrace"]), type_name="KeyError", message="")
    assert [(one.type_name, one.frames[-1].function) for one in parsed] == [
        ("KeyError", "_fail"),
        ("ValueError", "_fail"),
    ]
    assert "[email]" in parsed[1].message


def test_without_messages_types_and_frames_remain() -> None:
    left = _fail(Traces(send_messages=False))
    (event,) = left.events
    shown = dict(event.attributes or {})
    assert left.status.description is None
    assert "exception.message" not in shown
    assert "user" not in str(shown["exception.stacktrace"]).partition("in _fail")[2]
    assert shown["exception.type"] == "KeyError"
    assert "in _fail\nValueError" in str(shown["exception.stacktrace"])


def test_a_call_outside_any_request_or_task_is_dropped(traces: Traces) -> None:
    with traces.tracer.start_as_current_span("BRPOP", kind=SpanKind.CLIENT):
        pass
    assert traces.count() == 0


@pytest.mark.parametrize(
    ("sql", "text", "name"),
    [
        (
            'SELECT 1 AS "a", \'it\'\'s\' FROM "teams_team" WHERE "pk" IN (%s, %s, %s) LIMIT 21',
            'SELECT ? AS "a", ? FROM "teams_team" WHERE "pk" IN (%s, …) LIMIT ?',
            "SELECT teams_team",
        ),
        (
            'INSERT INTO "t" ("a", "b") VALUES (%s, %s), (%s, %s), (%s, %s)',
            'INSERT INTO "t" ("a", "b") VALUES (%s, …), …',
            "INSERT t",
        ),
        ("UPDATE t1 SET x = E'\\'s' WHERE y = $1 -- anna", "UPDATE t1 SET x = ? WHERE y = $1", "UPDATE t1"),
        (
            "select $tag$anna$tag$, 0xFF, -1.5e3 from `shop`.x",
            "select ?, …, -? from `shop`.x",
            "SELECT shop.x",
        ),
        ("/* anna */ DELETE FROM public.t", "DELETE FROM public.t", "DELETE public.t"),
        ("BEGIN", "BEGIN", "BEGIN"),
        ("SELECT 'never closed", "SELECT ?", "SELECT"),
    ],
)
def test_a_statement_shows_no_value_and_names_its_span(
    traces: Traces, sql: str, text: str, name: str
) -> None:
    with traces.tracer.start_as_current_span("request"):
        with traces.tracer.start_as_current_span(
            "SELECT", kind=SpanKind.CLIENT, attributes={"db.statement": sql}
        ):
            pass
        left = traces.exported()
    assert (left.attributes or {})["db.statement"] == text
    assert left.name == name


@given(value=st.text(max_size=40), before=st.text(alphabet="abc =(,%s?\n", max_size=20))
def test_no_quoted_value_survives_whatever_it_holds(value: str, before: str) -> None:
    traces = Traces()
    literal = "'swordfish" + value.replace("'", "''") + "'"
    sql = f'SELECT {before} {literal}, "name" FROM x WHERE y = {literal}'
    assert "swordfish" not in str(traces.attributes({"db.statement": sql}))


_VALUES = st.one_of(
    st.text(max_size=60), st.integers(-(2**62), 2**62), st.booleans(), st.floats(allow_nan=False)
)


@given(
    attributes=st.dictionaries(st.text(min_size=1, max_size=30), _VALUES, max_size=6),
    name=st.text(max_size=60),
)
def test_scrubbing_twice_is_scrubbing_once(attributes: dict[str, object], name: str) -> None:
    traces, exporter = Traces(), InMemorySpanExporter()
    with traces.tracer.start_as_current_span(name, attributes=attributes):  # type: ignore[arg-type]
        pass
    once = traces.exported()
    ScrubbingSpanExporter(exporter).export([once])
    (twice,) = exporter.get_finished_spans()
    assert (twice.name, dict(twice.attributes or {})) == (once.name, dict(once.attributes or {}))
