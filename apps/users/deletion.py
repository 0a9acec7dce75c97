"""Deletion of an account and the data that depends on it."""

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

# Apps that build on this one receive these signals. A receiver of `deletion_planned` returns a list of
# `Consequence`. A receiver of `deletion`, which is sent within the transaction, releases the person or raises
# `AccountNeededError`.
deletion_planned = Signal()
deletion = Signal()


class AccountNeededError(Exception):
    """Raised for an account that cannot be deleted because something depends on it."""


@dataclass(frozen=True)
class Consequence:
    """A consequence of deleting an account.

    Args:
        text: the text that the person reads; for an obstacle, it also says what to do.
        is_obstacle: whether this prevents the deletion.
    """

    text: str
    is_obstacle: bool = False


def consequences(user: User) -> list[Consequence]:
    """Return the consequences of deleting an account.

    Args:
        user: the account.
    """
    answers = (cast("list[Consequence]", answer) for _, answer in deletion_planned.send(User, user=user))
    return [consequence for answer in answers for consequence in answer]


@transaction.atomic
def delete_account(user: User) -> None:
    """Delete an account and the data that belongs to nobody else.

    Args:
        user: the account.

    Raises:
        AccountNeededError: if something depends on the account.
    """
    deletion.send(User, user=user)
    user.delete()
