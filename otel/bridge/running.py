"""A running bridge inside the process, for tests and benchmarks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from otel.bridge._application import Application
from otel.bridge._serving import server_of
from otel.serving.listening import listen, running_server, url_of

__all__ = ["running_bridge"]


@contextmanager
def running_bridge(bridge: Application, port: int = 0, *, flush_timeout: float = 10.0) -> Iterator[str]:
    """Run a bridge on loopback, in a thread that ends with the block; give its address.

    Args:
        bridge: from `otel.bridge.application`.
        port: where it listens; 0 takes a free one.
        flush_timeout: seconds that requests under way have at the end.

    Raises:
        NotStartedError: if it does not start.
        OSError: if the port is taken.
    """
    listening = listen("127.0.0.1", port)
    with running_server(server_of(bridge, flush_timeout), listening, "bridge"):
        yield url_of(listening)
