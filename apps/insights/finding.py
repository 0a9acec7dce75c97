"""Running the insight rules on a team's figures, and saving and announcing the new insights."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.background import send_after_commit
from apps.insights.models import Insight, InsightKind, Priority
from apps.insights.review_waits import waiting
from apps.insights.rules import NAMED, changes, milestones, slow_reviews, week_of
from apps.insights.tasks import mail_urgent
from apps.metrics.figures.figures import Span, figures_of
from apps.metrics.figures.pulls import pulls
from apps.teams.models import Team
from apps.users.models import User

__all__ = ["find"]

# Whole weeks, so that both periods have the same number of weekends.
_PERIOD = timedelta(weeks=4)
_MONTH = timedelta(days=30)


def find(team: Team, now: datetime | None = None) -> list[Insight]:
    """Run the rules, save the insights that are new, and email the urgent ones.

    Args:
        team: the team whose figures are examined.
        now: the current time; only tests pass another one.

    Returns:
        The new insights.
    """
    now = now or timezone.now()
    read = pulls(team, Span(now - 2 * _PERIOD, now))
    recent = figures_of(read, Span(now - _PERIOD, now))
    before = figures_of(read, Span(now - 2 * _PERIOD, now - _PERIOD))
    month = figures_of(read, Span(now - _MONTH, now))
    waits = waiting(team, now, at_most=NAMED)
    with transaction.atomic():
        # Two syncs may end at the same time: the second waits here, and then sees the first one's insights.
        Team.objects.select_for_update().get(pk=team.pk)
        known = set(
            team.insights.filter(
                Q(kind=InsightKind.AI_MILESTONE) | Q(key__endswith=f":{week_of(now)}")
            ).values_list("kind", "key")
        )
        reached = [key for kind, key in known if kind == InsightKind.AI_MILESTONE]
        found = (
            *changes(recent, before, now),
            *milestones(month, reached),
            *slow_reviews(recent, waits, now),
        )
        new = [insight for insight in found if (insight.kind, insight.key) not in known]
        for insight in new:
            insight.team, insight.found_at = team, now
        Insight.objects.bulk_create(new)
        _email_members(team, [insight.pk for insight in new if insight.priority == Priority.HIGH])
    return new


def _email_members(team: Team, urgent: list[int]) -> None:
    """Queue one email, after the commit, for each member who has enabled insight emails."""
    if urgent:
        members = User.objects.filter(memberships__team=team, insight_emails=True, is_active=True)
        send_after_commit(mail_urgent, *((pk, urgent) for pk in members.values_list("pk", flat=True)))
