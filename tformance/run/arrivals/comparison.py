"""Comparing what arrived with what was to arrive, one for one."""

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

# Seconds. The pipeline sends after 0.2 s, and again after a failure of a second or two.
_PATIENCE = 15.0
# What is too much comes no later than what is right; ten times the pipeline's own delay.
_SETTLING = 2.0


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """Hold what a step was to cause, each with whether it arrived.

    Args:
        step: the step.
        arrivals: what was to arrive, and whether it did.
    """

    step: Step
    arrivals: tuple[tuple[Arrival, bool], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what became of a journey.

    Args:
        steps: with what arrived of each.
        unexpected: what arrived besides.
        rejected: what the inspector or the pipeline refused, in words.
        unkept: what arrived and PostHog would not keep as it was sent, in words.
    """

    steps: tuple[StepOutcome, ...]
    unexpected: tuple[Arrival, ...]
    rejected: tuple[str, ...]
    unkept: tuple[str, ...]

    @property
    def counts(self) -> tuple[int, int]:
        """How many events arrived of those that were to, and how many were to."""
        all_of_them = [arrived for step in self.steps for _, arrived in step.arrivals]
        return sum(all_of_them), len(all_of_them)

    @property
    def is_whole(self) -> bool:
        """Whether everything arrived, and nothing else, and PostHog would keep it."""
        arrived, expected = self.counts
        return arrived == expected and not self.unexpected and not self.rejected and not self.unkept


def await_arrivals(inspector: RunningInspector, names: Names, quarantine: Path, since: float) -> Outcome:
    """Wait until what is to arrive has arrived, or the time for it is over, and compare.

    Args:
        inspector: where it arrives.
        names: of this run's ids.
        quarantine: the folder of rejected events.
        since: when the journey began, in seconds since 1970; what was rejected before is not its own.
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
    """Return each step's outcome, what is left over, and whether everything is there."""
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
    """Give what PostHog accepts and then drops, changes or warns of, each with the rule that says so."""
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
    """Give the groups that PostHog would not know everything of."""
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
            yield f"rejected by the pipeline: {name}: {entry.reject.reason}: {entry.reject.detail}"
