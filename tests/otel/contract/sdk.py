"""Shared code of the contract's checks: a program with the exporter, and a server like theirs."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import orjson
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from otel import PostHogSpanExporter
from otel.delivery import http
from otel.delivery.posthog.client import PostHogClient
from otel.events import PersonProperties, Registry, SetOnce, Technical, person_properties
from otel.outcomes import Ledger
from otel.settings import Settings
from tests.otel.delivery.scripted import Asked, Scripted, Step

KEY = "phc_test_key"
CANONICAL = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"

_REGISTRY = Registry()
_DELAYED = (408, 500, 503, 504)


@person_properties(owner="contract", registry=_REGISTRY)
class Person(PersonProperties):
    """What is known of a person."""

    name: Technical | None = None
    initial_referrer: Annotated[Technical, SetOnce] | None = None


@dataclass(frozen=True)
class Answer:
    """The response to one request.

    Args:
        status: the HTTP status.
        results: for v1, the result of each event in the order of the batch; empty for all `ok`.
        headers: headers in addition to the content length.
    """

    status: int = 200
    results: Sequence[str] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class Clock:
    """A clock that advances only during waits; its wall time starts at the real time."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.waits: list[float] = []
        self._offset = time.time() - self.now

    def __call__(self) -> float:
        return self.now

    def wall(self) -> float:
        return self._offset + self.now

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return event.is_set()


class Sdk:
    """A program that records through OpenTelemetry, and the requests that PostHog gets from it.

    Args:
        server: the server that responds in PostHog's place.
        mode: the capture mode.
        flush_at: the number of spans that are exported without a flush.
        is_real: whether the program uses the real clock.
        settings: settings in addition to the key, the host and the mode.
    """

    def __init__(
        self, server: Scripted, mode: str, *, flush_at: int = 100, is_real: bool = False, **settings: Any
    ) -> None:
        self.clock = Clock()
        self._server = server
        self._mode = mode
        self._answers: deque[Answer] = deque()
        server.respond = self._respond
        every = Settings(
            api_key=KEY, host=server.url, events=("test_event*",), groups={"company": "company.id"}
        ).replace(capture_mode=mode, **settings)
        clock = http.Clock(self.clock, self.clock.wall, self.clock.wait)
        retry = http.RetryPolicy(jitter=lambda: 0.0)
        sink = None if is_real else PostHogClient(every, Ledger(), retry=retry, clock=clock)
        exporter = PostHogSpanExporter(settings=every, registry=_REGISTRY, sink=sink)
        self._provider = TracerProvider(shutdown_on_exit=False)
        self._provider.add_span_processor(
            BatchSpanProcessor(exporter, max_export_batch_size=flush_at, schedule_delay_millis=600_000)
        )

    @property
    def requests(self) -> list[Asked]:
        """The requests so far."""
        return self._server.asked

    @property
    def only(self) -> Asked:
        """The only request."""
        (request,) = self.requests
        return request

    def answers(self, *answers: Answer | int) -> None:
        """Queue responses for the next requests; later requests are accepted."""
        self._answers += [Answer(answer) if isinstance(answer, int) else answer for answer in answers]

    def capture(
        self,
        event: str = "test_event",
        properties: Mapping[str, Any] | None = None,
        *,
        user: str | None = "test_user",
        company: str = "",
        at: int | None = None,
    ) -> None:
        """Record one event on a separate span."""
        with self._provider.get_tracer("contract").start_as_current_span("work") as span:
            if user is not None:
                span.set_attribute("user.id", user)
            if company:
                span.set_attribute("company.id", company)
            span.add_event(event, properties, at)

    def capture_many(self, count: int) -> None:
        """Record several events with different names."""
        for index in range(count):
            self.capture(f"test_event_{index}")

    def flush(self) -> None:
        self._provider.force_flush()

    def end(self) -> None:
        self._provider.shutdown()

    def _respond(self, asked: Asked) -> Step:
        answer = self._answers.popleft() if self._answers else Answer()
        if answer.status != 200:
            delay = {"Retry-After": "1"} if self._mode == "v1" and answer.status in _DELAYED else {}
            return Step(answer.status, b'{"error":"told to"}', {**delay, **answer.headers})
        if self._mode == "v0":
            return Step(200, b'{"status":1}', answer.headers)
        events = asked.json["batch"]
        results = answer.results or ["ok"] * len(events)
        found = {one["uuid"]: {"result": result} for one, result in zip(events, results, strict=True)}
        return Step(200, orjson.dumps({"results": found}), answer.headers)


def batch(request: Asked) -> list[dict[str, Any]]:
    """Return a request's events."""
    events: list[dict[str, Any]] = request.json["batch"]
    return events


def field_of(name: str, request: Asked) -> list[Any]:
    """Return one field of each of a request's events."""
    return [event[name] for event in batch(request)]


def each(**checks: Any) -> pytest.MarkDecorator:
    """Return a mark that runs a test for each check, with the check's name as id and its value as `given`."""
    return pytest.mark.parametrize("given", list(checks.values()), ids=list(checks))
