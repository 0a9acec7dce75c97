"""An event as people speak of it, the form in which expected and arrived ones are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["A_NUMBER", "A_WORD", "NOBODY", "SYSTEM", "Arrival", "Some", "made", "of", "slug", "visitor"]

# What stands for who cannot be known.
NOBODY = "nobody"
# What stands for what no person did.
SYSTEM = "the system"


@dataclass(frozen=True, eq=False)
class Some:
    """Stand for any value of a kind, where a run's own clock and data decide which.

    Args:
        kind: as people say it.
        types: of the value.
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
    """Be an event that arrived, or is to.

    Args:
        event: its name.
        who: whose it is, by name.
        properties: what it says; ids and times of this run by what they stand for.
        team: the team that it is attributed to, if any, by name.
        session: in whose browser session it happened, if in any.
    """

    event: str
    who: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    team: str | None = None
    session: str | None = None


def of(who: str, event: str, *, team: str | None = None, **properties: Any) -> Arrival:
    """Return what is to arrive of somebody, in a session of their own browser.

    Args:
        who: the person.
        event: its name.
        team: the team that it is attributed to, if any.
        properties: what it says.
    """
    return Arrival(event, who, properties, team, who)


def visitor(name: str) -> str:
    """Return what stands for the id that a person had as a visitor.

    Args:
        name: the person's.
    """
    return f"visitor {name}"


def slug(team: str) -> str:
    """Return what stands for a team's slug, which another run's team may have taken.

    Args:
        team: its name.
    """
    return f"({team}'s slug)"


def made(team: str) -> str:
    """Return what stands for the time at which a team was made.

    Args:
        team: its name.
    """
    return f"(when {team} was made)"
