"""The view of the analytics tabs."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from apps.metrics.events import AnalyticsViewed
from apps.metrics.filters.view_state import look, remember
from apps.metrics.tabs import TABS, scope_of
from apps.metrics.tabs.empty_state import emptiness
from apps.metrics.views._page import page_context
from apps.metrics.visits import is_seen, is_staying
from apps.teams.current_team.access import TeamRequest, team_required
from otel import record

__all__ = ["tab"]


@team_required
@require_safe
def tab(request: TeamRequest, tab: str) -> HttpResponse:
    """Show an analytics tab.

    A tab counts as viewed when a person comes from elsewhere: another page or tab, a bookmark, a link, the
    back button, or a reload after any of these. Changing a filter does not count as another view.
    """
    if tab not in TABS:
        raise Http404
    chosen, seen = TABS[tab], look(request)
    filters = seen.selection.filters
    if filters != seen.alone.filters:
        return redirect(f"{request.path}?{urlencode(filters.query)}")
    scope = scope_of(seen)
    content = None if scope.is_empty else chosen.content(scope)
    context = {
        **page_context(seen),
        "tab": chosen,
        "content": content,
        "emptiness": None if content else emptiness(seen),
    }
    response = render(request, "metrics/tab.html", context)
    if is_seen(request):
        remember(request, seen, chosen.name)
        if not is_staying(request):
            record(
                AnalyticsViewed(team_slug=seen.team.slug, tab=chosen.name, date_range=filters.period.range)
            )
    return response
