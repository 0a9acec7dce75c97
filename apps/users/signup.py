"""What is recorded when an account has been made, whatever the route."""

from __future__ import annotations

from apps.users.events import SignupMethod, SignupSource, UserSignedUp
from apps.users.identity import identify
from apps.users.models import User
from apps.users.properties import UserProperties
from otel import record, set_person

__all__ = ["record_signup"]


def record_signup(user: User, *, method: SignupMethod, source: SignupSource) -> None:
    """Record that an account exists, once its transaction is committed.

    Args:
        user: the new account; not signed in yet, so the request does not know it.
        method: how the person proves who they are.
        source: what brought the person here.
    """
    identity = identify(user)
    record(UserSignedUp(method=method, signup_source=source), identity=identity)
    set_person(
        UserProperties(
            teams_count=0,
            signup_source=source,
            signed_up_at=user.date_joined.isoformat(),
            has_connected_github=False,
            has_connected_jira=False,
            has_connected_slack=False,
        ),
        identity=identity,
    )
