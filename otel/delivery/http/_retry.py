"""How long to wait before an attempt is repeated (`wire.md` section 1.9)."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

from otel.reasons import Reason

__all__ = ["Backoff", "is_accepted", "is_divisible", "is_retryable", "parse_retry_after", "reason_for"]

# PostHog's contract asks for at least 100 ms; half a second outlasts most restarts of a balancer's backend.
_FIRST = 0.5
# Short against the 30 s that OpenTelemetry gives a batch, so that little of them is left unused at the end.
_LONGEST = 5.0
# Up to half as much again, so that processes that failed together do not come back together.
_SPREAD = 0.5
# From here on the delay is the longest anyway; the power must not outgrow a float.
_MAX_DOUBLINGS = 10


class Backoff:
    """Double the delay from attempt to attempt, with jitter, and never come before `Retry-After`.

    Args:
        jitter: returns a number from 0 to 1.
    """

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter

    def delay(self, attempt: int, retry_after: float | None = None) -> float:
        """Return the seconds to wait after a failed attempt.

        Args:
            attempt: which one failed, from 1.
            retry_after: the seconds that PostHog asked for.
        """
        doubled = min(_FIRST * 2.0 ** min(attempt - 1, _MAX_DOUBLINGS), _LONGEST)
        return max(doubled * (1.0 + _SPREAD * self._jitter()), retry_after or 0.0)


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a `Retry-After` header asks for; None if it is absent or makes no sense.

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
    # `-0000` in place of GMT gives a time without a zone, which is UTC all the same.
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() - now


_REASONS = {
    400: Reason.REFUSED,
    401: Reason.UNAUTHORISED,
    402: Reason.OVER_QUOTA,
    403: Reason.UNAUTHORISED,
    413: Reason.TOO_LARGE,
}


def is_accepted(status: int) -> bool:
    """Whether PostHog took the request.

    Every 2xx does: with `beacon=1` PostHog answers 204, and a proxy before it may answer 202. PostHog's own
    client takes only 200 and sends a 204 again, so that it arrives twice (`wire.md` section 3.3).

    Args:
        status: the HTTP status.
    """
    return 200 <= status < 300


def is_retryable(status: int) -> bool:
    """Whether the same request may be taken later.

    The contract names 408, 429, 500, 502, 503 and 504; the remaining 5xx are those of the balancers on the
    way (520 to 530), and pass just as well.

    Args:
        status: the HTTP status.
    """
    return status in (408, 429) or status >= 500


def is_divisible(status: int) -> bool:
    """Whether a part of the request may be taken: one bad event refuses a whole batch, and so does its size.

    Args:
        status: the HTTP status.
    """
    return status in (400, 413)


def reason_for(status: int) -> Reason:
    """Return why an event is lost that was refused for good.

    A status that PostHog does not use, such as a redirect or 404, comes from a host that is not PostHog: the
    events are sound and could not be delivered.

    Args:
        status: the HTTP status.
    """
    return _REASONS.get(status, Reason.UNDELIVERED)
