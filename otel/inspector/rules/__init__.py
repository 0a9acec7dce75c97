"""PostHog's ingestion rules in one table, and their application to an accepted event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import orjson

from otel.inspector.capture import Incoming, IngestionWarning, Outcome
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
    """Apply the rules to an accepted event, update the project's state, and return the outcome.

    Args:
        incoming: the event as the capture service read it.
        now: when the event arrived, in UTC.
        project: the project that receives the event.
    """
    properties = orjson.loads(incoming.properties) if incoming.parsed is None else incoming.parsed
    event = Event(incoming, properties, now, project)
    for rule in incoming.edge_rules:
        event.apply(RULES[rule])
    event.warnings.extend(IngestionWarning(*warning) for warning in incoming.warnings)
    _process(event, len(incoming.properties))
    return event.outcome()


# The checks that may drop an event; the last two concern only PostHog's own events.
_CHECKS = (personless.decide, envelope.check_age)
_CHECKS_OF_POSTHOG_EVENTS = (*_CHECKS, groups.check_key, merging.check_ids)


def _process(event: Event, size: int) -> None:
    """Take an event through the steps of ingestion until it is stored or dropped."""
    envelope.check_size(event, size)
    if event.is_dropped:
        return
    if event.name == "$exception":  # PostHog has a separate pipeline for exceptions (EX-15)
        envelope.check(event)
        exceptions.process(event)
        definitions.learn(event)
        return
    for check in _CHECKS_OF_POSTHOG_EVENTS if event.name[:1] == "$" else _CHECKS:
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
