"""Errors: `$exception` captures, grouped into issues as PostHog does (`wire.md` section 2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from otel.inspector._capture import ReceivedCapture

__all__ = ["errors"]

# What differs between two occurrences of one message: quoted text, hexadecimal ids, numbers.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_HEX = re.compile(r"\b(?:0x)?[0-9a-fA-F]{8,}\b|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_NUMBER = re.compile(r"\d+")
_MESSAGE_LIMIT = 200


def errors(captures: Iterable[ReceivedCapture]) -> list[dict[str, Any]]:
    """Return each issue, with the exceptions of its latest capture and how often it occurred.

    Args:
        captures: all that are kept, in the order they arrived.
    """
    issues: dict[str, dict[str, Any]] = {}
    for capture in captures:
        if capture.event != "$exception":
            continue
        properties = capture.properties
        exceptions = _exceptions(properties)
        fingerprint = properties.get("$exception_fingerprint")
        key = fingerprint if isinstance(fingerprint, str) and fingerprint else _fingerprint(exceptions)
        issue = issues.setdefault(
            key,
            {
                "fingerprint": key,
                "captures": 0,
                "occurrences": 0,
                "distinct_ids": [],
                "first_seen": capture.timestamp,
                "last_seen": capture.timestamp,
            },
        )
        first = exceptions[0] if exceptions else {}
        issue |= {
            "type": first.get("type", "(no $exception_list)"),
            "value": first.get("value", ""),
            "handled": _handled(first),
            "level": properties.get("$exception_level", "error"),
            "exceptions": exceptions,
            "uuid": capture.uuid,
            "trace_id": properties.get("$trace_id"),
            "last_seen": max(issue["last_seen"], capture.timestamp),
            "first_seen": min(issue["first_seen"], capture.timestamp),
            "captures": issue["captures"] + 1,
            "occurrences": issue["occurrences"] + _occurrences(properties),
        }
        if capture.distinct_id not in issue["distinct_ids"]:
            issue["distinct_ids"].append(capture.distinct_id)
    return list(issues.values())


def _exceptions(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = properties.get("$exception_list")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _handled(exception: Mapping[str, Any]) -> bool | None:
    mechanism = exception.get("mechanism")
    handled = mechanism.get("handled") if isinstance(mechanism, Mapping) else None
    return handled if isinstance(handled, bool) else None


def _occurrences(properties: Mapping[str, Any]) -> int:
    """Return how many errors one capture stands for: a flood is sent as one event with a count."""
    count = properties.get("occurrences")
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 1


def _fingerprint(exceptions: list[dict[str, Any]]) -> str:
    parts: list[str] = []
    for exception in exceptions:
        parts.append(str(exception.get("type", "")))
        frames = _frames(exception)
        own = [frame for frame in frames if frame.get("in_app", True)] or frames
        parts += [
            f"{frame.get('module') or frame.get('filename')}:{frame.get('function')}" for frame in own
        ] or [_normalised(str(exception.get("value", "")))]
    return " | ".join(parts)


def _frames(exception: Mapping[str, Any]) -> list[dict[str, Any]]:
    stacktrace = exception.get("stacktrace")
    frames = stacktrace.get("frames") if isinstance(stacktrace, Mapping) else None
    return [frame for frame in frames if isinstance(frame, dict)] if isinstance(frames, list) else []


def _normalised(message: str) -> str:
    return _NUMBER.sub("#", _HEX.sub("*", _QUOTED.sub("*", message)))[:_MESSAGE_LIMIT]
