"""Capture v0, `POST /batch/`: the default of PostHog's clients; one status for the whole batch."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from otel.delivery.http import Answer, Outcome
from otel.delivery.posthog._endpoint import CaptureEndpoint
from otel.delivery.posthog._late import migration
from otel.envelope import Capture, Rejection

__all__ = ["CaptureV0"]


class CaptureV0(CaptureEndpoint):
    """The protocol of capture v0 (`wire.md` sections 1.2 to 1.4).

    Bodies have no `sent_at`: PostHog would move an event's time by the network's delay, differently at each
    attempt, and it deduplicates on the time (`wire.md` section 1.6).
    """

    path = "/batch/"

    def body(self, captures: Sequence[Capture], time: float) -> bytes:
        """Encode the JSON of a request.

        Args:
            captures: the events of one part.
            time: seconds since 1970; the body is the same for every attempt.

        Raises:
            TypeError: if an event cannot be encoded.
        """
        # orjson can encode the dataclass itself, but takes twice as long as for a dict.
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
        """Return no headers: v0 reads the key from the body and does not count attempts.

        Args:
            request_id: unused.
            attempt: unused.
            time: unused.
        """
        return {}

    def read(self, answer: Answer, captures: Sequence[Capture]) -> list[Outcome | Rejection]:  # noqa: ARG002 - v1's
        """Return that all captures are delivered: a 2xx response says nothing about single events.

        Args:
            answer: unused.
            captures: the captures of the request.
        """
        return [Outcome.DELIVERED] * len(captures)
