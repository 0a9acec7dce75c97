"""Accounts that can be connected, and the access that a user has granted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Account", "Grant"]


@dataclass(frozen=True)
class Account:
    """An account at a provider that a team can connect: an organization, a site or a workspace.

    Args:
        id: the provider's id, which does not change when the account is renamed.
        name: the organization's login, or the name of the site or workspace.
        site_url: the URL of the account's own page.
    """

    id: str
    name: str
    site_url: str


@dataclass(frozen=True)
class Grant:
    """The access that a user has granted; its `repr` does not contain the secrets.

    Args:
        access_token: the token that authenticates each request.
        refresh_token: the token that renews the access token; empty if the access token does not expire.
        expires_at: when the access token expires; None if it does not expire.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
