"""What each HTTP status says about the events of a request (`wire.md` sections 1.4, 1.8 and 1.9)."""

from __future__ import annotations

from otel.reasons import Reason

__all__ = ["is_accepted", "is_divisible", "is_retryable", "reason_for"]

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
