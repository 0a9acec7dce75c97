"""`python -m tformance.run.records EMAIL…`: the product's records about people, as JSON.

A separate process, so that Django reads the database that the product uses.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import django

__all__ = ["main"]


def main(emails: Sequence[str]) -> None:
    """Print each person's id, sign-up time and teams.

    Args:
        emails: the people's email addresses.
    """
    django.setup()
    from apps.users.models import User  # models can be imported only after setup()

    people = User.objects.filter(email__in=emails).prefetch_related("memberships__team")
    json.dump({user.email: _record(user) for user in people}, sys.stdout)


def _record(user: Any) -> dict[str, Any]:
    return {
        "public_id": str(user.public_id),
        "date_joined": user.date_joined.isoformat(),
        "teams": [
            {
                "public_id": str(team.public_id),
                "name": team.name,
                "slug": team.slug,
                "created_at": team.created_at.isoformat(),
            }
            for team in (membership.team for membership in user.memberships.all())
        ],
    }


if __name__ == "__main__":
    main(sys.argv[1:])
