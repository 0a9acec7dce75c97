"""The time PostHog stores for an event, from what the client sent (`wire.md` section 1.6)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["parse_time", "rfc3339", "stored_time"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STORED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
# PostHog's own (`wire.md` section 1.6): no time zone is further ahead than that by mistake.
_FAR_FUTURE = timedelta(hours=23)


def rfc3339(time: datetime) -> str:
    """Return a UTC time with microseconds, as PostHog's column keeps them.

    Args:
        time: in UTC.
    """
    return time.isoformat(timespec="microseconds")[:-6] + "Z"


def parse_time(text: str) -> datetime | None:
    """Return the time that a text names, in UTC, or None. A naive time is taken as UTC.

    Args:
        text: RFC 3339, or what is close to it.
    """
    try:
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except ValueError:
        return None
    except OverflowError:
        return _EPOCH


def stored_time(
    timestamp: str | None,
    *,
    now: datetime,
    sent_at: datetime | None = None,
    offset: int | None = None,
) -> tuple[str, str]:
    """Return the time that is stored, RFC 3339, and the type of the ingestion warning that it earns, or "".

    Args:
        timestamp: when the event happened, by the client's clock.
        now: when the request arrived.
        sent_at: when it was sent, by the client's clock; None leaves the skew of clocks uncorrected.
        offset: milliseconds before `now`; it wins over the timestamp.
    """
    try:
        if offset is not None:
            time = now - timedelta(milliseconds=offset)
        elif timestamp is None:
            return rfc3339(now), ""
        else:
            parsed = parse_time(timestamp)
            if parsed is None:
                return rfc3339(now), "ignored_invalid_timestamp"
            time = parsed if sent_at is None else now + (parsed - sent_at)
            if time is parsed and time < now and _STORED.fullmatch(timestamp):
                return timestamp, ""  # the usual case; half the time of writing it anew
    except OverflowError:
        return rfc3339(_EPOCH), "ignored_invalid_timestamp"
    if time - now > _FAR_FUTURE:
        return rfc3339(now), "event_timestamp_in_future"
    return rfc3339(time), ""
