"""Failures on demand, for the next requests to a service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from tformance.sandbox.oauth.tokens import Service

__all__ = ["KINDS", "SERVICES", "Failure", "FailureError", "Failures", "Kind"]

Kind = Literal[
    "denied",
    "drop",
    "error",
    "malformed",
    "rate_limit",
    "revoked",
    "secondary_limit",
    "timeout",
    "unavailable",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
SERVICES: tuple[Service, ...] = get_args(Service)

# Default seconds: the delay of a response, and the time until a limit ends. For its secondary limit, GitHub
# asks clients to wait at least a minute.
_SECONDS: Mapping[str, float] = {"timeout": 30, "rate_limit": 60, "secondary_limit": 60}


class FailureError(ValueError):
    """Raised for an invalid description of a failure; the message says what is wrong."""


@dataclass(slots=True)
class Failure:
    """A failure of the next requests to a service.

    Args:
        service: the service whose requests fail.
        kind: the kind of failure.
        path: limits the failure to requests whose path contains this text.
        count: the number of requests that fail.
        seconds: the delay of a `timeout`, or the time until a limit ends.
    """

    service: Service
    kind: Kind
    path: str
    count: int
    seconds: float

    @classmethod
    def told(cls, data: Mapping[str, Any]) -> Failure:
        """Return the failure that a command describes.

        Args:
            data: `service` and `kind`, and optionally `path`, `count` and `seconds`.

        Raises:
            FailureError: if the description is invalid.
        """
        service, kind = data.get("service"), data.get("kind")
        if service not in SERVICES or kind not in KINDS:
            msg = f"give a service ({', '.join(SERVICES)}) and a kind ({', '.join(KINDS)})"
            raise FailureError(msg)
        try:
            count = int(data.get("count") or 1)
            seconds = float(data.get("seconds") or _SECONDS.get(kind, 0))
        except (TypeError, ValueError) as error:
            msg = "count and seconds must be numbers"
            raise FailureError(msg) from error
        if count < 1 or seconds < 0:
            msg = "count must be at least 1, and seconds must not be negative"
            raise FailureError(msg)
        return cls(service, kind, str(data.get("path") or ""), count, seconds)


class Failures:
    """The pending failures, in the order in which they were added."""

    def __init__(self) -> None:
        self._pending: list[Failure] = []

    def add(self, failure: Failure) -> None:
        """Add a failure after the pending ones.

        Args:
            failure: the failure.
        """
        self._pending.append(failure)

    def clear(self) -> None:
        """Discard all pending failures."""
        self._pending.clear()

    def pending(self) -> list[dict[str, Any]]:
        """Return the pending failures."""
        return [asdict(one) for one in self._pending]

    def take(self, service: str, path: str) -> Failure | None:
        """Return the failure for a request, if any, and count the request.

        Args:
            service: the service that receives the request.
            path: the request's path.
        """
        for failure in self._pending:
            if failure.service == service and failure.path in path:
                failure.count -= 1
                if failure.count == 0:
                    self._pending.remove(failure)
                return failure
        return None
