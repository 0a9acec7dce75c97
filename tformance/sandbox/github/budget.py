"""GitHub's rate limit: the number of requests left, and the time of the reset."""

from __future__ import annotations

import time
from dataclasses import dataclass

__all__ = ["LIMIT", "Budget"]

# GitHub's limit for a person and hour.
LIMIT = 5000
_WINDOW = 3600


@dataclass(slots=True)
class Budget:
    """A counter of the requests to one of GitHub's APIs, shared by all tokens.

    The budget uses the machine's clock, not the sandbox's, because clients wait by their own clock.

    Args:
        resource: GitHub's name for the API, `core` or `graphql`.
    """

    resource: str
    remaining: int = LIMIT
    resets_at: float = 0.0

    def limit(self, remaining: int, seconds: float) -> None:
        """Limit the requests until the next reset.

        Args:
            remaining: the number of requests left.
            seconds: the time until the reset.
        """
        self.remaining = remaining
        self.resets_at = time.time() + seconds

    def spend(self) -> bool:
        """Count a request; return False if no requests are left."""
        if self.resets_at <= time.time():
            self.limit(LIMIT, _WINDOW)
        if self.remaining <= 0:
            return False
        self.remaining -= 1
        return True

    def headers(self) -> dict[str, str]:
        """Return the rate limit headers that GitHub sends with each response."""
        return {
            "X-RateLimit-Limit": str(LIMIT),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Used": str(LIMIT - self.remaining),
            # Rounded up, so that clients that wait until then are not too early.
            "X-RateLimit-Reset": str(int(self.resets_at) + 1),
            "X-RateLimit-Resource": self.resource,
        }
