"""Keeping telemetry's own faults out of the product: logged in production, raised in tests."""

from __future__ import annotations

import logging
import time
from types import TracebackType

__all__ = ["raise_internal_errors", "report_internal_error", "suppress_internal_errors"]

_log = logging.getLogger("otel")

# One line a minute for each place: a fault in a hook would otherwise be logged with every span.
_LOG_INTERVAL = 60.0

_raises = False
_last_logged: dict[str, float] = {}


def raise_internal_errors(raises: bool) -> bool:
    """Let telemetry's own faults raise, for tests; return what was set before.

    Args:
        raises: True in tests.
    """
    global _raises
    before, _raises = _raises, raises
    return before


class suppress_internal_errors:  # noqa: N801 - reads as the verb it is: `with suppress_internal_errors("selecting a span"):`
    """Keep what goes wrong inside from the product.

    A class, because hooks of every span stand in it: a generator would take five times as long.

    Args:
        doing: what telemetry does here, for the log.
        lets_through: exceptions that are meant for the caller.
    """

    __slots__ = ("_doing", "_lets_through")

    def __init__(self, doing: str, lets_through: type[Exception] | tuple[()] = ()) -> None:
        self._doing = doing
        self._lets_through = lets_through

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """Log a fault, or raise it in tests."""
        if not isinstance(error, Exception) or isinstance(error, self._lets_through):
            return False
        report_internal_error(self._doing, error)
        return True


def report_internal_error(doing: str, error: Exception) -> None:
    """Log a fault of telemetry's own, or raise it in tests.

    Args:
        doing: what telemetry did.
        error: the fault.
    """
    if _raises:
        raise error
    now = time.monotonic()
    if now - _last_logged.get(doing, -_LOG_INTERVAL) >= _LOG_INTERVAL:
        _last_logged[doing] = now
        _log.error("telemetry failed while %s; the product goes on", doing, exc_info=error)
