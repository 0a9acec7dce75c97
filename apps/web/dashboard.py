"""The template context of the dashboard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.insights.lists import open_insights
from apps.insights.measures import MEASURES
from apps.insights.review_waits import PATIENCE, waiting
from apps.integrations.models import Provider
from apps.integrations.sync.status import sync_overview
from apps.metrics.figures.figures import Span, figures_of
from apps.metrics.figures.pulls import pulls
from apps.metrics.tabs.content import card
from apps.teams.models import Team

__all__ = ["overview"]

# Long enough for stable medians in a small team, short enough to show the effect of a change.
_DAYS = 30
# The number of items on the dashboard; it links to the complete lists.
_INSIGHTS, _PULL_REQUESTS = 3, 5


def overview(team: Team) -> dict[str, Any]:
    """Return the template context of the dashboard, in a constant number of queries.

    Args:
        team: the current team.
    """
    now, month = timezone.now(), timedelta(days=_DAYS)
    known = pulls(team, Span(now - 2 * month, now))
    recent = figures_of(known, Span(now - month, now))
    before = figures_of(known, Span(now - 2 * month, now - month))
    accounts = dict(team.connections.filter(disconnected_at=None).values_list("provider", "account_name"))
    return {
        "days": _DAYS,
        "cards": [
            card(measure.label, measure.of(recent), measure.of(before), measure.unit) for measure in MEASURES
        ],
        "has_pull_requests": bool(known),
        "insights": open_insights(team)[:_INSIGHTS],
        "waiting": waiting(team, now, at_most=_PULL_REQUESTS),
        "patience_days": PATIENCE.days,
        "connections": [(provider.label, accounts.get(provider)) for provider in Provider],
        "syncs": sync_overview(team),
    }
