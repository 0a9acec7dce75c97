"""A person's own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from apps.users.models import User

__all__ = ["PrivacyForm", "ProfileForm"]

# Django's form classes are generic for type checkers only.
if TYPE_CHECKING:
    UserModelForm = forms.ModelForm[User]
else:
    UserModelForm = forms.ModelForm


class ProfileForm(UserModelForm):
    """Change what others see of a person."""

    class Meta:
        """Leave the address to allauth, which proves it."""

        model = User
        fields = ("name",)


class PrivacyForm(UserModelForm):
    """Change what is recorded of a person."""

    class Meta:
        """Hold the one switch."""

        model = User
        fields = ("analytics_opt_out",)
