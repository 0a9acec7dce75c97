"""A small server between a browser and the inspector that does not lose requests on a busy machine."""

from __future__ import annotations

from http.server import ThreadingHTTPServer

__all__ = ["CLOSING", "Server"]

# Do not reuse connections: the inspector closes idle connections, which can lose a request.
CLOSING = {"Connection": "close"}


class Server(ThreadingHTTPServer):
    """A server with a longer connection backlog than the default of five: a browser opens six per page."""

    request_queue_size = 128
