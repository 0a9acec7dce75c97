"""A rule of PostHog's ingestion: its condition, its effect, and its source in PostHog's code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Effect", "Rule"]


class Effect(StrEnum):
    """The effect of a rule on the event, or the request, that it applies to."""

    REFUSED = "refused"
    """The whole request gets an error status."""
    DROPPED = "dropped"
    """The client received a 200, but the event is not stored."""
    DETACHED = "detached"
    """The event is stored, but in no group."""
    PERSONLESS = "personless"
    """The event is stored without a person."""
    NO_ISSUE = "no issue"
    """The event is stored, but error tracking does not create an issue."""
    NOT_APPLIED = "not applied"
    """The event is stored, but without an update or a merge that it asks for."""
    CHANGED = "changed"
    """The event is stored with another value than the one sent."""
    APPLIED = "applied"
    """The event is stored, with the update or merge that it asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the table in `wire.md`, "What happens after the 200".

    Args:
        id: name of the row, such as `PL-3`.
        looks_at: the part of the request or event that decides whether the rule applies.
        happens: what PostHog does then, in a sentence.
        effect: category of what PostHog does.
        source: files of PostHog/posthog that the rule was read from, each with its commit.
        warning: PostHog's name for the ingestion warning, if it gives one.
        versions: differences between versions of PostHog; the inspector applies the strictest one.
    """

    id: str
    looks_at: str
    happens: str
    effect: Effect
    source: str
    warning: str | None = None
    versions: str = ""

    def as_json(self) -> dict[str, str | None]:
        """Return the rule's entry for `/inspector/rules`."""
        return {
            "id": self.id,
            "looks_at": self.looks_at,
            "happens": self.happens,
            "effect": self.effect.value,
            "source": self.source,
            "warning": self.warning,
            "versions": self.versions,
        }
