"""Posting of the weekly digest to a team's Slack channel."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db.models import F
from django.utils import timezone
from slack_sdk.errors import SlackApiError

from apps.integrations.connections.lifecycle import disconnect, live_connection
from apps.integrations.digest.message import MergedPull, Message, Week, compose
from apps.integrations.models import Connection, Provider, SlackFeatures
from apps.integrations.providers import slack
from apps.integrations.providers.errors import RevokedError
from apps.metrics.bots import is_bot
from apps.metrics.figures.figures import Span, figures_in
from apps.metrics.figures.pulls import pulls
from apps.metrics.models import PullRequest, Review
from apps.teams.models import Team

__all__ = ["post"]

_log = logging.getLogger(__name__)

_WEEK = timedelta(days=7)

# Slack's error codes for a channel that cannot be posted to: https://api.slack.com/methods/chat.postMessage
_CHANNEL_GONE = frozenset({"channel_not_found", "is_archived", "not_in_channel"})


def post(team: Team, now: datetime | None = None) -> bool:
    """Post the digest of the last full week, Monday to Sunday, once; return False if nothing was posted.

    If the channel is gone, the team's choice of a channel is cleared, and the team's page says so.

    Args:
        team: the team.
        now: the current time; defaults to the clock's.

    Raises:
        ProviderError: if Slack rejects the message for another reason or does not answer.
    """
    features = SlackFeatures.objects.filter(team=team).exclude(channel_id="").first()
    connection = live_connection(team, Provider.SLACK) if features else None
    if features is None or connection is None:
        return False
    monday = _monday(now or timezone.now())
    message = compose(team.name, _week(team, features, monday))
    if message is None or not _claim(features, monday.date()):
        return False
    is_posted = False
    try:
        is_posted = _post(connection, features, message)
    except RevokedError:
        disconnect(connection, refused=connection.access_token)
    finally:
        if not is_posted:
            _give_up(features, monday.date())
    return is_posted


def _claim(features: SlackFeatures, monday: date) -> bool:
    """Mark a week as posted; return False if it was marked before, as when a broker redelivers the task.

    The week is marked before the message is sent, because a missing message is better than a duplicate.
    """
    unposted = SlackFeatures.objects.filter(pk=features.pk).exclude(posted_until=monday)
    return bool(unposted.update(posted_until=monday))


def _give_up(features: SlackFeatures, monday: date) -> None:
    claimed = SlackFeatures.objects.filter(pk=features.pk, posted_until=monday)
    claimed.update(posted_until=features.posted_until)


def _monday(now: datetime) -> datetime:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday())


def _week(team: Team, features: SlackFeatures, monday: datetime) -> Week:
    """Return the content of the enabled features for the week before `monday`; bots are left out."""
    is_ranked, is_asked = features.leaderboard_enabled, features.surveys_enabled
    week, before = Span(monday - _WEEK, monday), Span(monday - 2 * _WEEK, monday - _WEEK)
    merged = _merged(team, week) if is_ranked or is_asked else []
    past = present = None
    if features.reveals_enabled:
        both = pulls(team, Span(before.start, week.end))
        past, present = (one.ai_share for one in figures_in(both, [before, week]))
    return Week(
        merged=_most(pull.author for pull in merged) if is_ranked else (),
        reviewed=_most(_reviewers(team, week)) if is_ranked else (),
        ai_share=present,
        ai_share_before=past,
        asked=merged if is_asked else (),
    )


def _merged(team: Team, span: Span) -> list[MergedPull]:
    found = PullRequest.objects.filter(team=team, merged_at__gte=span.start, merged_at__lt=span.end)
    rows = found.order_by("merged_at", "pk").values_list("title", "url", "author")
    return [
        MergedPull(title=title, url=url, author=author)
        for title, url, author in rows
        if author and not is_bot(author)
    ]


def _reviewers(team: Team, span: Span) -> list[str]:
    """Return the reviewers of other people's pull requests, once for each pull request."""
    found = Review.objects.filter(
        pull_request__team=team, submitted_at__gte=span.start, submitted_at__lt=span.end
    ).exclude(reviewer=F("pull_request__author"))
    rows = found.order_by().values_list("reviewer", "pull_request").distinct()
    return [reviewer for reviewer, _ in rows if reviewer and not is_bot(reviewer)]


def _most(names: Iterable[str]) -> list[tuple[str, int]]:
    """Return names with their counts, the most frequent first and ties sorted by name."""
    return sorted(Counter(names).items(), key=lambda one: (-one[1], one[0].lower()))


def _post(connection: Connection, features: SlackFeatures, message: Message) -> bool:
    client = slack.client(connection.access_token)
    with slack.translated():
        try:
            client.chat_postMessage(
                channel=features.channel_id, text=message.text, blocks=message.blocks, unfurl_links=False
            )
        except SlackApiError as error:
            if error.response.get("error") not in _CHANNEL_GONE:
                raise
            _log.warning("cannot post to the Slack channel of team %s: it is gone", connection.team_id)
            chosen = SlackFeatures.objects.filter(pk=features.pk, channel_id=features.channel_id)
            chosen.update(channel_id="")  # unless another channel was chosen meanwhile
            return False
    return True
