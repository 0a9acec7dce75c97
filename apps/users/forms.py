"""Forms for a person's own settings and for deleting the account."""

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
    """A form for the profile that others see."""

    class Meta:
        """The name only; allauth changes the email address, because it verifies it."""

        model = User
        fields = ("name",)


class NotificationsForm(UserModelForm):
    """A form for the emails that a person gets."""

    class Meta:
        """The one switch."""

        model = User
        fields = ("insight_emails",)


class PrivacyForm(UserModelForm):
    """A form for the recording of a person's events."""

    class Meta:
        """The one switch."""

        model = User
        fields = ("analytics_opt_out",)


class DeleteAccountForm(forms.Form):
    """A form that asks for the password, or for the email address if the person has no password.

    Args:
        user: the account to delete.
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
        """Return the password, or raise an error if it is wrong."""
        password = str(self.cleaned_data["password"])
        if not self._user.check_password(password):
            msg = "This is not your password. Type it again, or reset it first."
            raise ValidationError(msg)
        return password

    def clean_email(self) -> str:
        """Return the address, or raise an error if it is not the account's."""
        email = str(self.cleaned_data["email"])
        if email.strip().lower() != self._user.email.lower():
            msg = f"This is not your address. Type {self._user.email} to delete the account."
            raise ValidationError(msg)
        return email
