"""Capture v0, `POST /batch/`: the default of PostHog's clients; one status for the whole batch."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from otel.delivery.http.protocol import Outcome
from otel.delivery.http.transport import Answer
from otel.delivery.posthog._late import migration, parts_by_age
from otel.envelope import Capture, Rejection

__all__ = ["CaptureV0"]


class CaptureV0:
    """Speak capture v0 (`wire.md` sections 1.2 to 1.4).

    Without `sent_at`: PostHog would move an event's time by the network's delay, to a different place at
    each attempt, and dedupe on it (`wire.md` section 1.6).

    Args:
        api_key: the project API key.
    """

    path = "/batch/"

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def parts(self, captures: Sequence[Capture], time: float) -> list[list[int]]:
        """Return the positions of the fresh captures and those of the late ones.

        Args:
            captures: the events.
            time: seconds since 1970.
        """
        return parts_by_age(captures, time)

    def body(self, captures: Sequence[Capture], time: float) -> bytes:
        """Write the request's JSON.

        Args:
            captures: the events of one part.
            time: seconds since 1970; the body stays the same for each attempt.

        Raises:
            TypeError: when one of them cannot be written.
        """
        # orjson takes the dataclass as it is, but in twice the time of a dict made for it.
        batch = [
            {
                "event": capture.event,
                "distinct_id": capture.distinct_id,
                "uuid": capture.uuid,
                "timestamp": capture.timestamp,
                "properties": capture.properties,
            }
            for capture in captures
        ]
        return orjson.dumps({"api_key": self._api_key, **migration(captures, time), "batch": batch})

    def headers(self, request_id: str, attempt: int, time: float) -> dict[str, str]:  # noqa: ARG002 - v1's
        """Add nothing: v0 takes the key from the body, and knows no attempts.

        Args:
            request_id: unused.
            attempt: unused.
            time: unused.
        """
        return {}

    def read(self, answer: Answer, captures: Sequence[Capture]) -> list[Outcome | Rejection]:  # noqa: ARG002 - v1's
        """Take all captures as delivered: the body of an accepting answer says no more.

        Args:
            answer: unused.
            captures: those of the request.
        """
        return [Outcome.DELIVERED] * len(captures)
