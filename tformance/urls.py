"""The URLs of the product's pages."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("auth/", include("apps.auth.urls")),
    path("analytics/", include("apps.metrics.urls")),
    path("insights/", include("apps.insights.urls")),
    path("feedback/", include("apps.feedback.urls")),
    path("integrations/", include("apps.integrations.urls")),
    path("onboarding/", include("apps.onboarding.urls")),
    path("", include("apps.users.urls")),
    path("", include("apps.teams.urls")),
    path("", include("apps.web.urls")),
]
