"""One look at the metrics: at whose, when, and through which filters; what was looked at last is remembered.

The session keeps, for each team, what was looked at last. It fills in what an address does not say, and tells
a changed filter from one that is only there again.
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
    """Be one look.

    Args:
        team: at whose metrics.
        now: when.
        repositories: from which one can choose: the name of each by its primary key.
        selection: through which filters.
        alone: what the address says by itself, and would show to somebody who has looked at nothing before.
    """

    team: Team
    now: datetime
    repositories: dict[int, str]
    selection: Selection
    alone: Selection

    def read(self, said: QueryDict, before: Selection | None = None) -> Selection:
        """Return what an address means to this team.

        Args:
            said: by the address.
            before: what holds where the address says nothing.
        """
        return read_selection(said, available=self.repositories, today=self.now.date(), before=before)


def look(request: TeamRequest) -> MetricsView:
    """Read what a request looks at, in one query.

    Args:
        request: a member's.
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
    """Remember what was looked at, and record what differs from before; who looks at the same pays no query.

    Args:
        request: a member's.
        seen: what it looked at.
        page: where.
    """
    if _changed(_of_team(request.session, request.team), seen, page) is None:
        return
    with transaction.atomic():
        # Of a double click's two requests the second waits here, and finds that nothing has changed.
        row = Session.objects.select_for_update().filter(pk=request.session.session_key).first()
        if row is None:
            return  # logged out meanwhile, in another tab
        stored = row.get_decoded()
        before = _of_team(stored, request.team)
        selection = _changed(before, seen, page)
        if selection is not None:
            _record(seen.read(QueryDict(before)), selection, seen.team, page)
            by_team = stored.get(_SESSION_KEY, {}) | {str(seen.team.public_id): selection.query}
            request.session[_SESSION_KEY] = by_team
            request.session.save()
            request.session.modified = False  # it is saved


def _changed(before: str, seen: MetricsView, page: Page) -> Selection | None:
    """Return what is to be remembered, None if it is remembered already."""
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
    """Return what the session remembers of a team, as an address says it; empty for a first look."""
    return str(session.get(_SESSION_KEY, {}).get(str(team.public_id), ""))


def _choosable(team: Team) -> dict[int, str]:
    """Return the repositories that are synced, or were: an organisation has many that nobody has chosen."""
    was_synced = Exists(PullRequest.objects.filter(repository=OuterRef("pk")))
    chosen = team.repositories.filter(Q(is_tracked=True) | was_synced).order_by(Lower("full_name"), "pk")
    return dict(chosen.values_list("pk", "full_name"))
