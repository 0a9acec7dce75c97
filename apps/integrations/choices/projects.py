"""Saving of the Jira projects that a team follows."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from apps.integrations.models import JiraProject
from apps.integrations.providers.jira import Project
from apps.teams.models import Team

__all__ = ["set_projects"]


@transaction.atomic
def set_projects(team: Team, projects: Collection[Project]) -> None:
    """Make a team follow these projects and no others.

    Args:
        team: the team.
        projects: all projects to follow.
    """
    team.jira_projects.exclude(key__in=[one.key for one in projects]).delete()
    JiraProject.objects.bulk_create(
        [JiraProject(team=team, key=one.key, name=one.name) for one in projects],
        update_conflicts=True,
        unique_fields=["team", "key"],
        update_fields=["name"],
    )
