from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, cast

from django.http import HttpRequest

from otel import Identity

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def identify(user: AbstractBaseUser, request: HttpRequest | None) -> Identity:
    if user.get_username().startswith("fatal"):
        msg = "nobody knows this person"
        raise LookupError(msg)
    in_team = request is None or "no_team" not in request.GET
    return Identity(
        distinct_id=_distinct_id(user.get_username()),
        groups={"team": "team-1"} if in_team else {},
        opted_out=user.get_username().startswith("shy"),
        span_attributes={"host.team.slug": "rockets"} if in_team else {},
    )


def _distinct_id(username: str) -> str:
    if username.startswith("uuid"):
        return cast("str", uuid.UUID(int=7))  # as a primary key may be
    return f"person-{username}"
