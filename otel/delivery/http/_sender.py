"""Sending a batch: split to size, posted, retried, halved, until every item has its outcome."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import uuid4

from otel.delivery.http._compression import compress
from otel.delivery.http._in_flight import InFlightBatch
from otel.delivery.http._retry import (
    RetryPolicy,
    is_accepted,
    is_divisible,
    is_retryable,
    parse_retry_after,
    reason_for,
)
from otel.delivery.http.clock import Clock
from otel.delivery.http.protocol import Outcome, WireProtocol
from otel.delivery.http.transport import Answer, NoResponse, Transport
from otel.outcomes import Ledger
from otel.reasons import Reason

__all__ = ["MAX_BODY", "BatchSender"]

T = TypeVar("T")

# What PostHog's v0 accepts once decompressed (`wire.md` section 1.3), and the Collector's OTLP receiver by
# default (`max_request_body_size`).
MAX_BODY = 20 * 1024 * 1024
# The most that PostHog's own client sends: proxies in front of PostHog have limits of their own, and a batch
# must be uploaded within the time of one attempt.
_MAX_SENT = 5 * 1024 * 1024
_GZIPPED = {"Content-Encoding": "gzip"}
# Three attempts fit into the 30 s that OpenTelemetry gives a batch; PostHog answers within one second.
_ATTEMPT = 10.0
# The part of an error response that is kept as a loss's detail, in characters, and the bytes that it is taken
# from: PostHog's texts are one line, a proxy's page is not.
_MAX_DETAIL, _MAX_PAGE = 300, 4096


@dataclass(slots=True)
class _Request:
    """A batch on its way through its attempts; its body changes only when PostHog accepted a part of it."""

    batch: list[int]
    body: bytes
    id: str = field(default_factory=lambda: str(uuid4()))
    attempt: int = 1
    problem: str = "no time was left to send it"
    retry_after: float | None = None


class BatchSender(Generic[T]):
    """The sending of items with one protocol. Thread-safe: the state of a call is in its `InFlightBatch`.

    Args:
        protocol: the endpoint.
        transport: the connections.
        ledger: accounts for events that are sent again.
        secret: the key, which is removed from details and logs even if a response quotes it.
        retry: when a request is sent again.
        clock: the time, and waiting.
    """

    def __init__(
        self,
        protocol: WireProtocol[T],
        transport: Transport,
        ledger: Ledger,
        *,
        secret: str,
        retry: RetryPolicy,
        clock: Clock,
    ) -> None:
        self._protocol = protocol
        self._transport = transport
        self._ledger = ledger
        self._secret = secret
        self._retry = retry
        self._clock = clock

    def send(self, run: InFlightBatch[T]) -> None:
        """Send the items, and write down the outcome of each.

        Args:
            run: the items, and their outcomes.
        """
        pending = deque(self._protocol.parts(run.items, run.time))
        while pending:
            batch, raw = self._encode(run, pending.popleft())
            halve = self._send(run, batch, raw) if batch else []
            if halve:
                middle = len(halve) // 2
                pending.extendleft((halve[middle:], halve[:middle]))

    def _encode(self, run: InFlightBatch[T], batch: list[int]) -> tuple[list[int], bytes]:
        """Encode the body, without the items that cannot be encoded or are too large."""
        items = [run.items[index] for index in batch]
        try:
            raw = self._protocol.body(items, run.time)
        except Exception:  # noqa: BLE001 - whatever one item holds, the others must be delivered
            raw = b""
        if raw and len(raw) <= self._protocol.max_item_bytes:  # so none of its items is larger
            return batch, raw
        fitting = [index for index in batch if self._fits(run, index)]
        if raw and len(fitting) == len(batch):
            return batch, raw
        return fitting, self._protocol.body([run.items[index] for index in fitting], run.time)

    def _fits(self, run: InFlightBatch[T], index: int) -> bool:
        try:
            size = len(self._protocol.body([run.items[index]], run.time))
        except Exception as error:  # noqa: BLE001 - as above; orjson's messages name types, never values
            run.lose([index], Reason.MAPPING_FAILED, f"{type(error).__name__}: {error}")
            return False
        most = self._protocol.max_item_bytes
        if size > most:
            run.lose([index], Reason.TOO_LARGE, f"{size} bytes, at most {most}")
            return False
        return True

    def _send(self, run: InFlightBatch[T], batch: list[int], raw: bytes) -> list[int]:
        """Post a batch until each item has its outcome; return those that must be sent in halves."""
        if len(batch) > 1 and len(raw) > MAX_BODY:
            return batch
        request = _Request(batch, self._compress(raw))
        if len(batch) > 1 and len(request.body) > _MAX_SENT:
            return batch
        while request.batch:
            left = run.deadline - self._clock.monotonic()
            timeout, needed = (
                (left, run.last_seconds) if self._retry.needs_answer else (min(left, _ATTEMPT), 0.0)
            )
            if timeout <= needed:
                run.give_up(request.batch, request.problem)
                break
            began = self._clock.monotonic()
            answer = self._post(request, timeout)
            run.last_seconds = self._clock.monotonic() - began
            if answer is not None:
                if len(request.batch) > 1 and is_divisible(answer.status):
                    return request.batch
                self._settle(run, request, answer)
            if request.batch and not self._wait_for_retry(run, request):
                run.retry_after = request.retry_after
                run.give_up(request.batch, request.problem)
                break
        return []

    def _post(self, request: _Request, timeout: float) -> Answer | None:
        headers = {
            "Content-Type": "application/json",
            **(_GZIPPED if self._protocol.is_compressed else {}),
            **self._protocol.headers(request.id, request.attempt, self._clock.wall()),
        }
        try:
            return self._transport.post(self._protocol.path, request.body, headers, timeout)
        except NoResponse as error:
            request.problem, request.retry_after = str(error), None
            return None

    def _settle(self, run: InFlightBatch[T], request: _Request, answer: Answer) -> None:
        """Write down the outcomes that an answer tells; what must be sent again stays in the request."""
        status = answer.status
        request.problem = f"status {status}"
        request.retry_after = parse_retry_after(answer.headers.get("Retry-After"), self._clock.wall())
        if is_retryable(status):
            return
        if not is_accepted(status):
            reason, detail = reason_for(status), self._detail(answer)
            self._protocol.advise(self._ledger.log, reason, detail)
            run.lose(request.batch, reason, detail)
            request.batch = []
            return
        items = [run.items[index] for index in request.batch]
        for index, outcome in zip(request.batch, self._protocol.read(answer, items), strict=True):
            run.outcomes[index] = outcome
        pending = [index for index in request.batch if run.outcomes[index] is Outcome.PENDING]
        if pending and len(pending) < len(request.batch):
            items = [run.items[index] for index in pending]
            request.body = self._compress(self._protocol.body(items, run.time))
        request.batch = pending

    def _wait_for_retry(self, run: InFlightBatch[T], request: _Request) -> bool:
        """Wait for the next attempt; return False if there is no attempt or no time left."""
        if request.attempt >= self._retry.attempts:
            return False
        events = sum(self._protocol.count(run.items[index]) for index in request.batch)
        self._ledger.log.warning(
            "retry",
            "%d events wait for %s to accept them: %s",
            events,
            self._protocol.name,
            request.problem,
        )
        if not run.pause(self._retry.delay(request.attempt, request.retry_after)):
            return False
        request.attempt += 1
        self._ledger.retried(events)
        return True

    def _detail(self, answer: Answer) -> str:
        text = answer.body[:_MAX_PAGE].decode(errors="replace")
        if "Location" in answer.headers:
            text = f"redirects to {answer.headers['Location']}"
        if self._secret:
            text = text.replace(self._secret, "<key>")
        return f"{answer.status} {text.strip()[:_MAX_DETAIL]}"

    def _compress(self, raw: bytes) -> bytes:
        return compress(raw) if self._protocol.is_compressed else raw
