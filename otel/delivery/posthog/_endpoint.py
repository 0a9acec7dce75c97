"""What a person has to do about events that PostHog does not take, said in the log."""

from __future__ import annotations

from otel.outcomes.self_log import ThrottledLogger
from otel.reasons import Reason

__all__ = ["advise"]


def advise(log: ThrottledLogger, reason: Reason, detail: str) -> None:
    """Say what a person has to do; of what refuses one event nothing, since its text may quote it.

    Args:
        log: where it is said.
        reason: of the loss.
        detail: what was answered, beginning with the status.
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
