"""One request: decompressed, read, mapped, delivered in a worker thread, and answered."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain

from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from otel.bridge._known_outcomes import KnownOutcomes
from otel.bridge._mapped import MappedRequest
from otel.bridge._mapping import RequestMapper
from otel.bridge._metrics import Metrics
from otel.bridge._responses import RETRY_AFTER, Answer, error_response, ok_response
from otel.bridge._signals import Signal, metrics_response
from otel.bridge.otlp.body import decompress, parse_request
from otel.bridge.otlp.budget import check_events, count_events, cpu_seconds
from otel.bridge.otlp.decode import set_missing_times
from otel.bridge.otlp.refusal import Refused
from otel.delivery.http import RetryPolicy, Undelivered
from otel.delivery.posthog.client import PostHogClient
from otel.envelope import Capture
from otel.events import Registry
from otel.outcomes import Counters, Ledger, open_quarantine
from otel.reasons import Reason
from otel.settings import Settings

__all__ = ["Bridge"]

_log = logging.getLogger("otel.bridge")

# The Collector's exporter gives up after 30 s and then sends everything again: it must have its response
# before. PostHog has 10 s for each request (delivery's own limit), and a request that is too large for it is
# sent in parts.
_DEADLINE = 25.0
# But each attempt delivers a part, even if decoding and mapping took long: the next attempt continues.
_MIN_DELIVERY = 12.0
# The Collector waits and sends again: it has a queue on disk, and other replicas to send to.
_RETRY = RetryPolicy(attempts=1, needs_answer=True)
# Bytes, decompressed. A Collector's batches have less; larger requests are processed one at a time, because
# the events of one may take some hundred MB of memory.
_LARGE = 2 * 1024 * 1024
# Events that PostHog gets at a time: with about 1 kB each, what it accepts in one request.
_SLICE = 20_000
# As many requests as PostHog gets at a time from a Collector's consumers.
_PARALLEL = 8
# A key that is refused or missing needs an operator.
_RETRY_AFTER_OPERATOR = 60.0


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
        self._client = PostHogClient(settings, self._ledger, retry=_RETRY)
        self._known = KnownOutcomes()
        self._large = threading.Lock()
        self._problem = ""
        self.is_draining = False

    @property
    def problem(self) -> str:
        """What prevents delivery to PostHog; empty if nothing does."""
        return self._problem if self.settings.api_key else "POSTHOG_API_KEY is not set"

    def answer(self, signal: Signal | None, body: bytes, encoding: str, media_type: str) -> Answer:
        """Deliver the events of a request, and return the response. Never raises.

        Args:
            signal: the kind of the request; None for metrics, which hold no events.
            body: as received.
            encoding: the header Content-Encoding.
            media_type: the header Content-Type, without parameters.
        """
        try:
            raw = decompress(body, encoding)
            if len(raw) <= _LARGE:
                return self._answer(signal, raw, media_type)
            if not self._large.acquire(blocking=False):
                reason = "another large request is being processed"
                return error_response(429, reason, media_type, "throttled", RETRY_AFTER)
            try:
                return self._answer(signal, raw, media_type)
            finally:
                self._large.release()
        except Refused as error:
            return self.refuse(error, media_type)
        except Exception:  # noqa: BLE001 - for example no memory; the sender tries again, at another replica as well
            _log.exception("the bridge failed on a request")
            return error_response(503, "the bridge failed; see its log", media_type, "failed", RETRY_AFTER)

    def refuse(self, error: Refused, media_type: str) -> Answer:
        """Return the response to a request that can never be accepted, and account for its events.

        Args:
            error: why.
            media_type: the header Content-Type, without parameters.
        """
        outcome = str(error.loss)
        self._ledger.log.warning(
            f"refused {outcome}", "a request was refused (%d, %s)", error.status, outcome
        )
        self._ledger.lost(error.loss, error.count)
        return error_response(error.status, error.reason, media_type, outcome)

    def drain(self) -> None:
        """Accept no more requests, and give the running ones the settings' flush timeout to end."""
        self.is_draining = True
        self._client.interrupt(time.monotonic() + self.settings.flush_timeout)

    def close(self) -> None:
        """Abort the running requests."""
        self.is_draining = True
        self._client.close()

    def _answer(self, signal: Signal | None, raw: bytes, media_type: str) -> Answer:
        if signal is None:
            return _decline(raw, media_type)
        received = time.monotonic()
        if not self.settings.api_key:
            return _try_later(self.problem, media_type, _RETRY_AFTER_OPERATOR)
        first_received = self._known.received(raw, time.time_ns())
        found = self._mapped(signal, raw, media_type, first_received)
        self.metrics.items.labels(signal.name).inc(found.items)
        self.metrics.events.labels(signal.name).inc(found.events)
        losses = self._deliver(found.captures, max(received + _DEADLINE, time.monotonic() + _MIN_DELIVERY))
        waiting = [loss for loss in losses if loss.reason.is_retryable]
        if waiting:
            self._known.remember(found.captures, losses)
            self._known.remember_request(raw, first_received)
            needs_operator = any(loss.reason is Reason.UNAUTHORISED for loss in waiting)
            asked = max((loss.retry_after or 0.0 for loss in waiting), default=0.0)
            seconds = max(asked, _RETRY_AFTER_OPERATOR if needs_operator else RETRY_AFTER)
            return _try_later(_problem(waiting), media_type, seconds)
        self._known.forget(found.captures, raw)
        # Only now, because a request that is sent again would be accounted for again.
        self._ledger.rejected_all(found.counts, found.rejections)
        count, text = found.summary(losses)
        return ok_response(signal.response(count, text), media_type, "partial" if text else "accepted")

    def _mapped(self, signal: Signal, raw: bytes, media_type: str, received: int) -> MappedRequest:
        """Return the events of a request.

        Raises:
            Refused: if it cannot be decoded, or is over its budget.
        """
        request, unreadable = parse_request(raw, media_type, signal.request)
        set_missing_times(request, received)
        try:
            check_events(request, len(raw))
            found = signal.map(self._mapper, request, cpu_seconds(len(raw)))
        except Refused as error:
            error.count = count_events(request) + unreadable
            raise
        found.skip_unreadable(unreadable)
        return found

    def _deliver(self, captures: Sequence[Capture], deadline: float) -> list[Undelivered]:
        """Deliver the captures whose outcome is not known yet; return the losses of all."""
        known = self._known.of(captures)
        unknown = [index for index in range(len(captures)) if index not in known]
        losses = [loss for loss in known.values() if loss]
        if unknown:
            began = time.monotonic()
            if len(unknown) <= _SLICE:
                losses += self._deliver_slice(captures, deadline, unknown)
            else:
                losses += self._deliver_slices(captures, deadline, unknown)
            self.metrics.delivery.observe(time.monotonic() - began)
            # For the health page, which also shows that a problem is over.
            self._problem = _problem(losses)
        return losses

    def _deliver_slices(
        self, captures: Sequence[Capture], deadline: float, positions: Sequence[int]
    ) -> list[Undelivered]:
        """Deliver many captures, some slices at a time, as long as there is time for their answers."""
        slices = [positions[at : at + _SLICE] for at in range(0, len(positions), _SLICE)]
        losses: list[Undelivered] = []
        seconds = 0.0
        with ThreadPoolExecutor(_PARALLEL, "otel-bridge-slice") as threads:
            for at in range(0, len(slices), _PARALLEL):
                began = time.monotonic()
                if began + seconds > deadline:
                    left = chain.from_iterable(slices[at:])
                    losses += [Undelivered(one, Reason.UNDELIVERED, "no time was left") for one in left]
                    break
                deliver = partial(self._deliver_slice, captures, deadline)
                losses += chain.from_iterable(threads.map(deliver, slices[at : at + _PARALLEL]))
                seconds = time.monotonic() - began
        return losses

    def _deliver_slice(
        self, captures: Sequence[Capture], deadline: float, positions: Sequence[int]
    ) -> list[Undelivered]:
        with suppress_instrumentation():
            # Captures that can be delivered later wait in the sender's queue, and are not lost.
            losses = self._client.deliver(
                [captures[one] for one in positions], deadline, stored=range(len(positions))
            )
        return [replace(loss, index=positions[loss.index]) for loss in losses]


def _decline(raw: bytes, media_type: str) -> Answer:
    request, _ = parse_request(raw, media_type, ExportMetricsServiceRequest)
    return ok_response(metrics_response(request), media_type, "declined")


def _try_later(problem: str, media_type: str, seconds: float) -> Answer:
    return error_response(503, f"not delivered yet: {problem}", media_type, "unavailable", seconds)


def _problem(losses: Iterable[Undelivered]) -> str:
    """Return what prevents delivery to PostHog, according to the captures that could not be delivered yet."""
    return next((f"{loss.reason}: {loss.detail}" for loss in losses if loss.reason.is_retryable), "")
