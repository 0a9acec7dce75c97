"""The captures of a program are equal whether it records span events or log records."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import _logs, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.trace import SpanKind

from otel import Identity, Settings, pipeline, record, record_named, set_person
from otel.envelope import Capture
from otel.identity import identified
from otel.settings import Carrier
from otel.testing import capturing
from otel.verbs import alias_visitor
from tests.otel.shop import REGISTRY, SETTINGS, ParcelShipped, Person, shop

tracer = trace.get_tracer("tests")

SOMEBODY = Identity("u2", {"team": "t2"})
SESSION = "0190f5b0-2222-7000-8000-000000000002"

texts = st.text(max_size=20)
named = st.none() | st.just(SOMEBODY)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
Step = Callable[[], None]
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda number, note, identity: (
            lambda: record(ParcelShipped(number=number, note=note), identity=identity)
        ),
        st.integers(),
        st.none() | texts,
        named,
    ),
    st.builds(
        lambda attributes: lambda: record_named("parcel_shipped", attributes),
        st.fixed_dictionaries({"number": values}, optional={"note": values, "weight": values}),
    ),
    st.builds(
        lambda role, identity: lambda: set_person(Person(role=role), identity=identity),
        st.sampled_from(["admin", "member", None]),
        named,
    ),
    st.builds(lambda visitor: lambda: alias_visitor(visitor, SOMEBODY), texts),
)
requests = st.none() | st.builds(
    Identity,
    distinct_id=st.none() | st.just("u1"),
    groups=st.sampled_from([{}, {"team": "t1"}]),
    opted_out=st.booleans(),
    visitor_id=st.none() | st.just("v1"),
    session_id=st.none() | st.just(SESSION),
)


def recorded(
    carrier: Carrier, program: Sequence[Step], identity: Identity | None, span: dict[str, Any], ticks: int
) -> list[Capture]:
    """Return the captures of a program, with the same ids and times in each run."""
    random.seed(0)  # the SDK's ids
    moments = iter(10**18 + tick // ticks for tick in range(100))  # the clock stops for some ticks
    with capturing(SETTINGS.replace(carrier=carrier), REGISTRY) as captured, ExitStack() as around:
        running = pipeline.running()
        assert running is not None
        running.recorder._strict = False  # invalid events are rejected, as in production
        if identity is not None:
            around.enter_context(identified(SimpleNamespace(identity=lambda: identity)))
        around.enter_context(tracer.start_as_current_span("request", kind=SpanKind.SERVER, attributes=span))
        for step in program:
            now = next(moments)
            with mock.patch("otel.recording._recorder.time", SimpleNamespace(time_ns=lambda now=now: now)):
                step()
        around.close()
        return sorted(captured, key=lambda one: (one.uuid, one.event))


@given(
    st.lists(steps, max_size=6),
    requests,
    st.dictionaries(st.sampled_from(["user.id", "enduser.id", "posthog.opted_out", "http.route"]), texts),
    st.integers(1, 4),
)
def test_any_program_leads_to_equal_captures(
    program: list[Step], identity: Identity | None, span: dict[str, Any], ticks: int
) -> None:
    of_spans, of_logs = (recorded(one, program, identity, span, ticks) for one in ("span", "log"))
    assert [asdict(one) for one in of_logs] == [asdict(one) for one in of_spans]


def test_an_exception_stays_on_the_span_and_is_one_error() -> None:
    with shop(SETTINGS.replace(carrier="log")) as captured:
        try:
            with tracer.start_as_current_span("request"):
                record(ParcelShipped(number=1))
                raise ValueError("it ended")
        except ValueError:
            pass
        assert [one.event for one in captured] == ["parcel_shipped", "$exception", "shop_failed"]
        assert len({one.properties["$trace_id"] for one in captured}) == 1


def test_records_of_the_logs_api_arrive_with_either_carrier() -> None:
    _ensure_global_provider()
    for carrier in ("span", "log"):
        with shop(SETTINGS.replace(carrier=carrier)) as captured:
            _logs.get_logger("plain").emit(event_name="parcel_shipped", attributes={"number": 1})
            assert [one.properties["number"] for one in captured] == [1]


def test_without_a_key_nothing_is_emitted_and_nothing_counted() -> None:
    _ensure_global_provider()
    running = pipeline.running()
    assert running is not None
    try:
        without = pipeline.install(Settings(carrier="log"), registry=REGISTRY)
        record(ParcelShipped(number=1))
        assert without.counters.totals() == {}
    finally:
        pipeline.reinstall(running)


def test_the_logger_provider_of_one_pipeline_is_not_that_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_logs, "get_logger_provider", _logs.NoOpLoggerProvider)
    running = pipeline.running()
    assert running is not None
    given = LoggerProvider(shutdown_on_exit=False)
    try:
        assert pipeline.install(SETTINGS, registry=REGISTRY, logger_provider=given).logger_provider is given
    finally:
        again = pipeline.reinstall(running)
    assert again.logger_provider is not given
    assert pipeline.reinstall(running).logger_provider is again.logger_provider


def _ensure_global_provider() -> None:
    """Ensure that a global logger provider exists; `record` creates one."""
    with shop(SETTINGS.replace(carrier="log")):
        assert isinstance(_logs.get_logger_provider(), LoggerProvider)


@pytest.mark.django_db
@pytest.mark.parametrize("carrier", ["span", "log"])
def test_an_event_waits_for_the_commit_and_is_dropped_by_a_rollback(carrier: Carrier) -> None:
    running = pipeline.running()
    assert running is not None
    with capturing(running.settings.replace(carrier=carrier)) as captured:
        with tracer.start_as_current_span("request"):
            with transaction.atomic():
                record_named("user_signed_up", {"method": "email", "signup_source": "invite"})
                assert pipeline.flush()
                assert captured._captures == []
            with transaction.atomic():
                record_named("user_signed_up", {"method": "email", "signup_source": "email"})
                transaction.set_rollback(True)
        assert [one.properties["signup_source"] for one in captured] == ["invite"]
