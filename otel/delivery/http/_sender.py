"""Sending a run's captures: split to size, posted, repeated, halved, until each has its fate."""

from __future__ import annotations

import gzip
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import uuid4

from otel.delivery.http._in_flight import InFlightBatch, Wait
from otel.delivery.http._retry import (
    Backoff,
    is_accepted,
    is_divisible,
    is_retryable,
    parse_retry_after,
    reason_for,
)
from otel.delivery.http.protocol import Outcome, Receiver, Wire
from otel.delivery.http.transport import Answer, NoResponse, Transport
from otel.outcomes.counters import Counters
from otel.outcomes.self_log import ThrottledLogger
from otel.reasons import Reason

__all__ = ["MAX_BODY", "BatchSender"]

T = TypeVar("T")

# What PostHog's v0 takes once decompressed (`wire.md` section 1.3), and the Collector's OTLP receiver by
# default (`max_request_body_size`).
MAX_BODY = 20 * 1024 * 1024
# What PostHog's own client sends at most: proxies before PostHog have limits of their own, and a batch must
# be uploaded within one attempt's time.
_MAX_SENT = 5 * 1024 * 1024
# Measured on batches of 512 events of 612 B: level 1 takes 3.0 µs and leaves 107 B an event, 3 takes 3.4 µs
# for 102 B, 6 (the usual one) 7.9 µs for 92 B. The exporter shares its core with the product, and 15 % of a
# few kilobytes do not matter to it.
_GZIP_LEVEL = 1
_GZIPPED = {"Content-Encoding": "gzip"}
# Three attempts fit into the 30 s that OpenTelemetry gives a batch; PostHog answers within one.
_ATTEMPT = 10.0
# How much of an answer is kept as a loss's detail, in characters, out of how many bytes: PostHog's texts are
# one line, a proxy's page is not.
_MAX_DETAIL, _MAX_PAGE = 300, 4096


@dataclass(slots=True)
class _Request:
    """Carry one batch through its attempts; its body changes only when PostHog settled a part of it."""

    batch: list[int]
    body: bytes
    id: str = field(default_factory=lambda: str(uuid4()))
    attempt: int = 1
    problem: str = "no time was left to send it"
    retry_after: float | None = None


