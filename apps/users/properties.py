"""What PostHog knows of a person."""

from __future__ import annotations

from typing import Annotated, Literal

from apps.users.events import SignupSource
from otel.events import PersonProperties, SetOnce, Technical, person_properties

__all__ = ["UserProperties"]


@person_properties(owner="users")
class UserProperties(PersonProperties):
    """A person with an account; no name and no e-mail address.

    Args:
        role: in the team that was current last.
        teams_count: how many teams the person is a member of.
        signup_source: what brought the person here.
        signed_up_at: when the account was made, ISO 8601.
        has_connected_github: whether this person has GitHub connected.
        has_connected_jira: whether this person has Jira connected.
        has_connected_slack: whether this person has Slack connected.
    """

    role: Literal["admin", "member"] | None = None
    teams_count: int | None = None
    signup_source: Annotated[SignupSource, SetOnce] | None = None
    signed_up_at: Annotated[Technical, SetOnce] | None = None
    has_connected_github: bool | None = None
    has_connected_jira: bool | None = None
    has_connected_slack: bool | None = None
