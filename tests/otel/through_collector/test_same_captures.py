"""A program's captures are the same whether sent directly or through the Collector and the bridge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, Status, StatusCode

from otel import Identity, PostHogSpanProcessor, RecordingSampler, pipeline, record, record_error, set_person
from otel.bridge import application
from otel.bridge.server import running_bridge
from otel.delivery.collector.exporter import CollectorExporter
from otel.delivery.posthog.exporter import PostHogSpanExporter
from otel.identity import identified
from otel.inspector.running import RunningInspector, running_inspector
from otel.outcomes import Counters, Ledger
from otel.settings import Settings
from tests.otel.shop import GROUPS, REGISTRY, ParcelShipped, Person
from tests.otel.through_collector.test_leaving import ANNA, FixedIdentity, fail

tracer = trace.get_tracer("tests.through_collector")

_FORWARDED = ("order_*",)


class BothRoutes:
    """Two routes for one program, each with its own inspector at the end."""

    def __init__(self, direct: RunningInspector, bridged: RunningInspector) -> None:
        self._inspectors = direct, bridged
        self.processors: list[PostHogSpanProcessor] = []
        self.counters: list[Counters] = []

    def captures(self) -> list[dict[str, Any]]:
        """Check that the same captures arrived on both routes; return them, and reset the inspectors."""
        for processor in self.processors:
            processor.force_flush(10_000)  # returns False if the bridge rejects an event
        for counters in self.counters:
            assert not {"undelivered", "shutdown", "mapping_failed", "retried"} & set(counters.totals())
        direct, bridged = (
            sorted(map(_comparable, one.good()), key=lambda capture: str(capture["uuid"]))
            for one in self._inspectors
        )
        assert bridged == direct
        for one in self._inspectors:
            assert one.all()["bad"] == 0
            one.reset()
        return direct


def _comparable(capture: dict[str, Any]) -> dict[str, Any]:
    return {name: capture[name] for name in ("event", "uuid", "distinct_id", "timestamp", "properties")}


def _processor(exporter: PostHogSpanExporter | CollectorExporter) -> PostHogSpanProcessor:
    processor = PostHogSpanProcessor(
        exporter,
        groups=GROUPS,
        flush_timeout=5,
        schedule_delay_millis=60_000,
    )
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    assert isinstance(provider.sampler, RecordingSampler)
    provider.add_span_processor(processor)
    return processor


@pytest.fixture(scope="module")
def both() -> Iterator[BothRoutes]:
    common = Settings(api_key="phc_test", groups=GROUPS, error_event="shop_failed", events=_FORWARDED)
    with ExitStack() as stack:
        direct, bridged = (stack.enter_context(running_inspector()) for _ in range(2))
        bridge = stack.enter_context(running_bridge(application(common.replace(host=bridged.url), REGISTRY)))
        environ = stack.enter_context(pytest.MonkeyPatch.context())
        environ.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", bridge)
        routes = BothRoutes(direct, bridged)
        first, second = routes.counters = [Counters(), Counters()]
        exporter = PostHogSpanExporter(
            settings=common.replace(host=direct.url), registry=REGISTRY, ledger=Ledger(first)
        )
        bridged_exporter = CollectorExporter(
            common.replace(api_key="", via="collector"), REGISTRY, Ledger(second)
        )
        routes.processors = [_processor(exporter), _processor(bridged_exporter)]
        for processor in routes.processors:
            stack.callback(processor.replace)
        before = pipeline.running()
        assert before is not None
        pipeline.install(Settings(groups=GROUPS), registry=REGISTRY, provider=TracerProvider())
        stack.callback(pipeline.reinstall, before)
        yield routes


def _events_of_a_request() -> None:
    with identified(FixedIdentity(ANNA)), tracer.start_as_current_span("request", kind=SpanKind.SERVER):
        record(ParcelShipped(number=7, note="with love"))
        set_person(Person(role="admin"))


def _events_that_differ_only_in_their_position() -> None:
    with tracer.start_as_current_span("script", attributes={"user.id": "person-anna"}) as span:
        for _ in range(3):
            span.add_event("parcel_shipped", {"number": 1}, timestamp=1_795_395_600_123_456_789)


def _anonymous_event() -> None:
    record(ParcelShipped(number=1))


def _undeclared_event_that_is_forwarded() -> None:
    with tracer.start_as_current_span("script") as span:
        span.add_event(
            "order_placed", {"user.id": "person-ben", "items": ("a", "b"), "half": 0.5, "raw": b"\0"}
        )


def _error_that_ends_a_request() -> None:
    attributes: dict[str, str | int] = {"http.request.method": "POST", "http.response.status_code": 500}
    with (
        pytest.raises(RuntimeError),
        identified(FixedIdentity(ANNA)),
        tracer.start_as_current_span("request", kind=SpanKind.SERVER, attributes=attributes),
        tracer.start_as_current_span("inner"),
    ):
        _fail_in_turn()


def _fail_in_turn() -> None:
    try:
        fail("secret token=0123456789abcdef0123456789abcdef")
    except LookupError as error:
        msg = "not shipped"
        raise RuntimeError(msg) from error


def _error_without_a_live_exception() -> None:
    text = (
        'Traceback (most recent call last):\n  File "shop.py", line 7, in sell\nLookupError: out of stock\n'
    )
    with tracer.start_as_current_span("task", kind=SpanKind.CONSUMER) as span:
        exception = {
            "exception.type": "LookupError",
            "exception.message": "out",
            "exception.stacktrace": text,
        }
        span.add_event("exception", exception | {"exception.escaped": "True"})
        span.set_status(Status(StatusCode.ERROR, "LookupError: out"))


def _many_handled_errors() -> None:
    for number in range(12):
        try:
            fail(str(number))
        except LookupError as error:
            record_error(error, identity=ANNA)


def _error_of_a_person_who_opted_out() -> None:
    about: dict[str, str | bool] = {"posthog.opted_out": True, "user.id": "anna", "shop.team.id": "team-1"}
    with pytest.raises(LookupError), tracer.start_as_current_span("request", attributes=about):
        fail()


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (_events_of_a_request, ["$set", "parcel_shipped"]),
        (_events_that_differ_only_in_their_position, ["parcel_shipped"] * 3),
        (_anonymous_event, ["parcel_shipped"]),
        (_undeclared_event_that_is_forwarded, ["order_placed"]),
        (_error_that_ends_a_request, ["$exception", "shop_failed"]),
        (_error_without_a_live_exception, ["$exception", "shop_failed"]),
        (_many_handled_errors, ["$exception"] * 6 + ["shop_failed"] * 6),
        (_error_of_a_person_who_opted_out, ["$exception", "shop_failed"]),
    ],
)
def test_the_captures_are_the_same(act: Callable[[], None], expected: list[str], both: BothRoutes) -> None:
    act()
    assert sorted(one["event"] for one in both.captures()) == expected


_values = (
    st.text(max_size=20)
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.booleans()
    | st.binary(max_size=20)
    | st.lists(st.text(max_size=5), max_size=3).map(tuple)
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    about=st.dictionaries(
        st.sampled_from(
            ["user.id", "enduser.id", "session.id", "shop.team.id", "posthog.opted_out", "http.url"]
        ),
        _values,
    ),
    properties=st.dictionaries(
        st.sampled_from(["number", "note", "carrier", "user.id"]) | st.text(), _values
    ),
    name=st.sampled_from(["parcel_shipped", "order_placed", "$set", "$identify"]),
)
def test_the_captures_are_the_same_for_any_attributes(
    about: dict[str, Any], properties: dict[str, Any], name: str, both: BothRoutes
) -> None:
    with tracer.start_as_current_span("request", attributes=about) as span:
        span.add_event(name, properties)
    both.captures()


def test_the_identity_of_an_error_is_sent_with_its_team(both: BothRoutes) -> None:
    try:
        fail()
    except LookupError as error:
        record_error(error, identity=Identity("person-ben", groups={"team": "team-2"}))
    exception = next(one for one in both.captures() if one["event"] == "$exception")
    assert exception["distinct_id"] == "person-ben"
    assert exception["properties"]["$groups"] == {"team": "team-2"}
