"""The Collector's address, what a response of it means, and how an error is read back."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from otel.delivery.collector.endpoint import OtlpEndpoint, Signal, reach
from otel.delivery.collector.error_payload import read_error, write_error
from otel.delivery.collector.otlp_http import OtlpHttp
from otel.delivery.http import Answer, Outcome
from otel.envelope import Envelope, Rejection
from otel.mapping.errors import ErrorRecord
from otel.reasons import Reason
from tests.otel.delivery.scripted import Step, scripted_server

COMMON = "OTEL_EXPORTER_OTLP_"


@pytest.mark.parametrize(
    ("environ", "signal", "url", "is_configured"),
    [
        ({}, "traces", "http://localhost:4318/v1/traces", False),
        ({}, "logs", "http://localhost:4318/v1/logs", False),
        ({"ENDPOINT": " "}, "traces", "http://localhost:4318/v1/traces", False),
        ({"ENDPOINT": "http://c:1/x/"}, "logs", "http://c:1/x/v1/logs", True),
        ({"TRACES_ENDPOINT": "http://t:2/own"}, "traces", "http://t:2/own", True),
        ({"TRACES_ENDPOINT": "http://t:2/own", "ENDPOINT": "http://c:1"}, "logs", "http://c:1/v1/logs", True),
    ],
)
def test_only_the_common_address_gets_the_signals_path(
    environ: dict[str, str], signal: Signal, url: str, is_configured: bool
) -> None:
    endpoint = OtlpEndpoint.from_environ(
        signal, {f"{COMMON}{name}": value for name, value in environ.items()}
    )
    assert (endpoint.url, endpoint.is_configured) == (url, is_configured)


def test_the_variables_of_a_signal_take_precedence() -> None:
    environ = {
        f"{COMMON}HEADERS": "a=1",
        f"{COMMON}LOGS_HEADERS": "authorization=Bearer%20x, b = 2 ",
        f"{COMMON}CERTIFICATE": "/ca.pem",
        f"{COMMON}LOGS_CERTIFICATE": "/logs.pem",
        f"{COMMON}CLIENT_KEY": "/key.pem",
        f"{COMMON}CLIENT_CERTIFICATE": " ",
    }
    logs, traces = OtlpEndpoint.from_environ("logs", environ), OtlpEndpoint.from_environ("traces", environ)
    assert logs.headers == {"authorization": "Bearer x", "b": "2"}
    assert logs.tls == {"ca_certs": "/logs.pem", "key_file": "/key.pem"}
    assert (traces.headers, traces.tls) == ({"a": "1"}, {"ca_certs": "/ca.pem", "key_file": "/key.pem"})


@pytest.mark.parametrize(
    ("url", "origin", "path", "is_http"),
    [
        ("http://c:1/x/v1/traces", "http://c:1", "/x/v1/traces", True),
        ("https://c", "https://c", "/", True),
        ("grpc://c:1/x", "grpc://c:1", "/x", False),
        ("c:1/x", "c:1", "/x", False),
        ("http://c:0/", "http://c:0", "/", False),
        ("http://c:port/", "http://c:port", "/", False),
        ("http:///x", "http://", "/x", False),
        ("", "", "/", False),
    ],
)
def test_an_address_has_an_origin_and_a_path(url: str, origin: str, path: str, is_http: bool) -> None:
    endpoint = OtlpEndpoint(url)
    assert (endpoint.origin, endpoint.path, endpoint.is_http) == (origin, path, is_http)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (Step(200, b""), ""),
        (Step(204, b""), ""),
        (Step(299, b""), ""),
        (Step(300, b""), "{url}/v1/traces does not answer as a Collector does: status 300"),
        (Step(404, b""), "{url}/v1/traces does not answer as a Collector does: status 404"),
    ],
)
def test_a_collector_is_reached_with_an_empty_request(step: Step, problem: str) -> None:
    with scripted_server() as server:
        server.steps.append(step)
        endpoint = OtlpEndpoint(f"{server.url}/v1/traces", {"authorization": "Bearer x"})
        assert reach(endpoint, 5.0) == problem.format(url=server.url)
        (asked,) = server.asked
        assert (asked.path, asked.raw) == ("/v1/traces", b"")
        assert asked.headers["content-type"] == "application/x-protobuf"
        assert asked.headers["authorization"] == "Bearer x"


def test_a_collector_that_is_not_there_is_named() -> None:
    assert reach(OtlpEndpoint("http://127.0.0.1:9/v1/traces"), 5.0).startswith(
        "cannot reach http://127.0.0.1:9"
    )


@pytest.mark.parametrize(
    ("rejected", "delivered"), [(0, 3), (1, 2), (3, 0), (4, 0), (-1, 3)], ids=lambda number: str(number)
)
def test_a_response_tells_how_many_items_were_rejected(rejected: int, delivered: int) -> None:
    partial = ExportTracePartialSuccess(rejected_spans=rejected, error_message="undeclared")
    body = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    protocol = OtlpHttp[int]("/v1/traces", {}, lambda _: ExportTraceServiceResponse(), lambda item: item)
    refused = Rejection(Reason.REFUSED, "undeclared")
    assert protocol.read(Answer(200, {}, body), [1, 2, 3]) == (
        [Outcome.DELIVERED] * delivered + [refused] * (3 - delivered)
    )
    assert protocol.read(Answer(200, {}, b"<html>"), [1, 2]) == [Outcome.DELIVERED] * 2


def written(**changes: Any) -> str:
    record = ErrorRecord(Envelope("exception", {"exception.type": "KeyError"}, 7), {}, is_handled=True)
    text = write_error(record, 3, [{"type": "KeyError", "value": "k"}])
    return orjson.dumps(orjson.loads(text) | changes).decode()


def test_an_error_is_read_as_it_was_written() -> None:
    event = Envelope("exception", {}, 7, 1, 2, span_attributes={"user.id": "u1"})
    error, occurrences = read_error(written(source="django.middleware"), event)
    assert occurrences == 3
    assert (error.envelope, error.entry, error.is_handled) == (event, {"user.id": "u1"}, True)
    assert error.hook.source == "django.middleware"
    assert error.listed == [{"type": "KeyError", "value": "k"}]
    assert error.exceptions[0].type_name == "KeyError"
    assert read_error(written(), event)[0].hook.source is None
    assert read_error(written(source=7), event)[0].hook.source is None
    assert read_error(written(occurrences=1), event)[1] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"type": 7},
        {"handled": 7},
        {"occurrences": 0},
        {"occurrences": "3"},
        {"list": None},
        {"list": [7]},
        {"list": [{"type": "KeyError"}]},
        {"list": [{"value": "k"}]},
        {"list": [{"type": "KeyError", "value": "k"}, {"type": 7, "value": "k"}]},
        {"list": [{"type": "KeyError", "value": None}]},
    ],
)
def test_what_this_version_cannot_read_is_an_error_of_the_sender(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^posthog\.error "):
        read_error(written(**changes), Envelope("exception", {}, 7))


def test_what_is_no_json_is_an_error_of_the_sender() -> None:
    for text in ("", "[]", "{"):
        with pytest.raises(ValueError, match=r"unexpected|posthog\.error|EOF|empty"):
            read_error(text, Envelope("exception", {}, 7))
