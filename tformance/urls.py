"""The addresses of the product's pages."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", include("apps.users.urls")),
    path("", include("apps.teams.urls")),
    path("", include("apps.web.urls")),
]
