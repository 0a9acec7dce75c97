"""Events of the onboarding app."""

from __future__ import annotations

from typing import Literal

from otel.events import Organisation, TeamEvent, event

__all__ = [
    "GithubConnected",
    "OnboardingCompleted",
    "OnboardingSkipped",
    "OnboardingStepCompleted",
    "StepName",
]

StepName = Literal["github", "repos", "jira", "slack"]


@event("onboarding_step_completed", tier=1, owner="onboarding")
class OnboardingStepCompleted(TeamEvent):
    """A step of the onboarding was completed.

    Args:
        step: Onboarding step that was completed.
        repos_count: Number of tracked repositories, if the step selects repositories.
        projects_count: Number of selected Jira projects, if the step selects projects.
    """

    step: StepName
    repos_count: int | None = None
    projects_count: int | None = None


@event("onboarding_skipped", tier=1, owner="onboarding")
class OnboardingSkipped(TeamEvent):
    """A step of the onboarding was skipped.

    Args:
        step: Onboarding step that was skipped.
        reason: Whether the user skipped the step or the step does not apply.
    """

    step: StepName
    reason: Literal["user", "not_applicable"]


@event("onboarding_completed", tier=1, owner="onboarding")
class OnboardingCompleted(TeamEvent):
    """The onboarding was finished; recorded once per team.

    Args:
        steps_skipped: Number of skipped steps, out of four.
        duration_s: Seconds since the team was created.
    """

    steps_skipped: int
    duration_s: int


@event("github_connected", tier=1, owner="onboarding")
class GithubConnected(TeamEvent):
    """GitHub was connected during the onboarding.

    Args:
        org_name: Name of the GitHub organization.
        member_count: Number of members of the GitHub organization.
    """

    org_name: Organisation
    member_count: int
