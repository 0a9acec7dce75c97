"""The weekly digest's message, as Slack blocks and as the text that notifications show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from apps.metrics.formatting import change, written

__all__ = ["MergedPull", "Message", "Week", "compose"]

# The limit of a section's text: https://docs.slack.dev/reference/block-kit/blocks/section-block
_MOST_CHARACTERS = 3000
# A ranking that is short enough to be read.
_NAMED = 5
# A title only serves as a reminder; a click shows all of it.
_TITLE = 100


@dataclass(frozen=True, kw_only=True)
class MergedPull:
    """A pull request that was merged.

    Args:
        title: the title of the pull request, unescaped.
        url: the URL of its page.
        author: the login of its author.
    """

    title: str
    url: str
    author: str


@dataclass(frozen=True, kw_only=True)
class Week:
    """The content of a week's digest; parts that are empty or None are left out.

    Args:
        merged: authors and how many of their pull requests were merged, the most first.
        reviewed: reviewers and how many pull requests they reviewed, the most first.
        ai_share: share of the week's new pull requests that AI helped with, 0 to 100.
        ai_share_before: the share in the week before.
        asked: pull requests whose authors are asked if AI helped.
    """

    merged: Sequence[tuple[str, int]] = ()
    reviewed: Sequence[tuple[str, int]] = ()
    ai_share: float | None = None
    ai_share_before: float | None = None
    asked: Sequence[MergedPull] = ()


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message in the form that Slack accepts.

    Args:
        text: the text for notifications and for clients that cannot show blocks.
        blocks: the blocks that Slack shows in the channel.
    """

    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)


def compose(team_name: str, week: Week) -> Message | None:
    """Return the message for a week; None if the week has no content.

    Args:
        team_name: the name of the team.
        week: the content of the digest.
    """
    sections = [
        *_ranked("Most pull requests merged", week.merged),
        *_ranked("Most pull requests reviewed", week.reviewed),
        *_share(week),
        *_question(week.asked),
    ]
    if not sections:
        return None
    title = f"{team_name}: last week"
    return Message(
        text="\n\n".join([_plain(title), *sections]),
        blocks=[
            {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}},
            *({"type": "section", "text": {"type": "mrkdwn", "text": one}} for one in sections),
        ],
    )


def _ranked(heading: str, counts: Sequence[tuple[str, int]]) -> list[str]:
    lines = [f"{_plain(name)}: {count}" for name, count in counts[:_NAMED]]
    return [_fitted(f"*{heading}*", lines)] if lines else []


def _share(week: Week) -> list[str]:
    if week.ai_share is None:
        return []
    share = f"AI helped with {written(week.ai_share, 'percent')} of the new pull requests"
    difference = change(week.ai_share, week.ai_share_before, "percent")
    return [f"*AI*\n{share}{f', {difference} the week before' if difference else ''}."]


def _question(pulls: Sequence[MergedPull]) -> list[str]:
    lines = [f"• <{_address(one.url)}|{_label(one.title)}> by {_plain(one.author)}" for one in pulls]
    heading = "*Did AI help?*\nAuthors, tell us in this thread:"
    return [_fitted(heading, lines)] if lines else []


def _fitted(heading: str, lines: Sequence[str]) -> str:
    """Return the heading with as many lines as fit in a section, and the number of lines left out."""
    kept = list(lines)
    while True:
        left = len(lines) - len(kept)
        text = "\n".join([heading, *kept, *([f"and {left} more"] if left else [])])
        if len(text) <= _MOST_CHARACTERS:
            return text
        kept.pop()


def _plain(text: str) -> str:
    """Return a text on one line, escaped so that Slack finds no links or mentions in it."""
    # https://docs.slack.dev/messaging/formatting-message-text#escaping
    return escape(" ".join(text.split()), quote=False)


def _label(title: str) -> str:
    short = title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"
    return _plain(short) or "(no title)"


def _address(url: str) -> str:
    """Return an address escaped for use in `<…|…>`, which a "|" or a space would end."""
    return _plain(url).replace("|", "%7C").replace(" ", "%20")
