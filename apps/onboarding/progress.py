"""Reading and saving the steps that a team has completed or skipped."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from apps.onboarding.models import Step, StepOutcome, StepRecord
from apps.teams.models import Team

__all__ = ["is_open", "progress_of", "record_step"]


def progress_of(team: Team) -> dict[str, StepRecord]:
    """Return the record of each step that was completed or skipped, in one query.

    Args:
        team: the team that is being set up.
    """
    return {one.step: one for one in StepRecord.objects.filter(team=team)}


def is_open(step: Step, behind: Mapping[str, StepRecord]) -> bool:
    """Whether a step must still be completed or skipped.

    Args:
        step: the step to check.
        behind: the records of the steps that the team has completed or skipped.
    """
    taken, github = behind.get(step), behind.get(Step.GITHUB)
    if taken is None:
        return True
    # Repositories were skipped and GitHub was connected afterward: now there is something to choose.
    return (
        step is Step.REPOS
        and taken.outcome == StepOutcome.SKIPPED
        and github is not None
        and github.outcome == StepOutcome.COMPLETED
        and github.at > taken.at
    )


def record_step(team: Team, step: Step, outcome: StepOutcome, behind: dict[str, StepRecord]) -> bool:
    """Save the outcome of a step; return False if the step was completed or skipped before.

    Completing a step that was skipped before counts as a new outcome.

    Args:
        team: the team that is being set up; its row must be locked.
        step: the step that was completed or skipped.
        outcome: the outcome of the step.
        behind: the records of the steps that the team has completed or skipped; updated in place.
    """
    taken = behind.get(step)
    if taken is None:
        behind[step] = StepRecord.objects.create(team=team, step=step, outcome=outcome)
        return True
    is_news = (taken.outcome, outcome) == (StepOutcome.SKIPPED, StepOutcome.COMPLETED)
    if is_news or (taken.outcome == outcome and is_open(step, behind)):
        taken.outcome, taken.at = outcome, timezone.now()
        taken.save(update_fields=["outcome", "at"])
    return is_news
