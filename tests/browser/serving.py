"""A small server between a browser and the inspector that a busy machine does not make lose requests."""

from __future__ import annotations

from http.server import ThreadingHTTPServer

__all__ = ["CLOSING", "Server"]

# The inspector closes a connection that rests for seconds, and a request on its way just then is lost.
CLOSING = {"Connection": "close"}


class Server(ThreadingHTTPServer):
    """Let more connections wait than the five of the standard library: a browser makes six for each page."""

    request_queue_size = 128
