"""The summary of the steps on the last page of the onboarding."""

from __future__ import annotations

from dataclasses import dataclass

from apps.integrations.models import Connection, SlackFeatures
from apps.onboarding.models import Step, StepOutcome
from apps.onboarding.steps import Place, places
from apps.teams.models import Team

__all__ = ["Line", "summary"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the summary.

    Args:
        place: the step and its outcome.
        detail: what was connected or chosen; empty unless the step was completed.
    """

    place: Place
    detail: str


def summary(team: Team) -> list[Line]:
    """Return each step with what was connected or chosen, in five queries.

    Args:
        team: the team that is being set up.
    """
    live = Connection.objects.filter(team=team, disconnected_at=None)
    accounts = dict(live.values_list("provider", "account_name"))
    tracked = team.repositories.filter(is_tracked=True).count()
    projects = team.jira_projects.count()
    channel = SlackFeatures.objects.filter(team=team).values_list("channel_name", flat=True).first()
    details = {
        Step.GITHUB: accounts.get("github", ""),
        Step.REPOS: _counted(tracked, "repository", "repositories"),
        Step.JIRA: _joined(accounts.get("jira"), _counted(projects, "project", "projects")),
        Step.SLACK: _joined(accounts.get("slack"), f"#{channel}" if channel else ""),
    }
    return [
        Line(place=place, detail=details[place.step] if place.outcome is StepOutcome.COMPLETED else "")
        for place in places(team)
    ]


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)
