"""Detecting the AI tool that has helped with a pull request, by the tool's signatures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.metrics.bots import is_bot
from apps.metrics.ingest._ai_signatures import NAMES, SIGNATURES
from apps.metrics.ingest._ai_trailers import co_authors

__all__ = ["TOOLS", "ai_tool"]

# Every name that `ai_tool` can return.
TOOLS = NAMES


def ai_tool(*, author: str, branch: str, body: str, commit_messages: Iterable[str]) -> str:
    """Return the AI tool that has helped with a pull request, or "" if no tool is recognized.

    If several tools match, the most reliable signature wins: the author, then co-authors of commits, then the
    description, then the branch name.

    Args:
        author: the author's GitHub login.
        branch: the name of the pull request's branch.
        body: the pull request's description.
        commit_messages: the messages of all commits.
    """
    return next(_signs(author, branch, body, commit_messages), "")


def _signs(author: str, branch: str, body: str, commit_messages: Iterable[str]) -> Iterator[str]:
    if is_bot(author):
        name = author.lower().removesuffix("[bot]")
        yield from (one.tool for one in SIGNATURES if name in one.authors)
    for message in commit_messages:
        for _, email in co_authors(message):
            yield from (one.tool for one in SIGNATURES if _is_of(email.lower(), one.emails))
    yield from (one.tool for one in SIGNATURES if one.body and one.body.search(body))
    yield from (one.tool for one in SIGNATURES if one.branches and branch.startswith(one.branches))


def _is_of(email: str, known: tuple[str, ...]) -> bool:
    return any(email.endswith(one) if one[0] in "+@" else email == one for one in known)
