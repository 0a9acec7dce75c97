"""Why an event did not arrive: one enum for code, metrics, the quarantine, docs and tests."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """A reason for which an event does not reach PostHog.

    The docstring under a member is its entry in `docs/reasons.md`.
    """

    UNDECLARED = "undeclared"
    """No event declares the name: in a call of `record_named`, or to a bridge older than the program."""
    MISSING_PROPERTY = "missing_property"
    """A required property of a declared event is absent."""
    UNKNOWN_PROPERTY = "unknown_property"
    """A declared event carries a property that it does not declare."""
    WRONG_TYPE = "wrong_type"
    """A property's value does not fit its declared type."""
    ILLEGAL_ID = "illegal_id"
    """A person or group property update names nobody, or an id that PostHog shares between strangers."""
    OPTED_OUT = "opted_out"
    """The person asked not to be tracked: privacy setting, `Sec-GPC`, `DNT` or the opt-out cookie."""
    THINNED = "thinned"
    """`POSTHOG_TIER_RATIOS` keeps only a share of this tier, and this trace is not in it."""
    TOO_LARGE = "too_large"
    """The event alone is larger than PostHog stores."""
    MAPPING_FAILED = "mapping_failed"
    """Our own code failed to record, map or encode the event: a defect, logged with its traceback."""
    MALFORMED = "malformed"
    """The bridge cannot decode a span, a log record or a whole request, such as text that is not UTF-8."""
    OVER_BUDGET = "over_budget"
    """A request to the bridge holds too much, and is refused as a whole; see [security](security.md)."""
    QUEUE_FULL = "queue_full"
    """Spans ended faster than they were exported: `OTEL_BSP_MAX_QUEUE_SIZE` was reached."""
    SPAN_EVENT_LIMIT = "span_event_limit"
    """`span.add_event` was called past `OTEL_SPAN_EVENT_COUNT_LIMIT`; `record` never is."""
    NOT_RECORDING = "not_recording"
    """No provider of the SDK is installed (of tracers, or of loggers for log records) to carry the event."""
    REFUSED = "refused"
    """PostHog, or the Collector, refused the event (400 once alone, `drop` in v1, OTLP's partial success)."""
    UNAUTHORISED = "unauthorised"
    """PostHog refused the project API key, or the Collector the token (401, 403)."""
    OVER_QUOTA = "over_quota"
    """PostHog's billing limit is reached (402; `billing_limit_exceeded` or `limited` in v1)."""
    UNDELIVERED = "undelivered"
    """PostHog, or the Collector, could not be reached, or asked to retry, until the batch's time was over."""
    SHUTDOWN = "shutdown"
    """The process ended before the event could be delivered within its flush deadline."""
    NO_KEY = "no_key"
    """No `POSTHOG_API_KEY` is configured, so nothing is sent."""

    @property
    def is_quarantined(self) -> bool:
        """Whether events lost for this reason are quarantined, to be replayed once the cause is fixed."""
        return self in _QUARANTINED

    @property
    def is_retryable(self) -> bool:
        """Whether the same event may be accepted later."""
        return self in _RETRYABLE

    @property
    def is_intended(self) -> bool:
        """Whether a person or the configuration asked for the loss, so that it needs no attention."""
        return self in _INTENDED


# A mistake in a call or a schema: a fix in code makes the same event deliverable. What the person asked for
# (OPTED_OUT), what was configured (THINNED) and what has lost its content (QUEUE_FULL) is not kept.
_QUARANTINED = frozenset(
    {
        Reason.UNDECLARED,
        Reason.MISSING_PROPERTY,
        Reason.UNKNOWN_PROPERTY,
        Reason.WRONG_TYPE,
        Reason.ILLEGAL_ID,
        Reason.TOO_LARGE,
        Reason.MAPPING_FAILED,
        Reason.REFUSED,
    }
)
# PostHog is back, the process has time again, or the key was corrected. What PostHog refuses for any other
# reason, it would refuse again.
_RETRYABLE = frozenset({Reason.UNDELIVERED, Reason.SHUTDOWN, Reason.UNAUTHORISED})
_INTENDED = frozenset({Reason.OPTED_OUT, Reason.THINNED})
