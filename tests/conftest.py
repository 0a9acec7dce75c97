"""What holds for every test: no network but loopback, and telemetry's own faults raise."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from otel._guard import raise_internal_errors

# A slow machine is no failure of the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


class NetworkError(AssertionError):
    """A test reached for an address that is not this machine's own."""


def _is_loopback(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    host = str(address[0])
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Refuse connections to anywhere else, for the whole session and all its threads."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def checked(self: socket.socket, address: Any) -> None:
        if not _is_loopback(address):
            msg = f"a test reached for {address!r}; only loopback is allowed"
            raise NetworkError(msg)
        connect(self, address)

    def checked_ex(self: socket.socket, address: Any) -> int:
        if not _is_loopback(address):
            msg = f"a test reached for {address!r}; only loopback is allowed"
            raise NetworkError(msg)
        return connect_ex(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", checked)
    patch.setattr(socket.socket, "connect_ex", checked_ex)
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def interrupts() -> Iterator[None]:
    """Let SIGINT end the programs that tests start, which a shell's background job and all its own ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def faults_raise() -> Iterator[None]:
    """Let telemetry's own faults fail the test instead of being logged."""
    before = raise_internal_errors(True)
    yield
    raise_internal_errors(before)


# After the folders have marked their own.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give what drives real browsers, brokers and processes one second try, which the report lists.

    Chromium loses a beacon of a page that is left, and a busy machine is late, about once in some thousand
    tests. What runs within the process has no such excuse.
    """
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a skipped test fail the run where nothing may be skipped, as in CI."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("NOTHING_SKIPPED") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
