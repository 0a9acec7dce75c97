"""One request: decompressed, read, mapped, delivered in a worker thread, and answered."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf.message import Message
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from otel.bridge._known_outcomes import KnownOutcomes
from otel.bridge._mapping import MappedRequest, RequestMapper
from otel.bridge._metrics import Metrics
from otel.bridge._responses import RETRY_AFTER, Answer, error_response, ok_response
from otel.bridge.otlp.body import Refused, decompress, parse_request
from otel.delivery.http import RetryPolicy, Undelivered
from otel.delivery.posthog.client import PostHogClient
from otel.envelope import Capture
from otel.events import Registry
from otel.outcomes import Counters, Ledger, open_quarantine
from otel.reasons import Reason
from otel.settings import Settings

__all__ = ["LOGS", "TRACES", "Bridge", "Signal"]

_log = logging.getLogger("otel.bridge")

# The Collector's exporter gives up after 30 s and then sends everything again: it must have its response
# before, even if decoding and mapping wait for a busy core. PostHog has 10 s for each request (delivery's own
# limit), and a request that is too large for it is sent in halves.
_DEADLINE = 20.0
# The Collector waits and sends again: it has a queue on disk, and other replicas to send to.
_ATTEMPTS = 1
# A key that is refused or missing needs an operator.
_RETRY_AFTER_OPERATOR = 60.0


@dataclass(frozen=True, slots=True)
class Signal:
    """The differences between OTLP's two signals.

    Args:
        name: the name in metrics; the path is `/v1/` followed by it.
        request: the class of the request message.
        map: maps the request message.
        response: makes the response message from a number of rejected items and a text.
    """

    name: str
    request: type[Message]
    map: Callable[[RequestMapper, Any], MappedRequest]
    response: Callable[[int, str], Message]


def _traces_response(rejected: int, text: str) -> Message:
    if not text:
        return ExportTraceServiceResponse()
    partial = ExportTracePartialSuccess(rejected_spans=rejected, error_message=text)
    return ExportTraceServiceResponse(partial_success=partial)


def _logs_response(rejected: int, text: str) -> Message:
    if not text:
        return ExportLogsServiceResponse()
    partial = ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=text)
    return ExportLogsServiceResponse(partial_success=partial)


TRACES = Signal("traces", ExportTraceServiceRequest, RequestMapper.spans, _traces_response)
LOGS = Signal("logs", ExportLogsServiceRequest, RequestMapper.logs, _logs_response)


class Bridge:
    """The work of the bridge, one request in each thread. Thread-safe.

    Nothing is kept between requests that a restart must not lose.

    Args:
        settings: the pipeline's settings.
        registry: the declared events.
        counters: the counts of delivered and lost events.
    """

    def __init__(self, settings: Settings, registry: Registry, counters: Counters) -> None:
        self.settings = settings
        self.metrics = Metrics(counters)
        self._ledger = Ledger(counters, open_quarantine(settings.quarantine))
        self._mapper = RequestMapper(settings, registry)
        self._client = PostHogClient(settings, self._ledger, retry=RetryPolicy(attempts=_ATTEMPTS))
        self._known = KnownOutcomes()
        self._problem = ""
        self.is_draining = False

    @property
    def problem(self) -> str:
        """What prevents delivery to PostHog; empty if nothing does."""
        return self._problem if self.settings.api_key else "POSTHOG_API_KEY is not set"

    def answer(self, signal: Signal, body: bytes, encoding: str, media_type: str) -> Answer:
        """Deliver the events of a request, and return the response. Never raises.

        Args:
            signal: `TRACES` or `LOGS`.
            body: as received.
            encoding: the header Content-Encoding.
            media_type: the header Content-Type, without parameters.
        """
        try:
            return self._answer(signal, body, encoding, media_type)
        except Refused as error:
            return error_response(error.status, error.reason, media_type, "malformed")
        except Exception:  # noqa: BLE001 - for example no memory; the sender tries again, at another replica as well
            _log.exception("the bridge failed on a request")
            return error_response(503, "the bridge failed; see its log", media_type, "failed", RETRY_AFTER)

    def drain(self) -> None:
        """Accept no more requests, and give the running ones the settings' flush timeout to end."""
        self.is_draining = True
        self._client.interrupt(time.monotonic() + self.settings.flush_timeout)

    def close(self) -> None:
        """Abort the running requests."""
        self.is_draining = True
        self._client.close()

    def _answer(self, signal: Signal, body: bytes, encoding: str, media_type: str) -> Answer:
        deadline = time.monotonic() + _DEADLINE
        if not self.settings.api_key:
            return _try_later(self.problem, media_type, _RETRY_AFTER_OPERATOR)
        request, unreadable = parse_request(decompress(body, encoding), media_type, signal.request)
        found = signal.map(self._mapper, request)
        found.skip_unreadable(unreadable)
        self.metrics.items.labels(signal.name).inc(found.items)
        self.metrics.events.labels(signal.name).inc(len(found.captures) + len(found.rejections))
        losses = self._deliver(found.captures, deadline)
        waiting = [loss for loss in losses if loss.reason.is_retryable]
        if waiting:
            self._known.remember(found.captures, losses)
            needs_operator = any(loss.reason is Reason.UNAUTHORISED for loss in waiting)
            asked = max((loss.retry_after or 0.0 for loss in waiting), default=0.0)
            seconds = max(asked, _RETRY_AFTER_OPERATOR if needs_operator else RETRY_AFTER)
            return _try_later(_problem(waiting), media_type, seconds)
        self._known.forget(found.captures)
        # Only now, because a request that is sent again would be accounted for again.
        for _, rejection, envelope in found.rejections:
            self._ledger.rejected(rejection, envelope)
        count, text = _summary(found, losses)
        return ok_response(signal.response(count, text), media_type, "partial" if text else "accepted")

    def _deliver(self, captures: Sequence[Capture], deadline: float) -> list[Undelivered]:
        """Deliver the captures whose outcome is not known yet; return the losses of all."""
        known = self._known.of(captures)
        unknown = [index for index in range(len(captures)) if index not in known]
        losses = [loss for loss in known.values() if loss]
        if unknown:
            began = time.monotonic()
            with suppress_instrumentation():
                # Captures that can be delivered later wait in the sender's queue, and are not lost.
                now = self._client.deliver(
                    [captures[one] for one in unknown], deadline, stored=range(len(unknown))
                )
            self.metrics.delivery.observe(time.monotonic() - began)
            losses += [replace(loss, index=unknown[loss.index]) for loss in now]
            # For the health page, which also shows that a problem is over.
            self._problem = _problem(losses)
        return losses


def _try_later(problem: str, media_type: str, seconds: float) -> Answer:
    return error_response(503, f"not delivered yet: {problem}", media_type, "unavailable", seconds)


def _problem(losses: Iterable[Undelivered]) -> str:
    """Return what prevents delivery to PostHog, according to the captures that could not be delivered yet."""
    return next((f"{loss.reason}: {loss.detail}" for loss in losses if loss.reason.is_retryable), "")


def _summary(found: MappedRequest, losses: Iterable[Undelivered]) -> tuple[int, str]:
    """Return how many spans or log records hold events that can never be delivered, and why."""
    failed = [
        (origin, rejection.reason)
        for origin, rejection, _ in found.rejections
        if not rejection.reason.is_intended
    ]
    failed += [(found.origins[loss.index], loss.reason) for loss in losses]
    reasons = Counter(reason.value for _, reason in failed)
    text = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return len({origin for origin, _ in failed}), text and f"events that can never be delivered: {text}"
