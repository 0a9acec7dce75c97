"""The bridge as a program, whoever starts it: its first words, and its end."""

from __future__ import annotations

import logging

from otel.bridge._application import application
from otel.bridge._serving import server_of
from otel.events import Registry
from otel.serving.listening import listen_or_explain, url_of
from otel.settings import Settings

__all__ = ["run"]

_log = logging.getLogger("otel.bridge")


def run(settings: Settings, registry: Registry, host: str, port: int) -> str:
    """Serve until SIGTERM or SIGINT; return what is wrong, if it cannot.

    Args:
        settings: the pipeline's.
        registry: the declared events.
        host: an address or name.
        port: 0 takes a free one.
    """
    if not settings.api_key:
        return (
            "POSTHOG_API_KEY is not set: set it to the project's key, which begins with phc_, and "
            "POSTHOG_HOST to the region of the project."
        )
    if not 0 <= port <= 65_535:
        return f"--port {port} is no port: it goes from 0, which takes a free one, to 65535."
    listening = listen_or_explain("bridge", host, port)
    if listening is None:
        return "The bridge was not started."
    if not settings.bridge_tokens and not host.startswith("127."):
        _log.warning("POSTHOG_BRIDGE_TOKEN is not set: whoever reaches %s can send events", host)
    if not len(registry) and not settings.events:
        _log.warning(
            "no event is declared: only errors will be delivered; name the modules that declare events with "
            "--events, or undeclared names to forward with POSTHOG_EVENTS"
        )
    print(
        f"The bridge listens on {url_of(listening)} and delivers to {settings.host} "
        f"({len(registry)} declared events)",
        flush=True,
    )
    try:
        server_of(application(settings, registry), settings.flush_timeout).run(sockets=[listening])
    except KeyboardInterrupt:
        pass  # uvicorn ends in order, and then raises what it was ended by
    finally:
        listening.close()
    return ""
