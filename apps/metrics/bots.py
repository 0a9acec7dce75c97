"""Telling programs from people, by their names at GitHub."""

from __future__ import annotations

__all__ = ["is_bot"]

_SUFFIX = "[bot]"

# GitHub's REST API ends an app's name with "[bot]", its GraphQL does not. These are apps, and no person can
# have their names.
_APPS = frozenset(
    {
        "chatgpt-codex-connector",
        "codecov",
        "coderabbitai",
        "copilot-pull-request-reviewer",
        "copilot-swe-agent",
        "dependabot",
        "devin-ai-integration",
        "gemini-code-assist",
        "github-actions",
        "google-labs-jules",
        "greptile-apps",
        "mergify",
        "pre-commit-ci",
        "renovate",
        "sonarqubecloud",
    }
)


def is_bot(login: str) -> bool:
    """Whether a name at GitHub is a program's.

    Args:
        login: the name.
    """
    name = login.lower()
    return name.endswith(_SUFFIX) or name in _APPS
