"""What keeps a connection from being made, as it is said to people."""

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
    "declined",
    "expired",
    "faulty",
    "foreign",
    "misfit",
    "no_account",
    "no_admin",
    "used",
]

_MINUTES = int(LIFETIME.total_seconds() // 60)


class ConnectingError(Exception):
    """Raised when a connection cannot be made.

    Args:
        title: what has happened.
        advice: what the person can do.
        status: the answer's.
    """

    def __init__(self, title: str, advice: str, status: HTTPStatus) -> None:
        super().__init__(title)
        self.title = title
        self.advice = advice
        self.status = status


def misfit() -> ConnectingError:
    """Say that a way back was not made by us."""
    return ConnectingError(
        "This address was not made by Tformance",
        "Nothing was connected. Start again from Tformance, and follow the provider's page to its end.",
        HTTPStatus.BAD_REQUEST,
    )


def expired() -> ConnectingError:
    """Say that a way back came too late."""
    return ConnectingError(
        f"This took longer than {_MINUTES} minutes",
        "Nothing was connected. For safety, each try is open for that long only: start again.",
        HTTPStatus.GONE,
    )


def used() -> ConnectingError:
    """Say that a way back was used before."""
    return ConnectingError(
        "This address has been used",
        "Each try works once. See whether you are connected already; if not, start again.",
        HTTPStatus.GONE,
    )


def foreign() -> ConnectingError:
    """Say that a way back began elsewhere."""
    return ConnectingError(
        "This began in another browser, or before you logged in",
        "Nothing was connected. Start again in this browser.",
        HTTPStatus.FORBIDDEN,
    )


def no_admin(team: str) -> ConnectingError:
    """Say that a person may not connect a team.

    Args:
        team: its name.
    """
    return ConnectingError(
        f"You are not an admin of {team} any more",
        "Nothing was connected. Ask one of its admins to do it.",
        HTTPStatus.FORBIDDEN,
    )


def declined(provider: Provider) -> ConnectingError:
    """Say that access was not granted.

    Args:
        provider: where.
    """
    return ConnectingError(
        f"{provider.label} was not connected",
        f"You declined at {provider.label}. Start again if that was a mistake.",
        HTTPStatus.FORBIDDEN,
    )


def no_account(provider: Provider) -> ConnectingError:
    """Say that there is nothing to connect.

    Args:
        provider: where.
    """
    service = PROVIDERS[provider]
    return ConnectingError(
        f"There is no {service.ACCOUNT_NOUN} to connect", service.NO_ACCOUNT_ADVICE, HTTPStatus.CONFLICT
    )


def faulty(provider: Provider, error: ProviderError | None = None) -> ConnectingError:
    """Say that a provider did not do its part.

    Args:
        provider: which one.
        error: how; none for an answer that it sent the person back with.
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
