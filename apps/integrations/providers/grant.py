"""What comes back from a provider: accounts that can be connected, and the access that was granted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Account", "Grant"]


@dataclass(frozen=True)
class Account:
    """Be what a team connects.

    Args:
        id: the provider's own, which stays when the account is renamed.
        name: the organisation's login, the site's name or the workspace's.
        site_url: where people find it in their browser.
    """

    id: str
    name: str
    site_url: str


@dataclass(frozen=True)
class Grant:
    """Be the access that a person has granted; its secrets do not show when it is printed.

    Args:
        access_token: goes with each request.
        refresh_token: gets the next access token; empty where an access token does not end.
        expires_at: when the access token ends; None for one that does not.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
