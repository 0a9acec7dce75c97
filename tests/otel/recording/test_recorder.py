"""What a recorder does with an event: stamp it, time it, emit it or account for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor, ReadWriteLogRecord
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags

from otel import Identity, RecordingError
from otel._guard import raise_internal_errors
from otel.envelope import Envelope
from otel.identity import identified
from otel.outcomes import Ledger, Quarantine
from otel.reasons import Reason
from otel.recording import LogEmitter, Recorder, SpanEmitter
from otel.recording.emitters import LONG_LIVED_NS
from tests.otel.shop import GROUPS, REGISTRY, ParcelShipped, Person

ANNA = Identity("anna", groups={"team": "t1"})
ELSEWHERE = SpanContext(0xAB, 0xCD, is_remote=True, trace_flags=TraceFlags(1))


class Shelf:
    """An emitter that keeps what it gets, and says whether it is recorded."""

    def __init__(self, *, is_recorded: bool = True) -> None:
        self.events: list[tuple[str, dict[str, Any], int, trace.Span]] = []
        self.is_recorded = is_recorded

    def emit(
        self,
        name: str,
        attributes: dict[str, Any],
        stamps: Mapping[str, Any],
        time_unix_nano: int,
        span: trace.Span,
    ) -> bool:
        self.events.append((name, {**attributes, **stamps}, time_unix_nano, span))
        return self.is_recorded

    @property
    def attributes(self) -> list[dict[str, Any]]:
        return [attributes for _, attributes, _, _ in self.events]


class Transaction:
    """A transaction: what waits for its end."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []

    def __call__(self, call: Callable[[], None]) -> bool:
        self._waiting.append(call)
        return True

    def commit(self) -> None:
        (call,) = self._waiting
        call()


class Desk:
    """A recorder, and everything that it does."""

    def __init__(self, **options: Any) -> None:
        self.shelf = options.setdefault("emitter", Shelf())
        self.ledger: Ledger = options.setdefault("ledger", Ledger())
        self.recorder = Recorder(REGISTRY, groups=GROUPS, **options)

    @property
    def totals(self) -> dict[str, int]:
        return self.ledger.counters.totals()


def current(**fields: Any) -> Any:
    """Return a context manager: the identity of the running request."""
    return identified(SimpleNamespace(identity=lambda: Identity(**fields)))


def test_an_event_is_stamped_with_the_identity_the_time_and_the_span() -> None:
    desk = Desk()
    before = time.time_ns()
    with trace.use_span(NonRecordingSpan(ELSEWHERE)) as span:
        desk.recorder.event(ParcelShipped(number=1), ANNA)
    ((name, attributes, when, on),) = desk.shelf.events
    assert (name, on) == ("parcel_shipped", span)
    assert attributes == {"number": 1, "carrier": "post", "user.id": "anna", "shop.team.id": "t1"}
    assert before <= when <= time.time_ns()
    assert desk.totals == {}


def test_an_update_is_stamped_as_an_event_is() -> None:
    desk = Desk()
    with current(distinct_id="ben"):
        desk.recorder.person(Person(role="admin"), ANNA)
        desk.recorder.person(Person(), None)
        desk.recorder.alias("visitor-1", ANNA)
        desk.recorder.group(SimpleNamespace(group_type="team", property_names=(), size=3), "t7", None)  # type: ignore[arg-type]  # the shop declares none
    assert [name for name, *_ in desk.shelf.events] == ["$set", "$set", "$identify", "$groupidentify"]
    assert desk.shelf.attributes == [
        {"role": "admin", "user.id": "anna", "shop.team.id": "t1"},
        {"user.id": "ben"},
        {"posthog.anon_distinct_id": "visitor-1", "user.id": "anna", "shop.team.id": "t1"},
        {"posthog.group_type": "team", "posthog.group_key": "t7", "user.id": "ben"},
    ]


def test_an_event_in_a_transaction_is_stamped_now_and_emitted_after_the_commit() -> None:
    transaction = Transaction()
    desk = Desk(on_commit=transaction)
    with current(distinct_id="anna"), trace.use_span(NonRecordingSpan(ELSEWHERE)) as span:
        desk.recorder.event(ParcelShipped(number=1), None)
    assert desk.shelf.events == []
    committed = time.time_ns()
    transaction.commit()
    ((_, attributes, when, on),) = desk.shelf.events
    assert (attributes["user.id"], on) == ("anna", span)
    assert when <= committed


