"""Requests and responses of the ingestion routes, independent of any web framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

__all__ = ["Answer", "Refused", "WireRequest"]

_ERROR_URI = "https://posthog.com/docs/api"  # rust/capture/src/v1/error.rs, for all but one


@dataclass(slots=True, frozen=True)
class WireRequest:
    """An ingestion request as received.

    Args:
        method: GET or POST.
        path: path of the URL.
        query: the last value of each name in the query string.
        headers: values by the header's name in lower case.
        body: body as sent, still encoded.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Answer:
    """The response to an ingestion request, with details for the request's record.

    Args:
        status: HTTP status.
        body: body of the response.
        media_type: content type of the response.
        headers: further headers.
        events: number of events in the request, as far as it could be read.
        encoding: encoding of the request's body.
    """

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    events: int = 0
    encoding: str = "none"


class Refused(Exception):  # noqa: N818 - an answer of the protocol, not a failure of the inspector
    """Raised if PostHog would refuse the whole request.

    Args:
        status: HTTP status.
        reason: text of the response (v0), or its error description (v1).
        code: error code of capture v1.
        events: number of events in the request, as far as it could be read.
        rule: id of the rule that refuses the request, such as `V0-1`.
    """

    def __init__(self, status: int, reason: str, *, code: str = "", events: int = 0, rule: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.code = code
        self.events = events
        self.rule = rule

    def as_text(self) -> Answer:
        """Return the plain-text response of v0."""
        return Answer(self.status, self.reason.encode(), "text/plain; charset=utf-8", events=self.events)

    def as_json(self) -> Answer:
        """Return the JSON response of capture v1, which has an error code (`wire.md` section 1.8)."""
        error = {"error": self.code, "error_description": self.reason, "error_uri": _ERROR_URI}
        return Answer(self.status, orjson.dumps(error), events=self.events)
