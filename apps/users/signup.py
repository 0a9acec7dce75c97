"""Recording of sign-ups."""

from __future__ import annotations

from apps.users.events import SignupMethod, SignupSource, UserSignedUp
from apps.users.identity import identify
from apps.users.models import User
from apps.users.properties import UserProperties
from otel import record, set_person

__all__ = ["record_signup"]


def record_signup(user: User, *, method: SignupMethod, source: SignupSource) -> None:
    """Record that an account was created, once its transaction is committed.

    Args:
        user: the new account, which the request does not know because nobody is signed in yet.
        method: the method by which the person logs in.
        source: the source of the sign-up.
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
