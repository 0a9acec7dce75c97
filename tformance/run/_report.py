"""Showing what arrived of the journey: the events by step, persons, the team, errors, the funnel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel.inspector import RunningInspector
from tformance.run._arrival import Arrival
from tformance.run._comparing import Outcome
from tformance.run._console import BAD, DIM, GOOD, Console
from tformance.run._naming import Names

__all__ = ["show_events", "show_views"]


def show_events(console: Console, outcome: Outcome) -> None:
    """Print what was to arrive, step by step, and what went wrong.

    Args:
        console: where.
        outcome: of the journey.
    """
    console.heading("What arrived in PostHog's stand-in")
    shown = [_columns(one) for step in outcome.steps for one, _ in step.arrivals]
    widths = [max(len(row[column]) for row in shown) for column in range(3)]
    for step in outcome.steps:
        console.line(f"  {step.step.title}")
        if not step.arrivals:
            console.line(console.paint(DIM, "    ✓ nothing, as it is to be"))
        for one, is_there in step.arrivals:
            event, who, team, told = _columns(one)
            cells = f"{event:<{widths[0]}}  {who:<{widths[1]}}  {team:<{widths[2]}}"
            mark = console.paint(GOOD, "✓") if is_there else console.paint(BAD, "✗ missing")
            console.line(f"    {mark} {cells}  {console.paint(DIM, told)}")
    for one in outcome.unexpected:
        row = "  ".join(_columns(one))
        console.line(console.paint(BAD, f"  ✗ unexpected: {row} (session: {one.session or 'none'})"))
    for text in outcome.rejected:
        console.line(console.paint(BAD, f"  ✗ {text}"))
    arrived, expected = outcome.counts
    verdict = f"{arrived} of {expected} events arrived"
    verdict += f", {len(outcome.unexpected)} unexpected, {len(outcome.rejected)} rejected."
    console.line(console.paint(GOOD if outcome.is_whole else BAD, verdict))


def show_views(console: Console, inspector: RunningInspector, names: Names) -> None:
    """Print what PostHog makes of it.

    Args:
        console: where.
        inspector: holds it.
        names: of this run's ids.
    """
    console.heading("Persons")
    persons = [one for one in inspector.persons() if one["is_identified"]]
    _table(console, {_person(names, one): one["properties"] for one in persons}, names)
    console.heading("Teams")
    _table(console, {names.named(one["key"]): one["properties"] for one in inspector.groups()}, names)
    console.heading("Errors")
    for issue in inspector.errors():
        console.line(f"  {issue['type']}: {issue['value']} ({issue['occurrences']} times)")
    console.heading("Funnel")
    console.table(
        [
            [" or ".join(step["events"]), str(step["persons"]), f"{step['conversion']:.0%}"]
            for step in inspector.funnel()["steps"]
        ]
    )


def _person(names: Names, person: Mapping[str, Any]) -> str:
    joined = len(person["distinct_ids"]) - 1
    return f"{names.person(person['distinct_id'])} (and {joined} visitor{'s' * (joined != 1)})"


def _table(console: Console, rows: Mapping[str, Mapping[str, Any]], names: Names) -> None:
    if rows:
        console.table([[who, _told(names.named(properties))] for who, properties in rows.items()])


def _columns(one: Arrival) -> tuple[str, str, str, str]:
    return one.event, one.who, "" if one.team is None else one.team, _told(one.properties)


def _told(properties: Mapping[str, Any]) -> str:
    """Return properties in a line, updates by what they set."""
    parts = []
    for name, value in properties.items():
        if name in ("$set", "$set_once", "$group_set"):
            parts.append(_told(value))
        elif name == "$anon_distinct_id":
            parts.append(f"was {value}")
        else:
            parts.append(f"{name}={_value(value)}")
    return " ".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
