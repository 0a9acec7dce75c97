"""The persons of a project, with their distinct ids, properties and event counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["Person", "Persons"]


class _Trail:
    """The number of events of a distinct id, and the times of the first and the last."""

    __slots__ = ("events", "first_seen", "last_seen")

    def __init__(self) -> None:
        self.events = 0
        self.first_seen = ""
        self.last_seen = ""

    def count_event(self, timestamp: str) -> None:
        """Count an event.

        Args:
            timestamp: when the event happened, RFC 3339.
        """
        self.events += 1
        if not self.first_seen or timestamp < self.first_seen:
            self.first_seen = timestamp
        self.last_seen = max(self.last_seen, timestamp)

    def absorb(self, other: _Trail) -> None:
        """Add the events of another trail.

        Args:
            other: the trail to add; it is not changed.
        """
        if other.events:
            self.events += other.events
            self.first_seen = min(filter(None, (self.first_seen, other.first_seen)))
            self.last_seen = max(self.last_seen, other.last_seen)


class Person(_Trail):
    """A person and the person's events.

    Args:
        distinct_id: the person's first distinct id.
        created_at: time of the event that created the person, RFC 3339.
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
        """Return the person's entry for `/inspector/persons`."""
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
        # Events of ids without a person. A merge may move them to the person who gets the id later.
        self._waiting: dict[str, _Trail] = {}

    def __iter__(self) -> Iterator[Person]:
        return iter(dict.fromkeys(self._by_id.values()))

    def of(self, distinct_id: str) -> Person | None:
        """Return the person with a distinct id, or None.

        Args:
            distinct_id: the event's distinct id.
        """
        return self._by_id.get(distinct_id)

    def key(self, distinct_id: str) -> str:
        """Return the first id of the person with a distinct id, or the id itself if it has no person.

        Args:
            distinct_id: the event's distinct id.
        """
        person = self._by_id.get(distinct_id)
        return person.distinct_id if person else distinct_id

    def has_waiting(self, distinct_id: str) -> bool:
        """Whether a distinct id has events without a person.

        Args:
            distinct_id: the distinct id.
        """
        return distinct_id in self._waiting

    def create(self, distinct_id: str, created_at: str) -> Person:
        """Create and return a person, who also gets the earlier events of the distinct id.

        Args:
            distinct_id: the person's first distinct id.
            created_at: time of the event that creates the person, RFC 3339.
        """
        person = self._by_id[distinct_id] = Person(distinct_id, created_at)
        self.take_waiting(person, distinct_id)
        return person

    def add_id(self, person: Person, distinct_id: str) -> None:
        """Add a distinct id to a person. The id's earlier events stay without a person.

        Args:
            person: the person.
            distinct_id: an id that no person has.
        """
        person.distinct_ids.append(distinct_id)
        self._by_id[distinct_id] = person

    def take_waiting(self, person: Person, distinct_id: str) -> None:
        """Move the earlier events of a distinct id to a person.

        Args:
            person: the person who gets the events.
            distinct_id: the distinct id of the events.
        """
        trail = self._waiting.pop(distinct_id, None)
        if trail is not None:
            person.absorb(trail)

    def merge(self, into: Person, other: Person) -> None:
        """Merge a person into another, whose own properties win.

        Args:
            into: the person who stays.
            other: the person who is deleted.
        """
        into.properties = {**other.properties, **into.properties}
        into.created_at = min(into.created_at, other.created_at)
        into.absorb(other)
        for one in other.distinct_ids:
            into.distinct_ids.append(one)
            self._by_id[one] = into

    def count_event(self, distinct_id: str, timestamp: str, *, is_on_person: bool = True) -> None:
        """Count an event.

        Args:
            distinct_id: the event's distinct id.
            timestamp: when the event happened, RFC 3339.
            is_on_person: whether the event belongs to the person with this id, if there is one.
        """
        person = self._by_id.get(distinct_id)
        if person is not None and is_on_person:
            person.count_event(timestamp)
        else:
            trail = self._waiting.get(distinct_id)
            if trail is None:
                trail = self._waiting[distinct_id] = _Trail()
            trail.count_event(timestamp)
