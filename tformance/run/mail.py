"""Reading the e-mails that the product sent, as files of Django's file-based backend."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tformance.run.browser import JourneyError

__all__ = ["link_in_mail"]

# What the backend ends each message with (`django.core.mail.backends.filebased`).
_END = b"\n" + b"-" * 79

_LINK = re.compile(r"https?://\S+")


def link_in_mail(folder: Path, address: str) -> str:
    """Return the link in the newest e-mail to an address.

    Args:
        folder: of the e-mails.
        address: who got it.

    Raises:
        JourneyError: if there is none.
    """
    for path in sorted(folder.glob("*.log"), reverse=True):  # named by the time they were sent at
        message = message_from_bytes(
            path.read_bytes().partition(_END)[0], EmailMessage, policy=policy.default
        )
        if message["To"] == address:
            body = message.get_body()
            link = _LINK.search(str(body.get_content())) if body is not None else None
            if link is not None:
                return link.group()
    msg = f"no e-mail with a link has come for {address}; the e-mails are in {folder}"
    raise JourneyError(msg)
