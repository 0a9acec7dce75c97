"""Selection of free ports."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Collection

__all__ = ["HOST", "PortTakenError", "choose_port"]

# Loopback only: the programs show customers' data and fail on demand.
HOST = "127.0.0.1"

# Below the ports that Linux assigns to outgoing connections, which could occupy a port in the meantime.
_FREE = range(16_384, 32_768)
_TRIES = 100


class PortTakenError(Exception):
    """Raised if the requested port is in use."""


def choose_port(asked: int | None, usual: int, *, beside: Collection[int] = ()) -> int:
    """Return the requested port; without a request, the usual port, or a free port if it is in use.

    Args:
        asked: the port from the command line, or None; 0 requests a free port.
        usual: the default port.
        beside: ports that other programs are about to use.

    Raises:
        PortTakenError: if the requested port is in use.
    """
    wanted = usual if asked is None else asked
    if wanted == 0:
        return _free(beside)
    if wanted not in beside:
        try:
            return _bound(wanted)
        except OSError as error:
            reason = error.strerror or str(error)
    else:
        reason = "two programs would listen on it"
    if asked is not None:
        msg = (
            f"Port {asked} cannot be used: {reason}. Choose another port, or leave it out to use a free port."
        )
        raise PortTakenError(msg)
    return _free(beside)


def _free(beside: Collection[int]) -> int:
    for _ in range(_TRIES):
        port = _FREE[secrets.randbelow(len(_FREE))]
        if port in beside:
            continue
        try:
            return _bound(port)
        except OSError:
            continue
    return _bound(0)


def _bound(port: int) -> int:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        found: int = probe.getsockname()[1]
        return found
