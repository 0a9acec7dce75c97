"""The funnel: how far each person came along a row of events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otel.inspector.capture import ReceivedCapture
    from otel.inspector.project.persons import Persons

__all__ = ["DEFAULT_STEPS", "Steps", "funnel", "parse_steps"]

Steps = tuple[tuple[str, ...], ...]
"""Each step is fulfilled by any one of its events."""

# Tformance's way from sign-up to activation (`events.md`, tier 1).
DEFAULT_STEPS: Steps = (
    ("user_signed_up",),
    ("github_connected", "integration_connected"),
    ("onboarding_completed",),
    ("dashboard_first_view",),
)


def parse_steps(text: str) -> Steps:
    """Read steps such as `user_signed_up > github_connected | integration_connected`.

    Args:
        text: steps divided by `>`, the events of a step by `|`.

    Raises:
        ValueError: if a step is empty.
    """
    steps = tuple(tuple(event.strip() for event in step.split("|")) for step in text.split(">"))
    if not all(event for step in steps for event in step):
        msg = f"a step of the funnel {text!r} is empty; write it like 'signed_up > connected | imported'"
        raise ValueError(msg)
    return steps


def funnel(captures: Iterable[ReceivedCapture], persons: Persons, steps: Steps) -> dict[str, Any]:
    """Return how many persons reached each step, and each person's way, in the order of time.

    Args:
        captures: all that are kept.
        persons: who is behind their distinct ids.
        steps: what is to happen, in this order, whatever happens in between.
    """
    wanted = {event for step in steps for event in step}
    ways: dict[str, list[str]] = {}
    for capture in sorted(
        (one for one in captures if one.event in wanted), key=lambda one: (one.timestamp, one.number)
    ):
        way = ways.setdefault(persons.key(capture.distinct_id), [])
        if len(way) < len(steps) and capture.event in steps[len(way)]:
            way.append(capture.timestamp)
    reached = [sum(len(way) > position for way in ways.values()) for position in range(len(steps))]
    return {
        "steps": [
            {
                "events": list(step),
                "persons": count,
                "conversion": round(count / reached[0], 4) if reached[0] else 0.0,
            }
            for step, count in zip(steps, reached, strict=True)
        ],
        "persons": [
            {"distinct_id": person, "reached": len(way), "times": way} for person, way in ways.items() if way
        ],
    }
