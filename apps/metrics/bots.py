"""Distinguishing bots from people by their GitHub login."""

from __future__ import annotations

__all__ = ["is_bot"]

_SUFFIX = "[bot]"

# GitHub's REST API ends an app's name with "[bot]", its GraphQL API does not. These logins belong to apps, so
# that people cannot register them.
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
    """Whether a GitHub login belongs to a bot.

    Args:
        login: the login, in any case.
    """
    name = login.lower()
    return name.endswith(_SUFFIX) or name in _APPS
