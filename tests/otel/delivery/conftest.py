"""Servers, a fake clock and PostHog clients for the tests of delivery."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import pytest

from otel.delivery.http import Clock, RetryPolicy
from otel.delivery.posthog.client import PostHogClient
from otel.envelope import Capture
from otel.inspector.running import RunningInspector, running_inspector
from otel.outcomes import Counters, Ledger, Quarantine, ThrottledLogger
from otel.settings import Settings
from tests.otel.delivery.scripted import Scripted, scripted_server

KEY = "phc_test"

# Seconds. Measured 0.05 at most; the rest allows for a busy machine. Without an interrupt it takes 10.
TOLERANCE = 0.5

# For `make_delivery`, instead of the fake clock.
REAL_TIME = Clock()


def captures(*names: str) -> list[Capture]:
    """Return one capture for each name, with different ids and times."""
    return [
        Capture(
            event=name,
            distinct_id=f"user-{number}",
            uuid=str(UUID(int=number + 1, version=5)),
            timestamp=f"2026-11-23T01:02:03.{number:06}Z",
            properties={"number": number},
        )
        for number, name in enumerate(names)
    ]


class FakeClock:
    """A clock that advances only when the client waits. Wall time starts on 2026-11-23 at 01:00 UTC."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wall(self) -> float:
        return 1_795_395_600.0 - 1_000.0 + self.now

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return event.is_set()


class MakeDelivery(Protocol):
    def __call__(
        self,
        url: str,
        *,
        timeout: float = 30.0,
        real_time: Clock | None = None,
        quarantine: Quarantine | None = None,
        key: str = KEY,
        **settings: Any,
    ) -> PostHogClient: ...


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def counters() -> Counters:
    return Counters()


@pytest.fixture
def make_delivery(clock: FakeClock, counters: Counters) -> Iterator[MakeDelivery]:
    made: list[PostHogClient] = []

    def make(
        url: str,
        *,
        timeout: float = 30.0,
        real_time: Clock | None = None,
        quarantine: Quarantine | None = None,
        key: str = KEY,
        **settings: Any,
    ) -> PostHogClient:
        times = real_time or Clock(clock, clock.wall, clock.wait)
        client = PostHogClient(
            Settings(api_key=key, host=url).replace(
                capture_mode=settings.get("mode", "v0"),
                capture_compression=settings.get("compression", "gzip"),
            ),
            Ledger(counters, quarantine, ThrottledLogger(times.monotonic)),
            retry=RetryPolicy(timeout, jitter=lambda: 0.0),
            clock=times,
        )
        made.append(client)
        return client

    yield make
    for delivery in made:
        delivery.close()


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted_server() as scripted:
        yield scripted


@pytest.fixture(scope="session")
def session_inspector() -> Iterator[RunningInspector]:
    with running_inspector() as inspector:
        yield inspector


@pytest.fixture
def inspector(session_inspector: RunningInspector) -> RunningInspector:
    session_inspector.reset()
    return session_inspector


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *(
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost,DNS:posthog.internal",
            ),
            *("-keyout", "-", "-out", "-"),
        ],
        check=True,
        capture_output=True,
    )
    path.write_bytes(made.stdout)
    return path


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[Scripted]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def wrap(plain: socket.socket) -> socket.socket:
        # Shake hands in the handler's thread, or a client that refuses would block the others.
        return context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)

    with scripted_server(wrap, "https") as server:
        yield server
