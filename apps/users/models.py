"""The account model."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone

__all__ = ["NAME_LENGTH", "User"]

# Longer than any name that people use.
NAME_LENGTH = 100


class UserManager(BaseUserManager["User"]):
    """A manager that creates accounts, whose login is the email address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an account.

        Args:
            email: the email address, which is the login.
            password: the password; None creates an account without a password.
            fields: the values of other fields.
        """
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an account with all permissions.

        Args:
            email: the email address, which is the login.
            password: the password; None creates an account without a password.
            fields: the values of other fields.
        """
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    analytics_opt_out = models.BooleanField("do not record how I use Tformance", default=False)
    insight_emails = models.BooleanField("e-mail me when an urgent insight is found", default=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    # Stored here and not in the session, because "first" means once ever, on any device.
    dashboard_seen_at = models.DateTimeField(null=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email
