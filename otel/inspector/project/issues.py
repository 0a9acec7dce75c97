"""The issues of a project: `$exception` events, grouped as in PostHog (`wire.md` section 2.2)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["Issues", "automatic_fingerprint", "client_fingerprint", "frames_of"]

# The parts that differ between two occurrences of one message: quoted text, hexadecimal ids, numbers.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_HEX = re.compile(r"\b(?:0x)?[0-9a-fA-F]{8,}\b|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_NUMBER = re.compile(r"\d+")
_MESSAGE_LIMIT = 200
_FINGERPRINT_LIMIT = 64  # bytes; longer ones are hashed (`wire.md` section 6.5, EX-13)


class Issues:
    """The issues of one project. Confined to the server's event loop."""

    def __init__(self) -> None:
        self._issues: dict[str, dict[str, Any]] = {}
        self._people: dict[str, dict[str, None]] = {}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for fingerprint, issue in self._issues.items():
            yield {**issue, "distinct_ids": list(self._people[fingerprint])}

    def add(
        self,
        fingerprint: str,
        *,
        uuid: str,
        distinct_id: str,
        timestamp: str,
        exceptions: Sequence[Mapping[str, Any]],
        handled: bool | None,
        release: str | None,
        properties: Mapping[str, Any],
    ) -> None:
        """Add an event to its issue.

        PostHog counts events. The inspector also sums `occurrences`, for senders that report a flood of
        errors as one event.

        Args:
            fingerprint: fingerprint of the issue.
            uuid: uuid of the event.
            distinct_id: distinct id of the event.
            timestamp: when the event happened, RFC 3339.
            exceptions: exceptions as error tracking stores them, the outermost first.
            handled: whether the outermost exception was handled; None if unknown.
            release: id of the release that the event is filed under.
            properties: properties of the event.
        """
        first = exceptions[0] if exceptions else {}
        issue = self._issues.get(fingerprint)
        if issue is None:
            issue = self._issues[fingerprint] = {
                "fingerprint": fingerprint,
                "captures": 0,
                "occurrences": 0,
                "first_seen": timestamp,
                "last_seen": timestamp,
            }
            self._people[fingerprint] = {}
        issue["type"] = first.get("type", "")
        issue["value"] = first.get("value")
        issue["handled"] = handled
        issue["level"] = properties.get("$exception_level", "error")
        issue["release"] = release
        issue["exceptions"] = exceptions
        issue["uuid"] = uuid
        issue["trace_id"] = properties.get("$trace_id")
        issue["first_seen"] = min(issue["first_seen"], timestamp)
        issue["last_seen"] = max(issue["last_seen"], timestamp)
        issue["captures"] += 1
        issue["occurrences"] += _occurrences(properties)
        self._people[fingerprint][distinct_id] = None


def client_fingerprint(text: str) -> str:
    """Return a client's fingerprint as PostHog stores it.

    Args:
        text: the value of `$exception_fingerprint`.
    """
    encoded = text.encode(errors="replace")
    return text if len(encoded) <= _FINGERPRINT_LIMIT else hashlib.sha512(encoded).hexdigest()


def automatic_fingerprint(exceptions: Sequence[Mapping[str, Any]]) -> str:
    """Return the fingerprint of an event whose client sent none: its exceptions' types and frames as text.

    Args:
        exceptions: exceptions as error tracking stores them.
    """
    parts: list[str] = []
    for exception in exceptions:
        parts.append(str(exception.get("type", "")))
        frames = frames_of(exception)
        parts += [_place(frame) for frame in frames] or [_without_details(str(exception.get("value", "")))]
    return " | ".join(parts)


def frames_of(exception: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the frames of an exception, without those that are not objects.

    Args:
        exception: an entry of an `$exception_list`; its fields may have any type.
    """
    stacktrace = exception.get("stacktrace")
    frames = stacktrace.get("frames") if isinstance(stacktrace, Mapping) else None
    return [frame for frame in frames if isinstance(frame, dict)] if isinstance(frames, list) else []


def _place(frame: Mapping[str, Any]) -> str:
    source = str(frame.get("filename", "")).replace("\\", "/").rpartition("/")[2]
    return f"{frame.get('module') or source}:{frame.get('function')}"


def _without_details(message: str) -> str:
    return _NUMBER.sub("#", _HEX.sub("*", _QUOTED.sub("*", message)))[:_MESSAGE_LIMIT]


def _occurrences(properties: Mapping[str, Any]) -> int:
    count = properties.get("occurrences")
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 1
