"""A running bridge inside the process, for tests and benchmarks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from otel.bridge._application import Application
from otel.bridge._serving import server_of
from otel.listening import NotStartedError, listen, url_of

__all__ = ["running_bridge"]

_START_TIMEOUT = 10.0


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
    server = server_of(bridge, flush_timeout)
    # A daemon: a test session that is interrupted ends all the same.
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="bridge", daemon=True)
    try:
        thread.start()
        deadline = time.monotonic() + _START_TIMEOUT
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                msg = "the bridge did not start"
                raise NotStartedError(msg)
            time.sleep(0.005)
        yield url_of(listening)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
