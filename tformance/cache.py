"""The cache that processes share, which counts login attempts for allauth's rate limits."""

from __future__ import annotations

import logging
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

__all__ = ["SharedCache"]

_log = logging.getLogger(__name__)

# Seconds: the longest that a login waits for Redis, and the pause before Redis is tried again.
_TIMEOUT, _REST = 1, 10


class SharedCache(RedisCache):
    """A Redis cache that falls back to process memory while Redis is down. Thread-safe.

    The fallback keeps logins working. It covers the methods that allauth calls: `add`, `get`, `set` and
    `delete`.

    Args:
        broker_url: the broker's URL, such as redis://localhost:6379/0. The cache uses the next database
            number, because clearing a cache empties a whole database.
        params: the parameters that Django passes to a cache backend.
    """

    _own = LocMemCache("while Redis is away", {})
    _away_until = 0.0

    def __init__(self, broker_url: str, params: dict[str, Any]) -> None:
        parts = urlsplit(broker_url)
        number = int(parts.path.strip("/") or 0) + 1
        options = {
            "socket_connect_timeout": _TIMEOUT,
            "socket_timeout": _TIMEOUT,
            # Retry once, without a delay: Redis may have restarted since the last command.
            "retry": Retry(NoBackoff(), 1),
        }
        super().__init__(parts._replace(path=f"/{number}").geturl(), {**params, "OPTIONS": options})

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> Any:
        """Set a value unless the key exists."""
        return self._do("add", key, value, timeout, version)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Return a value."""
        return self._do("get", key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        """Set a value."""
        self._do("set", key, value, timeout, version)

    def delete(self, key: Any, version: Any = None) -> Any:
        """Delete a value."""
        return self._do("delete", key, version)

    def _do(self, name: str, *args: Any) -> Any:
        if monotonic() >= SharedCache._away_until:
            try:
                return getattr(super(), name)(*args)
            except RedisError as error:
                _log.warning("Redis is unavailable; each process counts login attempts alone: %s", error)
                SharedCache._away_until = monotonic() + _REST
        return getattr(self._own, name)(*args)
