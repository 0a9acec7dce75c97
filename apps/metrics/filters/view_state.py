"""The state of a metrics page: team, time and filters; the session remembers the last selection.

The session stores the last selection of each team. The remembered selection supplies the filters that a query
string does not contain, and shows whether a filter was changed or is only repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.http import QueryDict
from django.utils import timezone

from apps.metrics.events import DateFilterChanged, Page, PrListFiltered, RepoFilterApplied
from apps.metrics.filters.selection import Selection, read_selection
from apps.metrics.models import PullRequest
from apps.teams.current_team.access import TeamRequest
from apps.teams.models import Team
from otel import record

__all__ = ["MetricsView", "look", "remember"]

_SESSION_KEY = "metrics"


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsView:
    """A person's view of a team's metrics.

    Args:
        team: the team whose metrics are shown.
        now: the time of the request.
        repositories: the names of the repositories that can be selected, by primary key.
        selection: the filters in effect.
        alone: the selection that the query string means by itself, without a remembered selection.
    """

    team: Team
    now: datetime
    repositories: dict[int, str]
    selection: Selection
    alone: Selection

    def read(self, params: QueryDict, before: Selection | None = None) -> Selection:
        """Return the selection that a query string means for this team.

        Args:
            params: the query string's parameters.
            before: the selection to use for missing parameters.
        """
        return read_selection(params, available=self.repositories, today=self.now.date(), before=before)


def look(request: TeamRequest) -> MetricsView:
    """Return the view that a request asks for, in one query.

    Args:
        request: the member's request.
    """
    blank = MetricsView(
        team=request.team,
        now=timezone.now(),
        repositories=_choosable(request.team),
        selection=Selection(),
        alone=Selection(),
    )
    before = blank.read(QueryDict(_of_team(request.session, request.team)))
    selection = blank.read(request.GET, before)
    return replace(blank, selection=selection, alone=blank.read(request.GET))


def remember(request: TeamRequest, seen: MetricsView, page: Page) -> None:
    """Remember the selection, and record which filters were changed; an unchanged selection costs no query.

    Args:
        request: the member's request.
        seen: the view that was shown.
        page: the page that showed it.
    """
    if _changed(_of_team(request.session, request.team), seen, page) is None:
        return
    with transaction.atomic():
        # The second request of a double click waits here, and then finds that nothing has changed.
        row = Session.objects.select_for_update().filter(pk=request.session.session_key).first()
        if row is None:
            return  # the person has logged out in another tab
        stored = row.get_decoded()
        before = _of_team(stored, request.team)
        selection = _changed(before, seen, page)
        if selection is not None:
            _record(seen.read(QueryDict(before)), selection, seen.team, page)
            by_team = stored.get(_SESSION_KEY, {}) | {str(seen.team.public_id): selection.query}
            request.session[_SESSION_KEY] = by_team
            request.session.save()
            request.session.modified = False  # already saved


def _changed(before: str, seen: MetricsView, page: Page) -> Selection | None:
    """Return the selection to remember, or None if it is already remembered."""
    remembered = seen.read(QueryDict(before))
    # Only the list shows its own filters.
    selection = seen.selection if page == "pr_list" else replace(seen.selection, listing=remembered.listing)
    return None if selection == remembered else selection


def _record(before: Selection, after: Selection, team: Team, page: Page) -> None:
    period, previous = after.filters.period, before.filters.period
    if period != previous:
        record(
            DateFilterChanged(
                team_slug=team.slug, date_range=period.range, previous_range=previous.range, page=page
            )
        )
    repositories = after.filters.repositories
    if repositories != before.filters.repositories:
        record(RepoFilterApplied(team_slug=team.slug, repos_count=len(repositories), page=page))
    if after.listing != before.listing:
        record(PrListFiltered(team_slug=team.slug, filters=after.listing.names, sort=after.listing.sort))


def _of_team(session: Any, team: Team) -> str:
    """Return the query string that the session remembers for a team; empty on the first visit."""
    return str(session.get(_SESSION_KEY, {}).get(str(team.public_id), ""))


def _choosable(team: Team) -> dict[int, str]:
    """Return the repositories that are or were synced; an organization has many others that nobody chose."""
    was_synced = Exists(PullRequest.objects.filter(repository=OuterRef("pk")))
    chosen = team.repositories.filter(Q(is_tracked=True) | was_synced).order_by(Lower("full_name"), "pk")
    return dict(chosen.values_list("pk", "full_name"))
