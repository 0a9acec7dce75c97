"""What the endpoints that we send to have in common: PostHog's two, and the Collector's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar

from otel.delivery.http.transport import Answer
from otel.envelope import Rejection
from otel.outcomes.self_log import ThrottledLogger
from otel.reasons import Reason

__all__ = ["Outcome", "Receiver", "Wire"]

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Outcome(Enum):
    """Say what became of an item that was not lost for good; a `Rejection` says the latter."""

    OPEN = "open"
    """Not settled: still to be sent, or to be sent again."""
    DELIVERED = "delivered"


class Wire(Protocol[T_contra]):
    """Speak one endpoint."""

    path: str

    def parts(self, captures: Sequence[T_contra], time: float, /) -> list[list[int]]:
        """Return the positions of the captures, parted into those that may share a request.

        Args:
            captures: what is to be sent.
            time: seconds since 1970, as `body` gets it.
        """
        ...

    def body(self, captures: Sequence[T_contra], time: float, /) -> bytes:
        """Write the request's body.

        Args:
            captures: what is sent, of one part; to the Collector, spans or log records that carry events.
            time: seconds since 1970 when the call began, so the same for each attempt.

        Raises:
            TypeError: when one of them cannot be written.
        """
        ...

    def headers(self, request_id: str, attempt: int, time: float) -> dict[str, str]:
        """Write the headers beside the content's; of the same name, they take its place.

        Args:
            request_id: a UUID, the same for each attempt.
            attempt: from 1.
            time: seconds since 1970.
        """
        ...

    def read(self, answer: Answer, captures: Sequence[T_contra], /) -> list[Outcome | Rejection]:
        """Read from an accepting answer what became of each capture.

        Args:
            answer: one with a status of 2xx.
            captures: those of the request, in its order.
        """
        ...


@dataclass(frozen=True, slots=True)
class Receiver(Generic[T]):
    """Say what is to be known of whom we send to, beside the wire.

    Args:
        name: for the log.
        max_item: bytes that it takes for one item.
        count: how many events an item carries.
        advise: logs what a person has to do about a loss; it is told the reason and the answer.
        is_compressed: whether bodies are sent with gzip.
    """

    name: str
    max_item: int
    count: Callable[[T], int]
    advise: Callable[[ThrottledLogger, Reason, str], Any]
    is_compressed: bool = True
