"""The form of a test case for one rule, and functions that look at its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from otel.inspector import RunningInspector
from otel.inspector.rules import ProjectSettings
from tests.inspector.sending import Sender, batch, batch_v1, event

__all__ = [
    "Case", "at", "changed", "dropped", "groups", "identify", "issues", "merged", "personless", "persons",
    "properties_of", "send", "verdicts", "warnings",
]  # fmt: skip

Look = Callable[[RunningInspector], Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A minimal input for a rule, and the expected result.

    Args:
        rule: id of the rule.
        events: events to send in this order, each in a request of its own.
        look: function that reads the result from the inspector.
        sees: result of `look` if the rule applies; without the rule, the result differs.
        settings: settings of the project.
        is_v1: whether to send the events over capture v1.
    """

    rule: str
    events: list[dict[str, Any]]
    look: Look
    sees: Any
    settings: ProjectSettings = field(default_factory=ProjectSettings)
    is_v1: bool = False


def send(sender: Sender, case: Case) -> None:
    """Send a case's events, each of which the capture service accepts."""
    for one in case.events:
        answer = sender.post_v1(batch_v1(one)) if case.is_v1 else sender.post(batch(one))
        assert answer.status == 200, answer.data


def at(**ago: float) -> str:
    """Return a past time as an event's timestamp."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


def identify(
    distinct_id: str, anonymous: Any, name: str = "$identify", updates: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return an event that asks for a merge."""
    other = "$anon_distinct_id" if name == "$identify" else "alias"
    return event(name, distinct_id=distinct_id, properties={other: anonymous, **(updates or {})})


def personless(
    properties: Mapping[str, Any] | None = None, name: str = "opened", **fields: Any
) -> dict[str, Any]:
    """Return an event without person processing."""
    return event(name, properties={"$process_person_profile": False, **(properties or {})}, **fields)


def verdicts(inspector: RunningInspector) -> list[str]:
    """Look at the verdict of each stored event."""
    return [one["outcome"]["verdict"] for one in inspector.good()]


def changed(inspector: RunningInspector) -> dict[str, Any]:
    """Look at the properties that PostHog changes in the last event."""
    values: dict[str, Any] = inspector.good()[-1]["outcome"]["changed"]
    return values


def warnings(inspector: RunningInspector) -> list[str]:
    """Look at the types of the ingestion warnings."""
    return [one["type"] for one in inspector.warnings()]


def dropped(inspector: RunningInspector) -> list[tuple[str, str, str | None]]:
    """Look at the dropped events, each with its rule and warning."""
    return [
        (one["event"], one["rule"], one["warning"])
        for one in inspector.bad()
        if one["verdict"] == "dropped" and one["status"] == 200
    ]


def persons(inspector: RunningInspector) -> list[tuple[list[str], bool]]:
    """Look at the persons: ids, and whether they are identified."""
    return [(sorted(one["distinct_ids"]), one["is_identified"]) for one in inspector.persons()]


def merged(inspector: RunningInspector) -> list[Any]:
    """Look at the persons: ids, number of events, and properties."""
    return [(sorted(one["distinct_ids"]), one["events"], one["properties"]) for one in inspector.persons()]


def properties_of(inspector: RunningInspector) -> list[dict[str, Any]]:
    """Look at the properties of the persons."""
    return [one["properties"] for one in inspector.persons()]


def groups(inspector: RunningInspector) -> list[tuple[str, str, int, dict[str, Any]]]:
    """Look at the groups: type, key, number of events, and properties."""
    return [(one["type"], one["key"], one["events"], one["properties"]) for one in inspector.groups()]


def issues(inspector: RunningInspector) -> list[tuple[str, str, int]]:
    """Look at the issues: type, value, and number of events."""
    return [(one["type"], one["value"], one["captures"]) for one in inspector.errors()]
