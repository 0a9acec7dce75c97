"""The funnel: how many persons reached each step of a sequence of events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otel.inspector.capture import ReceivedCapture
    from otel.inspector.project.persons import Persons

__all__ = ["DEFAULT_STEPS", "Steps", "funnel", "parse_steps"]

Steps = tuple[tuple[str, ...], ...]
"""The steps of a funnel. Any one of a step's events completes the step."""

# Tformance's path from sign-up to activation (`events.md`, tier 1).
DEFAULT_STEPS: Steps = (
    ("user_signed_up",),
    ("github_connected", "integration_connected"),
    ("onboarding_completed",),
    ("dashboard_first_view",),
)


def parse_steps(text: str) -> Steps:
    """Read steps such as `user_signed_up > github_connected | integration_connected`.

    Args:
        text: steps separated by `>`, and the events of a step by `|`.

    Raises:
        ValueError: if a step is empty.
    """
    steps = tuple(tuple(event.strip() for event in step.split("|")) for step in text.split(">"))
    if not all(event for step in steps for event in step):
        msg = f"the funnel {text!r} has an empty step; write it like 'signed_up > connected | imported'"
        raise ValueError(msg)
    return steps


def funnel(captures: Iterable[ReceivedCapture], persons: Persons, steps: Steps) -> dict[str, Any]:
    """Return how many persons reached each step, and when each person did.

    Args:
        captures: all captures, in any order; their timestamps decide.
        persons: the project's persons, by their distinct ids.
        steps: the steps to complete in order; other events may happen in between.
    """
    wanted = {event for step in steps for event in step}
    times_of: dict[str, list[str]] = {}
    for capture in sorted(
        (one for one in captures if one.event in wanted), key=lambda one: (one.timestamp, one.number)
    ):
        times = times_of.setdefault(persons.key(capture.distinct_id), [])
        if len(times) < len(steps) and capture.event in steps[len(times)]:
            times.append(capture.timestamp)
    reached = [sum(len(times) > position for times in times_of.values()) for position in range(len(steps))]
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
            {"distinct_id": person, "reached": len(times), "times": times}
            for person, times in times_of.items()
            if times
        ],
    }
