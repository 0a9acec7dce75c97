"""Senders that never end their headers or their body keep nobody out, and are disconnected."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

import orjson
import pytest

from otel.bridge import application
from otel.bridge.server import running_bridge, server_of
from otel.bridge.serving import connection, uploads
from otel.inspector.running import RunningInspector
from otel.settings import Settings
from tests.otel.bridge.sending import JSON, ask, post
from tests.otel.bridge.test_traces import javascript_request, shipped
from tests.otel.shop import REGISTRY

_BODY = orjson.dumps(javascript_request([shipped()], identity={}))
_HEADERS = (
    b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    address = urlsplit(url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=5) as connected_socket:
        yield connected_socket


def test_slow_uploads_take_no_place_of_others(inspector: RunningInspector, bridge: str) -> None:
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(connected(bridge)).sendall(_HEADERS % 1000 + b"{")
        time.sleep(0.1)
        began = time.monotonic()
        assert post(bridge, _BODY, JSON).status == 200
        assert time.monotonic() - began < 5  # the slow ones are closed after 10 s
    assert len(inspector.good()) == 1


def test_an_upload_that_is_too_slow_is_answered_and_closed(
    bridge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_FIRST_SECONDS", 0.2)
    with connected(bridge) as slow:
        slow.sendall(_HEADERS % 1000 + b"{")
        answer = b"".join(iter(lambda: slow.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 1\r\n" in answer.lower()


def test_an_upload_that_is_fast_enough_may_take_long(
    inspector: RunningInspector, bridge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_FIRST_SECONDS", 0.2)
    monkeypatch.setattr(uploads, "_BYTES_PER_SECOND", 200)
    with connected(bridge) as steady:
        steady.sendall(_HEADERS % len(_BODY))
        for at in range(0, len(_BODY), 100):
            steady.sendall(_BODY[at : at + 100])
            time.sleep(0.05)
        assert steady.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert len(_BODY) > 500
    assert len(inspector.good()) == 1


def test_more_uploads_than_allowed_are_told_to_retry(bridge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_MAX_UPLOADS", 1)
    with connected(bridge) as slow:
        slow.sendall(_HEADERS % 1000 + b"{")
        answer = post(bridge, _BODY, JSON)
        while answer.status == 200:  # the slow one was not read yet
            answer = post(bridge, _BODY, JSON)
    assert (answer.status, answer.headers["retry-after"]) == (429, "1")
    while post(bridge, _BODY, JSON).status != 200:
        pass


def test_uploads_of_more_bytes_than_allowed_are_told_to_retry(
    bridge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "_MAX_BUFFERED", 100)
        assert post(bridge, _BODY, JSON).status == 429
    assert post(bridge, _BODY, JSON).status == 200


@pytest.mark.parametrize("sent", [b"", b"POST /v1/traces HT", b"POST /v1/traces HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_whose_headers_do_not_end_is_closed(
    bridge: str, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connection, "_HEADER_SECONDS", 0.2)
    with connected(bridge) as slow:
        slow.sendall(sent)
        assert slow.recv(4096) == b""


def test_headers_that_trickle_in_are_not_waited_for(bridge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_HEADER_SECONDS", 0.3)
    began = time.monotonic()
    with connected(bridge) as slow, suppress(ConnectionError):
        while time.monotonic() - began < 5:
            slow.sendall(b"P")
            time.sleep(0.02)
    assert time.monotonic() - began < 3


def test_a_kept_connection_may_be_idle_but_not_in_its_next_headers(
    inspector: RunningInspector, bridge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_HEADER_SECONDS", 0.2)
    address = urlsplit(bridge)
    kept = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    try:
        for _ in range(2):
            kept.request("POST", "/v1/traces", _BODY, JSON)
            first = kept.sock
            assert kept.getresponse().read() == b"{}"
            time.sleep(0.4)
            assert kept.sock is first
        kept.sock.sendall(b"POST /v1/tra")
        assert kept.sock.recv(4096) == b""
    finally:
        kept.close()


def test_a_connection_outlives_the_longest_schedule_of_senders(settings: Settings) -> None:
    # OpenTelemetry's exporters of metrics send every 60 s.
    server = server_of(application(settings, REGISTRY), 1.0)
    assert server.config.timeout_keep_alive > 60


def test_a_response_does_not_wait_for_a_heavy_request(
    inspector: RunningInspector, settings: Settings
) -> None:
    misfit = {"name": "parcel_shipped", "timeUnixNano": "1796000000000000000"}
    heavy = javascript_request([misfit] * 9_000, identity={})
    heavy["resourceSpans"] *= 4
    with running_bridge(application(settings, REGISTRY)) as url:
        thread = threading.Thread(target=post, args=(url, orjson.dumps(heavy), JSON))
        thread.start()
        started = time.monotonic()
        slowest = 0.0
        while thread.is_alive():
            began = time.monotonic()
            assert ask(url, "GET", "/healthz").status == 200
            slowest = max(slowest, time.monotonic() - began)
        thread.join()
    assert slowest < (time.monotonic() - started) / 2
