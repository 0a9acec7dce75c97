"""Completing and skipping the steps of the onboarding, and finishing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from django.db import transaction
from django.utils import timezone

from apps.onboarding.events import (
    OnboardingCompleted,
    OnboardingSkipped,
    OnboardingStepCompleted,
    StepName,
)
from apps.onboarding.models import Step, StepOutcome, StepRecord
from apps.onboarding.progress import is_open, progress_of, record_step
from apps.teams.models import Team
from apps.teams.properties import TeamProperties
from apps.teams.telemetry import identity_in
from apps.users.models import User
from otel import record, set_group

__all__ = ["Place", "SkipReason", "complete", "finish", "next_step", "places", "skip"]

SkipReason = Literal["user", "not_applicable"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A step as a page shows it.

    Args:
        step: the step.
        outcome: the outcome of the step; None while it is open.
    """

    step: Step
    outcome: StepOutcome | None


def places(team: Team) -> list[Place]:
    """Return the steps in order, in one query.

    Args:
        team: the team that is being set up.
    """
    behind = progress_of(team)
    return [
        Place(step=step, outcome=None if is_open(step, behind) else StepOutcome(behind[step].outcome))
        for step in Step
    ]


def next_step(team: Team) -> Step | None:
    """Return the first open step, or None if every step was completed or skipped.

    Args:
        team: the team that is being set up.
    """
    return next((place.step for place in places(team) if place.outcome is None), None)


@transaction.atomic
def complete(
    team: Team,
    step: Step,
    *,
    user: User,
    repos_count: int | None = None,
    projects_count: int | None = None,
) -> bool:
    """Complete a step, also if it was skipped before.

    Return False if the step was completed before or the onboarding is finished.

    Args:
        team: the team that is being set up.
        step: the step to complete.
        user: the person who completed the step.
        repos_count: the number of tracked repositories, if the step selects repositories.
        projects_count: the number of selected Jira projects, if the step selects projects.
    """
    locked = _locked(team)
    if locked.onboarded_at or not record_step(locked, step, StepOutcome.COMPLETED, progress_of(locked)):
        return False
    record(
        OnboardingStepCompleted(
            team_slug=locked.slug,
            step=_name(step),
            repos_count=repos_count,
            projects_count=projects_count,
        ),
        identity=identity_in(user, locked),
    )
    return True


@transaction.atomic
def skip(team: Team, step: Step, reason: SkipReason, *, user: User) -> bool:
    """Skip a step; return False if it was completed or skipped before, or the onboarding is finished.

    Without GitHub there are no repositories to choose, so skipping GitHub also skips the repositories.

    Args:
        team: the team that is being set up.
        step: the step to skip.
        reason: whether the user skipped the step or the step does not apply.
        user: the person who skipped the step.
    """
    locked = _locked(team)
    return not locked.onboarded_at and _skip(locked, step, reason, user, progress_of(locked))


@transaction.atomic
def finish(team: Team, *, user: User) -> bool:
    """Finish the onboarding and skip the open steps; return False if it was finished before.

    Args:
        team: the team that is being set up.
        user: the person who finished the onboarding.
    """
    locked = _locked(team)
    if locked.onboarded_at:
        return False
    behind = progress_of(locked)
    for step in Step:
        if is_open(step, behind):
            _skip(locked, step, "user", user, behind)
    locked.onboarded_at = timezone.now()
    locked.save(update_fields=["onboarded_at"])
    record(
        OnboardingCompleted(
            team_slug=locked.slug,
            steps_skipped=sum(one.outcome == StepOutcome.SKIPPED for one in behind.values()),
            duration_s=int((locked.onboarded_at - locked.created_at).total_seconds()),
        ),
        identity=identity_in(user, locked),
    )
    set_group(TeamProperties(onboarding_complete=True), key=str(locked.public_id))
    return True


def _locked(team: Team) -> Team:
    """Lock the team's row and read it again, so that concurrent requests see each other's changes."""
    return Team.objects.select_for_update().get(pk=team.pk)


def _skip(team: Team, step: Step, reason: SkipReason, user: User, behind: dict[str, StepRecord]) -> bool:
    if not record_step(team, step, StepOutcome.SKIPPED, behind):
        return False
    event = OnboardingSkipped(team_slug=team.slug, step=_name(step), reason=reason)
    record(event, identity=identity_in(user, team))
    if step is Step.GITHUB:
        _skip(team, Step.REPOS, "not_applicable", user, behind)
    return True


def _name(step: Step) -> StepName:
    return cast("StepName", step.value)
