"""Capture v1, `POST /i/v1/analytics/events`: the endpoint that answers for each event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from otel.delivery.http.protocol import Outcome
from otel.delivery.http.transport import SDK, Answer
from otel.delivery.posthog._advice import advise
from otel.delivery.posthog._late import migration, parts_by_age
from otel.envelope import Capture, Rejection
from otel.outcomes.self_log import ThrottledLogger
from otel.reasons import Reason

__all__ = ["CaptureV1"]

# Properties of v0 that v1 reads from other places, each with the type that it takes there.
_LIFTED = (("$session_id", "session_id", str), ("$window_id", "window_id", str))
_OPTIONS = (
    ("$process_person_profile", "process_person_profile", bool),
    ("$cookieless_mode", "cookieless_mode", bool),
    ("$product_tour_id", "product_tour_id", str),
)
# What PostHog drops for another reason than the event itself.
_DROP_REASONS = {"billing_limit_exceeded": Reason.OVER_QUOTA, "event_too_big": Reason.TOO_LARGE}
# How much of a result that is not known gets into the log, in characters.
_MAX_RESULT = 80


class CaptureV1:
    """Speak capture v1 (`wire.md` section 1.8).

    Args:
        api_key: the project API key.
        log: where warnings of PostHog about events go.
    """

    path = "/i/v1/analytics/events"

    def __init__(self, api_key: str, log: ThrottledLogger) -> None:
        self._api_key = api_key
        self._log = log

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
        batch = [_event(capture) for capture in captures]
        return orjson.dumps({"created_at": _rfc3339(time), **migration(captures, time), "batch": batch})

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

    def read(self, answer: Answer, captures: Sequence[Capture]) -> list[Outcome | Rejection]:
        """Read each event's result: only `retry` reopens an event, every other result is final.

        So PostHog can add results without being sent the same events until the deadline by clients that are
        older (`unknown_result_treated_as_terminal` of PostHog/posthog-sdk-test-harness). A result that is not
        known, and an event that the answer does not name, count as delivered, as in PostHog's own SDKs.

        An answer without a map of results was not written by capture v1 but by something before it or in its
        place, which may answer the same for ever. It is final for this call, as in posthog-python, and it is
        no delivery: the events are lost as `undelivered`, or wait in the journal or in a Collector's queue.

        Args:
            answer: one with a status of 2xx.
            captures: those of the request.
        """
        results = _results(answer.body)
        if results is None:
            detail = f"{answer.status} without the results of capture v1"
            advise(self._log, Reason.UNDELIVERED, detail)
            return [Rejection(Reason.UNDELIVERED, detail) for _ in captures]
        return [self._fate(capture, results) for capture in captures]

    def _fate(self, capture: Capture, results: Mapping[str, Any]) -> Outcome | Rejection:
        if capture.uuid not in results:
            self._log.warning(
                "no result", "PostHog gave no result for event %s; it counts as delivered", capture.uuid
            )
            return Outcome.DELIVERED
        entry = results[capture.uuid]
        fields = entry if isinstance(entry, dict) else {"result": entry}
        result, details = fields.get("result"), str(fields.get("details") or "")
        match result:
            case "ok":
                return Outcome.DELIVERED
            case "warning":
                self._log.warning(f"warning {details}", "PostHog took an event with the warning %r", details)
                return Outcome.DELIVERED
            case "retry":
                return Outcome.OPEN
            case "drop":
                return Rejection(_DROP_REASONS.get(details, Reason.REFUSED), details)
            case "limited":  # in PostHog's checks; its server says `drop` with `billing_limit_exceeded`
                return Rejection(Reason.OVER_QUOTA, details)
        name = str(result)[:_MAX_RESULT]
        self._log.warning(
            f"result {name}",
            "PostHog answered an event with the unknown result %r; it counts as delivered",
            name,
        )
        return Outcome.DELIVERED


def _event(capture: Capture) -> dict[str, Any]:
    properties = dict(capture.properties)
    options: dict[str, Any] = {}
    # PostHog's correction adds its own clock minus `PostHog-Request-Timestamp` to each time: the error of the
    # sender's clock, but also the network's delay, which differs from attempt to attempt. A server that keeps
    # its clock by NTP is off by less than that delay, and its time must stay the same through every retry.
    # The option also stores any time in the future. Of a foreign program's clock nothing is known, so its
    # events go without it: PostHog then turns what is more than 23 h ahead into now (`wire.md` section 1.6).
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
