"""What processes have to know of each other: how often somebody has tried to log in (allauth's limits)."""

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

# Seconds: nobody who logs in waits for longer than the one, and Redis is left alone for the other.
_TIMEOUT, _REST = 1, 10


class SharedCache(RedisCache):
    """Be a cache in Redis; while that is away each process has its own, so that people can log in.

    That holds for what allauth calls: `add`, `get`, `set` and `delete`.

    Args:
        broker_url: such as redis://localhost:6379/0. The cache has the database after that one, since to
            clear a cache empties a whole database.
        params: Django's.
    """

    _own = LocMemCache("while Redis is away", {})
    _away_until = 0.0

    def __init__(self, broker_url: str, params: dict[str, Any]) -> None:
        parts = urlsplit(broker_url)
        number = int(parts.path.strip("/") or 0) + 1
        options = {
            "socket_connect_timeout": _TIMEOUT,
            "socket_timeout": _TIMEOUT,
            # Once, at once: Redis may have begun anew since the last time.
            "retry": Retry(NoBackoff(), 1),
        }
        super().__init__(parts._replace(path=f"/{number}").geturl(), {**params, "OPTIONS": options})

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> Any:
        """Set a value unless there is one."""
        return self._do("add", key, value, timeout, version)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Return a value."""
        return self._do("get", key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        """Set a value."""
        self._do("set", key, value, timeout, version)

    def delete(self, key: Any, version: Any = None) -> Any:
        """Forget a value."""
        return self._do("delete", key, version)

    def _do(self, name: str, *args: Any) -> Any:
        if monotonic() >= SharedCache._away_until:
            try:
                return getattr(super(), name)(*args)
            except RedisError as error:
                _log.warning("each process counts for itself, as Redis is away: %s", error)
                SharedCache._away_until = monotonic() + _REST
        return getattr(self._own, name)(*args)
