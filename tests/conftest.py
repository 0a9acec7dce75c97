"""Fixtures for every test: the network is limited to loopback, and internal telemetry errors raise."""

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

# No deadline: tests must not fail on a slow machine.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


class NetworkError(AssertionError):
    """Raised if a test connects to an address other than loopback."""


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
    """Refuse connections to other addresses than loopback, for the whole session and all its threads."""
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
    """Restore SIGINT for programs under test; a shell's background job and its children ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def faults_raise() -> Iterator[None]:
    """Make internal telemetry errors fail the test instead of being logged."""
    before = raise_internal_errors(True)
    yield
    raise_internal_errors(before)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if a test was skipped and `NOTHING_SKIPPED` is set, as in CI."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("NOTHING_SKIPPED") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
