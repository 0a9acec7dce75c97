"""Capture v1, `POST /i/v1/analytics/events`: the endpoint that answers for each event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from otel.delivery._selflog import SelfLog
from otel.delivery._transport import SDK, Answer
from otel.delivery._wire import Fate
from otel.mapping.envelope import Capture, Reject
from otel.reasons import Reason

__all__ = ["WireV1"]

# Properties of v0 that v1 reads from other places, each with the type that it takes there.
_LIFTED = (("$session_id", "session_id", str), ("$window_id", "window_id", str))
_OPTIONS = (
    ("$process_person_profile", "process_person_profile", bool),
    ("$cookieless_mode", "cookieless_mode", bool),
)
# What PostHog drops for another reason than the event itself.
_DROP_REASONS = {"billing_limit_exceeded": Reason.OVER_QUOTA, "event_too_big": Reason.TOO_LARGE}


class WireV1:
    """Speak capture v1 (`wire.md` section 1.8).

    Args:
        api_key: the project API key.
        log: where warnings of PostHog about events go.
    """

    path = "/i/v1/analytics/events"

    def __init__(self, api_key: str, log: SelfLog) -> None:
        self._api_key = api_key
        self._log = log

    def body(self, captures: Sequence[Capture], time: float) -> bytes:
        """Write the request's JSON.

        Args:
            captures: the events.
            time: seconds since 1970; the body stays the same for each attempt.

        Raises:
            TypeError: when one of them cannot be written.
        """
        batch = [_event(capture) for capture in captures]
        return orjson.dumps({"created_at": _rfc3339(time), "batch": batch})

    def headers(self, request_id: str, attempt: int, time: float) -> dict[str, str]:
        """Write the headers that v1 requires.

        Args:
            request_id: a UUID, the same for each attempt.
            attempt: from 1.
            time: seconds since 1970.
        """
        return {
            "Authorization": f"Bearer {self._api_key}",
            "PostHog-Sdk-Info": SDK,
            "PostHog-Request-Id": request_id,
            "PostHog-Attempt": str(attempt),
            "PostHog-Request-Timestamp": _rfc3339(time),
        }

    def read(self, answer: Answer, captures: Sequence[Capture]) -> list[Fate | Reject]:
        """Read each event's result; one that PostHog does not name, or names oddly, is sent again.

        Args:
            answer: one with a status of 2xx.
            captures: those of the request.
        """
        results = _results(answer.body)
        return [self._fate(results.get(capture.uuid)) for capture in captures]

    def _fate(self, result: Any) -> Fate | Reject:
        if not isinstance(result, dict):
            return Fate.OPEN
        details = str(result.get("details") or "")
        match result.get("result"):
            case "ok":
                return Fate.DELIVERED
            case "warning":
                self._log.warning(f"warning {details}", "PostHog took an event with the warning %r", details)
                return Fate.DELIVERED
            case "drop":
                return Reject(_DROP_REASONS.get(details, Reason.REFUSED), details)
            case _:
                return Fate.OPEN


def _event(capture: Capture) -> dict[str, Any]:
    properties = dict(capture.properties)
    # The exact time is ours: PostHog's correction would move it at each attempt (`wire.md` section 1.6).
    options: dict[str, Any] = {"disable_skew_correction": True}
    event: dict[str, Any] = {
        "event": capture.event,
        "uuid": capture.uuid,
        "distinct_id": capture.distinct_id,
        "timestamp": capture.timestamp,
        "options": options,
        "properties": properties,
    }
    for target, table in ((event, _LIFTED), (options, _OPTIONS)):
        for name, wire_name, kind in table:
            if isinstance(properties.get(name), kind):
                target[wire_name] = properties.pop(name)
    return event


def _results(body: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(body)
    except ValueError:
        return {}
    results = answer.get("results") if isinstance(answer, dict) else None
    return results if isinstance(results, dict) else {}


def _rfc3339(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
