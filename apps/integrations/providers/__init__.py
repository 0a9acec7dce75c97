"""The providers GitHub, Jira and Slack, and the mapping from `Provider` to their modules."""

from __future__ import annotations

from collections.abc import Mapping

from apps.integrations.models import Provider
from apps.integrations.providers import github, jira, slack
from apps.integrations.providers.protocol import OAuthProvider

__all__ = ["PROVIDERS"]

PROVIDERS: Mapping[Provider, OAuthProvider] = {
    Provider.GITHUB: github,
    Provider.JIRA: jira,
    Provider.SLACK: slack,
}
