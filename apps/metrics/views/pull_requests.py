"""The view of the list of pull requests."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from apps.metrics.filters.summary import selected
from apps.metrics.filters.view_state import look, remember
from apps.metrics.models import PullRequestState
from apps.metrics.pull_requests.columns import headings
from apps.metrics.pull_requests.listing import AI_CHOICES, Listing
from apps.metrics.sizes import SIZES
from apps.metrics.tabs.empty_state import emptiness
from apps.metrics.views._page import page_context
from apps.metrics.visits import is_seen
from apps.teams.current_team.access import TeamRequest, team_required

__all__ = ["pull_requests"]

# As many as a person can scroll through.
_ROWS_PER_PAGE = 50


@team_required
@require_safe
def pull_requests(request: TeamRequest) -> HttpResponse:
    """List the pull requests that were opened in the selected range."""
    seen = look(request)
    selection = seen.selection
    if selection != seen.alone:
        return redirect(f"{request.path}?{selection.query}")
    found = selected(seen).select_related("repository")
    page = Paginator(found, _ROWS_PER_PAGE).get_page(request.GET.get("page"))
    all_of_range = [*selection.filters.query, *Listing(sort=selection.listing.sort).query]
    context = {
        **page_context(seen),
        "page": page,
        "listing": selection.listing,
        "list_query": selection.query,
        "unfiltered_query": urlencode(all_of_range),
        "headings": headings(selection),
        "states": PullRequestState.choices,
        "ai_choices": AI_CHOICES.items(),
        "sizes": SIZES,
        "authors": seen.team.pull_requests.order_by("author").values_list("author", flat=True).distinct(),
        "emptiness": None if page.object_list else emptiness(seen),
    }
    response = render(request, "metrics/pull_requests.html", context)
    if is_seen(request):
        remember(request, seen, "pr_list")
    return response
