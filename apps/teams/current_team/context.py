"""Template context for the header of every page: the person's teams."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from apps.teams.current_team.lookup import current_membership, memberships_of

__all__ = ["teams"]


def teams(request: HttpRequest) -> dict[str, Any]:
    """Return the person's memberships and the current one, both lazy: a query runs only if they are used.

    Args:
        request: the current request.
    """
    return {
        "memberships": SimpleLazyObject(lambda: memberships_of(request)),
        "current_membership": SimpleLazyObject(lambda: current_membership(request)),
    }
