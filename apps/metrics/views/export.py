"""The view that exports the list as a file."""

from __future__ import annotations

from typing import cast

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from apps.metrics.events import PrListExported
from apps.metrics.filters.summary import is_all, selected
from apps.metrics.filters.view_state import look
from apps.metrics.pull_requests.export import stream, stream_async
from apps.metrics.visits import is_seen
from apps.teams.current_team.access import TeamRequest, team_required
from otel import record

__all__ = ["export"]


@team_required
@require_safe
def export(request: TeamRequest) -> HttpResponse:
    """Send the list as CSV; the export is recorded after the last chunk, not if the client disconnects."""
    seen = look(request)
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": (
            f'attachment; filename="pull-requests-{seen.team.slug}-{seen.now:%Y-%m-%d}.csv"'
        ),
    }
    if request.method == "HEAD":
        return HttpResponse(headers=headers)

    def done(rows: int) -> None:
        if is_seen(request):
            record(
                PrListExported(
                    team_slug=seen.team.slug, format="csv", row_count=rows, has_filters=not is_all(seen)
                )
            )

    found = selected(seen)
    chunks = stream_async(found, done) if isinstance(request, ASGIRequest) else stream(found, done)
    # The decorators are typed for HttpResponse only; they return other responses unchanged.
    return cast("HttpResponse", StreamingHttpResponse(chunks, headers=headers))