def test_an_event_that_nothing_records_is_counted() -> None:
    desk = Desk(emitter=Shelf(is_recorded=False))
    desk.recorder.event(ParcelShipped(number=1), None)
    desk.recorder.named("parcel_shipped", {"number": 2}, None)
    assert desk.totals == {"not_recording": 2}


def test_an_event_whose_emission_fails_after_the_commit_is_counted() -> None:
    class Broken(Shelf):
        def emit(self, *_: object) -> bool:
            raise ZeroDivisionError

    transaction = Transaction()
    desk = Desk(emitter=Broken(), on_commit=transaction)
    desk.recorder.event(ParcelShipped(number=1), None)
    raise_internal_errors(False)
    transaction.commit()
    assert desk.totals == {"mapping_failed": 1}


def test_a_rejected_event_is_quarantined_with_its_person_its_place_and_its_program(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path)
    desk = Desk(ledger=Ledger(quarantine=quarantine), resource={"service.name": "shop"})
    with current(distinct_id="anna"), trace.use_span(NonRecordingSpan(ELSEWHERE)):
        desk.recorder.named("parcel_shiped", {"number": 1, "note": None}, None)
    (entry,) = quarantine.entries()
    assert isinstance(entry.item, Envelope)
    assert entry.item == Envelope(
        "parcel_shiped",
        {"number": 1, "user.id": "anna"},
        entry.item.time_unix_nano,
        0xAB,
        0xCD,
        resource={"service.name": "shop"},
    )
    assert abs(entry.item.time_unix_nano - time.time_ns()) < 60 * 10**9
    assert entry.rejection.reason is Reason.UNDECLARED
    assert desk.shelf.events == []
    assert desk.totals == {"undeclared": 1}


def test_in_production_values_are_checked_by_the_exporter_not_in_the_products_thread() -> None:
    desk = Desk()
    desk.recorder.named("parcel_shipped", {"number": "one"}, None)
    assert desk.shelf.attributes == [{"number": "one"}]
    strict = Desk(strict=True)
    with pytest.raises(RecordingError, match=r"^event 'parcel_shipped': number is a str .*\. Fix the call"):
        strict.recorder.named("parcel_shipped", {"number": "one"}, None)
    assert strict.shelf.events == []
    assert strict.totals == {}


@pytest.mark.parametrize(
    ("request_", "given", "expected"),
    [
        # Nobody is known yet: the request becomes the given person's.
        ({"visitor_id": "v"}, {"distinct_id": "anna"}, {"user.id": "anna"}),
        (
            {"visitor_id": "v", "session_id": "s"},
            {"distinct_id": "anna"},
            {"user.id": "anna", "session.id": "s"},
        ),
        ({"groups": {"team": "t1"}}, {"distinct_id": "anna"}, {"user.id": "anna"}),
        # The same person: what they are not given is the request's.
        (
            {"distinct_id": "anna", "session_id": "s", "groups": {"team": "t1"}},
            {"distinct_id": "anna"},
            {"user.id": "anna", "session.id": "s", "shop.team.id": "t1"},
        ),
        (
            {"distinct_id": "anna", "session_id": "s", "groups": {"team": "t1"}},
            {"distinct_id": "anna", "session_id": "own", "groups": {"team": "t2"}},
            {"user.id": "anna", "session.id": "own", "shop.team.id": "t2"},
        ),
        ({"distinct_id": "anna", "opted_out": True}, {"distinct_id": "anna"}, {"posthog.opted_out": True}),
        ({"distinct_id": "anna"}, {"distinct_id": "anna", "opted_out": True}, {"posthog.opted_out": True}),
        # Another person: nothing of the request is theirs.
        (
            {"distinct_id": "anna", "session_id": "s", "groups": {"team": "t1"}},
            {"distinct_id": "ben"},
            {"user.id": "ben"},
        ),
        # Except for an opt-out, which applies to everything that the request records.
        ({"distinct_id": "anna", "opted_out": True}, {"distinct_id": "ben"}, {"posthog.opted_out": True}),
    ],
)
def test_what_a_given_person_takes_over_from_the_request(
    request_: dict[str, Any], given: dict[str, Any], expected: dict[str, Any]
) -> None:
    desk = Desk()
    with current(**request_):
        desk.recorder.person(Person(), Identity(**given))
    assert desk.shelf.attributes == [expected]


def test_a_handled_error_that_nothing_records_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    with trace.use_span(NonRecordingSpan(ELSEWHERE)):
        desk.recorder.error(ValueError("x"), {}, None)
    assert desk.totals == {}
    monkeypatch.setattr("otel.recording._recorder.own_tracer", trace.NoOpTracer)
    desk.recorder.error(ValueError("x"), {}, None)
    assert desk.totals == {"not_recording": 1}


