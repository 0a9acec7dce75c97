"""What PostHog's two capture endpoints have in common."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from otel.delivery._transport import Answer
from otel.mapping.envelope import Capture, Reject

__all__ = ["Fate", "Wire"]


class Fate(Enum):
    """Say what became of a capture that PostHog did not lose for good; a `Reject` says the latter."""

    OPEN = "open"
    """Not settled: still to be sent, or to be sent again."""
    DELIVERED = "delivered"


class Wire(Protocol):
    """Speak one of PostHog's capture endpoints."""

    path: str

    def body(self, captures: Sequence[Capture], time: float) -> bytes:
        """Write the request's JSON.

        Args:
            captures: the events.
            time: seconds since 1970, the same for each attempt.

        Raises:
            TypeError: when one of them cannot be written.
        """

    def headers(self, request_id: str, attempt: int, time: float) -> dict[str, str]:
        """Write the headers beside the content's.

        Args:
            request_id: a UUID, the same for each attempt.
            attempt: from 1.
            time: seconds since 1970.
        """

    def read(self, answer: Answer, captures: Sequence[Capture]) -> list[Fate | Reject]:
        """Read from an accepting answer what became of each capture.

        Args:
            answer: one with a status of 2xx.
            captures: those of the request, in its order.
        """
