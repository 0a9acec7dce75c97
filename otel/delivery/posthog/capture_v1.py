"""Capture v1, `POST /i/v1/analytics/events`: the endpoint that answers for each event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from otel.delivery.http import SDK, Answer, Outcome
from otel.delivery.posthog._endpoint import CaptureEndpoint
from otel.delivery.posthog._late import migration
from otel.envelope import Capture, Rejection
from otel.outcomes import ThrottledLogger
from otel.reasons import Reason

__all__ = ["CaptureV1"]

# Properties of v0 that v1 reads from other places, each with the type that it requires there.
_LIFTED = (("$session_id", "session_id", str), ("$window_id", "window_id", str))
_OPTIONS = (
    ("$process_person_profile", "process_person_profile", bool),
    ("$cookieless_mode", "cookieless_mode", bool),
    ("$product_tour_id", "product_tour_id", str),
)
# Details of `drop` whose reason is not the event itself.
_DROP_REASONS = {"billing_limit_exceeded": Reason.OVER_QUOTA, "event_too_big": Reason.TOO_LARGE}
# How much of an unknown result is logged, in characters.
_MAX_RESULT = 80


class CaptureV1(CaptureEndpoint):
    """The protocol of capture v1 (`wire.md` section 1.8).

    Args:
        api_key: the project API key.
        log: logs PostHog's warnings about events.
        is_compressed: whether bodies are sent with gzip.
    """

    path = "/i/v1/analytics/events"

    def __init__(self, api_key: str, log: ThrottledLogger, *, is_compressed: bool = True) -> None:
        super().__init__(api_key, is_compressed=is_compressed)
        self._log = log

    def body(self, captures: Sequence[Capture], time: float) -> bytes:
        """Encode the JSON of a request.

        Args:
            captures: the events of one part.
            time: seconds since 1970; the body is the same for every attempt.

        Raises:
            TypeError: if an event cannot be encoded.
        """
        batch = [_event(capture) for capture in captures]
        return orjson.dumps({"created_at": _rfc3339(time), **migration(captures, time), "batch": batch})

    def headers(self, request_id: str, attempt: int, time: float) -> dict[str, str]:
        """Return the headers that v1 requires.

        Args:
            request_id: a UUID, the same for every attempt.
            attempt: 1 for the first attempt.
            time: seconds since 1970.
        """
        return {
            "Authorization": f"Bearer {self._api_key}",
            "PostHog-Sdk-Info": SDK,
            "PostHog-Request-Id": request_id,
            "PostHog-Attempt": str(attempt),
            "PostHog-Request-Timestamp": _rfc3339(time),
        }

    def read(self, answer: Answer, captures: Sequence[Capture]) -> list[Outcome | Rejection]:
        """Return the outcome of each event: only the result `retry` keeps one pending, all others are final.

        This lets PostHog add results without being sent the same events again and again by older clients
        (`unknown_result_treated_as_terminal` in PostHog/posthog-sdk-test-harness). As in PostHog's own SDKs,
        an unknown result, and an event that is missing from the results, count as delivered.

        A response without a map of results does not come from capture v1, but from something in front of it
        or in its place, which may answer the same for ever. As in posthog-python it is final for this call,
        and the events are not delivered: they are lost as `undelivered`, or wait in the journal or a
        Collector's queue.

        Args:
            answer: a response with a 2xx status.
            captures: the captures of the request.
        """
        results = _results(answer.body)
        if results is None:
            detail = f"{answer.status} without the results of capture v1"
            self.advise(self._log, Reason.UNDELIVERED, detail)
            return [Rejection(Reason.UNDELIVERED, detail) for _ in captures]
        return [self._outcome(capture, results) for capture in captures]

    def _outcome(self, capture: Capture, results: Mapping[str, Any]) -> Outcome | Rejection:
        if capture.uuid not in results:
            self._log.warning(
                "no result", "PostHog returned no result for event %s; it counts as delivered", capture.uuid
            )
            return Outcome.DELIVERED
        entry = results[capture.uuid]
        fields = entry if isinstance(entry, dict) else {"result": entry}
        result, details = fields.get("result"), str(fields.get("details") or "")
        match result:
            case "ok":
                return Outcome.DELIVERED
            case "warning":
                self._log.warning(
                    f"warning {details}", "PostHog accepted an event with the warning %r", details
                )
                return Outcome.DELIVERED
            case "retry":
                return Outcome.PENDING
            case "drop":
                return Rejection(_DROP_REASONS.get(details, Reason.REFUSED), details)
            case "limited":  # in PostHog's checks; its server says `drop` with `billing_limit_exceeded`
                return Rejection(Reason.OVER_QUOTA, details)
        name = str(result)[:_MAX_RESULT]
        self._log.warning(
            f"result {name}",
            "PostHog returned the unknown result %r for an event; it counts as delivered",
            name,
        )
        return Outcome.DELIVERED


def _event(capture: Capture) -> dict[str, Any]:
    properties = dict(capture.properties)
    options: dict[str, Any] = {}
    # PostHog's correction adds its own clock minus `PostHog-Request-Timestamp` to each time: the error of the
    # sender's clock, but also the network's delay, which differs from attempt to attempt. The clock of a
    # server that uses NTP is off by less than that delay, and an event's time must be the same in every
    # attempt. The option also stores any time in the future. Nothing is known about the clock of a foreign
    # program, so its events go without it: PostHog then changes times more than 23 h ahead to now (`wire.md`
    # section 1.6).
    if capture.is_clock_trusted:
        options["disable_skew_correction"] = True
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


def _results(body: bytes) -> Mapping[str, Any] | None:
    try:
        answer = orjson.loads(body)
    except ValueError:
        return None
    results = answer.get("results") if isinstance(answer, dict) else None
    return results if isinstance(results, dict) else None


def _rfc3339(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
