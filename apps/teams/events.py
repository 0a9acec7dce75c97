"""The events of teams growing."""

from __future__ import annotations

from typing import Literal

from otel.events import TeamEvent, event

__all__ = ["JoinedVia", "RoleName", "TeamMemberInvited", "TeamMemberJoined"]

RoleName = Literal["admin", "member"]
JoinedVia = Literal["existing_account", "signup"]


@event("team_member_invited", tier=1, owner="teams")
class TeamMemberInvited(TeamEvent):
    """An invitation was sent, for the first time or again.

    Args:
        role: what the invited person may do.
        is_resend: whether this address had this invitation before.
    """

    role: RoleName
    is_resend: bool


@event("team_member_joined", tier=1, owner="teams")
class TeamMemberJoined(TeamEvent):
    """An invitation was accepted, by somebody with an account or by signing up.

    Args:
        role: what the new member may do.
        joined_via: whether the account was there before.
        invite_age_days: whole days since the invitation was first sent.
    """

    role: RoleName
    joined_via: JoinedVia
    invite_age_days: int
