"""The events of a team's first steps."""

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
    """A step of the onboarding was finished.

    Args:
        step: which one.
        repos_count: how many repositories are tracked, in the step that chooses them.
        projects_count: how many Jira projects are followed, in the step that chooses them.
    """

    step: StepName
    repos_count: int | None = None
    projects_count: int | None = None


@event("onboarding_skipped", tier=1, owner="onboarding")
class OnboardingSkipped(TeamEvent):
    """A step of the onboarding was skipped.

    Args:
        step: which one.
        reason: by the user, or because it does not apply.
    """

    step: StepName
    reason: Literal["user", "not_applicable"]


@event("onboarding_completed", tier=1, owner="onboarding")
class OnboardingCompleted(TeamEvent):
    """The last step of the onboarding was left, once per team.

    Args:
        steps_skipped: how many of the four steps were skipped.
        duration_s: seconds since the team was made.
    """

    steps_skipped: int
    duration_s: int


@event("github_connected", tier=1, owner="onboarding")
class GithubConnected(TeamEvent):
    """GitHub was connected during the onboarding.

    Args:
        org_name: the organisation at GitHub.
        member_count: how many members it has there.
    """

    org_name: Organisation
    member_count: int
