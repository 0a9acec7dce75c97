"""Why an event did not arrive: the one list that code, metrics, the quarantine, docs and tests share."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Name each way in which an event can fail to reach PostHog.

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
    """Our own mapping raised: a defect of this project, logged with its traceback."""
    MALFORMED = "malformed"
    """A span or log record cannot be read by the bridge, such as one with a text that is no UTF-8."""
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
        """Whether an event lost for this reason is kept, to be replayed once its cause is mended."""
        return self in _QUARANTINED


# A caller's or the schema's mistake: a fix in code makes the same event deliverable. What the person asked
# for (OPTED_OUT), what was configured (THINNED) and what has no content any more (QUEUE_FULL) is not kept.
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
