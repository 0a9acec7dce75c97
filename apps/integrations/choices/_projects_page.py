"""The choice of Jira projects to follow."""

from __future__ import annotations

from typing import Any

from apps.integrations.choices._checkboxes import selected, with_selection
from apps.integrations.choices.base import Choice, Offer, Page, Saved
from apps.integrations.choices.projects import set_projects
from apps.integrations.connections.token import fresh_token
from apps.integrations.models import Connection, Provider, Trigger
from apps.integrations.providers import jira
from apps.teams.models import Team

__all__ = ["PROJECTS"]


class _ProjectChoice(Choice):
    """The choice among the projects of the connected Jira site."""

    provider = Provider.JIRA

    def chosen(self, team: Team) -> list[str]:
        return [_name(one) for one in self._known(team)]

    def save(self, team: Team, page: Page, trigger: Trigger) -> Saved:  # noqa: ARG002 - nothing is synced
        chosen = [jira.Project(key=one.id, name=one.name) for one in selected(page)]
        set_projects(team, chosen)
        return Saved(projects_count=len(chosen))

    def _ask(self, team: Team, connection: Connection, *, may_keep: bool) -> list[Offer]:  # noqa: ARG002
        found = jira.projects(fresh_token(connection), connection.account_id)
        # A project created between two pages pushes another one onto the next page, so it is read twice.
        return [Offer(id=key, name=name) for key, name in dict(found).items()]

    def _known(self, team: Team) -> list[Offer]:
        return [Offer(id=one.key, name=one.name) for one in team.jira_projects.order_by("key")]

    def _with_form(self, page: Page, team: Team, data: Any, *, is_needed: bool) -> Page:
        return with_selection(
            page,
            data,
            label="Projects",
            chosen=set(team.jira_projects.values_list("key", flat=True)),
            needed="Choose at least one project, or skip this step." if is_needed else "",
            name=_name,
        )


def _name(offer: Offer) -> str:
    return f"{offer.name} ({offer.id})"


PROJECTS: Choice = _ProjectChoice()
