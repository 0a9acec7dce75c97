"""Calculation of the time that PostHog stores for an event (`wire.md` sections 1.6 and 6.4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from otel.inspector.ingest.values.time_formats import BEFORE_ALL_YEARS, parse_rfc3339, parse_time
from otel.inspector.rfc3339 import rfc3339

__all__ = ["time_of_v0", "time_of_v1"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_STORED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
# PostHog's limit: no mistaken time zone is further ahead (timestamp.rs, v1/analytics/constants.rs).
_FAR_FUTURE = timedelta(hours=23)


def time_of_v0(
    timestamp: str | None, *, now: datetime, sent_at: datetime | None = None, offset: int | None = None
) -> tuple[str, str]:
    """Return the stored time in RFC 3339, and the id of the rule that decided it, or "".

    Args:
        timestamp: when the event happened, by the client's clock, in any format.
        now: when the request arrived, in UTC.
        sent_at: when the request was sent, by the client's clock; None skips the correction of clock skew.
        offset: milliseconds before `now`; overrides the timestamp.
    """
    rule = ""
    if offset is not None:
        time = _moved(now, -offset * 1000)
    elif timestamp is None:
        return rfc3339(now), ""
    else:
        if sent_at is None and _STORED.fullmatch(timestamp):
            usual = _usual(timestamp, now)
            if usual:
                return usual, ""
        parsed = parse_rfc3339(timestamp)
        if parsed is None:
            rule = "TI-1"
            parsed = parse_time(timestamp, now)
        if parsed is None:
            return rfc3339(now), rule
        time = _corrected(parsed, now, sent_at)
    if time - now > _FAR_FUTURE:
        return rfc3339(now), "TI-2"
    if time == BEFORE_ALL_YEARS:
        return rfc3339(_EPOCH), "TI-5"
    return rfc3339(time), rule


def time_of_v1(time: datetime, *, now: datetime, sent_at: datetime | None) -> tuple[str, str]:
    """Return the stored time in RFC 3339, and the id of the rule that decided it, or "".

    Args:
        time: when the event happened, by the client's clock.
        now: when the request arrived, in UTC.
        sent_at: when the request was sent, by the client's clock; None if the event disables skew correction,
            and then its time is stored unchanged.
    """
    corrected = _corrected(time, now, sent_at)
    if corrected - now > _FAR_FUTURE:
        return (rfc3339(corrected), "TI-3") if sent_at is None else (rfc3339(now), "TI-2")
    return rfc3339(corrected), ""


def _usual(timestamp: str, now: datetime) -> str:
    """Return a past time that already has the stored format, or ""; skips formatting, half of the work."""
    try:
        return timestamp if datetime.fromisoformat(timestamp) < now else ""
    except ValueError:
        return ""


def _corrected(time: datetime, now: datetime, sent_at: datetime | None) -> datetime:
    if sent_at is None or time == BEFORE_ALL_YEARS:
        return time
    return _moved(time, (now - sent_at) // timedelta(microseconds=1))


def _moved(time: datetime, microseconds: int) -> datetime:
    try:
        return time + timedelta(microseconds=microseconds)
    except OverflowError:
        return BEFORE_ALL_YEARS if microseconds < 0 else _LAST
