"""What waits for a choice, as text: the access that was granted and the accounts that it reaches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from apps.integrations.providers.grant import Account, Grant

__all__ = ["PendingChoice"]


@dataclass(frozen=True)
class PendingChoice:
    """Be what a person chooses from.

    Args:
        grant: the access to all of the accounts.
        accounts: two or more.
    """

    grant: Grant
    accounts: Sequence[Account]

    def to_text(self) -> str:
        """Return it as text, secrets included."""
        ends = self.grant.expires_at.isoformat() if self.grant.expires_at else None
        return json.dumps(
            {
                "grant": [self.grant.access_token, self.grant.refresh_token, ends],
                "accounts": [astuple(account) for account in self.accounts],
            }
        )

    @classmethod
    def from_text(cls, text: str) -> PendingChoice:
        """Read it again.

        Args:
            text: made by `to_text`.
        """
        held = json.loads(text)
        access_token, refresh_token, ends = held["grant"]
        return cls(
            Grant(access_token, refresh_token, datetime.fromisoformat(ends) if ends else None),
            [Account(*account) for account in held["accounts"]],
        )
