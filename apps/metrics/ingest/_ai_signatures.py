"""Signatures by which AI coding tools mark commits and pull requests, with the source of each signature."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["NAMES", "SIGNATURES", "Signature"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """The marks by which a tool is recognized; a name is never enough, since people are called Claude too.

    Args:
        tool: the tool's name on pages.
        emails: the addresses of its `Co-authored-by` trailers; with a leading `+` or `@`, an address suffix.
        authors: its GitHub accounts, without `[bot]`.
        branches: the prefixes of its branch names.
        body: a pattern of pull request descriptions: the beginning of a line, or a link anywhere.
    """

    tool: str
    emails: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    body: re.Pattern[str] | None = None


def _line(text: str) -> re.Pattern[str]:
    """Return a pattern for lines that begin with a text, after emoji and punctuation but not in a quote."""
    return re.compile(rf"^(?:[^\w>\n]|_)*{text}(?![a-z0-9])", re.MULTILINE | re.IGNORECASE)


def _link(text: str) -> re.Pattern[str]:
    return re.compile(rf"\bhttps://{text}", re.IGNORECASE)


SIGNATURES = (
    # Claude Code's `attribution` setting: https://code.claude.com/docs/en/settings; the app is `claude[bot]`.
    Signature(
        tool="Claude",
        emails=("noreply@anthropic.com",),
        authors=("claude",),
        branches=("claude/",),
        body=_line(r"generated (?:with|by) \[?claude code"),
    ),
    # The coding agent commits as 198982749+Copilot, the command line as 223556219+Copilot, the editor as
    # copilot@github.com: https://docs.github.com/en/copilot/concepts/agents/coding-agent
    Signature(
        tool="Copilot",
        emails=("+copilot@users.noreply.github.com", "copilot@github.com"),
        authors=("copilot-swe-agent",),
        branches=("copilot/",),
        body=_line(r"generated (?:with|by) \[?(?:github )?copilot"),
    ),
    # https://cursor.com/docs/background-agent
    Signature(
        tool="Cursor",
        emails=("cursoragent@cursor.com", "agent@cursor.com"),
        authors=("cursor",),
        branches=("cursor/",),
        body=_link(r"(?:www\.)?cursor\.com/(?:background-agent|agents)\b"),
    ),
    # The command line's `commit_attribution`, and the link that Codex in the cloud leaves:
    # https://developers.openai.com/codex
    Signature(
        tool="Codex",
        emails=("noreply@openai.com", "codex@openai.com"),
        authors=("chatgpt-codex-connector",),
        branches=("codex/",),
        body=_link(r"chatgpt\.com/codex/tasks/"),
    ),
    # https://docs.devin.ai/integrations/gh
    Signature(
        tool="Devin",
        emails=(
            "+devin-ai-integration[bot]@users.noreply.github.com",
            "devin-ai-integration[bot]@users.noreply.github.com",
        ),
        authors=("devin-ai-integration",),
        branches=("devin/",),
        body=_link(r"app\.devin\.ai/sessions/"),
    ),
    # https://aider.chat/docs/git.html#commit-attribution
    Signature(tool="aider", emails=("@aider.chat",)),
    # https://jules.google/docs
    Signature(
        tool="Jules",
        emails=("+google-labs-jules[bot]@users.noreply.github.com",),
        authors=("google-labs-jules",),
        body=_link(r"jules\.google\.com/task/"),
    ),
    # https://developers.google.com/gemini-code-assist/docs/review-github-code
    Signature(
        tool="Gemini",
        emails=("+gemini-code-assist[bot]@users.noreply.github.com",),
        authors=("gemini-code-assist",),
    ),
    # https://ampcode.com/manual
    Signature(tool="Amp", emails=("amp@ampcode.com",)),
    # https://opencode.ai/docs/github
    Signature(tool="opencode", emails=("noreply@opencode.ai",)),
)

NAMES = tuple(signature.tool for signature in SIGNATURES)
