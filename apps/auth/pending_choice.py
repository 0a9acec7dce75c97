"""A pending choice of accounts, and its form as text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from apps.integrations.providers.grant import Account, Grant

__all__ = ["PendingChoice"]


@dataclass(frozen=True)
class PendingChoice:
    """The access that a user has granted and the accounts that it reaches, until the user chooses one.

    Args:
        grant: the access, which covers all of the accounts.
        accounts: the accounts to choose from, at least two.
    """

    grant: Grant
    accounts: Sequence[Account]

    def to_text(self) -> str:
        """Return the choice as JSON, including the secrets."""
        ends = self.grant.expires_at.isoformat() if self.grant.expires_at else None
        return json.dumps(
            {
                "grant": [self.grant.access_token, self.grant.refresh_token, ends],
                "accounts": [astuple(account) for account in self.accounts],
            }
        )

    @classmethod
    def from_text(cls, text: str) -> PendingChoice:
        """Return the choice that `to_text` has written.

        Args:
            text: JSON that `to_text` returned.
        """
        held = json.loads(text)
        access_token, refresh_token, ends = held["grant"]
        return cls(
            Grant(access_token, refresh_token, datetime.fromisoformat(ends) if ends else None),
            [Account(*account) for account in held["accounts"]],
        )
