"""Jira: Atlassian's OAuth app, and what connections need of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import requests
from django.conf import settings

from apps.integrations.providers._oauth import TIMEOUT_S, OAuthApp, translated
from apps.integrations.providers.grant import Account, Grant

__all__ = [
    "ACCOUNT_NOUN",
    "NO_ACCOUNT_ADVICE",
    "SCOPES",
    "Project",
    "accounts",
    "authorize_url",
    "exchange",
    "is_configured",
    "projects",
    "refresh",
    "revoke",
]

ACCOUNT_NOUN = "site"
NO_ACCOUNT_ADVICE = (
    "This Atlassian account has let Tformance into no site that has Jira. Choose one when Atlassian asks, or "
    "ask your Jira admin for access."
)

# Projects, and a refresh token: Jira's access tokens end after an hour.
_READ = "read:jira-work"
SCOPES = (_READ, "offline_access")
_PAGE = 50  # the most that Jira gives at once


class Project(NamedTuple):
    """Be a project as Jira names it."""

    key: str
    name: str


def is_configured() -> bool:
    """Whether this installation has an OAuth app at Atlassian."""
    return bool(settings.JIRA_CLIENT_ID)


def authorize_url(*, redirect_uri: str, state: str, verifier: str) -> str:
    """Return where a person goes to grant access.

    Args:
        redirect_uri: where the person comes back to.
        state: comes back with the person.
        verifier: PKCE's secret.
    """
    return _app().authorize_url(redirect_uri=redirect_uri, state=state, verifier=verifier)


def exchange(*, code: str, redirect_uri: str, verifier: str) -> Grant:
    """Return the access that a person has granted, for an hour and with a refresh token.

    Args:
        code: what the person came back with.
        redirect_uri: the same as before.
        verifier: the same as before.

    Raises:
        ProviderError: if Atlassian does not do it.
    """
    return _app().exchange(code=code, redirect_uri=redirect_uri, verifier=verifier)


def refresh(refresh_token: str) -> Grant:
    """Return the next access, for which the refresh token is used up.

    Args:
        refresh_token: the latest.

    Raises:
        ProviderError: if Atlassian does not do it; `RevokedError` if it never will.
    """
    return _app().refresh(refresh_token)


def accounts(token: str) -> list[Account]:
    """Return the sites that a person can connect: those of the granted ones that have Jira.

    Args:
        token: an access token.

    Raises:
        ProviderError: if Atlassian does not tell.
    """
    with translated():
        sites = _get(token, "/oauth/token/accessible-resources")
        return [
            Account(str(one["id"]), str(one["name"]), str(one["url"]))
            for one in sites
            if _READ in one["scopes"]
        ]


def projects(token: str, site: str) -> list[Project]:
    """Return a site's projects, as far as the token reaches.

    Args:
        token: an access token; `apps.integrations.connections.token.fresh_token` has one.
        site: the cloud id.

    Raises:
        ProviderError: if Jira does not tell.
    """
    with translated():
        return list(_projects(token, site))


def revoke(token: str) -> None:
    """Do nothing: Atlassian has no address for it.

    The access token ends within the hour, and the refresh token, which we forget, unused after 90 days.

    Args:
        token: an access token.
    """


def _projects(token: str, site: str) -> Iterator[Project]:
    start = 0
    while True:
        page = _get(
            token,
            f"/ex/jira/{site}/rest/api/3/project/search",
            startAt=start,
            maxResults=_PAGE,
            orderBy="key",
        )
        yield from (Project(str(one["key"]), str(one["name"])) for one in page["values"])
        start += len(page["values"])
        if page["isLast"] or not page["values"]:
            return


def _get(token: str, path: str, **params: Any) -> Any:
    answer = requests.get(
        f"{settings.JIRA_API_URL.rstrip('/')}{path}",
        params=params,
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        timeout=TIMEOUT_S,
    )
    answer.raise_for_status()
    return answer.json()


def _app() -> OAuthApp:
    base = settings.JIRA_AUTH_URL.rstrip("/")
    return OAuthApp(
        client_id=settings.JIRA_CLIENT_ID,
        client_secret=settings.JIRA_CLIENT_SECRET,
        authorize_endpoint=f"{base}/authorize",
        token_endpoint=f"{base}/oauth/token",
        scopes=SCOPES,
        # `consent` shows the choice of sites each time; without it the last one is taken in silence.
        extra={"audience": "api.atlassian.com", "prompt": "consent"},
    )
