"""URL patterns of the onboarding app."""

from __future__ import annotations

from django.urls import path

from apps.onboarding import views

app_name = "onboarding"

urlpatterns = [
    path("", views.start, name="start"),
    # Must come before the steps; no step has this name.
    path("complete/", views.complete, name="complete"),
    path("<str:step>/", views.step, name="step"),
    path("<str:step>/skip/", views.skip, name="skip"),
]
