"""Events with readable names instead of ids, the form in which expected and arrived events are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["A_NUMBER", "A_WORD", "NOBODY", "SYSTEM", "Arrival", "Some", "made", "of", "slug", "visitor"]

# Placeholder for a person who must remain unknown.
NOBODY = "nobody"
# Placeholder for the actor of an event that no person caused.
SYSTEM = "the system"


@dataclass(frozen=True, eq=False)
class Some:
    """A placeholder that equals any value of some types, for values that differ between runs.

    Args:
        kind: a readable name for the values, such as "a number".
        types: the types of the values.
    """

    kind: str
    types: tuple[type, ...]

    def __eq__(self, other: object) -> bool:
        return type(other) in self.types or self is other

    def __hash__(self) -> int:
        return hash(self.kind)

    def __str__(self) -> str:
        return self.kind


A_NUMBER = Some("a number", (int, float))
A_WORD = Some("a word", (str,))


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event that arrived or is expected.

    Args:
        event: the event's name.
        who: the person's name.
        properties: the event's properties, with placeholders for the ids and times of a run.
        team: the name of the team that the event is attributed to, if any.
        session: the name of the person in whose browser session the event happened, if any.
    """

    event: str
    who: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    team: str | None = None
    session: str | None = None


def of(who: str, event: str, *, team: str | None = None, **properties: Any) -> Arrival:
    """Return an expected event of a person, in a session of their own browser.

    Args:
        who: the person's name.
        event: the event's name.
        team: the name of the team that the event is attributed to, if any.
        properties: the event's properties.
    """
    return Arrival(event, who, properties, team, who)


def visitor(name: str) -> str:
    """Return the placeholder for the id that a person had as a visitor.

    Args:
        name: the person's name.
    """
    return f"visitor {name}"


def slug(team: str) -> str:
    """Return the placeholder for a team's slug, which differs if a team of another run has the same name.

    Args:
        team: the team's name.
    """
    return f"({team}'s slug)"


def made(team: str) -> str:
    """Return the placeholder for the time at which a team was created.

    Args:
        team: the team's name.
    """
    return f"(when {team} was made)"
