"""A person's own settings, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError

from apps.users.models import User

__all__ = ["DeleteAccountForm", "NotificationsForm", "PrivacyForm", "ProfileForm"]

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


class NotificationsForm(UserModelForm):
    """Change what is sent to a person."""

    class Meta:
        """Hold the one switch."""

        model = User
        fields = ("insight_emails",)


class PrivacyForm(UserModelForm):
    """Change what is recorded of a person."""

    class Meta:
        """Hold the one switch."""

        model = User
        fields = ("analytics_opt_out",)


class DeleteAccountForm(forms.Form):
    """Ask for proof that it is meant: the password, or from who has none the address.

    Args:
        user: whose account.
    """

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False
    )
    email = forms.CharField(
        label="Your e-mail address", widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self._user = user
        del self.fields["email" if user.has_usable_password() else "password"]

    def clean_password(self) -> str:
        """Refuse a wrong password."""
        password = str(self.cleaned_data["password"])
        if not self._user.check_password(password):
            msg = "This is not your password. Type it again, or reset it first."
            raise ValidationError(msg)
        return password

    def clean_email(self) -> str:
        """Refuse another address."""
        email = str(self.cleaned_data["email"])
        if email.strip().lower() != self._user.email.lower():
            msg = f"This is not your address. Type {self._user.email} to delete the account."
            raise ValidationError(msg)
        return email
