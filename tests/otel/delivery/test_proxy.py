"""The proxy variables of the environment apply, as in PostHog's own SDK."""

from __future__ import annotations

import base64
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3

from otel.reasons import Reason
from tests.otel.delivery.conftest import MakeDelivery, captures
from tests.otel.delivery.scripted import Scripted

pytestmark = pytest.mark.slow

# A name that only the proxy can resolve.
_NAME = "posthog.internal"


@dataclass
class Proxy:
    """A forwarding proxy that connects every host name to one local port.

    Args:
        port: the port that the proxy listens on.
        target_port: the port that requests are forwarded to.
        asked: the request lines.
        credentials: the `Proxy-Authorization` header of each request.
    """

    port: int = 0
    target_port: int = 0
    asked: list[str] = field(default_factory=list)
    credentials: list[str | None] = field(default_factory=list)


@contextmanager
def _running_proxy() -> Iterator[Proxy]:
    proxy = Proxy()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self._record()
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path = urlsplit(self.path).path
            headers = {
                name: value for name, value in self.headers.items() if name.lower() != "proxy-authorization"
            }
            with urllib3.PoolManager() as pool:
                answer = pool.request(
                    "POST", f"http://127.0.0.1:{proxy.target_port}{path}", body=body, headers=headers
                )
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.data)))
            self.end_headers()
            self.wfile.write(answer.data)

        def do_CONNECT(self) -> None:
            self._record()
            with socket.create_connection(("127.0.0.1", proxy.target_port)) as other:
                self.send_response(200)
                self.end_headers()
                pairs = {self.connection: other, other: self.connection}
                while True:
                    for one in select.select(list(pairs), [], [])[0]:
                        data = one.recv(65_536)
                        if not data:
                            self.close_connection = True
                            return
                        pairs[one].sendall(data)

        def _record(self) -> None:
            proxy.asked.append(self.requestline)
            proxy.credentials.append(self.headers["Proxy-Authorization"])

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with _running_proxy() as proxy:
        yield proxy


def test_http_requests_go_through_the_proxy(
    proxy: Proxy, server: Scripted, make_delivery: MakeDelivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.target_port = _port(server)
    monkeypatch.setenv("HTTP_PROXY", f"http://ann:s%40cret@127.0.0.1:{proxy.port}")
    delivery = make_delivery(f"http://{_NAME}:8000/ingest")
    assert delivery.deliver(captures("a")) == ()
    assert delivery.deliver(captures("b")) == ()
    assert proxy.asked == [f"POST http://{_NAME}:8000/ingest/batch/ HTTP/1.1"] * 2
    assert proxy.credentials == [f"Basic {base64.b64encode(b'ann:s@cret').decode()}"] * 2
    assert [asked.events for asked in server.asked] == [["a"], ["b"]]
    assert {asked.headers["host"] for asked in server.asked} == {f"{_NAME}:8000"}


def test_https_requests_go_through_a_tunnel_that_the_proxy_cannot_read(
    proxy: Proxy,
    tls_server: Scripted,
    certificate: Path,
    make_delivery: MakeDelivery,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy.target_port = _port(tls_server)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("ALL_PROXY", f"ann:secret@127.0.0.1:{proxy.port}")
    delivery = make_delivery(f"https://{_NAME}")
    assert delivery.deliver(captures("a")) == ()
    assert delivery.deliver(captures("b")) == ()
    assert [line.rpartition(" ")[0] for line in proxy.asked] == [f"CONNECT {_NAME}:443"]
    assert proxy.credentials == [f"Basic {base64.b64encode(b'ann:secret').decode()}"]
    assert [asked.events for asked in tls_server.asked] == [["a"], ["b"]]
    assert not any("proxy-authorization" in asked.headers for asked in tls_server.asked)


@pytest.mark.parametrize("no_proxy", ["", "127.0.0.1", "*"])
def test_local_and_exempt_hosts_are_reached_without_the_proxy(
    proxy: Proxy,
    server: Scripted,
    make_delivery: MakeDelivery,
    monkeypatch: pytest.MonkeyPatch,
    no_proxy: str,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert make_delivery(server.url).deliver(captures("a")) == ()
    assert make_delivery(server.url.replace("127.0.0.1", "localhost")).deliver(captures("b")) == ()
    assert proxy.asked == []


@pytest.mark.parametrize(
    "address",
    ["socks5://ann:secret@127.0.0.1:9", "http://ann:secret@127.0.0.1:9", "http://ann:secret@[", "http://"],
)
def test_an_unusable_proxy_loses_events_with_a_reason_and_raises_nothing(
    make_delivery: MakeDelivery, monkeypatch: pytest.MonkeyPatch, proxy: Proxy, address: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    (loss,) = make_delivery(f"https://{_NAME}", timeout=1).deliver(captures("a"))
    assert loss.reason is Reason.UNDELIVERED
    assert "secret" not in loss.detail


def _port(server: Scripted) -> int:
    port = urlsplit(server.url).port
    assert port is not None
    return port
