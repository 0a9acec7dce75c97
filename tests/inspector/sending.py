"""Requests to an inspector, without PostHog's own libraries."""

from __future__ import annotations

import gzip
import uuid
from typing import Any

import orjson
import urllib3

TIME = "2026-01-02T03:04:05.678901Z"


def event(name: str = "order_placed", **fields: Any) -> dict[str, Any]:
    """Return a valid event; keyword arguments replace its fields."""
    return {
        "event": name,
        "distinct_id": "u1",
        "uuid": str(uuid.uuid4()),
        "timestamp": TIME,
        "properties": {},
    } | fields


def batch(*events: Any, **fields: Any) -> dict[str, Any]:
    """Return a v0 batch as server SDKs send it."""
    return {"api_key": "phc_test", "batch": list(events)} | fields


def batch_v1(*events: Any, **fields: Any) -> dict[str, Any]:
    """Return a batch of capture v1; a field that is None is left out."""
    whole = {"created_at": TIME, "batch": list(events)} | fields
    return {name: value for name, value in whole.items() if value is not None}


class Sender:
    """An HTTP client for one inspector; `close` ends its connections."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool = urllib3.PoolManager(retries=False, timeout=20)

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        return self._pool.request(method, self._url + path, body=body, headers=headers)

    def post(self, data: Any, path: str = "/batch/") -> urllib3.BaseHTTPResponse:
        body = data if isinstance(data, bytes) else orjson.dumps(data)
        return self.send("POST", path, body)

    def post_gzip(self, data: Any, path: str = "/batch/") -> urllib3.BaseHTTPResponse:
        return self.send("POST", path, gzip.compress(orjson.dumps(data)))

    def post_v1(self, data: Any, **headers: str | None) -> urllib3.BaseHTTPResponse:
        """Post to capture v1; `_` in a header's name becomes `-`, and a header that is None is left out."""
        usual: dict[str, str | None] = {
            "authorization": "Bearer phc_test",
            "posthog-sdk-info": "tests/1.0",
            "posthog-attempt": "1",
            "posthog-request-id": str(uuid.uuid4()),
            "posthog-request-timestamp": "2026-01-02T03:04:06Z",
            "content-type": "application/json",
            "user-agent": "tests/1.0",
        }
        usual |= {name.replace("_", "-"): value for name, value in headers.items()}
        chosen = {name: value for name, value in usual.items() if value is not None}
        if "user-agent" not in chosen:
            chosen["user-agent"] = urllib3.util.SKIP_HEADER
        body = data if isinstance(data, bytes) else orjson.dumps(data)
        return self.send("POST", "/i/v1/analytics/events", body, chosen)

    def close(self) -> None:
        self._pool.clear()
