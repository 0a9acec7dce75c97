"""The report on a journey: events by step, persons, teams, errors, the funnel and the taxonomy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel.inspector import RunningInspector
from tformance.run.arrivals.arrival import Arrival
from tformance.run.arrivals.comparison import Outcome
from tformance.run.arrivals.coverage import Coverage, PropertyCover
from tformance.run.arrivals.naming import Names
from tformance.run.console import BAD, DIM, GOOD, Console

__all__ = ["show_events", "show_taxonomy", "show_verdict", "show_views"]

_UPDATES = ("$set", "$set_once", "$group_set")


def show_events(console: Console, outcome: Outcome) -> None:
    """Print the expected events by step, and whether each arrived.

    Args:
        console: the console to print to.
        outcome: the journey's outcome.
    """
    console.heading("Events that arrived")
    rows = [_columns(one) for step in outcome.steps for one, _ in step.arrivals]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for step in outcome.steps:
        console.line(f"  {step.step.title}")
        if not step.arrivals:
            console.line(console.paint(DIM, "    - no events expected"))
        for one, is_there in step.arrivals:
            *named, told = _columns(one)
            cells = "  ".join(cell.ljust(width) for cell, width in zip(named, widths, strict=True))
            told = console.fit(told, before=len(cells) + 8)
            if is_there:
                console.line(f"    {console.paint(GOOD, '✓')} {cells}  {console.paint(DIM, told)}")
            else:
                console.line(console.paint(BAD, f"    ✗ {cells}  {told}"))


def show_views(console: Console, inspector: RunningInspector, names: Names) -> None:
    """Print what PostHog shows: persons, teams, errors and the funnel.

    Args:
        console: the console to print to.
        inspector: the inspector that received the events.
        names: the names for this run's ids.
    """
    persons = [one for one in inspector.persons() if one["is_identified"]]
    console.heading("Persons")
    for one in persons:
        others = len(one["distinct_ids"]) - 1
        who = names.person(one["distinct_id"])
        console.line(
            f"  {who}, {one['events']} events, known before as {others} visitor{'s' * (others != 1)}"
        )
        console.line(console.paint(DIM, console.fit(f"    {_told(one['properties'])}")))
    console.heading("Teams")
    for one in inspector.groups():
        console.line(f"  {one['properties'].get('name', one['key'])}, {one['events']} events")
        console.line(console.paint(DIM, console.fit(f"    {_told(one['properties'])}")))
    console.heading("Errors")
    for one in inspector.errors():
        console.line(console.fit(f"  {one['type']}: {one['value']} ({one['occurrences']} times)"))
    console.heading("Funnel")
    steps = inspector.funnel()["steps"]
    console.table(
        [[" or ".join(one["events"]), str(one["persons"]), f"{one['conversion']:.0%}"] for one in steps]
    )


def show_taxonomy(console: Console, coverage: Coverage) -> None:
    """Print the coverage of the taxonomy.

    Args:
        console: the console to print to.
        coverage: the taxonomy's coverage.
    """
    events = [row for row in coverage.rows if row.tier is not None]
    properties = [one for row in coverage.rows for one in row.properties]
    counts = (
        f"{sum(row.times > 0 for row in events)} of {len(events)} events and "
        f"{sum(one.is_seen for one in properties)} of {len(properties)} properties"
    )
    console.heading(f"Taxonomy: {counts} occurred (in brackets what did not)")
    name_width = max(len(row.name) for row in coverage.rows)
    times_width = max(len(str(row.times)) for row in coverage.rows)
    for row in coverage.rows:
        head = f"{row.tier or ' '} {row.name.ljust(name_width)}  {str(row.times).rjust(times_width)}  "
        if row.times:
            told = console.wrap([_covered(one) for one in row.properties], before=len(head) + 4)
            console.line(f"  {console.paint(GOOD, '✓')} {head}{console.paint(DIM, told)}")
        else:
            console.line(console.paint(DIM, f"  · {head}".rstrip()))
    for text in coverage.undeclared:
        console.line(console.paint(BAD, f"  ✗ {text}"))


def show_verdict(console: Console, outcome: Outcome) -> None:
    """Print what went wrong, and whether all expected events arrived.

    Args:
        console: the console to print to.
        outcome: the journey's outcome.
    """
    console.line()
    for step in outcome.steps:
        for one, is_there in step.arrivals:
            if not is_there:
                console.line(console.paint(BAD, f"✗ missing: {_in_words(one)}"))
    for one in outcome.unexpected:
        console.line(console.paint(BAD, f"✗ unexpected: {_in_words(one)}"))
    for text in (*outcome.rejected, *outcome.unkept):
        console.line(console.paint(BAD, f"✗ {text}"))
    arrived, expected = outcome.counts
    counts = f"{arrived} of {expected} events arrived"
    besides = f"{len(outcome.unexpected)} unexpected, {len(outcome.rejected)} rejected"
    kept = (
        f"{len(outcome.unkept)} dropped, changed or warned of by PostHog"
        if outcome.unkept
        else ("PostHog would keep all of them")
    )
    console.line(console.paint(GOOD if outcome.is_whole else BAD, f"{counts}; {besides}; {kept}."))


def _columns(one: Arrival) -> tuple[str, str, str, str]:
    return one.event, one.who, one.team or "", _told(one.properties)


def _in_words(one: Arrival) -> str:
    return f"{one.event} of {one.who}, team: {one.team}, session: {one.session}, {_told(one.properties)}"


def _told(properties: Mapping[str, Any]) -> str:
    """Return properties on one line, with updates flattened."""
    parts = []
    for name, value in properties.items():
        if name in _UPDATES:
            parts.append(_told(value))
        elif name == "$anon_distinct_id":
            parts.append(f"was {value}")
        else:
            parts.append(f"{name}={_value(value)}")
    return " ".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _covered(one: PropertyCover) -> str:
    """Return a property with its choices; what did not occur is in parentheses."""
    choices = "|".join(choice if is_seen else f"({choice})" for choice, is_seen in one.choices)
    told = f"{one.name}={choices}" if choices else one.name
    return told if one.is_seen else f"({one.name})"
