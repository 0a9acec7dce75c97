"""Whatever fails, each recorded event is delivered, lost with a reason, or waits in the journal.

`LEDGER_EXAMPLES=2000` runs more examples.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider

from otel import Identity, Reason, Settings, pipeline, record, record_named
from otel._guard import raise_internal_errors
from otel.bridge._service import Bridge
from otel.bridge._signals import TRACES
from otel.bridge.app import application
from otel.bridge.server import running_bridge
from otel.delivery import http
from otel.inspector.running import RunningInspector, running_inspector
from otel.outcomes import Counters, Quarantine
from tests.otel.faults import ANSWERS, STEPS, answering, failing
from tests.otel.shop import GROUPS, REGISTRY, ParcelShipped
from tests.otel.through_collector.collector import running_collector

EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES", "40"))

# Without an error event, each event and each error is one capture.
SETTINGS = Settings(api_key="phc_test", groups=GROUPS, flush_timeout=0.5)

ANNA = Identity("person-anna")
BEN = Identity("person-ben", opted_out=True)


def recorded(settings: Settings, spans: Sequence[Sequence[str]]) -> tuple[int, Counters]:
    """Record what each span says, and end the pipeline; return how much was recorded, and the counts.

    Args:
        settings: the pipeline's.
        spans: the steps on each span, as in `_take`; `fail` ends the span.
    """
    provider = TracerProvider(shutdown_on_exit=False)
    installed = pipeline.install(settings, registry=REGISTRY, provider=provider)
    tracer = provider.get_tracer("tests")
    for number, steps in enumerate(spans):
        with suppress(LookupError), tracer.start_as_current_span("job"):
            for step in steps:
                _take(step, number)
        if number == len(spans) // 2:
            pipeline.flush(0.5)
    provider.shutdown()
    return sum(map(len, spans)), installed.counters


def _take(step: str, number: int) -> None:
    match step:
        case "ship":
            record(ParcelShipped(number=number), identity=ANNA)
        case "opt out":
            record(ParcelShipped(number=number), identity=BEN)
        case "misspell":
            record_named("parcel_shiped", {"number": number}, identity=ANNA)
        case "mistype":
            record_named("parcel_shipped", {"number": "three"}, identity=ANNA)
        case "fail":
            raise LookupError(number)


@contextmanager
def impatient() -> Iterator[None]:
    """Let waits for a retry pass at once in the block."""
    skipped = [0.0]

    def wait(event: threading.Event, seconds: float) -> bool:
        skipped[0] += seconds
        return event.is_set()

    clock = http.Clock(lambda: time.monotonic() + skipped[0], time.time, wait)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("otel.delivery.http.client.Clock", lambda: clock)
        yield


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """Export only when told to, wait for nothing, and log nothing."""
    before = pipeline.running()
    assert before is not None
    logging.disable(logging.CRITICAL)
    with impatient(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")
        yield
    logging.disable(logging.NOTSET)
    pipeline.reinstall(before)


@pytest.fixture(autouse=True)
def production(faults_raise: None) -> Iterator[None]:
    """Log internal errors instead of raising them."""
    before = raise_internal_errors(False)
    yield
    raise_internal_errors(before)


@pytest.fixture(scope="module")
def inspector() -> Iterator[RunningInspector]:
    with running_inspector() as running:
        yield running


@pytest.fixture(scope="module")
def bridge(inspector: RunningInspector) -> Iterator[tuple[str, Counters]]:
    """Give the URL of a bridge, and its counts."""
    counters = Counters()
    with running_bridge(
        application(SETTINGS.replace(host=inspector.url), REGISTRY, counters=counters)
    ) as url:
        yield url, counters


@pytest.fixture(scope="module")
def collector() -> Iterator[str]:
    with running_collector() as running:
        yield running.url


spans = st.lists(
    st.lists(st.sampled_from(["ship", "ship", "misspell", "mistype", "opt out"]), max_size=4).flatmap(
        lambda steps: st.sampled_from([steps, steps, [*steps, "fail"]])
    ),
    min_size=1,
    max_size=4,
)
steps = st.none() | st.sampled_from(sorted(STEPS))
calls = st.sets(st.integers(0, 4), min_size=1, max_size=3)
answers = st.dictionaries(st.integers(0, 3), st.sampled_from(ANSWERS), max_size=2)

examples = hypothesis_settings(
    max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@contextmanager
def faulty(step: str | None, at: set[int], statuses: Mapping[int, int], only: str = "/") -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(answering(statuses, only=only))
        if step is not None:
            stack.enter_context(failing(step, at))
        yield


def lost(counters: Counters) -> int:
    return sum(counters.totals().get(reason, 0) for reason in Reason)


def accounted(counters: Counters) -> int:
    totals = counters.totals()
    return totals.get("delivered", 0) + lost(counters) + totals.get("journaled", 0)


@examples
@example([["fail"]], "mapping an error", {0}, {}, "v0", False)
@example([["ship", "ship", "ship"]], "reading a span", {0}, {}, "v0", False)
@example([["ship", "mistype"]], "connecting", set(range(99)), {}, "v0", True)
@given(spans, steps, calls, answers, st.sampled_from(["v0", "v1"]), st.booleans())
def test_directly_to_posthog(
    inspector: RunningInspector,
    spans: list[list[str]],
    step: str | None,
    at: set[int],
    statuses: dict[int, int],
    mode: str,
    has_journal: bool,
) -> None:
    inspector.reset()
    with TemporaryDirectory() as folder:
        quarantine = Path(folder, "quarantine")
        settings = SETTINGS.replace(
            host=inspector.url,
            capture_mode=mode,
            quarantine=quarantine,
            journal=Path(folder, "journal") if has_journal else None,
        )
        with faulty(step, at, statuses):
            events, counters = recorded(settings, spans)
        totals = counters.totals()
        assert accounted(counters) == events, totals
        if not any(200 <= status < 300 for status in statuses.values()):
            assert totals.get("delivered", 0) <= len(inspector.good())
        if step != "writing the quarantine":
            kept = len(list(Quarantine(quarantine).entries()))
            rejected = sum(totals.get(reason, 0) for reason in Reason if reason.is_quarantined)
            # What cannot be read has no content to keep.
            assert kept == rejected or (kept < rejected and Reason.MAPPING_FAILED in totals)


@examples
@example([["fail"]], "listing frames", {0}, {})
@example([["ship", "ship", "ship"]], "writing a span", {0}, {})
@given(spans, steps, calls, answers)
def test_in_the_collectors_encoding(
    collector: str, spans: list[list[str]], step: str | None, at: set[int], statuses: dict[int, int]
) -> None:
    with pytest.MonkeyPatch.context() as patch, faulty(step, at, statuses):
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector)
        events, counters = recorded(SETTINGS.replace(api_key="", via="collector"), spans)
    assert accounted(counters) == events, counters.totals()


@examples
@example([["fail"]], "mapping an error", {0}, {})
@example([["ship", "ship", "ship"]], "decoding OTLP", {0}, {})
@given(spans, steps, calls, answers)
def test_through_the_bridge(
    bridge: tuple[str, Counters],
    spans: list[list[str]],
    step: str | None,
    at: set[int],
    statuses: dict[int, int],
) -> None:
    url, received = bridge
    before = accounted(received)
    with ExitStack() as stack:
        stack.enter_context(faulty(step, at, statuses, only="/batch/"))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        events, sent = recorded(SETTINGS.replace(api_key="", via="collector"), spans)
    assert accounted(sent) == events, sent.totals()
    totals = sent.totals()
    if Reason.UNDELIVERED not in totals:
        # What the bridge refused in part, the sender counts as refused.
        arrived = totals.get("delivered", 0) + totals.get(Reason.REFUSED, 0)
        assert accounted(received) - before == arrived, (totals, received.totals())


@examples
@example([["ship"] * 30], {}, 20, "v1")
@example([["ship"], ["garble"], ["mistype", "opt out"]], {0: 503, 1: 400}, 1000, "v0")
@given(
    st.lists(
        st.just(["garble"])
        | st.lists(st.sampled_from(["ship", "twice", "mistype", "opt out"]), min_size=1, max_size=4),
        max_size=4,
    ),
    answers,
    st.integers(0, 20),
    st.sampled_from(["v0", "v1"]),
)
def test_in_requests_of_other_programs(
    inspector: RunningInspector,
    spans: list[list[str]],
    statuses: dict[int, int],
    budget: int,
    mode: str,
) -> None:
    counters = Counters()
    settings = SETTINGS.replace(host=inspector.url, capture_mode=mode)
    body = orjson.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(map(_span, spans, count()))}]}]})
    with pytest.MonkeyPatch.context() as patch:
        for limit in ("_SMALLEST", "_FEW_EVENTS"):
            patch.setattr(f"otel.bridge.otlp.budget.{limit}", 0)
        patch.setattr("otel.bridge.otlp.budget._MAX_EVENTS", budget)
        patch.setattr("otel.delivery.http.client.Clock", http.Clock)  # the bridge does not wait
        bridge = Bridge(settings, REGISTRY, counters)
        answered = 503
        with answering(statuses):
            for _ in range(len(statuses) + 2):
                answered = bridge.answer(TRACES, body, "", "application/json").status
                if answered != 503:
                    break
        bridge.close()
    assert answered == (200 if sum(map(len, spans)) - spans.count(["garble"]) <= budget else 413)
    assert accounted(counters) == sum(map(len, spans)), counters.totals()


def _span(steps: list[str], number: int) -> dict[str, Any]:
    """Return a span with an event for each step, as OTLP/JSON; an unreadable one for `garble`."""
    if steps == ["garble"]:
        return {"name": number}
    value = {"mistype": {"stringValue": "three"}}
    events = [
        {
            "name": "parcel_shipped",
            "timeUnixNano": "1796000000000000000",
            "attributes": [{"key": "number", "value": value.get(step, {"intValue": number})}]
            # The second of two with the same ordinal is the same event.
            + [{"key": "posthog.ordinal", "value": {"intValue": 0}}] * (step == "twice")
            + [{"key": "posthog.opted_out", "value": {"boolValue": True}}] * (step == "opt out"),
        }
        for step in steps
    ]
    return {"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": f"{number + 1:016x}", "events": events}
