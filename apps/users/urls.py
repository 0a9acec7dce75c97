"""URL patterns of a person's own settings."""

from __future__ import annotations

from django.urls import path

from apps.users.views import deletion, settings

app_name = "users"

urlpatterns = [
    path("profile/", settings.profile, name="profile"),
    path("profile/notifications/", settings.notifications, name="notifications"),
    path("profile/privacy/", settings.privacy, name="privacy"),
    path("profile/delete/", deletion.delete, name="delete"),
]
