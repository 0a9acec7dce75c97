"""Parsing of the time formats that PostHog's capture service reads.

Sources: rust/common/types/src/timestamp.rs @1acee2e and the parsers that it calls: chrono's RFC 3339,
dateparser 0.1 and jiff. dateparser also reads month names outside RFC 2822, `am`/`pm`, times without a date
and names of time zones; the inspector does not.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

__all__ = ["BEFORE_ALL_YEARS", "parse_rfc3339", "parse_time"]

# Represents any time before Python's calendar begins; PostHog's calendar reaches 262,000 years back.
BEFORE_ALL_YEARS = datetime.min.replace(tzinfo=UTC)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC_3339 = re.compile(r"(\d{4})-\d\d-\d\d[Tt ]\d\d:\d\d:(\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_HOURS_ONLY = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?[+-]\d\d", re.ASCII)
_RFC_2822 = re.compile(
    r"(?:[A-Za-z]{3},)?\s*\d{1,2}\s+[A-Za-z]{3}\s+\d{2,4}\s+\d\d:\d\d(?::\d\d)?\s+(?:[+-]\d{4}|[A-Za-z]{1,5})",
    re.ASCII,
)
_TIME_OF_DAY = r"(?:\s+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?P<fraction>\.\d{1,9})?)?"
_DATES = (
    re.compile(
        rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d){_TIME_OF_DAY}\s*(?P<offset>[+-]\d\d(?::?\d\d)?)?",
        re.ASCII,
    ),
    re.compile(rf"(?P<year>\d{{4}})/(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}}){_TIME_OF_DAY}", re.ASCII),
    re.compile(rf"(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/(?P<year>\d{{4}}){_TIME_OF_DAY}", re.ASCII),
)
_NEGATIVE_YEAR = re.compile(r"-\d{6}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?", re.ASCII)
_PER_SECOND = {10: 1, 13: 10**3, 19: 10**9}  # by the number of digits


def parse_rfc3339(text: str) -> datetime | None:
    """Parse a time in RFC 3339; return it in UTC, or None if the text has another format.

    Like chrono, the function accepts a space in place of the `T`.

    Args:
        text: the time as sent.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        return None
    leap = timedelta()
    if match[2] == "60":  # a leap second, which Python's datetime cannot represent
        text, leap = text[:17] + "59" + text[19:], timedelta(seconds=1)
    if match[1] == "0000":
        return BEFORE_ALL_YEARS
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC) + leap
    except ValueError:
        return None
    except OverflowError:  # within a day of the calendar's first or last moment
        return BEFORE_ALL_YEARS if match[1] == "0001" else datetime.max.replace(tzinfo=UTC)


def parse_time(text: str, now: datetime) -> datetime | None:
    """Parse a time in any format of PostHog's v0; return it in UTC, or None if PostHog cannot read it.

    Args:
        text: the time as sent.
        now: current time, whose time of day completes a text that has only a date.
    """
    if _HOURS_ONLY.fullmatch(text):
        text += ":00"
    parsed = parse_rfc3339(text)
    if parsed is not None:
        return parsed
    if text.isascii() and text.isdigit() and len(text) in _PER_SECOND:
        # Every such number fits into Python's calendar: 10, 13 and 19 digits all end in the year 2286.
        return _EPOCH + timedelta(microseconds=int(text) * 10**6 // _PER_SECOND[len(text)])
    if _NEGATIVE_YEAR.fullmatch(text):
        return BEFORE_ALL_YEARS
    try:
        if _RFC_2822.fullmatch(text):
            return _in_utc(parsedate_to_datetime(text))
        for pattern in _DATES:
            match = pattern.fullmatch(text)
            if match is not None:
                return _from_parts(match.groupdict(), now)
        parsed = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    # jiff, the last resort, reads only local times without a `Z`, and no ISO weeks, which Python reads.
    return _in_utc(parsed) if parsed.tzinfo is None and "W" not in text else None


def _in_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _from_parts(parts: dict[str, str | None], now: datetime) -> datetime:
    time = datetime(int(parts["year"] or 0), int(parts["month"] or 0), int(parts["day"] or 0), tzinfo=UTC)
    if parts["hour"] is None:
        time = datetime.combine(time, now.time(), UTC)
    else:
        time = time.replace(
            hour=int(parts["hour"]),
            minute=int(parts["minute"] or 0),
            second=int(parts["second"] or 0),
            microsecond=int(((parts["fraction"] or ".")[1:7]).ljust(6, "0")),
        )
    offset = (parts.get("offset") or "").replace(":", "").ljust(5, "0")
    away = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5]))
    return time + away if offset[0] == "-" else time - away
