"""What can go wrong with a provider, in the four ways that make a difference to us."""

from __future__ import annotations

__all__ = ["MissingScopesError", "ProviderError", "RevokedError", "UnavailableError", "UnexpectedAnswerError"]


class ProviderError(Exception):
    """Raised when a provider did not do what it was asked for."""


class UnavailableError(ProviderError):
    """Raised when a provider is down, too slow, out of reach, or has had enough of us for now."""


class RevokedError(ProviderError):
    """Raised when a token or a code is not, or no longer, accepted."""


class MissingScopesError(ProviderError):
    """Raised when less was granted than we need."""


class UnexpectedAnswerError(ProviderError):
    """Raised for an answer that a developer should look at: not understood, or a refusal of our app."""
