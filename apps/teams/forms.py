"""Forms for teams and invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.text import slugify

from apps.teams.models import Invitation, Membership, Role, Team

__all__ = ["ALREADY_INVITED", "CreateTeamForm", "InviteForm", "TeamSettingsForm"]

ALREADY_INVITED = "This address is invited already; send that invitation again."

# Django's form classes are generic for type checkers only.
if TYPE_CHECKING:
    TeamModelForm = forms.ModelForm[Team]
    InvitationModelForm = forms.ModelForm[Invitation]
else:
    TeamModelForm = InvitationModelForm = forms.ModelForm


class _NamingForm(TeamModelForm):
    def clean_name(self) -> str:
        """Return the name on a single line, because email subjects contain it."""
        return " ".join(str(self.cleaned_data["name"]).split())


class CreateTeamForm(_NamingForm):
    """A form for creating a team."""

    class Meta:
        """The name only; the slug follows from it."""

        model = Team
        fields = ("name",)

    def free_slug(self) -> str:
        """Return a slug for the submitted name that no other team has."""
        stem = slugify(self.cleaned_data["name"])[:50] or "team"
        taken = set(Team.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
        slug, number = stem, 1
        while slug in taken:
            number += 1
            slug = f"{stem}-{number}"
        return slug


class TeamSettingsForm(_NamingForm):
    """A form for a team's name, slug and plan."""

    slug = forms.SlugField(
        label="Address",
        max_length=60,
        validators=[RegexValidator("^[a-z0-9-]+$", "Use small letters, digits and hyphens.")],
    )

    class Meta:
        """The fields that an admin may change."""

        model = Team
        fields = ("name", "slug", "plan")


class InviteForm(InvitationModelForm):
    """A form for inviting a person to a team.

    Args:
        team: the team to join.
    """

    class Meta:
        """The address and the role."""

        model = Invitation
        fields = ("email", "role")

    def __init__(self, *args: object, team: Team, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self._team = team

    def clean_email(self) -> str:
        """Return the address, or raise an error if it belongs to a member or has a pending invitation."""
        email = str(self.cleaned_data["email"]).lower()
        if Membership.objects.filter(team=self._team, user__email=email).exists():
            msg = "This person is a member already."
            raise ValidationError(msg)
        pending = self._team.invitations.filter(email=email, accepted_at=None, cancelled_at=None)
        if pending.exists():
            raise ValidationError(ALREADY_INVITED)
        return email

    @property
    def role(self) -> Role:
        """The chosen role."""
        return Role(self.cleaned_data["role"])
