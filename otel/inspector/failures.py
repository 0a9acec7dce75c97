"""Failing on demand: what the next ingestion requests are told to meet."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

__all__ = ["Failure", "FailureError", "Failures"]

EventResult = Literal["drop", "retry", "warning"]


class FailureError(ValueError):
    """Raised for a failure that cannot be understood; the message says what is wrong with it."""


@dataclass(slots=True, eq=False)
class Failure:
    """What goes wrong, and how often.

    Args:
        status: the status to answer with; None answers as usual, after `delay`.
        count: how many requests it is for.
        delay: seconds to wait before the answer.
        drop: whether the connection is closed without an answer, and nothing is kept.
        lose_answer: whether the events are kept, and then the connection is closed without an answer.
        retry_after: seconds, for the header of that name.
        body: the answer's body.
        events: names of events. A v0 batch with one of them is refused as a whole with `status` (default
            400); of a capture v1 batch these events alone meet `result`. Other requests are not affected.
        result: what such an event meets in capture v1.
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
            data: an object with some of the fields.

        Raises:
            FailureError: for an unknown field or a value of a wrong type.
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
    """The failures to come, in the order they were asked for."""

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
        return [failure.as_json() for failure in self._pending]

    def for_request(self) -> Failure | None:
        """Return what goes wrong with the next request, whatever it carries."""
        return self._take(lambda failure: not failure.events)

    def for_events(self, names: Iterable[str]) -> Failure | None:
        """Return what goes wrong with a request that carries events of these names.

        Args:
            names: the names of all its events.
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
