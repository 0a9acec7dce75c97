"""The objects that rules work on: a project's state, and an event in PostHog's ingestion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from otel.inspector.capture import Incoming, IngestionWarning, Outcome, Verdict
from otel.inspector.project.groups import Groups
from otel.inspector.project.issues import Issues
from otel.inspector.project.persons import Persons
from otel.inspector.rules._rule import Effect, Rule

__all__ = ["Event", "Project", "ProjectSettings"]

_VERDICTS = {
    Effect.DROPPED: Verdict.DROPPED,
    Effect.DETACHED: Verdict.DETACHED,
    Effect.NO_ISSUE: Verdict.NO_ISSUE,
    Effect.NOT_APPLIED: Verdict.NOT_APPLIED,
}
_SEVERITY = {verdict: rank for rank, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """Settings of a project, made by its owner or by PostHog's operator.

    Args:
        drop_older_than: seconds; older events are dropped (TI-6). None keeps them all.
        move_limit: maximum number of distinct ids that a merge may move (ID-13). None is no limit.
        suppressed_types: exception types that a suppression rule drops (EX-17).
    """

    drop_older_than: float | None = None
    move_limit: int | None = None
    suppressed_types: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class Project:
    """PostHog's knowledge of a project besides its events. Confined to the server's event loop.

    Args:
        settings: settings of the project.
        disabled: ids of rules that do not apply. Tests use this to show the effect of each rule.
    """

    settings: ProjectSettings = field(default_factory=ProjectSettings)
    disabled: set[str] = field(default_factory=set)
    persons: Persons = field(init=False)
    groups: Groups = field(init=False)
    issues: Issues = field(init=False)
    definitions: dict[str, dict[str, str]] = field(init=False)
    """Types of properties by their scope: `event`, `person`, `group`."""
    applied: Counter[str] = field(init=False)
    """Number of times that each rule applied, by the rule's id."""
    warned: dict[str, float] = field(init=False)
    """Last time of each hourly warning (UU-2), in seconds since the epoch, by the library's name."""

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Remove everything but the settings."""
        self.persons = Persons()
        self.groups = Groups()
        self.issues = Issues()
        self.definitions = {"event": {}, "person": {}, "group": {}}
        self.applied = Counter()
        self.warned = {}

    def applies(self, rule: Rule) -> bool:
        """Count that a rule applies, unless the rule is disabled; return whether it applies.

        Args:
            rule: the rule to count.
        """
        if rule.id in self.disabled:
            return False
        self.applied[rule.id] += 1
        return True


class Event:
    """An accepted event, and the decisions of the rules about it.

    Args:
        incoming: the event as the capture service read it.
        properties: the parsed properties; rules do not change them.
        now: when the event arrived, in UTC.
        project: the project that receives the event.
    """

    __slots__ = (
        "changed", "distinct_id", "is_forced_personless", "is_personful", "issue", "name", "now",
        "project", "properties", "rules", "timestamp", "uuid", "verdict", "warnings",
    )  # fmt: skip

    def __init__(
        self, incoming: Incoming, properties: Mapping[str, Any], now: datetime, project: Project
    ) -> None:
        self.name = incoming.event
        self.uuid = incoming.uuid
        self.distinct_id = incoming.distinct_id
        self.timestamp = incoming.timestamp
        self.is_forced_personless = incoming.is_forced_personless
        self.is_personful = True
        self.properties = properties
        self.now = now
        self.project = project
        self.rules: list[str] = []
        self.warnings: list[IngestionWarning] = []
        self.verdict = Verdict.KEPT
        self.changed: dict[str, Any] | None = None
        self.issue: str | None = None

    def apply(
        self, rule: Rule, message: str = "", *, effect: Effect | None = None, warning: str | None = None
    ) -> bool:
        """Record that a rule applies, unless the rule is disabled; return whether it applies.

        Args:
            rule: the rule that applies.
            message: message of the warning, if the rule gives one; without a message there is no warning.
            effect: the effect, if it differs from the rule's usual one.
            warning: PostHog's name for the warning, if it differs from the rule's usual one.
        """
        if rule.id not in self.rules:
            if not self.project.applies(rule):
                return False
            self.rules.append(rule.id)
        kind = warning or rule.warning
        if message and kind:
            self.warnings.append(IngestionWarning(kind, message, rule.id))
        verdict = _VERDICTS.get(effect or rule.effect)
        if verdict is not None and _SEVERITY[verdict] > _SEVERITY[self.verdict]:
            self.verdict = verdict
        return True

    def change(self, name: str, value: object) -> None:
        """Record that a property is stored with another value than the one sent.

        Args:
            name: name of the property.
            value: the stored value; None if the property is removed.
        """
        if self.changed is None:
            self.changed = {}
        self.changed[name] = value

    @property
    def is_dropped(self) -> bool:
        """Whether a rule has dropped the event."""
        return self.verdict is Verdict.DROPPED

    def outcome(self) -> Outcome:
        """Return the outcome of all rules that applied."""
        return Outcome(self.verdict, tuple(self.rules), tuple(self.warnings), self.changed, self.issue)
