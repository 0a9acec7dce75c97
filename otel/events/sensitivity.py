"""Sensitivity of a property, stated in its declaration."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

__all__ = ["Organisation", "Sensitivity", "Technical"]


class Sensitivity(StrEnum):
    """The information that a property reveals about a customer (`events.md`)."""

    TECHNICAL = "technical"
    """Does not identify anyone: a count, a kind, a duration. The default."""
    ORGANISATION = "organisation"
    """Identifies a customer's organization; `POSTHOG_SEND_ORGANISATION=false` withholds it."""
    PERSONAL = "personal"
    """Describes a person. Not allowed in an event; the lint reports an error."""


Technical = Annotated[str, Sensitivity.TECHNICAL]
Organisation = Annotated[str, Sensitivity.ORGANISATION]