@pytest.mark.parametrize(
    ("value", "attribute"),
    [
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, tzinfo=UTC).timetz(), "03:00:00+00:00"),
        (frozenset({"a"}), ("a",)),
        (("a", Path("b")), ("a", "b")),
        (b"raw", b"raw"),
        (type("Meters", (float,), {})(1.5), 1.5),
        (type("Count", (int,), {})(3), 3),
        (type("Lazy", (str,), {})("text"), "text"),
    ],
)
def test_a_value_is_converted_to_what_an_attribute_can_hold(value: Any, attribute: Any) -> None:
    desk = Desk()
    desk.recorder.named("parcel_shipped", {"number": 1, "note": value}, None)
    assert desk.shelf.attributes[0]["note"] == attribute


class TestSpanEmitter:
    def test_an_event_is_added_to_a_span_with_room_until_it_is_nearly_full(self) -> None:
        tracer = TracerProvider(shutdown_on_exit=False).get_tracer("tests")
        span = tracer.start_span("request")
        emitter = SpanEmitter()
        for number in range(200):
            assert emitter.emit("parcel_shipped", {"number": number}, {}, 7, span)
        assert [event.attributes["number"] for event in span.events] == list(range(128 - 16))  # type: ignore[attr-defined]  # the SDK's
        assert {event.timestamp for event in span.events} == {7}  # type: ignore[attr-defined]  # as above

    @pytest.mark.parametrize(
        ("age", "kind", "has_room"),
        [
            (LONG_LIVED_NS - 2 * 10**9, SpanKind.SERVER, True),
            (LONG_LIVED_NS, SpanKind.SERVER, False),
            (0, SpanKind.CONSUMER, False),
            (0, SpanKind.INTERNAL, True),
        ],
    )
    def test_an_event_does_not_wait_for_a_span_that_lasts(
        self, age: int, kind: SpanKind, has_room: bool
    ) -> None:
        tracer = TracerProvider(shutdown_on_exit=False).get_tracer("tests")
        span = tracer.start_span("command", kind=kind, start_time=time.time_ns() - age)
        assert SpanEmitter().emit("parcel_shipped", {"number": 1}, {}, 7, span)
        assert len(span.events) == has_room  # type: ignore[attr-defined]  # the SDK's

    def test_without_a_limit_for_events_a_span_has_always_room(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "")
        tracer = TracerProvider(shutdown_on_exit=False).get_tracer("tests")
        monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "3")
        span = tracer.start_span("request")
        assert SpanEmitter().emit("parcel_shipped", {"number": 1}, {}, 7, span)
        assert len(span.events) == 0  # type: ignore[attr-defined]  # the SDK's


def test_a_log_emitter_of_a_provider_without_processors_says_that_nothing_is_recorded() -> None:
    emitter = LogEmitter(LoggerProvider(shutdown_on_exit=False))
    assert not emitter.emit("parcel_shipped", {}, {}, 7, trace.INVALID_SPAN)


class Kept(SpanExporter):
    """An exporter that keeps spans."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans.extend(spans)
        return SpanExportResult.SUCCESS


class Taken(LogRecordProcessor):
    """A processor that keeps log records."""

    def __init__(self) -> None:
        self.records: list[LogRecord] = []

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        self.records.append(log_record.log_record)

    def shutdown(self) -> None: ...

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True


def test_a_record_outside_any_trace_gets_a_span_that_ends_and_others_get_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, taken = Kept(), Taken()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr("otel.recording.emitters.own_tracer", lambda: provider.get_tracer("otel"))
    logs = LoggerProvider(shutdown_on_exit=False)
    logs.add_log_record_processor(taken)
    emitter = LogEmitter(logs)
    assert emitter.emit("parcel_shipped", {"number": 1}, {}, 7, trace.INVALID_SPAN)
    assert emitter.emit("parcel_shipped", {"number": 2}, {}, 8, NonRecordingSpan(ELSEWHERE))
    (own,) = kept.spans
    first, second = taken.records
    assert own.name == "parcel_shipped"
    assert own.context is not None
    assert (first.trace_id, first.span_id) == (own.context.trace_id, own.context.span_id)
    assert (second.trace_id, second.span_id) == (0xAB, 0xCD)
    assert [(one.event_name, one.timestamp) for one in taken.records] == [
        ("parcel_shipped", 7),
        ("parcel_shipped", 8),
    ]
    assert {one.severity_number for one in taken.records} == {SeverityNumber.INFO}
