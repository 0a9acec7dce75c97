"""Readable names for arrived events: the ids and times of a run become names of persons, teams and facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from otel.mapping.identify import SYSTEM_ID
from otel.mapping.origin import ORIGIN_PROPERTIES
from tformance.run._journey import Person
from tformance.run.arrivals.arrival import NOBODY, SYSTEM, Arrival, made, slug, visitor

__all__ = ["Names"]

# The properties of PostHog that expectations cover; all events have the others.
_TOLD = ("$anon_distinct_id", "$set", "$set_once", "$group_set")


class Names:
    """The names for the ids and times of a run.

    Args:
        people: the people of the journey.
        records: the product's records about the people (`tformance.run.records`), by email address.
    """

    def __init__(self, people: Iterable[Person], records: Mapping[str, Any]) -> None:
        self._of: dict[str, str] = {SYSTEM_ID: SYSTEM}
        self._sessions: dict[str, str] = {}
        self._visitors: dict[str, str] = {}
        for person in people:
            self._visitors |= dict.fromkeys(person.browser.visitor_ids, person.name)
            self._of |= {one: visitor(person.name) for one in person.browser.visitor_ids}
            self._sessions |= dict.fromkeys(person.browser.session_ids, person.name)
            if person.email in records:
                self._add(person, records[person.email])

    def learn(self, captures: Sequence[Mapping[str, Any]]) -> None:
        """Learn the names of deleted accounts, from the visitors that were identified as these accounts.

        Args:
            captures: the captures, as the inspector lists them.
        """
        for capture in captures:
            name = self._visitors.get(capture["properties"].get("$anon_distinct_id", ""))
            if name is not None:
                self._of.setdefault(capture["distinct_id"], name)
        for capture in captures:
            joined = capture["properties"].get("$set_once", {}).get("signed_up_at")
            if joined is not None:
                self._of.setdefault(joined, _joined(self.person(capture["distinct_id"])))

    def arrival(self, capture: Mapping[str, Any]) -> Arrival:
        """Return a capture with names; ids that do not belong to the journey remain unchanged.

        Args:
            capture: a capture, as the inspector lists it.
        """
        properties = capture["properties"]
        session = properties.get("$session_id")
        return Arrival(
            capture["event"],
            self.person(capture["distinct_id"], is_nobody=properties.get("$process_person_profile") is False),
            self._told(properties),
            self._named(properties.get("$groups", {}).get("team") or properties.get("$group_key")),
            self._sessions.get(session, session),
        )

    def person(self, distinct_id: str, *, is_nobody: bool = False) -> str:
        """Return the name of the person with a distinct id.

        Args:
            distinct_id: the captured distinct id.
            is_nobody: whether the capture asks PostHog not to create a person.
        """
        return self._of.get(distinct_id, NOBODY if is_nobody else distinct_id)

    def _add(self, person: Person, record: Mapping[str, Any]) -> None:
        self._of[record["public_id"]] = person.name
        self._of[record["date_joined"]] = _joined(person.name)
        for team in record["teams"]:
            key, name = team["public_id"], team["name"]
            self._of |= {key: name, team["slug"]: slug(name)}
            self._of[team["created_at"]] = made(name)

    def _told(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        told = {
            name: self._named(value)
            for name, value in properties.items()
            if name in _TOLD or not (name.startswith("$") or name in ORIGIN_PROPERTIES)
        }
        if "$exception_list" in properties:
            told["raised"] = [_raised(one) for one in properties["$exception_list"]]
        return told

    def _named(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._named(one) for name, one in value.items()}
        return self._of.get(value, value) if isinstance(value, str) else value


def _joined(name: str) -> str:
    return f"(when {name} joined)"


def _raised(exception: Mapping[str, Any]) -> str:
    """Return the exception's type and the function that raised it."""
    frames = exception.get("stacktrace", {}).get("frames", [])
    place = frames[-1] if frames else {}
    return f"{exception['type']} in {place.get('module')}.{place.get('function')}"
