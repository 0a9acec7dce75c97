"""The retry rule: which statuses are sent again, when, and how often (`wire.md` sections 1.4, 1.8, 1.9)."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from otel.reasons import Reason

__all__ = [
    "TIMEOUT",
    "RetryPolicy",
    "is_accepted",
    "is_divisible",
    "is_retryable",
    "parse_retry_after",
    "reason_for",
]

# What OpenTelemetry gives a batch by default (OTEL_BSP_EXPORT_TIMEOUT), but does not enforce
# (opentelemetry-python #4555).
TIMEOUT = 30.0
# PostHog's contract asks for at least 100 ms; half a second outlasts most restarts of a balancer's backend.
_FIRST = 0.5
# Well below the 30 s batch timeout, so that the last wait wastes little of it.
_LONGEST = 5.0
# Up to half as long again, so that processes that failed together do not come back together.
_SPREAD = 0.5
# By then the delay has reached its maximum; the power must not overflow a float.
_MAX_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When and how often a failed request is sent again.

    The delay doubles from attempt to attempt, with jitter, and is never shorter than `Retry-After`.

    Args:
        timeout: seconds for a call that sets no deadline of its own.
        attempts: how often a request is sent at most within that time.
        needs_answer: whether a request gets all of the time that is left, and is left out if the last one
            took longer. Events that wait elsewhere would be sent twice if the answer came too late.
        jitter: a function that returns a number from 0 to 1.
    """

    timeout: float = TIMEOUT
    attempts: float = math.inf
    needs_answer: bool = False
    jitter: Callable[[], float] = random.random

    def delay(self, attempt: int, retry_after: float | None = None) -> float:
        """Return the seconds to wait after a failed attempt.

        Args:
            attempt: the number of the failed attempt; 1 for the first.
            retry_after: the seconds that the receiver asked for.
        """
        doubled = min(_FIRST * 2.0 ** min(attempt - 1, _MAX_DOUBLINGS), _LONGEST)
        return max(doubled * (1.0 + _SPREAD * self.jitter()), retry_after or 0.0)


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a `Retry-After` header asks for; None if it is absent or invalid.

    Args:
        value: seconds, or an HTTP date (RFC 9110 section 10.2.3).
        now: seconds since 1970.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now)
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _seconds_until(date: str, now: float) -> float:
    try:
        parsed = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return math.nan
    # `-0000` instead of GMT gives a time without a zone, which is UTC as well.
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() - now


_REASONS = {
    400: Reason.REFUSED,
    401: Reason.UNAUTHORISED,
    402: Reason.OVER_QUOTA,
    403: Reason.UNAUTHORISED,
    413: Reason.TOO_LARGE,
}


def is_accepted(status: int) -> bool:
    """Whether PostHog accepted the request.

    Every 2xx is accepted: with `beacon=1` PostHog answers 204, and a proxy in front of it may answer 202.
    PostHog's own client accepts only 200 and sends a 204 again, so that it arrives twice (`wire.md` section
    3.3).

    Args:
        status: the HTTP status.
    """
    return 200 <= status < 300


def is_retryable(status: int) -> bool:
    """Whether the same request may be accepted later.

    The contract names 408, 429, 500, 502, 503 and 504; the remaining 5xx come from load balancers (520 to
    530) and are temporary as well.

    Args:
        status: the HTTP status.
    """
    return status in (408, 429) or status >= 500


def is_divisible(status: int) -> bool:
    """Whether parts of the request may be accepted: one bad event, or its size, refuses a whole batch.

    Args:
        status: the HTTP status.
    """
    return status in (400, 413)


def reason_for(status: int) -> Reason:
    """Return why events are lost that were refused permanently.

    A status that PostHog does not use, such as a redirect or 404, comes from a host that is not PostHog: the
    events are valid and were not delivered.

    Args:
        status: the HTTP status.
    """
    return _REASONS.get(status, Reason.UNDELIVERED)
