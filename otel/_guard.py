"""Keeping telemetry's own errors out of the product: logged in production, raised in tests."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from types import TracebackType

__all__ = ["raise_internal_errors", "report_internal_error", "suppress_internal_errors"]

_log = logging.getLogger("otel")

# One line a minute for each place: an error in a hook would otherwise be logged with every span.
_LOG_INTERVAL = 60.0

_raises = False
_last_logged: dict[str, float] = {}


def raise_internal_errors(raises: bool) -> bool:
    """Let telemetry's own errors raise, for tests; return the previous setting.

    Args:
        raises: True in tests.
    """
    global _raises
    before, _raises = _raises, raises
    return before


class suppress_internal_errors:  # noqa: N801 - reads as the verb it is: `with suppress_internal_errors("selecting a span"):`
    """A context manager that logs exceptions from its block instead of raising them.

    It is a class because the hooks of every span use it: a generator would take five times as long.

    Args:
        doing: what telemetry does in the block, for the log message.
        lets_through: exceptions that are meant for the caller.
        on_error: called before the error is reported, to account for what is lost with it.
    """

    __slots__ = ("_doing", "_lets_through", "_on_error")

    def __init__(
        self,
        doing: str,
        lets_through: type[Exception] | tuple[()] = (),
        on_error: Callable[[], object] | None = None,
    ) -> None:
        self._doing = doing
        self._lets_through = lets_through
        self._on_error = on_error

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """Report an internal error, and suppress it unless `raise_internal_errors` says otherwise."""
        if not isinstance(error, Exception) or isinstance(error, self._lets_through):
            return False
        if self._on_error is not None:
            self._on_error()
        report_internal_error(self._doing, error)
        return True


def report_internal_error(doing: str, error: Exception) -> None:
    """Log an error in telemetry's own code, or raise it in tests.

    Args:
        doing: what telemetry was doing.
        error: the exception.
    """
    if _raises:
        raise error
    now = time.monotonic()
    if now - _last_logged.get(doing, -_LOG_INTERVAL) >= _LOG_INTERVAL:
        _last_logged[doing] = now
        _log.error("telemetry failed while %s; the product goes on", doing, exc_info=error)
