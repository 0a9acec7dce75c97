"""How sensitive a property is, stated where the property is declared."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

__all__ = ["Organisation", "Sensitivity", "Technical"]


class Sensitivity(StrEnum):
    """Say what a property tells about a customer (`events.md`)."""

    TECHNICAL = "technical"
    """Tells nothing about who: a count, a kind, a duration. The default."""
    ORGANISATION = "organisation"
    """Names a customer's organisation; `POSTHOG_SEND_ORGANISATION=false` keeps it in."""
    PERSONAL = "personal"
    """Tells about a person; never allowed in an event, the lint refuses it."""


Technical = Annotated[str, Sensitivity.TECHNICAL]
Organisation = Annotated[str, Sensitivity.ORGANISATION]
