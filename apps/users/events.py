"""Events of accounts."""

from __future__ import annotations

from typing import Literal

from otel.events import Event, Organisation, Technical, event

__all__ = ["SettingsSection", "SettingsUpdated", "SignupMethod", "SignupSource", "UserSignedUp"]

SignupMethod = Literal["email", "github"]
SignupSource = Literal["email", "github", "invite"]
SettingsSection = Literal["profile", "team", "notifications", "privacy"]


@event("user_signed_up", tier=1, owner="users")
class UserSignedUp(Event):
    """A person created an account, with the email form, GitHub login, or an invitation.

    Args:
        method: Method by which the person logs in.
        signup_source: Source of the sign-up.
    """

    method: SignupMethod
    signup_source: SignupSource


@event("settings_updated", tier=2, owner="users")
class SettingsUpdated(Event):
    """A person saved a change to their own settings or to the team's.

    Args:
        section: Section of the settings that was changed.
        changed_fields: Names of the fields that changed, never their values.
        team_slug: URL slug of the team, for the team's settings.
    """

    section: SettingsSection
    changed_fields: tuple[Technical, ...]
    team_slug: Organisation | None = None
