"""Log records sent as OTLP logs through the bridge become the same captures as records sent directly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import Logger, LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind

from otel import Identity, PostHogSpanProcessor, pipeline, record, record_named, set_person
from otel.bridge import application
from otel.bridge.server import running_bridge
from otel.delivery.collector.exporter import CollectorExporter
from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.identity import identified
from otel.inspector.running import RunningInspector, running_inspector
from otel.selecting import PostHogLogProcessor
from otel.settings import Settings
from tests.otel.log_events.conftest import AttributeRecorder
from tests.otel.shop import GROUPS, REGISTRY, ParcelShipped, Person
from tests.otel.through_collector.collector import running_collector

TIME = 1_795_395_600_123_456_789
COMMON = Settings(api_key="phc_test", groups=GROUPS, events=("order_*",))
ANNA = Identity("person-anna", {"team": "t1"})

tracer = trace.get_tracer("tests")


class Routes:
    """A logger provider with several routes to PostHog, and the comparison of their captures."""

    def __init__(self, *inspectors: RunningInspector) -> None:
        self.inspectors = inspectors
        self.logs = LoggerProvider(Resource({"service.name": "shop"}), shutdown_on_exit=False)
        self.seen = AttributeRecorder()
        self.spans: list[PostHogSpanProcessor] = []

    @property
    def logger(self) -> Logger:
        logger = self.logs.get_logger("tests")
        assert isinstance(logger, Logger)
        return logger

    def add(self, exporter: PostHogSpanExporter | CollectorExporter) -> None:
        spans = PostHogSpanProcessor(
            exporter,
            groups=GROUPS,
            flush_timeout=5,
            schedule_delay_millis=60_000,
        )
        provider = trace.get_tracer_provider()
        assert isinstance(provider, TracerProvider)
        provider.add_span_processor(spans)
        self.spans.append(spans)
        self.logs.add_log_record_processor(PostHogLogProcessor(spans))

    def captures(self) -> list[dict[str, Any]]:
        """Check that the same captures arrived on both routes; return them, and reset the inspectors."""
        assert self.logs.force_flush(10_000)
        direct, bridged = (
            sorted(map(_comparable, one.good()), key=lambda capture: str(capture["uuid"]))
            for one in self.inspectors
        )
        assert bridged == direct
        for one in self.inspectors:
            one.reset()
        return direct


def _comparable(capture: dict[str, Any]) -> dict[str, Any]:
    return {name: capture[name] for name in ("event", "uuid", "distinct_id", "timestamp", "properties")}


@pytest.fixture(scope="module")
def routes() -> Iterator[Routes]:
    with ExitStack() as stack:
        direct, bridged = (stack.enter_context(running_inspector()) for _ in range(2))
        bridge = stack.enter_context(running_bridge(application(COMMON.replace(host=bridged.url), REGISTRY)))
        environ = stack.enter_context(pytest.MonkeyPatch.context())
        environ.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", bridge)
        made = Routes(direct, bridged)
        made.add(PostHogSpanExporter(settings=COMMON.replace(host=direct.url), registry=REGISTRY))
        made.add(CollectorExporter(COMMON.replace(api_key="", via="collector"), REGISTRY))
        made.logs.add_log_record_processor(made.seen)
        for spans in made.spans:
            stack.callback(spans.replace)
        before = pipeline.running()
        assert before is not None
        pipeline.install(
            Settings(groups=GROUPS, carrier="log"),
            registry=REGISTRY,
            provider=TracerProvider(),
            logger_provider=made.logs,
        )
        stack.callback(pipeline.reinstall, before)
        yield made


def _in_a_request(logger: Logger) -> None:
    anna = SimpleNamespace(identity=lambda: ANNA)
    with identified(anna), tracer.start_as_current_span("request", kind=SpanKind.SERVER):
        record(ParcelShipped(number=7, note="with love"))
        record(ParcelShipped(number=8), identity=Identity("person-ben"))
        set_person(Person(role="admin"))
        logger.emit(event_name="parcel_shipped", attributes={"number": 9})


def _in_a_span_with_an_identity(logger: Logger) -> None:
    about = {"user.id": "person-anna", "http.route": "/parcels/"}
    with tracer.start_as_current_span("request", attributes=about), tracer.start_as_current_span("inner"):
        logger.emit(event_name="parcel_shipped", attributes={"number": 1})


def _equal_except_for_their_position(logger: Logger) -> None:
    with tracer.start_as_current_span("script"):
        for _ in range(3):
            logger.emit(timestamp=TIME, event_name="parcel_shipped", attributes={"number": 1})


def _outside_any_trace(logger: Logger) -> None:
    record(ParcelShipped(number=1))
    logger.emit(event_name="parcel_shipped", attributes={"number": 2})


def _forwarded(logger: Logger) -> None:
    logger.emit(event_name="order_placed", attributes={"user.id": "person-ben", "items": ("a", "b")})


def _of_a_person_who_opted_out(logger: Logger) -> None:
    with tracer.start_as_current_span("request", attributes={"posthog.opted_out": True}):
        logger.emit(event_name="parcel_shipped", attributes={"number": 1, "user.id": "person-anna"})


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (_in_a_request, ["$set", "parcel_shipped", "parcel_shipped", "parcel_shipped"]),
        (_in_a_span_with_an_identity, ["parcel_shipped"]),
        (_equal_except_for_their_position, ["parcel_shipped"] * 3),
        (_outside_any_trace, ["parcel_shipped"] * 2),
        (_forwarded, ["order_placed"]),
        (_of_a_person_who_opted_out, []),
    ],
)
def test_the_captures_are_the_same(
    act: Callable[[Logger], None], expected: list[str], routes: Routes
) -> None:
    act(routes.logger)
    captures = routes.captures()
    assert sorted(one["event"] for one in captures) == expected
    assert len({one["uuid"] for one in captures}) == len(expected)


_ids = st.text() | st.integers(-(2**63), 2**63 - 1) | st.booleans()
_values = st.recursive(
    st.text() | st.integers() | st.floats() | st.booleans() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3),
    max_leaves=5,
)
_attributes = st.fixed_dictionaries(
    {}, optional={"a": _values, "posthog.ordinal": _values, "user.id": _ids, "session.id": _ids}
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_attributes)
def test_the_capture_is_the_same_for_any_attributes(routes: Routes, attributes: dict[str, Any]) -> None:
    with tracer.start_as_current_span("script"):
        routes.logger.emit(event_name="order_placed", attributes=attributes)
    assert [one["event"] for one in routes.captures()] == ["order_placed"]


def test_a_separately_delivered_record_is_marked_for_other_exporters(routes: Routes) -> None:
    routes.seen.attributes.clear()
    record_named("parcel_shipped", {"number": 1})
    routes.logger.emit(event_name="cache_missed")
    routes.captures()
    assert [one.get("posthog.apart") for one in routes.seen.attributes] == [True, None]


def test_a_record_is_sent_for_posthog_only_with_just_the_attributes_that_mapping_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running_collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        routes = Routes()
        routes.add(CollectorExporter(COMMON.replace(api_key="", via="collector"), REGISTRY))
        try:
            _in_a_span_with_an_identity(routes.logger)
            _equal_except_for_their_position(routes.logger)
            assert routes.logs.force_flush(10_000)
        finally:
            routes.spans[0].replace()
        first, *others = collector.records()
        assert first.event_name == "parcel_shipped"
        assert {one.key for one in first.attributes} == {"number", "user.id", "posthog.only"}
        assert len(first.trace_id) == 16
        assert len(first.span_id) == 8
        ordinals = [
            {one.key: one.value.int_value for one in record.attributes}.get("posthog.ordinal")
            for record in others
        ]
        assert ordinals == [None, 1, 2]
        assert collector.spans() == []


def test_records_of_a_stock_exporter_are_accepted_unless_delivered_separately() -> None:
    with (
        running_inspector() as inspector,
        running_bridge(application(COMMON.replace(host=inspector.url), REGISTRY)) as bridge,
    ):
        exporter = OTLPLogExporter(endpoint=f"{bridge}/v1/logs")
        logs = LoggerProvider(Resource.get_empty(), shutdown_on_exit=False)
        logs.add_log_record_processor(BatchLogRecordProcessor(exporter))
        logger = logs.get_logger("plain")
        logger.emit(event_name="parcel_shipped", attributes={"number": 1, "user.id": "person-anna"})
        logger.emit(event_name="parcel_shipped", attributes={"number": 2, "posthog.apart": True})
        logger.emit(event_name="cache_missed")
        logger.emit(body="a line in the log")
        logs.shutdown()
        arrived = [(one["distinct_id"], one["properties"]["number"]) for one in inspector.good()]
        assert arrived == [("person-anna", 1)]
