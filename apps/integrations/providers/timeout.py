"""How long we wait for a provider."""

from __future__ import annotations

__all__ = ["TIMEOUT_S"]

# A person waits for the answer in most cases; all three answer in well under a second when they are well.
TIMEOUT_S = 10
