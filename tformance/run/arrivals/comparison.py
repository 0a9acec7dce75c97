"""Comparison of the events that arrived with the expected events."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from otel.inspector import RunningInspector
from otel.outcomes.quarantine import Quarantine
from tformance.run._journey import STEPS, Step
from tformance.run.arrivals.arrival import Arrival
from tformance.run.arrivals.coverage import taxonomy
from tformance.run.arrivals.naming import Names

__all__ = ["Outcome", "StepOutcome", "await_arrivals"]

# Seconds. The pipeline sends after 0.2 s, and retries a second or two after a failure.
_PATIENCE = 15.0
# Seconds to wait for unexpected events: ten times the pipeline's delay.
_SETTLING = 2.0


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """The expected events of a step, each with whether it arrived.

    Args:
        step: the step.
        arrivals: pairs of an expected event and whether it arrived.
    """

    step: Step
    arrivals: tuple[tuple[Arrival, bool], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a journey.

    Args:
        steps: the outcome of each step.
        unexpected: the events that arrived and were not expected.
        rejected: messages about events that the inspector or the pipeline rejected.
        unkept: messages about events that PostHog would drop, change or warn about.
    """

    steps: tuple[StepOutcome, ...]
    unexpected: tuple[Arrival, ...]
    rejected: tuple[str, ...]
    unkept: tuple[str, ...]

    @property
    def counts(self) -> tuple[int, int]:
        """The number of expected events that arrived, and the number of expected events."""
        all_of_them = [arrived for step in self.steps for _, arrived in step.arrivals]
        return sum(all_of_them), len(all_of_them)

    @property
    def is_whole(self) -> bool:
        """Whether exactly the expected events arrived, and PostHog would keep them unchanged."""
        arrived, expected = self.counts
        return arrived == expected and not self.unexpected and not self.rejected and not self.unkept


def await_arrivals(inspector: RunningInspector, names: Names, quarantine: Path, since: float) -> Outcome:
    """Wait until the expected events have arrived or a timeout is over, then compare.

    Args:
        inspector: the inspector that receives the events.
        names: the names for this run's ids.
        quarantine: the folder of rejected events.
        since: the start of the journey, in seconds since 1970; earlier rejections are ignored.
    """
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and not _compare(STEPS, _arrived(inspector, names))[2]:
        time.sleep(0.1)
    time.sleep(_SETTLING)
    steps, unexpected, _ = _compare(STEPS, _arrived(inspector, names))
    rejected = (*_refused(inspector), *_quarantined(quarantine, since))
    return Outcome(steps, unexpected, rejected, (*_unkept(inspector), *_incomplete(inspector)))


def _arrived(inspector: RunningInspector, names: Names) -> list[Arrival]:
    captures = inspector.good()
    names.learn(captures)
    return [names.arrival(capture) for capture in captures]


def _compare(
    steps: Sequence[Step], arrived: list[Arrival]
) -> tuple[tuple[StepOutcome, ...], tuple[Arrival, ...], bool]:
    """Return each step's outcome, the unexpected events, and whether all expected events arrived."""
    left = list(arrived)

    def take(wanted: Arrival) -> bool:
        if wanted not in left:
            return False
        left.remove(wanted)
        return True

    outcomes = tuple(StepOutcome(step, tuple((one, take(one)) for one in step.arrives)) for step in steps)
    is_all = all(is_there for outcome in outcomes for _, is_there in outcome.arrivals)
    return outcomes, tuple(left), is_all


def _refused(inspector: RunningInspector) -> Iterable[str]:
    for one in inspector.bad():
        if one["verdict"] != "dropped":
            yield f"refused by the inspector with {one['status']}: {one['reason']}: {one['body']}"


def _unkept(inspector: RunningInspector) -> Iterable[str]:
    """Yield a message for each event that PostHog would drop, change or warn about, with the rule."""
    for one in inspector.bad():
        if one["verdict"] == "dropped":
            what = f"{one['event']} of {one['distinct_id']}"
            yield f"dropped by PostHog: {what}: {one['reason']} ({one['rule']})"
    for one in inspector.good():
        outcome = one["outcome"]
        rules = ", ".join(outcome["rules"])
        if outcome["verdict"] != "kept":
            yield f"{outcome['verdict']} at PostHog: {one['event']} of {one['distinct_id']} ({rules})"
        for warning in outcome["warnings"]:
            yield f"warned of by PostHog: {one['event']}: {warning['message']} ({warning['rule']})"


def _incomplete(inspector: RunningInspector) -> Iterable[str]:
    """Yield a message for each group that lacks declared properties at PostHog."""
    registry = taxonomy()
    for group in inspector.groups():
        declared = registry.properties(group["type"])
        missing = sorted(set(declared.properties if declared else ()) - set(group["properties"]))
        if missing:
            yield f"the {group['type']} {group['key']} has no {', '.join(missing)} at PostHog"


def _quarantined(folder: Path, since: float) -> Iterable[str]:
    for entry in Quarantine(folder).entries():
        if entry.time >= since:
            name = getattr(entry.item, "event", None) or getattr(entry.item, "name", "")
            yield f"rejected by the pipeline: {name}: {entry.rejection.reason}: {entry.rejection.detail}"
