"""The protocol of the Collector: OTLP over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel.delivery.http import MAX_BODY, Answer, Outcome
from otel.envelope import Rejection
from otel.outcomes import ThrottledLogger
from otel.reasons import Reason

__all__ = ["Message", "OtlpHttp"]

T = TypeVar("T")


class Message(Protocol):
    """A protobuf message."""

    def SerializeToString(self) -> bytes:  # noqa: N802 - protobuf's name
        """Return its encoding."""
        ...


class OtlpHttp(Generic[T]):
    """The protocol OTLP/HTTP with protobuf.

    Args:
        path: for example `/v1/traces`.
        headers: sent in addition to `Content-Type`.
        encode: makes the request of spans or log records.
        count: returns how many events a span or log record carries.
    """

    name = "the Collector"
    max_item_bytes = MAX_BODY
    is_compressed = True

    def __init__(
        self,
        path: str,
        headers: Mapping[str, str],
        encode: Callable[[Sequence[T]], Message],
        count: Callable[[T], int],
    ) -> None:
        self.path = path
        self._headers = {"Content-Type": "application/x-protobuf", **headers}
        self._encode = encode
        self._count = count

    def count(self, item: T) -> int:
        """Return how many events an item carries.

        Args:
            item: a span or log record.
        """
        return self._count(item)

    def parts(self, items: Sequence[T], time: float) -> list[list[int]]:  # noqa: ARG002 - PostHog's
        """Return one part: the bridge maps the items, and separates late captures itself.

        Args:
            items: spans or log records.
            time: unused.
        """
        return [list(range(len(items)))]

    def body(self, items: Sequence[T], time: float) -> bytes:  # noqa: ARG002 - capture v1's
        """Encode the request.

        Args:
            items: spans or log records.
            time: unused.
        """
        return self._encode(items).SerializeToString()

    def headers(self, request_id: str, attempt: int, time: float) -> dict[str, str]:  # noqa: ARG002 - v1's
        """Return the configured headers.

        Args:
            request_id: unused: duplicates are recognized by the ids of spans and events.
            attempt: unused.
            time: unused.
        """
        return self._headers

    def read(self, answer: Answer, items: Sequence[T]) -> list[Outcome | Rejection]:
        """Return as many rejections as items were rejected; OTLP does not say which items.

        Args:
            answer: a response with a 2xx status.
            items: the items of the request.
        """
        # The response for log records has the same fields with the same numbers.
        response = ExportTraceServiceResponse()
        try:
            response.ParseFromString(answer.body)
        except DecodeError:  # a proxy's text; only the status counts
            return [Outcome.DELIVERED] * len(items)
        partial = response.partial_success
        rejected = min(max(partial.rejected_spans, 0), len(items))
        delivered: list[Outcome | Rejection] = [Outcome.DELIVERED] * (len(items) - rejected)
        return delivered + [Rejection(Reason.REFUSED, partial.error_message)] * rejected

    def advise(self, log: ThrottledLogger, reason: Reason, detail: str) -> None:
        """Log what an operator must do when the Collector refuses a request.

        Args:
            log: where to log it.
            reason: why the items are lost.
            detail: the Collector's response, beginning with the status.
        """
        status = detail[:3]
        if reason is Reason.UNAUTHORISED:
            log.once_per_process(
                f"{reason} {status}",
                "the Collector refuses events for PostHog (%s): set its token in OTEL_EXPORTER_OTLP_HEADERS",
                status,
            )
        elif reason is Reason.UNDELIVERED:
            log.warning(
                f"{reason} {status}",
                "OTEL_EXPORTER_OTLP_ENDPOINT does not answer as a Collector does (%s): set it to the OTLP "
                "receiver for HTTP, usually on port 4318",
                status,
            )
        elif reason is Reason.REFUSED:
            log.warning(f"{reason} {status}", "the Collector refuses events for PostHog (%s)", detail)
