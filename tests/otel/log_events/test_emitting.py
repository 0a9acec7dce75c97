"""Log records from OpenTelemetry's Logs API: which ones become captures, and the captures' content."""

from __future__ import annotations

from pathlib import Path

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import ReadWriteLogRecord
from opentelemetry.sdk.resources import Resource

from otel._guard import raise_internal_errors
from otel.inspector.running import running_inspector
from otel.selecting import PostHogLogProcessor
from tests.otel.log_events.conftest import AttributeRecorder, LogPipeline
from tests.otel.shop import SETTINGS

TIME = 1_700_000_000_123_456_789


def test_a_record_with_a_declared_name_is_captured_and_others_are_ignored(pipeline: LogPipeline) -> None:
    pipeline.ship(1)
    pipeline.logger.emit(event_name="cache_missed", attributes={"key": "k"})
    pipeline.logger.emit(body="parcel_shipped", severity_number=SeverityNumber.INFO)
    pipeline.logger.emit(event_name="exception", attributes={"exception.type": "ValueError"})
    assert pipeline.numbers() == [1]
    assert pipeline.counters.totals() == {}


def test_a_log_record_and_a_span_event_of_the_same_span_name_and_time_are_one_capture(
    pipeline: LogPipeline,
) -> None:
    with pipeline.tracer.start_as_current_span("request", attributes={"user.id": "u1"}) as span:
        span.add_event("parcel_shipped", {"number": 1}, TIME)
        pipeline.ship(1, timestamp=TIME)
    of_log, of_span = pipeline.arrived()
    assert of_log == of_span
    assert of_log.distinct_id == "u1"


def test_a_record_arrives_before_its_span_has_ended(pipeline: LogPipeline) -> None:
    with pipeline.tracer.start_as_current_span("command"):
        pipeline.ship(1)
        assert pipeline.numbers() == [1]


def test_a_record_is_attributed_to_the_person_of_its_entry_span(pipeline: LogPipeline) -> None:
    with (
        pipeline.tracer.start_as_current_span("request", attributes={"user.id": "u1"}),
        pipeline.tracer.start_as_current_span("inner") as inner,
    ):
        pipeline.ship(1)
        pipeline.ship(2, context=trace.set_span_in_context(trace.NonRecordingSpan(inner.get_span_context())))
    assert [one.distinct_id for one in pipeline.arrived()] == ["u1", "u1"]


def test_a_record_without_a_time_has_its_time_of_observation(pipeline: LogPipeline) -> None:
    record = LogRecord(event_name="parcel_shipped", attributes={"number": 1}, observed_timestamp=TIME)
    pipeline.logger.emit(record)
    assert [one.timestamp for one in pipeline.arrived()] == ["2023-11-14T22:13:20.123456Z"]


def test_records_outside_a_trace_are_anonymous_and_have_no_trace_id() -> None:
    captures = []
    for process in ("a", "b"):
        pipeline = LogPipeline(resource=Resource({"service.instance.id": process}))
        pipeline.ship(1, timestamp=TIME)
        pipeline.ship(1, timestamp=TIME + 1)
        pipeline.ship(1, timestamp=TIME + 1)
        captures += pipeline.arrived()
        pipeline.provider.shutdown()
    assert len({one.uuid for one in captures}) == 6
    assert len({one.distinct_id for one in captures}) == 4
    assert all("$trace_id" not in one.properties for one in captures)
    assert all(one.properties["$process_person_profile"] is False for one in captures)


def test_equal_records_get_an_ordinal_that_other_exporters_see(pipeline: LogPipeline) -> None:
    seen = AttributeRecorder()
    pipeline.logs.add_log_record_processor(seen)
    with pipeline.tracer.start_as_current_span("request") as span:
        for _ in range(3):
            span.add_event("parcel_shipped", {"number": 1}, TIME)
            pipeline.ship(1, timestamp=TIME)
        pipeline.ship(1, timestamp=TIME + 1)
    uuids = [one.uuid for one in pipeline.arrived()]
    assert len(set(uuids)) == 4
    assert set(uuids[4:]) == set(uuids[:3])
    assert [one.get("posthog.ordinal") for one in seen.attributes] == [None, 1, 2, None]
    assert all("posthog.ordinal" not in one.properties for one in pipeline.arrived())


def test_a_later_processor_cannot_change_the_capture(pipeline: LogPipeline) -> None:
    class Redacting(AttributeRecorder):
        def on_emit(self, log_record: ReadWriteLogRecord) -> None:
            log_record.log_record.attributes = {}

    pipeline.logs.add_log_record_processor(Redacting())
    pipeline.ship(1)
    assert pipeline.numbers() == [1]


def test_records_refused_by_a_full_queue_or_after_shutdown_are_counted() -> None:
    pipeline = LogPipeline(max_queue_size=10)
    pipeline.sink.gate.clear()
    for number in range(40):
        pipeline.ship(number)
    pipeline.sink.gate.set()
    arrived = pipeline.numbers()
    refused = pipeline.counters.totals()["queue_full"]
    assert len(arrived) + refused == 40
    pipeline.provider.shutdown()
    pipeline.ship(41)
    assert pipeline.counters.totals() == {"queue_full": refused, "shutdown": 1}


def test_an_internal_error_does_not_affect_other_log_processors(pipeline: LogPipeline) -> None:
    def broken(name: str) -> bool:
        raise ZeroDivisionError

    seen = AttributeRecorder()
    faulty = PostHogLogProcessor(pipeline.spans)
    faulty._selects = broken  # type: ignore[assignment]  # a selection is not meant to fail
    pipeline.logs.add_log_record_processor(faulty)
    pipeline.logs.add_log_record_processor(seen)
    raise_internal_errors(False)
    pipeline.ship(1)
    assert len(seen.attributes) == 1
    assert pipeline.numbers() == [1]


def test_a_logger_is_enabled_only_for_names_that_are_captured(pipeline: LogPipeline) -> None:
    assert pipeline.logger.enabled(event_name="parcel_shipped")
    assert not pipeline.logger.enabled(event_name="cache_missed")
    assert not pipeline.logger.enabled()
    pipeline.spans.replace()
    assert not pipeline.logger.enabled(event_name="parcel_shipped")
    pipeline.ship(1)
    assert pipeline.counters.totals() == {}


def test_a_journaled_record_is_on_disk_once_emitted_and_delivered_by_the_next_process(
    tmp_path: Path,
) -> None:
    with running_inspector() as inspector:
        settings = SETTINGS.replace(host="http://127.0.0.1:9", journal=tmp_path, flush_timeout=0.3)
        pipeline = LogPipeline(settings=settings)
        with pipeline.tracer.start_as_current_span("request"):
            pipeline.ship(7, timestamp=TIME)
            pipeline.ship(7, timestamp=TIME)
            (segment,) = tmp_path.iterdir()
            assert len(segment.read_bytes().splitlines()) >= 2
        pipeline.provider.shutdown()
        assert pipeline.counters.totals() == {"journaled": 2}
        after = LogPipeline(settings=settings.replace(host=inspector.url, flush_timeout=10.0))
        after.exporter.start_recovery()
        after.provider.shutdown()
        assert [one["properties"]["number"] for one in inspector.good("parcel_shipped")] == [7, 7]
