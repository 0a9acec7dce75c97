"""Person properties of accounts."""

from __future__ import annotations

from typing import Annotated, Literal

from apps.users.events import SignupSource
from otel.events import PersonProperties, SetOnce, Technical, person_properties

__all__ = ["UserProperties"]


@person_properties(owner="users")
class UserProperties(PersonProperties):
    """A person with an account; neither the name nor the email address is sent.

    Args:
        role: Role in the team that the person last worked in.
        teams_count: Number of teams that the person is a member of.
        signup_source: Source of the sign-up.
        signed_up_at: Time when the account was created, in ISO 8601.
        has_connected_github: Whether the person has a live connection to GitHub, in any team.
        has_connected_jira: Whether the person has a live connection to Jira, in any team.
        has_connected_slack: Whether the person has a live connection to Slack, in any team.
    """

    role: Literal["admin", "member"] | None = None
    teams_count: int | None = None
    signup_source: Annotated[SignupSource, SetOnce] | None = None
    signed_up_at: Annotated[Technical, SetOnce] | None = None
    has_connected_github: bool | None = None
    has_connected_jira: bool | None = None
    has_connected_slack: bool | None = None
