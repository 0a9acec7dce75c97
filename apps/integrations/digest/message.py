"""Composing the weekly message, as Slack's blocks and as the text that notifications show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from apps.metrics.formatting import change, written

__all__ = ["MergedPull", "Message", "Week", "compose"]

# https://docs.slack.dev/reference/block-kit/blocks/section-block: what a section's text may have.
_MOST_CHARACTERS = 3000
# Enough to be proud of, and short enough to be read.
_NAMED = 5
# A title is a reminder here; a click shows all of it.
_TITLE = 100


@dataclass(frozen=True, kw_only=True)
class MergedPull:
    """Be a pull request that was merged.

    Args:
        title: as its author has worded it.
        url: where it is.
        author: who has opened it.
    """

    title: str
    url: str
    author: str


@dataclass(frozen=True, kw_only=True)
class Week:
    """Be what is told of a week; what is empty or None is not told.

    Args:
        merged: who had how many pull requests merged, the most first.
        reviewed: who has reviewed how many, the most first.
        ai_share: share of the week's new pull requests that AI has helped with, 0 to 100.
        ai_share_before: the same of the week before.
        asked: pull requests whose authors are asked whether AI helped.
    """

    merged: Sequence[tuple[str, int]] = ()
    reviewed: Sequence[tuple[str, int]] = ()
    ai_share: float | None = None
    ai_share_before: float | None = None
    asked: Sequence[MergedPull] = ()


@dataclass(frozen=True, kw_only=True)
class Message:
    """Be a message as Slack takes it.

    Args:
        text: for notifications, and whatever shows no blocks.
        blocks: what people see.
    """

    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)


def compose(team_name: str, week: Week) -> Message | None:
    """Return the message of a week; None if there is nothing to tell.

    Args:
        team_name: whose week.
        week: what is told.
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
    """Put as many lines below the heading as a section takes, and say how many are left out."""
    kept = list(lines)
    while True:
        left = len(lines) - len(kept)
        text = "\n".join([heading, *kept, *([f"and {left} more"] if left else [])])
        if len(text) <= _MOST_CHARACTERS:
            return text
        kept.pop()


def _plain(text: str) -> str:
    """Write a text on one line, with what Slack would take for a link or a mention made harmless."""
    # https://docs.slack.dev/messaging/formatting-message-text#escaping
    return escape(" ".join(text.split()), quote=False)


def _label(title: str) -> str:
    short = title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"
    return _plain(short) or "(no title)"


def _address(url: str) -> str:
    """Write an address within `<…|…>`, where these characters would end it."""
    return _plain(url).replace("|", "%7C").replace(" ", "%20")
