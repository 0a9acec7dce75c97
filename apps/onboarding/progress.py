"""The steps that a team has behind it, as the database holds them."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from apps.onboarding.models import Step, StepOutcome, StepRecord
from apps.teams.models import Team

__all__ = ["is_open", "progress_of", "record_step"]


def progress_of(team: Team) -> dict[str, StepRecord]:
    """Return the record of each step that was done or skipped, in one query.

    Args:
        team: whose onboarding.
    """
    return {one.step: one for one in StepRecord.objects.filter(team=team)}


def is_open(step: Step, behind: Mapping[str, StepRecord]) -> bool:
    """Whether a step is still to be done or skipped.

    Args:
        step: which one.
        behind: what is behind the team.
    """
    taken, github = behind.get(step), behind.get(Step.GITHUB)
    if taken is None:
        return True
    # Repositories were skipped for want of GitHub, which has come since: now there is something to choose.
    return (
        step is Step.REPOS
        and taken.outcome == StepOutcome.SKIPPED
        and github is not None
        and github.outcome == StepOutcome.COMPLETED
        and github.at > taken.at
    )


def record_step(team: Team, step: Step, outcome: StepOutcome, behind: dict[str, StepRecord]) -> bool:
    """Write what has become of a step; true if that is news, which a step done or skipped again is not.

    Args:
        team: whose onboarding, locked.
        step: which one.
        outcome: what has become of it.
        behind: what is behind the team, which is brought up to date.
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
