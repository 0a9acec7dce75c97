"""Failing on command: what the next requests to a service are told to meet."""

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

# Seconds: how late an answer comes, and when a limit is over, if nothing else is said. GitHub asks for a
# minute at least at its secondary limit.
_SECONDS: Mapping[str, float] = {"timeout": 30, "rate_limit": 60, "secondary_limit": 60}


class FailureError(ValueError):
    """Raised for a failure that cannot be understood; the message says what is wrong with it."""


@dataclass(slots=True)
class Failure:
    """Say what goes wrong.

    Args:
        service: whose requests.
        kind: how.
        path: only requests whose path contains this.
        count: how many requests.
        seconds: how late a `timeout` answers, and when a limit is over.
    """

    service: Service
    kind: Kind
    path: str
    count: int
    seconds: float

    @classmethod
    def told(cls, data: Mapping[str, Any]) -> Failure:
        """Read a failure.

        Args:
            data: `service` and `kind`, and maybe `path`, `count`, `seconds`.

        Raises:
            FailureError: if it is none.
        """
        service, kind = data.get("service"), data.get("kind")
        if service not in SERVICES or kind not in KINDS:
            msg = f"give a service of {', '.join(SERVICES)} and a kind of {', '.join(KINDS)}"
            raise FailureError(msg)
        try:
            count = int(data.get("count") or 1)
            seconds = float(data.get("seconds") or _SECONDS.get(kind, 0))
        except (TypeError, ValueError) as error:
            msg = "count and seconds are numbers"
            raise FailureError(msg) from error
        if count < 1 or seconds < 0:
            msg = "count is at least 1, and seconds are not negative"
            raise FailureError(msg)
        return cls(service, kind, str(data.get("path") or ""), count, seconds)


class Failures:
    """Hold the failures to come, met in the order in which they were told."""

    def __init__(self) -> None:
        self._pending: list[Failure] = []

    def add(self, failure: Failure) -> None:
        """Add a failure behind those that are pending.

        Args:
            failure: what is to go wrong.
        """
        self._pending.append(failure)

    def clear(self) -> None:
        """Forget what is pending."""
        self._pending.clear()

    def pending(self) -> list[dict[str, Any]]:
        """Return what is still to go wrong."""
        return [asdict(one) for one in self._pending]

    def take(self, service: str, path: str) -> Failure | None:
        """Return what goes wrong with a request, and count it.

        Args:
            service: that is asked.
            path: of the request.
        """
        for failure in self._pending:
            if failure.service == service and failure.path in path:
                failure.count -= 1
                if failure.count == 0:
                    self._pending.remove(failure)
                return failure
        return None
