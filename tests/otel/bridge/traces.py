"""Traces of programs that have only OpenTelemetry, and the errors that arrived."""

from __future__ import annotations

from itertools import count
from typing import Any

from otel.inspector.running import RunningInspector
from tests.otel.bridge.sending import post_json
from tests.otel.bridge.test_logs import record
from tests.otel.bridge.test_traces import WHEN, pairs

SERVER, CLIENT, PRODUCER, CONSUMER, INTERNAL = 2, 3, 4, 5, 1
UNSET, OK, ERROR = 0, 1, 2
MS = 10**6

INNER, OUTER = '  File "shop.py", line 7, in sell\n', '  File "app.py", line 3, in handle\n'
HEADER, END = "Traceback (most recent call last):\n", "LookupError: out of stock\n"


def python(*, is_seen_outside: bool = True, message: str = "out of stock") -> dict[str, Any]:
    stack = HEADER + (OUTER if is_seen_outside else "") + INNER + f"LookupError: {message}\n"
    return {
        "exception.type": "LookupError",
        "exception.message": message,
        "exception.stacktrace": stack,
    }


def raised(attributes: dict[str, Any] | None = None, *, at: int = WHEN) -> dict[str, Any]:
    found = python() if attributes is None else attributes
    return {"name": "exception", "timeUnixNano": str(at), "attributes": pairs(found)}


class Trace:
    """The spans of one trace."""

    def __init__(self, trace_id: str, language: str = "python", service: str = "shop") -> None:
        self._about = {"telemetry.sdk.language": language, "service.name": service}
        self._trace_id = trace_id
        self._ids = count(1)
        self.spans: list[dict[str, Any]] = []

    def span(
        self,
        *events: dict[str, Any],
        kind: int = SERVER,
        status: int = ERROR,
        code: Any = None,
        parent: str = "",
        start: int = 0,
        end: int = 100,
        about: dict[str, Any] | None = None,
    ) -> str:
        attributes = dict(about or {})
        span_id = f"{next(self._ids):016x}"
        if code is not None:
            attributes["http.response.status_code"] = code
        self.spans.append(
            {
                "traceId": self._trace_id,
                "spanId": span_id,
                "parentSpanId": parent,
                "name": "a span",
                "kind": kind,
                "startTimeUnixNano": str(WHEN + start * MS),
                "endTimeUnixNano": str(WHEN + end * MS),
                "status": {"code": status},
                "events": list(events),
                "attributes": pairs(attributes),
            }
        )
        return span_id

    def post(self, url: str, *only: str) -> None:
        spans = [one for one in self.spans if not only or one["spanId"] in only]
        post_traces(url, self.group(*spans))

    def group(self, *spans: dict[str, Any]) -> dict[str, Any]:
        return {
            "resource": {"attributes": pairs(self._about)},
            "scopeSpans": [{"scope": {}, "spans": list(spans or self.spans)}],
        }

    def log(self, url: str, *records: dict[str, Any]) -> None:
        groups = {
            "resource": {"attributes": pairs(self._about)},
            "scopeLogs": [{"scope": {}, "logRecords": list(records)}],
        }
        assert post_json(url, {"resourceLogs": [groups]}, "/v1/logs").json == {}

    def logged(
        self, attributes: dict[str, Any], span_id: str = f"{1:016x}", *, at: int = WHEN, **more: Any
    ) -> dict[str, Any]:
        usual = {"traceId": self._trace_id, "spanId": span_id, "severityNumber": 17}
        return record("", attributes, timeUnixNano=str(at), **usual | more)


def post_traces(url: str, *groups: dict[str, Any]) -> None:
    assert post_json(url, {"resourceSpans": list(groups)}).json == {}


def errors(inspector: RunningInspector) -> list[dict[str, Any]]:
    found = inspector.good("$exception")
    assert len(inspector.good("shop_failed")) == len(found)
    assert inspector.all()["bad"] == 0
    return found


def only(inspector: RunningInspector) -> dict[str, Any]:
    (found,) = errors(inspector)
    return found
