"""What rules work on: a project's state, and one event on its way through PostHog's ingestion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from otel.inspector.capture import Incoming, Outcome, Verdict, Warned
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
    """What a project's owner, or PostHog's operator, sets for it.

    Args:
        drop_older_than: seconds; older events are dropped (TI-6). None drops none.
        move_limit: how many distinct ids a merge may move (ID-13). None is no limit.
        suppressed_types: exception types that a suppression rule drops (EX-17).
    """

    drop_older_than: float | None = None
    move_limit: int | None = None
    suppressed_types: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class Project:
    """What PostHog knows of a project besides its events. Confined to the server's event loop.

    Args:
        settings: what was set for it.
        disabled: ids of rules that do not apply; for tests, which show what each rule does.
    """

    settings: ProjectSettings = field(default_factory=ProjectSettings)
    disabled: set[str] = field(default_factory=set)
    persons: Persons = field(init=False)
    groups: Groups = field(init=False)
    issues: Issues = field(init=False)
    definitions: dict[str, dict[str, str]] = field(init=False)
    """Types of properties by their scope: `event`, `person`, `group`."""
    applied: Counter[str] = field(init=False)
    """How often each rule applied, by its id."""
    warned: dict[str, float] = field(init=False)
    """When a warning that is given once an hour was given last, in seconds since the epoch."""

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all but the settings."""
        self.persons = Persons()
        self.groups = Groups()
        self.issues = Issues()
        self.definitions = {"event": {}, "person": {}, "group": {}}
        self.applied = Counter()
        self.warned = {}

    def applies(self, rule: Rule) -> bool:
        """Count that a rule applies, unless it is disabled; return whether it does.

        Args:
            rule: the rule.
        """
        if rule.id in self.disabled:
            return False
        self.applied[rule.id] += 1
        return True


class Event:
    """One accepted event, and what the rules decide about it.

    Args:
        incoming: as the door read it.
        properties: parsed; no rule changes them.
        now: when it arrived, in UTC.
        project: whose event it is.
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
        self.warnings: list[Warned] = []
        self.verdict = Verdict.KEPT
        self.changed: dict[str, Any] | None = None
        self.issue: str | None = None

    def apply(
        self, rule: Rule, message: str = "", *, effect: Effect | None = None, warning: str | None = None
    ) -> bool:
        """Note that a rule applies, unless it is disabled; return whether it does.

        Args:
            rule: the rule.
            message: what to say in the warning, if the rule gives one; without it there is no warning.
            effect: if it is another than the rule's usual one.
            warning: if it is another than the rule's usual one.
        """
        if rule.id not in self.rules:
            if not self.project.applies(rule):
                return False
            self.rules.append(rule.id)
        kind = warning or rule.warning
        if message and kind:
            self.warnings.append(Warned(kind, message, rule.id))
        verdict = _VERDICTS.get(effect or rule.effect)
        if verdict is not None and _SEVERITY[verdict] > _SEVERITY[self.verdict]:
            self.verdict = verdict
        return True

    def change(self, name: str, value: object) -> None:
        """Note that a property is stored with another value.

        Args:
            name: of the property.
            value: as stored; None if the property is removed.
        """
        if self.changed is None:
            self.changed = {}
        self.changed[name] = value

    @property
    def is_dropped(self) -> bool:
        """Whether it goes no further."""
        return self.verdict is Verdict.DROPPED

    def outcome(self) -> Outcome:
        """Return the outcome."""
        return Outcome(self.verdict, tuple(self.rules), tuple(self.warnings), self.changed, self.issue)
