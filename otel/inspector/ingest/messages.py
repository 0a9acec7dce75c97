"""What comes in on an ingestion route and what goes out, apart from any web framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

__all__ = ["Answer", "Refused", "WireRequest"]

_ERROR_URI = "https://posthog.com/docs/api"  # rust/capture/src/v1/error.rs, for all but one


@dataclass(slots=True, frozen=True)
class WireRequest:
    """One ingestion request as it came over the wire.

    Args:
        method: GET or POST.
        path: the route, as asked for.
        query: the query string's last value of each name.
        headers: names in lower case.
        body: as sent, still encoded.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Answer:
    """The answer to one ingestion request, and what its record says about it.

    Args:
        status: the HTTP status.
        body: the answer's body.
        media_type: its content type.
        headers: further headers.
        events: how many events the request held, as far as it could be read.
        encoding: how the body was encoded.
    """

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    events: int = 0
    encoding: str = "none"


class Refused(Exception):  # noqa: N818 - an answer of the protocol, not a failure of the inspector
    """Raised where PostHog would refuse the whole request.

    Args:
        status: the HTTP status.
        reason: the text of the answer (v0), or its description (v1).
        code: the error code of capture v1.
        events: how many events the request held, as far as it could be read.
        rule: the id of the rule that refuses it, such as `V0-1`.
    """

    def __init__(self, status: int, reason: str, *, code: str = "", events: int = 0, rule: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.code = code
        self.events = events
        self.rule = rule

    def as_text(self) -> Answer:
        """Return the answer in the manner of v0: plain text."""
        return Answer(self.status, self.reason.encode(), "text/plain; charset=utf-8", events=self.events)

    def as_json(self) -> Answer:
        """Return the answer in the manner of capture v1: JSON with a code (`wire.md` section 1.8)."""
        error = {"error": self.code, "error_description": self.reason, "error_uri": _ERROR_URI}
        return Answer(self.status, orjson.dumps(error), events=self.events)
