"""The protocol of an endpoint: how items are written, and how the response tells their outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol, TypeVar

from otel.delivery.http.transport import Answer
from otel.envelope import Rejection
from otel.outcomes.self_log import ThrottledLogger
from otel.reasons import Reason

__all__ = ["Outcome", "WireProtocol"]

T_contra = TypeVar("T_contra", contravariant=True)


class Outcome(Enum):
    """The state of an item that is not lost; a lost one has a `Rejection` instead."""

    PENDING = "pending"
    """To be sent, or to be sent again."""
    DELIVERED = "delivered"


class WireProtocol(Protocol[T_contra]):
    """One endpoint of PostHog or of a Collector.

    Attributes:
        name: the receiver's name, for log messages.
        path: the path of the request.
        max_item_bytes: the size of the largest item that the receiver accepts, encoded.
        is_compressed: whether bodies are sent with gzip.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see the class

    @property
    def path(self) -> str: ...  # noqa: D102

    @property
    def max_item_bytes(self) -> int: ...  # noqa: D102

    @property
    def is_compressed(self) -> bool: ...  # noqa: D102

    def count(self, item: T_contra, /) -> int:
        """Return how many events an item carries."""
        ...

    def parts(self, items: Sequence[T_contra], time: float, /) -> list[list[int]]:
        """Return the positions of the items, grouped into those that may share a request.

        Args:
            items: the items to send.
            time: when the call began, in seconds since 1970.
        """
        ...

    def body(self, items: Sequence[T_contra], time: float, /) -> bytes:
        """Encode the body of a request.

        Args:
            items: the items of one part.
            time: when the call began, in seconds since 1970; the same for every attempt.

        Raises:
            TypeError: if an item cannot be encoded.
        """
        ...

    def headers(self, request_id: str, attempt: int, time: float) -> dict[str, str]:
        """Return the headers of a request; they override the content headers of the same name.

        Args:
            request_id: a UUID, the same for every attempt.
            attempt: 1 for the first attempt.
            time: seconds since 1970.
        """
        ...

    def read(self, answer: Answer, items: Sequence[T_contra], /) -> list[Outcome | Rejection]:
        """Return the outcome of each item of an accepted request.

        Args:
            answer: a response with a 2xx status.
            items: the items of the request, in its order.
        """
        ...

    def advise(self, log: ThrottledLogger, reason: Reason, detail: str, /) -> None:
        """Log what an operator must do when the receiver refuses a request.

        Args:
            log: where to log it.
            reason: why the items are lost.
            detail: the status, and the beginning of the response's body.
        """
        ...
