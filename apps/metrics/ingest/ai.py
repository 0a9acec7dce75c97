"""Finding out by which tool AI has helped with a pull request, from what the tool has left behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.metrics.bots import is_bot
from apps.metrics.ingest._ai_signatures import NAMES, SIGNATURES
from apps.metrics.ingest._ai_trailers import co_authors

__all__ = ["TOOLS", "ai_tool"]

# Every name that `ai_tool` may return.
TOOLS = NAMES


def ai_tool(*, author: str, branch: str, body: str, commit_messages: Iterable[str]) -> str:
    """Return the tool by which AI has helped, empty if none is known to have.

    Of several the surest counts: the author, then who has co-written commits, then what the description says,
    then the branch's name.

    Args:
        author: at GitHub.
        branch: from which it comes.
        body: the description.
        commit_messages: of all its commits.
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
