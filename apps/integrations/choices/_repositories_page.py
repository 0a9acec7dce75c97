"""The choice of repositories to track."""

from __future__ import annotations

from typing import Any

from apps.integrations.choices._checkboxes import selected, with_selection
from apps.integrations.choices.base import Choice, Offer, Page, Saved
from apps.integrations.choices.repositories import refresh_repositories, set_tracked, visible_repositories
from apps.integrations.models import Connection, Provider, Trigger
from apps.integrations.sync.requests import request_syncs
from apps.teams.models import Team

__all__ = ["REPOSITORIES"]


class _RepositoryChoice(Choice):
    """The choice among the repositories of the connected GitHub organization."""

    provider = Provider.GITHUB

    def chosen(self, team: Team) -> list[str]:
        tracked = team.repositories.filter(is_tracked=True)
        return list(tracked.order_by("full_name", "pk").values_list("full_name", flat=True))

    def save(self, team: Team, page: Page, trigger: Trigger) -> Saved:
        choice = set_tracked(team, {int(one.id) for one in selected(page)})
        request_syncs(team, trigger, choice.started)
        return Saved(repos_count=len(choice.tracked))

    def _ask(self, team: Team, connection: Connection, *, may_keep: bool) -> list[Offer]:
        if may_keep:
            kept = refresh_repositories(team, connection)
            return [Offer(id=str(one.external_id), name=one.full_name) for one in kept]
        return [Offer(id=str(one.id), name=one.full_name) for one in visible_repositories(connection)]

    def _known(self, team: Team) -> list[Offer]:
        known = team.repositories.order_by("full_name", "pk")
        return [Offer(id=str(one.external_id), name=one.full_name) for one in known]

    def _with_form(self, page: Page, team: Team, data: Any, *, is_needed: bool) -> Page:
        tracked = team.repositories.filter(is_tracked=True).values_list("external_id", flat=True)
        return with_selection(
            page,
            data,
            label="Repositories",
            chosen={str(one) for one in tracked},
            needed="Choose at least one repository, or skip this step." if is_needed else "",
            name=lambda offer: offer.name,
        )


REPOSITORIES: Choice = _RepositoryChoice()
