"""An event as people speak of it, the form in which expected and arrived ones are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["NOBODY", "SLUG", "TEAM", "Arrival", "of", "visitor"]

# What stands for ids and other values that each run makes anew.
NOBODY = "nobody"
TEAM = "the team"
SLUG = "(its slug)"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Be an event that arrived, or is to.

    Args:
        event: its name.
        who: whose it is, by name.
        properties: what it says; ids and times of this run by what they stand for.
        team: the team that it is attributed to, if any.
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
