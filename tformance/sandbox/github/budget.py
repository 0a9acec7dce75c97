"""GitHub's rate limit: how many requests are left, and until when."""

from __future__ import annotations

import time
from dataclasses import dataclass

__all__ = ["LIMIT", "Budget"]

# GitHub's, an hour and person.
LIMIT = 5000
_WINDOW = 3600


@dataclass(slots=True)
class Budget:
    """Count the requests to one of GitHub's APIs, for all tokens together.

    It goes by the machine's time, not the sandbox's: clients wait by their own.

    Args:
        resource: GitHub's word, `core` or `graphql`.
    """

    resource: str
    remaining: int = LIMIT
    resets_at: float = 0.0

    def limit(self, remaining: int, seconds: float) -> None:
        """Let only so many requests through.

        Args:
            remaining: how many.
            seconds: until there are enough again.
        """
        self.remaining = remaining
        self.resets_at = time.time() + seconds

    def spend(self) -> bool:
        """Count a request; return False if none was left."""
        if self.resets_at <= time.time():
            self.limit(LIMIT, _WINDOW)
        if self.remaining <= 0:
            return False
        self.remaining -= 1
        return True

    def headers(self) -> dict[str, str]:
        """Return what GitHub says of it with each answer."""
        return {
            "X-RateLimit-Limit": str(LIMIT),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Used": str(LIMIT - self.remaining),
            # Rounded up: whoever waits until then must not come too early.
            "X-RateLimit-Reset": str(int(self.resets_at) + 1),
            "X-RateLimit-Resource": self.resource,
        }
