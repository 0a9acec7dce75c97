"""Errors of syncs, each with the text that people read."""

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
    """The base class of errors that end a sync early or delay it."""

    text: ClassVar[str]


class AccessRevokedError(SyncTroubleError):
    """Raised when GitHub no longer accepts the connection's token."""

    text = "GitHub no longer let us in. Once GitHub is connected again, sync it now."


class AccessUnreadableError(SyncTroubleError):
    """Raised when the connection's token cannot be decrypted because its key is gone."""

    text = "We cannot read our access to GitHub any more. Connect GitHub again, then sync it now."


class AccessDeniedError(SyncTroubleError):
    """Raised when GitHub accepts the token but denies it access to the repository."""

    text = "GitHub refused it to us. Ask an owner of the organisation to allow Tformance, then sync it now."


class RepositoryGoneError(SyncTroubleError):
    """Raised when GitHub does not find the repository.

    The repository stays tracked, because GitHub gives the same answer while it is only hidden from us. The
    next read of the list of repositories decides.
    """

    text = "GitHub does not find it: it was deleted, or is hidden from us. If it is gone, stop tracking it."


class StoppedError(SyncTroubleError):
    """Raised when, during the sync, GitHub was disconnected or the repository was untracked."""

    text = "It was stopped: GitHub was disconnected, or the repository not tracked. Sync it now to go on."


class GitHubUnavailableError(SyncTroubleError):
    """Raised for failures that usually pass: no answer, a broken connection, 5xx, an invalid answer."""

    text = "GitHub did not answer properly, several times. Wait a while, then sync it now."


class RateLimitedError(SyncTroubleError):
    """Raised when GitHub's rate limit is used up.

    Args:
        retry_after: how long to wait before the next request.
    """

    text = "GitHub's limit of requests was used up, several times. Wait an hour, then sync it now."

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"GitHub's rate limit is used up; retry after {retry_after}")
        self.retry_after = retry_after


_TEXTS = {trouble.__name__: trouble.text for trouble in SyncTroubleError.__subclasses__()}


def problem_text(error_type: str) -> str:
    """Return the text that tells people what went wrong in a run and what they can do.

    Args:
        error_type: the name of the exception's class; empty if the run had no error.
    """
    if not error_type:
        return ""
    return _TEXTS.get(error_type, "Something failed on our side, and we have been told. Try to sync it now.")
