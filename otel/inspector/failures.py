"""Failures on demand for the next ingestion requests."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

__all__ = ["Failure", "FailureError", "Failures"]

EventResult = Literal["drop", "retry", "warning"]


class FailureError(ValueError):
    """Raised for an invalid failure; the message names the problem."""


@dataclass(slots=True, eq=False)
class Failure:
    """A failure that the inspector simulates for a number of requests.

    Args:
        status: HTTP status of the response; None answers as usual, after `delay`.
        count: number of requests that fail.
        delay: seconds to wait before the response.
        drop: whether to close the connection without a response and keep no event.
        lose_answer: whether to keep the events, then close the connection without a response.
        retry_after: seconds, for the Retry-After header.
        body: body of the response.
        events: names of events. A v0 batch with one of them is refused as a whole with `status` (default
            400); in a capture v1 batch only these events get `result`. Other requests are not affected.
        result: result of such an event in capture v1.
    """

    status: int | None = None
    count: int = 1
    delay: float = 0.0
    drop: bool = False
    lose_answer: bool = False
    retry_after: float | None = None
    body: str = ""
    events: tuple[str, ...] = ()
    result: EventResult = "drop"

    @classmethod
    def from_json(cls, data: object) -> Failure:
        """Read a failure from parsed JSON.

        Args:
            data: an object with any of the fields.

        Raises:
            FailureError: for an unknown field, or a value of the wrong type or out of range.
        """
        if not isinstance(data, Mapping):
            msg = 'give an object, such as {"status": 503, "count": 3}'
            raise FailureError(msg)
        for name, value in data.items():
            check = _CHECKS.get(name)
            if check is None:
                msg = f"unknown field {name!r}; known are {', '.join(sorted(_CHECKS))}"
                raise FailureError(msg)
            if not check(value):
                msg = f"{name} cannot be {value!r}"
                raise FailureError(msg)
        return cls(**{**data, "events": tuple(data.get("events", ()))})

    def as_json(self) -> dict[str, Any]:
        """Return the fields, for orjson."""
        return dataclasses.asdict(self)


def _number(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and _number(value, low, high)


_CHECKS = {
    "status": lambda value: value is None or _whole(value, 200, 599),
    "count": lambda value: _whole(value, 1, 1_000_000_000),
    "delay": lambda value: _number(value, 0, 3600),
    "drop": lambda value: isinstance(value, bool),
    "lose_answer": lambda value: isinstance(value, bool),
    "retry_after": lambda value: value is None or _number(value, 0, 86_400),
    "body": lambda value: isinstance(value, str),
    "events": lambda value: isinstance(value, list | tuple) and all(isinstance(one, str) for one in value),
    "result": lambda value: value in get_args(EventResult),
}


class Failures:
    """The pending failures, in the order they were requested. Confined to the server's event loop."""

    def __init__(self) -> None:
        self._pending: list[Failure] = []

    def add(self, failure: Failure) -> None:
        """Add a failure after those that are pending.

        Args:
            failure: the failure to simulate.
        """
        self._pending.append(failure)

    def clear(self) -> None:
        """Remove all pending failures."""
        self._pending.clear()

    def pending(self) -> list[dict[str, Any]]:
        """Return the pending failures, for orjson."""
        return [failure.as_json() for failure in self._pending]

    def for_request(self) -> Failure | None:
        """Return the failure for the next request regardless of its events, or None."""
        return self._take(lambda failure: not failure.events)

    def for_events(self, names: Iterable[str]) -> Failure | None:
        """Return the failure for a request that contains events with these names, or None.

        Args:
            names: names of all events in the request.
        """
        if not self._pending:
            return None
        carried = set(names)
        return self._take(lambda failure: not carried.isdisjoint(failure.events))

    def _take(self, fits: Callable[[Failure], bool]) -> Failure | None:
        for failure in self._pending:
            if fits(failure):
                failure.count -= 1
                if failure.count == 0:
                    self._pending.remove(failure)
                return failure
        return None
