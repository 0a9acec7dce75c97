"""What can stand in the way of a sync, and how it is told to people."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

__all__ = [
    "AccessDeniedError",
    "AccessRevokedError",
    "AccessUnreadableError",
    "GitHubUnavailableError",
    "RateLimitedError",
    "RepositoryGoneError",
    "StoppedError",
    "SyncTroubleError",
    "problem_text",
]


class SyncTroubleError(Exception):
    """Be the base of what ends a sync early, or lets it wait."""

    text: ClassVar[str]


class AccessRevokedError(SyncTroubleError):
    """Raised when GitHub does not accept the connection's token any more."""

    text = "GitHub no longer let us in. Once GitHub is connected again, sync it now."


class AccessUnreadableError(SyncTroubleError):
    """Raised when the key is gone by which the connection's token was encrypted."""

    text = "We cannot read our access to GitHub any more. Connect GitHub again, then sync it now."


class AccessDeniedError(SyncTroubleError):
    """Raised when GitHub accepts the token, but refuses this repository to it."""

    text = "GitHub refused it to us. Ask an owner of the organisation to allow Tformance, then sync it now."


class RepositoryGoneError(SyncTroubleError):
    """Raised when GitHub does not find the repository.

    GitHub answers the same for one that is hidden from us for a while, so it stays tracked; the list of
    repositories, when it is read again, knows better.
    """

    text = "GitHub does not find it: it was deleted, or is hidden from us. If it is gone, stop tracking it."


class StoppedError(SyncTroubleError):
    """Raised when GitHub was disconnected, or the repository is not tracked any more, while it was synced."""

    text = "It was stopped: GitHub was disconnected, or the repository not tracked. Sync it now to go on."


class GitHubUnavailableError(SyncTroubleError):
    """Raised for failures that usually pass: no answer, a broken connection, 5xx, an answer that is none."""

    text = "GitHub did not answer properly, several times. Wait a while, then sync it now."


class RateLimitedError(SyncTroubleError):
    """Raised when GitHub wants to be left alone.

    Args:
        retry_after: for how long.
    """

    text = "GitHub's limit of requests was used up, several times. Wait an hour, then sync it now."

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"GitHub wants to be left alone for {retry_after}")
        self.retry_after = retry_after


_TEXTS = {trouble.__name__: trouble.text for trouble in SyncTroubleError.__subclasses__()}


def problem_text(error_type: str) -> str:
    """Return what people are told of a run's error, and what they can do.

    Args:
        error_type: the exception's class; empty for none.
    """
    if not error_type:
        return ""
    return _TEXTS.get(error_type, "Something failed on our side, and we have been told. Try to sync it now.")
