"""PostHog's rules, in one table, and what they make of an event after it was accepted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import orjson

from otel.inspector.capture import Incoming, Outcome, Warned
from otel.inspector.rules import (
    definitions,
    edge,
    envelope,
    exceptions,
    frames,
    groups,
    merging,
    personless,
    persons,
)
from otel.inspector.rules._project import Event, Project, ProjectSettings
from otel.inspector.rules._rule import Effect, Rule

__all__ = ["RULES", "Effect", "Project", "ProjectSettings", "Rule", "ingest"]

RULES: Mapping[str, Rule] = {
    rule.id: rule
    for module in (edge, personless, groups, merging, persons, envelope, definitions, exceptions, frames)
    for rule in module.RULES
}
"""Every rule by its id."""


def ingest(incoming: Incoming, now: datetime, project: Project) -> Outcome:
    """Return what PostHog makes of an accepted event, and change the project's state accordingly.

    Args:
        incoming: as the door read it.
        now: when it arrived, in UTC.
        project: whose event it is.
    """
    properties = orjson.loads(incoming.properties) if incoming.parsed is None else incoming.parsed
    event = Event(incoming, properties, now, project)
    for rule in incoming.door_rules:
        event.apply(RULES[rule])
    event.warnings.extend(Warned(*warning) for warning in incoming.warnings)
    _process(event, len(incoming.properties))
    return event.outcome()


# What may drop an event; the last two look only at PostHog's own events.
_CHECKS = (personless.decide, envelope.check_age)
_CHECKS_OF_POSTHOGS = (*_CHECKS, groups.check_key, merging.check_ids)


def _process(event: Event, size: int) -> None:
    """Take one event through ingestion, as far as it comes."""
    envelope.check_size(event, size)
    if event.is_dropped:
        return
    if event.name == "$exception":  # goes a way of its own (EX-15)
        envelope.check(event)
        exceptions.process(event)
        definitions.learn(event)
        return
    for check in _CHECKS_OF_POSTHOGS if event.name[:1] == "$" else _CHECKS:
        check(event)
        if event.is_dropped:
            return
    envelope.check(event)
    _process_person_and_groups(event)
    definitions.learn(event)


def _process_person_and_groups(event: Event) -> None:
    if event.name == "$$heatmap":
        persons.ignore_updates(event)
    elif event.is_personful:
        persons.process(event)
        if not event.is_dropped:
            groups.file_in_groups(event)
            groups.update_group(event)
    else:
        personless.process(event)
