"""Events of invitations and new members."""

from __future__ import annotations

from typing import Literal

from otel.events import TeamEvent, event

__all__ = ["JoinedVia", "RoleName", "TeamMemberInvited", "TeamMemberJoined"]

RoleName = Literal["admin", "member"]
JoinedVia = Literal["existing_account", "signup"]


@event("team_member_invited", tier=1, owner="teams")
class TeamMemberInvited(TeamEvent):
    """An invitation to a team was sent, for the first time or again.

    Args:
        role: Role that the invited person will have.
        is_resend: Whether this invitation was sent before.
    """

    role: RoleName
    is_resend: bool


@event("team_member_joined", tier=1, owner="teams")
class TeamMemberJoined(TeamEvent):
    """A person accepted an invitation, with an existing account or by signing up.

    Args:
        role: Role of the new member.
        joined_via: Whether the person had an account or signed up to join.
        invite_age_days: Whole days since the invitation was created.
    """

    role: RoleName
    joined_via: JoinedVia
    invite_age_days: int
