"""The marks that AI tools leave on a pull request: trailers, bodies, branches and authors."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

__all__ = ["ASSISTANTS", "HUMAN_TRAILER", "Mark", "mark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The marks of a tool.

    Args:
        trailer: the trailer of commit messages.
        body: the end of the description.
        branch: the prefix of the branch name.
        author: the account that opens the pull request, for tools with their own account.
    """

    trailer: str = ""
    body: str = ""
    branch: str = ""
    author: str = ""


_CLAUDE = "Co-Authored-By: Claude <noreply@anthropic.com>"
_GENERATED = "🤖 Generated with [Claude Code](https://claude.com/claude-code)"

# Relative frequencies. The marks of a tool differ by its version and by habit.
ASSISTANTS: tuple[tuple[int, Mark], ...] = (
    (14, Mark(trailer=_CLAUDE, body=_GENERATED)),
    (8, Mark(trailer="Co-authored-by: Claude <noreply@anthropic.com>")),
    (6, Mark(trailer="Co-Authored-By: Claude Opus 4.5 <noreply@anthropic.com>")),
    (4, Mark(body=_GENERATED)),
    (7, Mark(trailer="Co-authored-by: Copilot <175728472+Copilot@users.noreply.github.com>")),
    (
        4,
        Mark(
            trailer="Co-authored-by: copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>",
            branch="copilot/",
            author="copilot-swe-agent",
        ),
    ),
    (6, Mark(trailer="Co-authored-by: Cursor <cursoragent@cursor.com>", branch="cursor/")),
    (3, Mark(trailer="Co-authored-by: aider (anthropic/claude-sonnet-4) <aider@aider.chat>")),
    (4, Mark(branch="codex/", trailer="Co-authored-by: Codex <noreply@openai.com>")),
    (
        2,
        Mark(
            trailer="Co-authored-by: devin-ai-integration[bot] "
            "<158243242+devin-ai-integration[bot]@users.noreply.github.com>",
            branch="devin/",
            author="devin-ai-integration",
        ),
    ),
)

# People who pair use the same trailer, without AI.
HUMAN_TRAILER = "Co-authored-by: {name} <{login}@analytical-engines.example>"


def mark(random: Random) -> Mark:
    """Return the marks of a random tool.

    Args:
        random: the source of randomness.
    """
    weights = [weight for weight, _ in ASSISTANTS]
    return random.choices([one for _, one in ASSISTANTS], weights)[0]
