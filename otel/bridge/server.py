"""The bridge as a program: its start-up checks, its server, and its end."""

from __future__ import annotations

import gc
import logging
import math
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from otel.bridge.app import Application, application
from otel.bridge.serving.connection import Connection
from otel.events import Registry
from otel.serving.listening import listen, listen_or_explain, running_server, url_of
from otel.settings import Settings

__all__ = ["run", "running_bridge", "server_of"]

_log = logging.getLogger("otel.bridge")


def run(settings: Settings, registry: Registry, host: str, port: int) -> str:
    """Serve until SIGTERM or SIGINT; return what is wrong if the bridge cannot start.

    Args:
        settings: the pipeline's settings.
        registry: the declared events.
        host: an IP address or a host name.
        port: 0 chooses a free port.
    """
    if not settings.api_key:
        return (
            "POSTHOG_API_KEY is not set: set it to the project's key, which begins with phc_, and "
            "POSTHOG_HOST to the region of the project."
        )
    if not 0 <= port <= 65_535:
        return f"--port {port} is not a port number: use 1 to 65535, or 0 for a free port."
    listening = listen_or_explain("bridge", host, port)
    if listening is None:
        return "The bridge was not started."
    if not settings.bridge_tokens and not host.startswith("127."):
        _log.warning("POSTHOG_BRIDGE_TOKEN is not set: anybody who can reach %s can send events", host)
    if not len(registry) and not settings.events:
        _log.warning(
            "no event is declared: only errors will be delivered; set the modules that declare events with "
            "--events, or the undeclared names to forward with POSTHOG_EVENTS"
        )
    print(
        f"The bridge listens on {url_of(listening)} and delivers to {settings.host} "
        f"({len(registry)} declared events)",
        flush=True,
    )
    _collect_less()
    try:
        server_of(application(settings, registry), settings.flush_timeout).run(sockets=[listening])
    except KeyboardInterrupt:
        pass  # uvicorn shuts down, and then raises the signal again
    finally:
        listening.close()
    return ""


def _collect_less() -> None:
    """Let the garbage collector run less often, and skip the objects that exist now.

    It would find no garbage among the thousands of objects of a request, again and again. Measured: 7 % of
    the CPU time per event.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)


# About a request of 1,024 events; Python's own default is 700.
_NEW_OBJECTS = 10_000

# Seconds to write the responses after delivery has ended at the flush timeout.
_ANSWERING = 2


# Exporters send every 5 to 60 s. One that finds its connection closed reports a failure, or sends again.
_KEEP_ALIVE = 75


class _Server(uvicorn.Server):
    def __init__(self, application: Application, flush_timeout: float) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=Connection,
                ws="none",
                lifespan="on",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=math.ceil(flush_timeout) + _ANSWERING,
            )
        )
        self._application = application

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain the bridge first, so that delivery ends within the time that the server allows."""
        self._application.drain()
        await super().shutdown(sockets)


def server_of(application: Application, flush_timeout: float) -> uvicorn.Server:
    """Return a server for the bridge, to be run with a bound socket.

    Args:
        application: the bridge.
        flush_timeout: seconds that running requests have at the end.
    """
    return _Server(application, flush_timeout)


@contextmanager
def running_bridge(bridge: Application, port: int = 0, *, flush_timeout: float = 10.0) -> Iterator[str]:
    """Run a bridge on loopback, in a thread that ends with the block; return its URL.

    Args:
        bridge: from `otel.bridge.application`.
        port: 0 chooses a free port.
        flush_timeout: seconds that running requests have at the end.

    Raises:
        NotStartedError: if it does not start.
        OSError: if the port is taken.
    """
    listening = listen("127.0.0.1", port)
    with running_server(server_of(bridge, flush_timeout), listening, "bridge"):
        yield url_of(listening)
