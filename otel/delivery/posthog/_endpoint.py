"""What both of PostHog's capture endpoints have in common."""

from __future__ import annotations

from collections.abc import Sequence

from otel.delivery.posthog._late import parts_by_age
from otel.envelope import Capture
from otel.outcomes import ThrottledLogger
from otel.reasons import Reason

__all__ = ["CaptureEndpoint"]

# PostHog discards events over 1 MB, including what it adds to them, when it stores them, and still answers
# 200; its own client stops at this size (`wire.md` section 1.3).
_MAX_EVENT = 900 * 1024


class CaptureEndpoint:
    """The common part of capture v0 and v1.

    Args:
        api_key: the project API key.
        is_compressed: whether bodies are sent with gzip.
    """

    name = "PostHog"
    max_item_bytes = _MAX_EVENT

    def __init__(self, api_key: str, *, is_compressed: bool = True) -> None:
        self._api_key = api_key
        self.is_compressed = is_compressed

    def count(self, capture: Capture) -> int:  # noqa: ARG002 - the protocol's
        """Return 1: a capture is one event.

        Args:
            capture: any.
        """
        return 1

    def parts(self, captures: Sequence[Capture], time: float) -> list[list[int]]:
        """Return the positions of the fresh captures and of the late ones.

        Args:
            captures: the events.
            time: seconds since 1970.
        """
        return parts_by_age(captures, time)

    def advise(self, log: ThrottledLogger, reason: Reason, detail: str) -> None:
        """Log what an operator must do when PostHog refuses events.

        Refusals of single events are not logged, because the detail may quote the event.

        Args:
            log: where to log it.
            reason: why the events are lost.
            detail: PostHog's response, beginning with the status.
        """
        if reason is Reason.UNAUTHORISED:
            log.once_per_process(
                f"{reason} {detail}",
                "PostHog refuses the project API key (%s): set POSTHOG_API_KEY to the project's key, which "
                "begins with phc_, and POSTHOG_HOST to the region of the project",
                detail,
            )
        elif reason is Reason.OVER_QUOTA:
            log.warning(reason, "PostHog's billing limit is reached: events are lost until it is raised")
        elif reason is Reason.UNDELIVERED:
            log.warning(
                f"{reason} {detail[:3]}",
                "POSTHOG_HOST does not answer as PostHog does (%s): is it an ingestion address of PostHog?",
                detail if detail.startswith("3") else detail[:3],
            )
