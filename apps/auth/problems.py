"""Reasons why a connection was not made, as the user reads them."""

from __future__ import annotations

from http import HTTPStatus

from apps.auth.models import LIFETIME
from apps.integrations.models import Provider
from apps.integrations.providers import PROVIDERS
from apps.integrations.providers.errors import (
    MissingScopesError,
    ProviderError,
    RevokedError,
    UnavailableError,
)

__all__ = [
    "ConnectingError",
    "already_used",
    "declined",
    "expired",
    "invalid_address",
    "no_account",
    "no_admin",
    "provider_failed",
    "wrong_session",
]

_MINUTES = int(LIFETIME.total_seconds() // 60)


class ConnectingError(Exception):
    """Raised when a connection cannot be made.

    Args:
        title: the headline that says what happened.
        advice: the text that says what the user can do.
        status: the HTTP status of the page.
    """

    def __init__(self, title: str, advice: str, status: HTTPStatus) -> None:
        super().__init__(title)
        self.title = title
        self.advice = advice
        self.status = status


def invalid_address() -> ConnectingError:
    """Return the error for a callback whose state this server did not issue."""
    return ConnectingError(
        "This address was not made by Tformance",
        "Nothing was connected. Start again from Tformance, and follow the provider's page to its end.",
        HTTPStatus.BAD_REQUEST,
    )


def expired() -> ConnectingError:
    """Return the error for a callback that came after the authorization expired."""
    return ConnectingError(
        f"This took longer than {_MINUTES} minutes",
        "Nothing was connected. For safety, each try is open for that long only: start again.",
        HTTPStatus.GONE,
    )


def already_used() -> ConnectingError:
    """Return the error for an authorization that was completed before."""
    return ConnectingError(
        "This address has been used",
        "Each try works once. See whether you are connected already; if not, start again.",
        HTTPStatus.GONE,
    )


def wrong_session() -> ConnectingError:
    """Return the error for an authorization that was started by another user or in another session."""
    return ConnectingError(
        "This began in another browser, or before you logged in",
        "Nothing was connected. Start again in this browser.",
        HTTPStatus.FORBIDDEN,
    )


def no_admin(team: str) -> ConnectingError:
    """Return the error for a user who is no longer an admin of the team.

    Args:
        team: the team's name.
    """
    return ConnectingError(
        f"You are not an admin of {team} any more",
        "Nothing was connected. Ask one of its admins to do it.",
        HTTPStatus.FORBIDDEN,
    )


def declined(provider: Provider) -> ConnectingError:
    """Return the error for a user who declined to grant access.

    Args:
        provider: the provider where the user declined.
    """
    return ConnectingError(
        f"{provider.label} was not connected",
        f"You declined at {provider.label}. Start again if that was a mistake.",
        HTTPStatus.FORBIDDEN,
    )


def no_account(provider: Provider) -> ConnectingError:
    """Return the error for a user who has no account that can be connected.

    Args:
        provider: the provider without an account.
    """
    service = PROVIDERS[provider]
    return ConnectingError(
        f"There is no {service.ACCOUNT_NOUN} to connect", service.NO_ACCOUNT_ADVICE, HTTPStatus.CONFLICT
    )


def provider_failed(provider: Provider, error: ProviderError | None = None) -> ConnectingError:
    """Return the error for a provider that failed.

    Args:
        provider: the provider that failed.
        error: the provider's error; None if the cause is unknown.
    """
    name = provider.label
    match error:
        case MissingScopesError():
            return ConnectingError(
                f"{name} was not connected: some access was left out",
                f"Tformance needs all that it asks for at {name}. Start again and grant all of it.",
                HTTPStatus.FORBIDDEN,
            )
        case UnavailableError():
            return ConnectingError(
                f"{name} does not answer",
                f"Nothing was connected. {name} is down or too busy; try again in some minutes.",
                HTTPStatus.BAD_GATEWAY,
            )
        case RevokedError():
            return ConnectingError(
                f"{name} did not accept its own answer",
                "Nothing was connected. It was used before, or it took too long: start again.",
                HTTPStatus.BAD_GATEWAY,
            )
        case _:
            return ConnectingError(
                f"{name} gave an answer that we do not understand",
                "Nothing was connected. We have been told and will look at it; try again later.",
                HTTPStatus.BAD_GATEWAY,
            )
