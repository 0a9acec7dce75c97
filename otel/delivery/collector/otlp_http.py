"""OTLP over HTTP: how the Collector is spoken to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel.delivery.http.protocol import Outcome
from otel.delivery.http.transport import Answer
from otel.envelope import Rejection
from otel.outcomes.self_log import ThrottledLogger
from otel.reasons import Reason

__all__ = ["OtlpHttp", "advise"]

T = TypeVar("T")


class Message(Protocol):
    """Be one of protobuf's."""

    def SerializeToString(self) -> bytes:  # noqa: N802 - protobuf's name
        """Write it."""
        ...


class OtlpHttp(Generic[T]):
    """Speak OTLP/HTTP with protobuf.

    Args:
        path: such as `/v1/traces`.
        headers: beside the content's.
        encode: puts spans or log records into a request.
    """

    def __init__(
        self, path: str, headers: Mapping[str, str], encode: Callable[[Sequence[T]], Message]
    ) -> None:
        self.path = path
        self._headers = {"Content-Type": "application/x-protobuf", **headers}
        self._encode = encode

    def parts(self, items: Sequence[T], time: float) -> list[list[int]]:  # noqa: ARG002 - PostHog's
        """Return one part: the bridge maps the items, and parts their captures.

        Args:
            items: spans or log records.
            time: unused.
        """
        return [list(range(len(items)))]

    def body(self, items: Sequence[T], time: float) -> bytes:  # noqa: ARG002 - capture v1's
        """Write the request's protobuf.

        Args:
            items: spans or log records.
            time: unused.
        """
        return self._encode(items).SerializeToString()

    def headers(self, request_id: str, attempt: int, time: float) -> dict[str, str]:  # noqa: ARG002 - v1's
        """Return the configured headers.

        Args:
            request_id: unused: what is sent twice is told by its ids.
            attempt: unused.
            time: unused.
        """
        return self._headers

    def read(self, answer: Answer, items: Sequence[T]) -> list[Outcome | Rejection]:
        """Read how many items were rejected for good; which ones, OTLP does not say.

        Args:
            answer: one with a status of 2xx.
            items: those of the request.
        """
        # The answer about log records has the same fields under the same numbers.
        response = ExportTraceServiceResponse()
        try:
            response.ParseFromString(answer.body)
        except DecodeError:  # a proxy's own word; the status is what counts
            return [Outcome.DELIVERED] * len(items)
        partial = response.partial_success
        rejected = min(max(partial.rejected_spans, 0), len(items))
        delivered: list[Outcome | Rejection] = [Outcome.DELIVERED] * (len(items) - rejected)
        return delivered + [Rejection(Reason.REFUSED, partial.error_message)] * rejected


def advise(log: ThrottledLogger, reason: Reason, detail: str) -> None:
    """Say what a person has to do about spans that the Collector does not take.

    Args:
        log: where it is said.
        reason: of the loss.
        detail: what was answered, beginning with the status.
    """
    status = detail[:3]
    if reason is Reason.UNAUTHORISED:
        log.once_per_process(
            f"{reason} {status}",
            "the Collector refuses what is for PostHog (%s): give its token in OTEL_EXPORTER_OTLP_HEADERS",
            status,
        )
    elif reason is Reason.UNDELIVERED:
        log.warning(
            f"{reason} {status}",
            "OTEL_EXPORTER_OTLP_ENDPOINT does not answer as a Collector does (%s): name its OTLP receiver "
            "for HTTP, usually on port 4318",
            status,
        )
    elif reason is Reason.REFUSED:
        log.warning(f"{reason} {status}", "the Collector refuses what is for PostHog (%s)", detail)
