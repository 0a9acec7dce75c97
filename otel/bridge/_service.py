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
from otel.delivery.http.client import Undelivered
from otel.delivery.posthog.client import RECOVERABLE, PostHogClient
from otel.envelope import Capture
from otel.events import Registry
from otel.outcomes.counters import Counters
from otel.outcomes.quarantine import Quarantine
from otel.reasons import Reason
from otel.settings import Settings

__all__ = ["LOGS", "TRACES", "Bridge", "Signal"]

_log = logging.getLogger("otel.bridge")

# The Collector's exporter gives up after 30 s and then sends everything again: it is to have its answer
# before, also if reading and mapping wait for a busy core. PostHog has 10 s for each request (delivery's own
# limit), and one that is too large for it is sent in halves.
_DEADLINE = 20.0
# To wait and send again is the Collector's: it has the queue, on disk, and other replicas to turn to.
_ATTEMPTS = 1
# A key that PostHog refuses, or that is not there, is mended by a person.
_RETRY_AFTER_PERSON = 60.0

# What the person or the configuration asked for is no failure to be told.
_INTENDED = frozenset({Reason.OPTED_OUT, Reason.THINNED})


@dataclass(frozen=True, slots=True)
class Signal:
    """Say what OTLP's two signals differ in.

    Args:
        name: for the metrics; the path is `/v1/` and it.
        request: the message's class.
        take: maps the message.
        response: makes the answer's message of a count and a text.
    """

    name: str
    request: type[Message]
    take: Callable[[RequestMapper, Any], MappedRequest]
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
    """Take requests, one a thread; it keeps nothing between them that a restart may not lose.

    Args:
        settings: the pipeline's.
        registry: the declared events.
        counters: count what became of events.
    """

    def __init__(self, settings: Settings, registry: Registry, counters: Counters) -> None:
        self.settings = settings
        self.metrics = Metrics(counters)
        self._counters = counters
        self._taker = RequestMapper(settings, registry)
        self._quarantine = Quarantine(settings.quarantine) if settings.quarantine is not None else None
        self._delivery = PostHogClient(settings, counters, quarantine=self._quarantine, attempts=_ATTEMPTS)
        self._settled = KnownOutcomes()
        self._problem = ""
        self.is_draining = False

    @property
    def problem(self) -> str:
        """What stands between the bridge and PostHog, if anything."""
        return self._problem if self.settings.api_key else "POSTHOG_API_KEY is not set"

    def answer(self, signal: Signal, body: bytes, encoding: str, media_type: str) -> Answer:
        """Deliver what a request carries, and return what its sender is told. Never raises.

        Args:
            signal: `TRACES` or `LOGS`.
            body: as sent.
            encoding: the header Content-Encoding.
            media_type: the header Content-Type, without parameters.
        """
        try:
            return self._answer(signal, body, encoding, media_type)
        except Refused as error:
            return error_response(error.status, error.reason, media_type, "malformed")
        except Exception:  # noqa: BLE001 - such as no memory: what is not taken is sent again, and elsewhere too
            _log.exception("the bridge failed on a request")
            return error_response(503, "the bridge failed; see its log", media_type, "failed", RETRY_AFTER)

    def drain(self) -> None:
        """Take no further request, and give those under way the settings' flush timeout to end in."""
        self.is_draining = True
        self._delivery.interrupt(time.monotonic() + self.settings.flush_timeout)

    def close(self) -> None:
        """End what still runs."""
        self.is_draining = True
        self._delivery.close()

    def _answer(self, signal: Signal, body: bytes, encoding: str, media_type: str) -> Answer:
        deadline = time.monotonic() + _DEADLINE
        if not self.settings.api_key:
            return _later(self.problem, media_type, _RETRY_AFTER_PERSON)
        request, unreadable = parse_request(decompress(body, encoding), media_type, signal.request)
        found = signal.take(self._taker, request)
        found.leave_out(unreadable)
        self.metrics.items.labels(signal.name).inc(found.items)
        self.metrics.events.labels(signal.name).inc(len(found.captures) + len(found.rejects))
        losses = self._deliver(found.captures, deadline)
        waiting = [loss for loss in losses if loss.reason in RECOVERABLE]
        if waiting:
            self._settled.remember(found.captures, losses)
            is_persons = any(loss.reason is Reason.UNAUTHORISED for loss in waiting)
            asked = max((loss.retry_after or 0.0 for loss in waiting), default=0.0)
            seconds = max(asked, _RETRY_AFTER_PERSON if is_persons else RETRY_AFTER)
            return _later(_problem(waiting), media_type, seconds)
        self._settled.forget(found.captures)
        # Only now, since what is sent again would be counted and kept again.
        self._account(found)
        count, text = _summary(found, losses)
        return ok_response(signal.response(count, text), media_type, "partial" if text else "accepted")

    def _deliver(self, captures: Sequence[Capture], deadline: float) -> list[Undelivered]:
        """Deliver the captures whose fate is not known yet; return the losses of all."""
        known = self._settled.of(captures)
        asked = [index for index in range(len(captures)) if index not in known]
        losses = [loss for loss in known.values() if loss]
        if asked:
            began = time.monotonic()
            with suppress_instrumentation():
                # What can be delivered later waits in its sender's queue, and is not lost.
                now = self._delivery.deliver([captures[one] for one in asked], deadline, range(len(asked)))
            self.metrics.delivery.observe(time.monotonic() - began)
            losses += [replace(loss, index=asked[loss.index]) for loss in now]
            # For the health page; also that nothing stands in the way any more.
            self._problem = _problem(losses)
        return losses

    def _account(self, found: MappedRequest) -> None:
        for _, reject, envelope in found.rejects:
            self._counters.lost(reject.reason)
            if self._quarantine is not None and envelope is not None:
                self._quarantine.keep(envelope, reject)


def _later(problem: str, media_type: str, seconds: float) -> Answer:
    return error_response(503, f"not delivered yet: {problem}", media_type, "unavailable", seconds)


def _problem(losses: Iterable[Undelivered]) -> str:
    """Return what stands between the bridge and PostHog, by what could not be delivered yet."""
    return next((f"{loss.reason}: {loss.detail}" for loss in losses if loss.reason in RECOVERABLE), "")


def _summary(found: MappedRequest, losses: Iterable[Undelivered]) -> tuple[int, str]:
    """Return how many spans or log records hold what can never be delivered, and why."""
    failed = [
        (origin, reject.reason) for origin, reject, _ in found.rejects if reject.reason not in _INTENDED
    ]
    failed += [(found.origins[loss.index], loss.reason) for loss in losses]
    reasons = Counter(reason.value for _, reason in failed)
    text = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return len({origin for origin, _ in failed}), text and f"events that can never be delivered: {text}"
