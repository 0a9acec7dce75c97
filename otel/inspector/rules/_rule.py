"""One rule of PostHog's ingestion: what it looks at, what happens then, and where that was read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Effect", "Rule"]


class Effect(StrEnum):
    """What PostHog does with the event, or the request, that a rule applies to."""

    REFUSED = "refused"
    """The whole request gets an error status."""
    DROPPED = "dropped"
    """The client got its 200, and the event is stored nowhere."""
    DETACHED = "detached"
    """Stored, but in no group."""
    PERSONLESS = "personless"
    """Stored without a person."""
    NO_ISSUE = "no issue"
    """Stored, but error tracking makes no issue of it."""
    NOT_APPLIED = "not applied"
    """Stored, but an update or a merge that it asks for does not take place."""
    CHANGED = "changed"
    """Stored with another value than the one sent."""
    APPLIED = "applied"
    """Stored, and what it asks for takes place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the table in `wire.md`, "What happens after the 200".

    Args:
        id: the row's name, such as `PL-3`.
        looks_at: the part of the request or event that decides.
        happens: what PostHog does, in a sentence.
        effect: the same as one of few words.
        source: the file of PostHog/posthog and the commit that it was read from.
        warning: PostHog's name for the ingestion warning, if it gives one.
        versions: how versions of PostHog differ; the strict reading is the one that counts here.
    """

    id: str
    looks_at: str
    happens: str
    effect: Effect
    source: str
    warning: str | None = None
    versions: str = ""

    def as_json(self) -> dict[str, str | None]:
        """Return what `/inspector/rules` shows of it."""
        return {
            "id": self.id,
            "looks_at": self.looks_at,
            "happens": self.happens,
            "effect": self.effect.value,
            "source": self.source,
            "warning": self.warning,
            "versions": self.versions,
        }
