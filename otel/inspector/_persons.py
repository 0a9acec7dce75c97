"""Persons, as PostHog makes them of captures: properties set, distinct ids merged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from otel.inspector._capture import ReceivedCapture
from otel.inspector._checks import is_illegal_id

__all__ = ["Person", "Persons"]


@dataclass(slots=True, eq=False)
class Person:
    """Be one person.

    Args:
        distinct_id: the one they were identified by, or the first seen.
        distinct_ids: all of theirs, in the order they were learned.
        properties: as they stand after all captures.
        is_identified: whether an `$identify` or an alias named them.
        events: how many captures are theirs.
        first_seen: the time of the earliest of these.
        last_seen: the time of the latest.
    """

    distinct_id: str
    distinct_ids: list[str]
    properties: dict[str, Any] = field(default_factory=dict)
    is_identified: bool = False
    events: int = 0
    first_seen: str = ""
    last_seen: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what `/inspector/persons` lists."""
        return {name: getattr(self, name) for name in self.__slots__}


class Persons:
    """Fold captures into persons, in the order they arrived.

    Args:
        captures: all that are kept.
    """

    def __init__(self, captures: Iterable[ReceivedCapture]) -> None:
        self._by_id: dict[str, Person] = {}
        self.refused_merges: list[dict[str, Any]] = []
        seen: dict[str, list[str]] = {}
        for capture in captures:
            seen.setdefault(capture.distinct_id, []).append(capture.timestamp)
            self._fold(capture, capture.properties)
        for distinct_id, times in seen.items():
            # Afterwards: what an anonymous visitor did becomes the person's once they are identified.
            person = self._by_id.get(distinct_id)
            if person is not None:
                person.events += len(times)
                person.first_seen = min(filter(None, (person.first_seen, *times)))
                person.last_seen = max((person.last_seen, *times))

    def __iter__(self) -> Iterator[Person]:
        return iter(dict.fromkeys(self._by_id.values()))

    def key(self, distinct_id: str) -> str:
        """Return what stands for the person of a distinct id, or for the id alone if it has no person.

        Args:
            distinct_id: as captured.
        """
        person = self._by_id.get(distinct_id)
        return person.distinct_id if person else distinct_id

    def _fold(self, capture: ReceivedCapture, properties: Mapping[str, Any]) -> None:
        distinct_id = capture.distinct_id
        if properties.get("$process_person_profile") is False:
            return
        if capture.event == "$identify":
            person = self._merge(capture, distinct_id, properties.get("$anon_distinct_id"))
            person.distinct_id = distinct_id
            person.is_identified = True
        elif capture.event in ("$create_alias", "$merge_dangerously"):
            person = self._merge(capture, distinct_id, properties.get("alias"))
            person.is_identified = True
        else:
            person = self._person(distinct_id)
        if capture.event != "$exception":  # PostHog ignores updates on it (`wire.md` section 1.7)
            _update(person.properties, properties)

    def _person(self, distinct_id: str) -> Person:
        person = self._by_id.get(distinct_id)
        if person is None:
            person = self._by_id[distinct_id] = Person(distinct_id, [distinct_id])
        return person

    def _merge(self, capture: ReceivedCapture, distinct_id: str, other_id: object) -> Person:
        """Return the person of `distinct_id`, joined with the one of `other_id` if PostHog would."""
        person = self._person(distinct_id)
        if not isinstance(other_id, str) or not other_id or other_id in person.distinct_ids:
            return person
        if is_illegal_id(distinct_id) or is_illegal_id(other_id):
            return person  # `_checks` warned of it
        other = self._by_id.get(other_id)
        if other is None:
            other = Person(other_id, [other_id])
        elif other.is_identified and capture.event != "$merge_dangerously":
            message = f"{other_id!r} is identified already, and is not merged into {distinct_id!r}"
            self._refuse(capture, message)
            return person
        # Of two values for one property, that of the identified person stays.
        person.properties = {**other.properties, **person.properties}
        for one in other.distinct_ids:
            person.distinct_ids.append(one)
            self._by_id[one] = person
        return person

    def _refuse(self, capture: ReceivedCapture, message: str) -> None:
        self.refused_merges.append(
            {
                "time": capture.received_at,
                "type": "cannot_merge_already_identified",
                "message": message,
                "event": capture.event,
                "distinct_id": capture.distinct_id,
                "uuid": capture.uuid,
            }
        )


def _update(person: dict[str, Any], properties: Mapping[str, Any]) -> None:
    once, now, unset = (properties.get(name) for name in ("$set_once", "$set", "$unset"))
    if isinstance(once, Mapping):
        for name, value in once.items():
            person.setdefault(name, value)
    if isinstance(now, Mapping):
        person.update(now)
    if isinstance(unset, list | Mapping):
        for name in unset:
            person.pop(str(name), None)
