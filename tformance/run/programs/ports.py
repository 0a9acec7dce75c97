"""Choosing ports that nobody else has."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Collection

__all__ = ["HOST", "PortTakenError", "choose_port"]

# What runs here shows customers' data and fails on demand: it is for this machine alone.
HOST = "127.0.0.1"

# Below those that Linux gives to outgoing connections, one of which could have it before the program does.
_FREE = range(16_384, 32_768)
_TRIES = 100


class PortTakenError(Exception):
    """Raised if the port that was asked for is in use."""


def choose_port(asked: int | None, usual: int, *, beside: Collection[int] = ()) -> int:
    """Return the port that was asked for; else the usual one, or a free one if that is taken.

    Args:
        asked: on the command line; 0 takes a free one.
        usual: without a wish.
        beside: ports that are about to be used.

    Raises:
        PortTakenError: if the port that was asked for is in use.
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
            f"Port {asked} cannot be used: {reason}. Choose another one, or leave it out to take a free one."
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
        # As the servers do: a port whose last connections are closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        found: int = probe.getsockname()[1]
        return found
