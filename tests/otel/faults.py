"""Faults for the tests of the ledger: one step of the pipeline fails at some of its calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from itertools import count
from pkgutil import resolve_name
from typing import Any
from unittest import mock

from otel.delivery.http import Answer, NoResponse, Transport

__all__ = ["ANSWERS", "STEPS", "answering", "failing"]


class FaultError(RuntimeError):
    """Raised by the step that fails."""


# Each step of the pipeline that may fail, and the error that it fails with.
STEPS: Mapping[str, tuple[str, Exception]] = {
    "emitting": ("otel.selecting.queue_emitter.QueueEmitter.emit", FaultError()),
    "queueing an event": ("otel.selecting.queue_emitter.RecordedEvent", FaultError()),
    "selecting": ("otel.selecting.span_processor.SelectedSpan", FaultError()),
    "judging": ("otel.selecting._ending.judge_entry", FaultError()),
    "reading a span": ("otel.delivery.posthog.exporter.envelopes", FaultError()),
    "limiting": ("otel.delivery.error_limiter.ErrorLimiter.admit", FaultError()),
    "mapping an event": ("otel.mapping.mapper.Mapper.__call__", FaultError()),
    "mapping an error": ("otel.mapping.errors.ErrorMapper.__call__", FaultError()),
    "listing frames": ("otel.mapping.errors.ErrorMapper.listed", FaultError()),
    "writing a span": ("otel.delivery.collector.exporter.span_of_events", FaultError()),
    "encoding v0": ("otel.delivery.posthog.capture_v0.CaptureV0.body", TypeError()),
    "encoding v1": ("otel.delivery.posthog.capture_v1.CaptureV1.body", TypeError()),
    "encoding OTLP": ("otel.delivery.collector.otlp_http.OtlpHttp.body", FaultError()),
    "compressing": ("otel.delivery.http._sender.compress", FaultError()),
    "posting": ("otel.delivery.http.transport.Transport.post", FaultError()),
    "connecting": ("otel.delivery.http.transport.Transport.post", NoResponse("connection refused")),
    "reading v0": ("otel.delivery.posthog.capture_v0.CaptureV0.read", FaultError()),
    "reading v1": ("otel.delivery.posthog.capture_v1.CaptureV1.read", FaultError()),
    "reading OTLP": ("otel.delivery.collector.otlp_http.OtlpHttp.read", FaultError()),
    "decoding OTLP": ("otel.bridge._mapping.envelopes_of", FaultError()),
    "decoding an error": ("otel.bridge._mapping.read_error", FaultError()),
    "writing the journal": ("otel.delivery.journal._segment.os.pwrite", OSError(28, "No space left")),
    "starting the journal": ("otel.delivery.journal._segment.Segment.create", OSError(13, "Denied")),
    "settling the journal": ("otel.delivery.journal._segment.Segment.release", OSError(5, "I/O error")),
    "writing the quarantine": ("otel.outcomes.quarantine._open_private", OSError(28, "No space left")),
}

# What may be answered instead of PostHog's or the Collector's own response.
ANSWERS = (400, 401, 402, 403, 404, 408, 413, 429, 500, 502, 503, 301, 204, 202)


@contextmanager
def failing(step: str, calls: Collection[int]) -> Iterator[None]:
    """Make a step fail in the block.

    Args:
        step: a key of `STEPS`.
        calls: the numbers of the calls that fail, from 0.
    """
    path, error = STEPS[step]
    with mock.patch(path, _failing(_resolve(path), calls, error)):
        yield


@contextmanager
def answering(statuses: Mapping[int, int], *, only: str = "/") -> Iterator[None]:
    """Answer some requests instead of the receiver, which does not see them.

    Args:
        statuses: by the number of the request, from 0.
        only: how the paths of these requests begin.
    """
    path = "otel.delivery.http.transport.Transport.post"
    original: Callable[..., Answer] = _resolve(path)
    numbers = count()

    @wraps(original)
    def post(transport: Transport, path: str, *args: Any) -> Answer:
        status = statuses.get(next(numbers)) if path.startswith(only) else None
        return original(transport, path, *args) if status is None else Answer(status, {}, b"no")

    with mock.patch(path, post):
        yield


def _resolve(path: str) -> Any:
    owner, _, name = path.rpartition(".")
    return getattr(resolve_name(owner), name)


def _failing(original: Any, calls: Collection[int], error: Exception) -> Callable[..., Any]:
    numbers = count()

    def call(*args: Any, **kwargs: Any) -> Any:
        if next(numbers) in calls:
            raise error
        return original(*args, **kwargs)

    return call
