"""Naming what arrived: this run's ids and times become the persons, the team and the facts they are of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from tformance.run._arrival import NOBODY, SLUG, TEAM, Arrival, visitor
from tformance.run._journey import Person

__all__ = ["Names"]

# PostHog's own properties that an expectation speaks of; the others are every event's.
_TOLD = ("$anon_distinct_id", "$set", "$set_once", "$group_set")


class Names:
    """Know whom and what the ids and times of this run stand for, from the product's own database.

    Args:
        people: of the journey.
        database: the product's, SQLite.
    """

    def __init__(self, people: Iterable[Person], database: Path) -> None:
        self._of: dict[str, str] = {}
        self._sessions: dict[str, str] = {}
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            for person in people:
                self._of |= {one: visitor(person.name) for one in person.browser.visitor_ids}
                self._sessions |= dict.fromkeys(person.browser.session_ids, person.name)
                self._add_person(connection, person)

    def arrival(self, capture: Mapping[str, Any]) -> Arrival:
        """Return a capture by its names; an id that nobody of the journey has stays as it is.

        Args:
            capture: as the inspector lists it.
        """
        properties = capture["properties"]
        session = properties.get("$session_id")
        return Arrival(
            capture["event"],
            self.person(capture["distinct_id"], is_nobody=properties.get("$process_person_profile") is False),
            self._told(properties),
            self._named(properties.get("$groups", {}).get("team")),
            self._sessions.get(session, session),
        )

    def person(self, distinct_id: str, *, is_nobody: bool = False) -> str:
        """Return whom a distinct id stands for.

        Args:
            distinct_id: as captured.
            is_nobody: whether PostHog is asked to make no person of it.
        """
        return self._of.get(distinct_id, NOBODY if is_nobody else distinct_id)

    def _add_person(self, connection: sqlite3.Connection, person: Person) -> None:
        found = connection.execute(
            "SELECT public_id, date_joined FROM users_user WHERE email = ?", (person.email,)
        ).fetchone()
        if found is not None:
            self._of[str(UUID(found[0]))] = person.name
            self._of[_iso(found[1])] = f"(when {person.name} joined)"
        teams = connection.execute(
            "SELECT team.public_id, team.slug, team.created_at FROM teams_team AS team"
            " JOIN teams_membership AS membership ON membership.team_id = team.id"
            " JOIN users_user AS user ON user.id = membership.user_id WHERE user.email = ?",
            (person.email,),
        )
        for public_id, slug, created_at in teams:
            key = str(UUID(public_id))
            self._of |= {key: TEAM, f"$team_{key}": TEAM, slug: SLUG, _iso(created_at): "(when it was made)"}

    def _told(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        told = {
            name: self._named(value)
            for name, value in properties.items()
            if not name.startswith("$") or name in _TOLD
        }
        if "$exception_list" in properties:
            told["raised"] = [_raised(one) for one in properties["$exception_list"]]
        return told

    def _named(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._named(one) for name, one in value.items()}
        return self._of.get(value, value) if isinstance(value, str) else value


def _raised(exception: Mapping[str, Any]) -> str:
    """Return what was raised, and the function that raised it."""
    frames = exception.get("stacktrace", {}).get("frames", [])
    place = frames[-1] if frames else {}
    return f"{exception['type']} in {place.get('module')}.{place.get('function')}"


def _iso(stored: str) -> str:
    """Return a time as the product writes it in events, from how Django keeps it in SQLite."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC).isoformat()
