"""The events of accounts."""

from __future__ import annotations

from typing import Literal

from otel.events import Event, Organisation, Technical, event

__all__ = ["SettingsSection", "SettingsUpdated", "SignupMethod", "SignupSource", "UserSignedUp"]

SignupMethod = Literal["email", "github"]
SignupSource = Literal["email", "github", "invite"]
SettingsSection = Literal["profile", "team", "notifications", "privacy"]


@event("user_signed_up", tier=1, owner="users")
class UserSignedUp(Event):
    """A new account exists, by whichever route: e-mail form, GitHub login, or an invitation.

    Args:
        method: how the person proves who they are.
        signup_source: what brought the person here.
    """

    method: SignupMethod
    signup_source: SignupSource


@event("settings_updated", tier=2, owner="users")
class SettingsUpdated(Event):
    """A settings form was saved with a change, a person's own or the team's.

    Args:
        section: which form.
        changed_fields: the names of the fields that changed, never their values.
        team_slug: the team, if the settings are a team's.
    """

    section: SettingsSection
    changed_fields: tuple[Technical, ...]
    team_slug: Organisation | None = None
