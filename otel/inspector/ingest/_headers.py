"""The headers of a capture v1 request (V1-1 to V1-6; rust/capture/src/v1/context.rs @0deb9c9)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import orjson

from otel.inspector.ingest._tokens import check_token
from otel.inspector.ingest.decoding import V1_ENCODINGS
from otel.inspector.ingest.messages import Refused
from otel.inspector.ingest.values.ids import canonical_uuid, trimmed
from otel.inspector.ingest.values.time_formats import parse_rfc3339

__all__ = ["Headers", "read_headers"]

_AUTHORIZATION = "authorization"
_SDK_INFO = "PostHog-Sdk-Info"
_ATTEMPT = "PostHog-Attempt"
_REQUEST_ID = "PostHog-Request-Id"
_REQUEST_TIMESTAMP = "PostHog-Request-Timestamp"
_REQUIRED = (_SDK_INFO, _ATTEMPT, _REQUEST_ID, _REQUEST_TIMESTAMP, "content-type", "user-agent")
_BEARER = "bearer "
_SDK_INFO_LIMIT = 200  # bytes; a longer value is not copied into every event
_ATTEMPT_LIMIT = 2**32 - 1
_VISIBLE = re.compile(r"[\t\x20-\x7e]*")
_DIGITS = re.compile(r"\+?[0-9]+")


@dataclass(slots=True, frozen=True)
class Headers:
    """The headers that concern all events of a request.

    Args:
        sent_at: when this attempt was made, by the client's clock.
        lib: name and version of the SDK, or None if the header has no name and version.
    """

    sent_at: datetime
    lib: tuple[str, str] | None


def read_headers(headers: Mapping[str, str]) -> Headers:
    """Validate the headers of a request.

    Args:
        headers: values by the header's name in lower case.

    Raises:
        Refused: for the first header that PostHog would refuse, with PostHog's status and code.
    """
    if _AUTHORIZATION not in headers:
        raise Refused(401, "missing Authorization header", code="missing_authorization", rule="V1-1")
    missing = [name for name in _REQUIRED if name.lower() not in headers]
    if missing:
        reason = f"request is missing required headers: {orjson.dumps(missing).decode()}"
        raise Refused(400, reason, code="missing_required_headers", rule="V1-3")
    authorization = _visible(headers, _AUTHORIZATION, "V1-2")
    if len(authorization) <= len(_BEARER) or authorization[: len(_BEARER)].lower() != _BEARER:
        _refuse("Authorization must use Bearer scheme", "V1-2")
    check_token(authorization[len(_BEARER) :], rule="V1-2")
    _check_media(headers)
    request_id = _visible(headers, _REQUEST_ID, "V1-5")
    if canonical_uuid(request_id) is None:
        _refuse(f"{_REQUEST_ID} is not a valid UUID: {request_id}", "V1-5")
    attempt = _visible(headers, _ATTEMPT, "V1-5")
    if not _DIGITS.fullmatch(attempt) or not 1 <= int(attempt[:20]) <= _ATTEMPT_LIMIT:
        _refuse(f"{_ATTEMPT} must be a positive integer: {attempt}", "V1-5")
    timestamp = _visible(headers, _REQUEST_TIMESTAMP, "V1-5")
    sent_at = parse_rfc3339(timestamp)
    if sent_at is None:
        _refuse(f"{_REQUEST_TIMESTAMP} is not valid RFC 3339: {timestamp}", "V1-5")
    _visible(headers, "user-agent", "V1-5")
    return Headers(sent_at, _lib(_visible(headers, _SDK_INFO, "V1-5")))


def _check_media(headers: Mapping[str, str]) -> None:
    content_type = _visible(headers, "content-type", "V1-4")
    if trimmed(content_type.partition(";")[0]).lower() != "application/json":
        reason = f"unsupported content type: {content_type}"
        raise Refused(415, reason, code="unsupported_content_type", rule="V1-4")
    encoding = headers.get("content-encoding")
    if encoding is not None and encoding.lower() not in V1_ENCODINGS:
        reason = f"unsupported content encoding: {encoding}"
        raise Refused(415, reason, code="unsupported_encoding", rule="V1-4")


def _lib(sdk_info: str) -> tuple[str, str] | None:
    if len(sdk_info) > _SDK_INFO_LIMIT:
        return None
    name, _, version = sdk_info.rpartition("/")
    name, version = trimmed(name), trimmed(version)
    return (name, version) if name and version else None


def _visible(headers: Mapping[str, str], name: str, rule: str) -> str:
    value = headers[name.lower()]
    if not _VISIBLE.fullmatch(value):
        _refuse(f"{name} contains non-visible ASCII characters", rule)
    return value


def _refuse(reason: str, rule: str) -> NoReturn:
    raise Refused(400, f"invalid header value: {reason}", code="invalid_header_value", rule=rule)
