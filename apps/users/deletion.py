"""Deleting an account, with what hangs on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.db import transaction
from django.dispatch import Signal

from apps.users.models import User

__all__ = [
    "AccountNeededError",
    "Consequence",
    "consequences",
    "delete_account",
    "deletion",
    "deletion_planned",
]

# The apps below this one answer: `deletion_planned` with a list of `Consequence`; `deletion`, which comes
# within the transaction, by letting go of the person or raising `AccountNeededError`.
deletion_planned = Signal()
deletion = Signal()


class AccountNeededError(Exception):
    """Raised for an account on which something depends that cannot go."""


@dataclass(frozen=True)
class Consequence:
    """Be one thing that deleting an account brings about.

    Args:
        text: says it to the person; of an obstacle also what to do.
        is_obstacle: whether the account cannot go as long as it is so.
    """

    text: str
    is_obstacle: bool = False


def consequences(user: User) -> list[Consequence]:
    """Return what deleting an account would bring about.

    Args:
        user: the account.
    """
    answers = (cast("list[Consequence]", answer) for _, answer in deletion_planned.send(User, user=user))
    return [consequence for answer in answers for consequence in answer]


@transaction.atomic
def delete_account(user: User) -> None:
    """Delete an account and what is nobody else's.

    Args:
        user: the account.

    Raises:
        AccountNeededError: if something depends on it.
    """
    deletion.send(User, user=user)
    user.delete()
