"""The errors of providers, one for each reaction."""

from __future__ import annotations

__all__ = ["MissingScopesError", "ProviderError", "RevokedError", "UnavailableError", "UnexpectedAnswerError"]


class ProviderError(Exception):
    """Raised when a request to a provider fails; the base class of the others."""


class UnavailableError(ProviderError):
    """Raised when a provider is down, too slow, unreachable, or limits our rate."""


class RevokedError(ProviderError):
    """Raised when a provider does not accept a token or a code, or no longer accepts it."""


class MissingScopesError(ProviderError):
    """Raised when the user granted fewer scopes than Tformance needs."""


class UnexpectedAnswerError(ProviderError):
    """Raised for an answer that a developer should look at: an unexpected form, or a refusal of our app."""
