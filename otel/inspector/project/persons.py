"""The persons of a project: their distinct ids, properties and events, merged as rules decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["Person", "Persons"]


class _Trail:
    """How many events a distinct id has, and when the first and the last of them happened."""

    __slots__ = ("events", "first_seen", "last_seen")

    def __init__(self) -> None:
        self.events = 0
        self.first_seen = ""
        self.last_seen = ""

    def saw(self, timestamp: str) -> None:
        """Count an event.

        Args:
            timestamp: when it happened.
        """
        self.events += 1
        if not self.first_seen or timestamp < self.first_seen:
            self.first_seen = timestamp
        self.last_seen = max(self.last_seen, timestamp)

    def absorb(self, other: _Trail) -> None:
        """Count the events of another trail, too.

        Args:
            other: the trail.
        """
        if other.events:
            self.events += other.events
            self.first_seen = min(filter(None, (self.first_seen, other.first_seen)))
            self.last_seen = max(self.last_seen, other.last_seen)


class Person(_Trail):
    """One person.

    Args:
        distinct_id: the first one known.
        created_at: the time of the event that made this person.
    """

    __slots__ = ("created_at", "distinct_id", "distinct_ids", "is_identified", "properties")

    def __init__(self, distinct_id: str, created_at: str) -> None:
        super().__init__()
        self.distinct_id = distinct_id
        self.distinct_ids = [distinct_id]
        self.properties: dict[str, Any] = {}
        self.is_identified = False
        self.created_at = created_at

    def as_json(self) -> dict[str, Any]:
        """Return what `/inspector/persons` lists."""
        return {
            "distinct_id": self.distinct_id,
            "distinct_ids": self.distinct_ids,
            "properties": self.properties,
            "is_identified": self.is_identified,
            "events": self.events,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
            "created_at": self.created_at,
        }


class Persons:
    """The persons of one project. Confined to the server's event loop."""

    def __init__(self) -> None:
        self._by_id: dict[str, Person] = {}
        # Events of ids without a person; the person who gets the id later gets these events.
        self._waiting: dict[str, _Trail] = {}

    def __iter__(self) -> Iterator[Person]:
        return iter(dict.fromkeys(self._by_id.values()))

    def of(self, distinct_id: str) -> Person | None:
        """Return the person of a distinct id.

        Args:
            distinct_id: as captured.
        """
        return self._by_id.get(distinct_id)

    def key(self, distinct_id: str) -> str:
        """Return what stands for the person of a distinct id, or for the id alone if it has no person.

        Args:
            distinct_id: as captured.
        """
        person = self._by_id.get(distinct_id)
        return person.distinct_id if person else distinct_id

    def has_waiting(self, distinct_id: str) -> bool:
        """Whether an id without a person has events.

        Args:
            distinct_id: the id.
        """
        return distinct_id in self._waiting

    def create(self, distinct_id: str, created_at: str) -> Person:
        """Return a new person.

        Args:
            distinct_id: the first one.
            created_at: the time of the event.
        """
        person = self._by_id[distinct_id] = Person(distinct_id, created_at)
        self.take_waiting(person, distinct_id)
        return person

    def add_id(self, person: Person, distinct_id: str) -> None:
        """Give a person another distinct id, which has none so far. Its earlier events stay behind.

        Args:
            person: who gets it.
            distinct_id: the id.
        """
        person.distinct_ids.append(distinct_id)
        self._by_id[distinct_id] = person

    def take_waiting(self, person: Person, distinct_id: str) -> None:
        """Give a person the earlier events of a distinct id.

        Args:
            person: who gets them.
            distinct_id: the id.
        """
        trail = self._waiting.pop(distinct_id, None)
        if trail is not None:
            person.absorb(trail)

    def merge(self, into: Person, other: Person) -> None:
        """Move all that another person has; of two values for one property, `into` keeps its own.

        Args:
            into: who stays.
            other: who is deleted.
        """
        into.properties = {**other.properties, **into.properties}
        into.created_at = min(into.created_at, other.created_at)
        into.absorb(other)
        for one in other.distinct_ids:
            into.distinct_ids.append(one)
            self._by_id[one] = into

    def saw(self, distinct_id: str, timestamp: str, *, is_on_person: bool = True) -> None:
        """Count an event.

        Args:
            distinct_id: its own.
            timestamp: when it happened.
            is_on_person: whether it belongs to the person that the id has.
        """
        person = self._by_id.get(distinct_id)
        if person is not None and is_on_person:
            person.saw(timestamp)
        else:
            trail = self._waiting.get(distinct_id)
            if trail is None:
                trail = self._waiting[distinct_id] = _Trail()
            trail.saw(timestamp)
