"""A reader for the emails that the product sends with Django's file-based backend."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tformance.run.browser import JourneyError

__all__ = ["link_in_mail"]

# The separator that the backend writes after each message (`django.core.mail.backends.filebased`).
_END = b"\n" + b"-" * 79

_LINK = re.compile(r"https?://\S+")


def link_in_mail(folder: Path, address: str) -> str:
    """Return the link in the newest email to an address.

    Args:
        folder: the folder of the emails.
        address: the recipient's address.

    Raises:
        JourneyError: if there is no such email, or it has no link.
    """
    for path in sorted(folder.glob("*.log"), reverse=True):  # file names start with the time of sending
        message = message_from_bytes(
            path.read_bytes().partition(_END)[0], EmailMessage, policy=policy.default
        )
        if message["To"] == address:
            body = message.get_body()
            link = _LINK.search(str(body.get_content())) if body is not None else None
            if link is not None:
                return link.group()
    msg = f"no email with a link was sent to {address}; the emails are in {folder}"
    raise JourneyError(msg)