class BatchSender(Generic[T]):
    """Send captures over one wire.

    Args:
        wire: the endpoint.
        receiver: whose it is.
        transport: the way there.
        secret: the key, kept out of details and logs even if an answer quotes it.
        backoff: how long to wait between attempts.
        counters: counts what is sent again.
        log: says what a person has to do.
        clock: seconds, monotonic.
        wall: seconds since 1970.
        wait: waits for an event for at most some seconds.
        attempts: how often a request is sent at most.
    """

    def __init__(
        self,
        wire: Wire[T],
        receiver: Receiver[T],
        transport: Transport,
        *,
        secret: str,
        backoff: Backoff,
        counters: Counters,
        log: ThrottledLogger,
        clock: Callable[[], float],
        wall: Callable[[], float],
        wait: Wait,
        attempts: float,
    ) -> None:
        self._wire = wire
        self._receiver = receiver
        self._transport = transport
        self._secret = secret
        self._backoff = backoff
        self._counters = counters
        self._log = log
        self._clock = clock
        self._wall = wall
        self._wait = wait
        self._attempts = attempts

    def send(self, run: InFlightBatch[T]) -> None:
        """Settle the fate of each of the run's captures.

        Args:
            run: holds the captures, and takes their fates.
        """
        pending = deque(self._wire.parts(run.captures, run.time))
        while pending:
            batch, raw = self._encode(run, pending.popleft())
            halve = self._send(run, batch, raw) if batch else []
            if halve:
                middle = len(halve) // 2
                pending.extendleft((halve[middle:], halve[:middle]))

    def _encode(self, run: InFlightBatch[T], batch: list[int]) -> tuple[list[int], bytes]:
        """Write the batch's JSON, without the captures that cannot be written or are too large."""
        captures = [run.captures[index] for index in batch]
        try:
            raw = self._wire.body(captures, run.time)
        except Exception:  # noqa: BLE001 - whatever one capture holds, the others are to be delivered
            raw = b""
        if raw and len(raw) <= self._receiver.max_item:  # so none of its events is larger
            return batch, raw
        fitting = [index for index in batch if self._fits(run, index)]
        if raw and len(fitting) == len(batch):
            return batch, raw
        return fitting, self._wire.body([run.captures[index] for index in fitting], run.time)

    def _fits(self, run: InFlightBatch[T], index: int) -> bool:
        try:
            size = len(self._wire.body([run.captures[index]], run.time))
        except Exception as error:  # noqa: BLE001 - as above; orjson's messages name types, never values
            run.lose([index], Reason.MAPPING_FAILED, f"{type(error).__name__}: {error}")
            return False
        if size > self._receiver.max_item:
            run.lose([index], Reason.TOO_LARGE, f"{size} bytes, at most {self._receiver.max_item}")
            return False
        return True

    def _send(self, run: InFlightBatch[T], batch: list[int], raw: bytes) -> list[int]:
        """Post a batch until its captures are settled; return those that are to be sent in halves."""
        if len(batch) > 1 and len(raw) > MAX_BODY:
            return batch
        request = _Request(batch, self._packed(raw))
        if len(batch) > 1 and len(request.body) > _MAX_SENT:
            return batch
        while request.batch:
            timeout = min(run.deadline - self._clock(), _ATTEMPT)
            if timeout <= 0:
                run.give_up(request.batch, request.problem)
                break
            answer = self._post(request, timeout)
            if answer is not None:
                if len(request.batch) > 1 and is_divisible(answer.status):
                    return request.batch
                self._settle(run, request, answer)
            if request.batch and (request.attempt >= self._attempts or not self._pause(run, request)):
                run.retry_after = request.retry_after
                run.give_up(request.batch, request.problem)
                break
        return []

    def _post(self, request: _Request, timeout: float) -> Answer | None:
        headers = {
            "Content-Type": "application/json",
            **(_GZIPPED if self._receiver.is_compressed else {}),
            **self._wire.headers(request.id, request.attempt, self._wall()),
        }
        try:
            return self._transport.post(self._wire.path, request.body, headers, timeout)
        except NoResponse as error:
            request.problem, request.retry_after = str(error), None
            return None

    def _settle(self, run: InFlightBatch[T], request: _Request, answer: Answer) -> None:
        """Take the answer's fates; those captures stay in the request that are to be sent again."""
        status = answer.status
        request.problem = f"status {status}"
        request.retry_after = parse_retry_after(answer.headers.get("Retry-After"), self._wall())
        if is_retryable(status):
            return
        if not is_accepted(status):
            reason, detail = reason_for(status), self._detail(answer)
            self._receiver.advise(self._log, reason, detail)
            run.lose(request.batch, reason, detail)
            request.batch = []
            return
        captures = [run.captures[index] for index in request.batch]
        for index, fate in zip(request.batch, self._wire.read(answer, captures), strict=True):
            run.fates[index] = fate
        still_open = [index for index in request.batch if run.fates[index] is Outcome.OPEN]
        if still_open and len(still_open) < len(request.batch):
            captures = [run.captures[index] for index in still_open]
            request.body = self._packed(self._wire.body(captures, run.time))
        request.batch = still_open

    def _pause(self, run: InFlightBatch[T], request: _Request) -> bool:
        """Wait for the next attempt; return False if the deadline comes first."""
        events = sum(self._receiver.count(run.captures[index]) for index in request.batch)
        self._log.warning(
            "retry",
            "%d events wait for %s to take them again: %s",
            events,
            self._receiver.name,
            request.problem,
        )
        delay = self._backoff.delay(request.attempt, request.retry_after)
        if not run.pause(delay, self._clock, self._wait):
            return False
        request.attempt += 1
        self._counters.retried(events)
        return True

    def _detail(self, answer: Answer) -> str:
        text = answer.body[:_MAX_PAGE].decode(errors="replace")
        if "Location" in answer.headers:
            text = f"redirects to {answer.headers['Location']}"
        if self._secret:
            text = text.replace(self._secret, "<key>")
        return f"{answer.status} {text.strip()[:_MAX_DETAIL]}"

    def _packed(self, raw: bytes) -> bytes:
        return gzip.compress(raw, _GZIP_LEVEL, mtime=0) if self._receiver.is_compressed else raw
